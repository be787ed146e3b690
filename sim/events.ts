/** What each event on the calendar does to the world. Shared by both tiers. */
import { type CalendarEvent, EVENT, schedule } from './calendar.ts';
import { actionDone, RESULTS, reopenConnections, slotSettled } from './effects.ts';
import { CONFIG_ACCEPT_S } from './faults.ts';
import { begin, changeConfig, end } from './incidents.ts';
import { boot, bootDone, die, memoryCrossed } from './lifecycle.ts';
import { deploy, rollNext } from './roll.ts';
import { NOBODY, PHASE, type World } from './world.ts';

/** Applies the event unless its subject has moved on; says whether anything the flow reads may have changed. */
export function apply(world: World, event: CalendarEvent): boolean {
  const { subject, code } = event;
  switch (code) {
    case EVENT.onset:
      begin(world, subject);
      return true;
    case EVENT.passes:
      end(world, subject, 'passed');
      return true;
    case EVENT.humanRepair:
      if (world.open[subject] === 1 && world.repairS[subject]! <= world.timeS + 1e-9) end(world, subject, 'repaired');
      return true;
    case EVENT.load:
      world.ambientLoad = world.scenario.load[subject]!.factor;
      return true;
    case EVENT.operation:
      operate(world, subject);
      return true;
    case EVENT.rollNext:
      roll(world, subject);
      return true;
    case EVENT.actionDone:
      actionDone(world, subject, RESULTS[event.epoch]!);
      return false;
    case EVENT.probeOut:
    case EVENT.probeIn:
      if (event.epoch !== world.probeEpoch[subject]) return false;
      world.listed[subject] = code === EVENT.probeIn ? 1 : 0;
      return true;
    case EVENT.configAccepted:
      if (
        world.badConfigBy[subject] === NOBODY &&
        world.timeS - world.configChangedS[subject]! >= CONFIG_ACCEPT_S - 1e-6
      ) {
        world.configDiffers[subject] = 0;
      }
      return false;
    case EVENT.autoscale:
    case EVENT.wake:
      return false;
    default:
      return event.epoch === world.epoch[subject] && applyToSlot(world, code, subject);
  }
}

function applyToSlot(world: World, code: CalendarEvent['code'], slot: number): boolean {
  if (code === EVENT.stopped) boot(world, slot, false);
  else if (code === EVENT.bootDone) {
    bootDone(world, slot);
    if (world.placed[slot] === 0) reopenConnections(world, world.plan.slotService[slot]!, 'restart');
    slotSettled(world, slot);
  } else if (code === EVENT.memory) memoryCrossed(world, slot);
  else if (code === EVENT.dies) die(world, slot, 1);
  return true;
}

/** A harmless deploy or configuration change. On a service with a bad one under way nobody deploys. */
function operate(world: World, number: number): void {
  const { kind, service } = world.scenario.operations[number]!;
  if (world.badReleaseBy[service] !== NOBODY || world.badConfigBy[service] !== NOBODY) return;
  if (kind === 'deploy') {
    deploy(world, service, 0);
  } else {
    changeConfig(world, service);
    schedule(world.calendar, world.timeS + CONFIG_ACCEPT_S, EVENT.configAccepted, service);
  }
}

function roll(world: World, service: number): void {
  const slot = world.rollQueue[service]![0];
  rollNext(world, service);
  if (slot !== undefined && world.phase[slot] === PHASE.up) {
    reopenConnections(world, service, 'restart');
    slotSettled(world, slot);
  }
  if (world.rollQueue[service]!.length === 0 && world.rollAction[service] !== NOBODY) {
    // A release that came in between took the rollback's place.
    actionDone(world, world.rollAction[service]!, world.release[service] === 0 ? 'done' : 'failed');
    world.rollAction[service] = NOBODY;
  }
}
