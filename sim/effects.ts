/** The effector of the simulated fleet: what each action does to the world, how long it takes and whom it did not help. */
import { type Action, unreachable } from '../strategies/contract.ts';
import { EVENT, schedule } from './calendar.ts';
import { DURATIONS } from './cures.ts';
import { markStanding } from './derive.ts';
import { page } from './incidents.ts';
import { boot, close, cured, remove, restoreConfig, stop } from './lifecycle.ts';
import { PURPOSES } from './random.ts';
import { rollBack } from './roll.ts';
import { countReplicas, NOBODY, PHASE, type Result, type World } from './world.ts';

/** Answers of `effect`: the end is told by the slot or the roll-out it waits for; it cannot be done here. */
const WHEN_SETTLED = -1;
const IMPOSSIBLE = -2;

/** How an action ends, by its number in the calendar. */
export const RESULTS: readonly Result[] = ['done', 'failed', 'unsupported'];

/** Answers that the action cannot be done here. */
export function decline(world: World, { id, service }: Action): void {
  world.running.set(id, { id, service, slot: NOBODY });
  finishLater(world, id, 0, 'unsupported');
}

/** Begins an action. Its outcome is told by `world.outcomes` when it ends. */
export function act(world: World, action: Action): void {
  const { service } = action;
  const slot = action.replica < 0 ? NOBODY : world.plan.slotStart[service]! + action.replica;
  world.running.set(action.id, { id: action.id, service, slot });
  const number = world.actionCount[service]!;
  world.actionCount[service] = number + 1;
  const isTakeBack =
    (action.kind === 'circuit-break' && action.admit > 0) ||
    (action.kind === 'reroute' && !action.out) ||
    (action.kind === 'fallback' && !action.on);
  if (
    !isTakeBack &&
    world.stream.key(world.key, PURPOSES.action, service, number).chance(world.plan.fleet.platform.actionFails)
  ) {
    finishLater(world, action.id, 1, 'failed');
    return;
  }
  carryOut(world, action, slot);
}

export function actionDone(world: World, id: number, result: Result): void {
  const running = world.running.get(id);
  if (running === undefined) return;
  world.running.delete(id);
  world.outcomes.push({ service: running.service, action: id, result });
}

/** A booted or removed slot ends the action bound to it. */
export function slotSettled(world: World, slot: number): void {
  const action = world.slotAction[slot]!;
  if (action === NOBODY) return;
  world.slotAction[slot] = NOBODY;
  actionDone(world, action, 'done');
}

function carryOut(world: World, action: Action, slot: number): void {
  const seconds = effect(world, action, slot);
  if (seconds !== WHEN_SETTLED)
    finishLater(world, action.id, Math.max(0, seconds), seconds === IMPOSSIBLE ? 'failed' : 'done');
}

/** Does what the action says; gives the seconds until it is done, or one of the two special answers. */
function effect(world: World, action: Action, slot: number): number {
  const { service, id } = action;
  switch (action.kind) {
    case 'restart': {
      const target = slot === NOBODY ? firstPresent(world, service) : slot;
      if (target === NOBODY || world.phase[target] === PHASE.absent) return IMPOSSIBLE;
      bind(world, target, id);
      stop(world, target, action.mode);
      return WHEN_SETTLED;
    }
    case 'scale-up': {
      const free = findSlot(world, service, true);
      if (free === NOBODY) return IMPOSSIBLE;
      countReplicas(world, 1);
      bind(world, free, id);
      boot(world, free, true);
      return WHEN_SETTLED;
    }
    case 'scale-down': {
      const last = slot === NOBODY ? findSlot(world, service, false) : slot;
      if (last === NOBODY || world.phase[last] === PHASE.absent) return IMPOSSIBLE;
      slotSettled(world, last);
      remove(world, last);
      return DURATIONS.drainS;
    }
    case 'rollback':
      if (world.rollAction[service] !== NOBODY) actionDone(world, world.rollAction[service]!, 'failed');
      world.rollAction[service] = id;
      rollBack(world, service);
      return WHEN_SETTLED;
    case 'circuit-break':
      world.admit[service] = action.admit;
      markStanding(world, service);
      return DURATIONS.standingS;
    case 'reroute':
      if (slot === NOBODY) return IMPOSSIBLE;
      world.ejected[slot] = action.out ? 1 : 0;
      return DURATIONS.standingS;
    case 'fallback':
      world.fallback[service] = action.on ? 1 : 0;
      markStanding(world, service);
      return DURATIONS.standingS;
    case 'repair-config':
      repairConfig(world, service);
      return DURATIONS.repairConfigS;
    case 'reconnect':
      reopenConnections(world, service, 'reconnect');
      return DURATIONS.reconnectS;
    case 'escalate':
      page(world);
      return 0;
    default:
      return unreachable(action);
  }
}

function repairConfig(world: World, service: number): void {
  const incident = world.badConfigBy[service]!;
  restoreConfig(world, service);
  if (incident !== NOBODY && cured(world, incident, 'bad-config', 'repair-config')) {
    world.badConfigBy[service] = NOBODY;
    close(world, incident);
  }
}

/** A reconnect reopens all connections of the caller; a restarted replica only its own. */
export function reopenConnections(world: World, service: number, cure: 'reconnect' | 'restart'): void {
  for (let edge = world.plan.edgeStart[service]!; edge < world.plan.edgeStart[service + 1]!; edge += 1) {
    const incident = world.deadConnectionsBy[edge]!;
    if (incident === NOBODY || !cured(world, incident, 'dead-connections', cure)) continue;
    const left = cure === 'reconnect' ? 0 : world.deadShare[edge]! - 1 / Math.max(1, presentReplicas(world, service));
    world.deadShare[edge] = left;
    if (left > 0.01) continue;
    world.deadConnectionsBy[edge] = NOBODY;
    close(world, incident);
  }
}

function presentReplicas(world: World, service: number): number {
  let number = 0;
  for (let slot = world.plan.slotStart[service]!; slot < world.plan.slotStart[service + 1]!; slot += 1) {
    if (world.phase[slot] !== PHASE.absent) number += 1;
  }
  return number;
}

function bind(world: World, slot: number, id: number): void {
  const earlier = world.slotAction[slot]!;
  if (earlier !== NOBODY) actionDone(world, earlier, 'failed');
  world.slotAction[slot] = id;
}

/** Outcomes are events, so that a healer never hears of an end within the call that began it. */
function finishLater(world: World, id: number, seconds: number, result: Result): void {
  schedule(world.calendar, world.timeS + seconds, EVENT.actionDone, id, RESULTS.indexOf(result));
}

function firstPresent(world: World, service: number): number {
  for (let slot = world.plan.slotStart[service]!; slot < world.plan.slotStart[service + 1]!; slot += 1) {
    if (world.phase[slot] !== PHASE.absent) return slot;
  }
  return NOBODY;
}

/** The lowest free slot, or the highest taken one. */
function findSlot(world: World, service: number, free: boolean): number {
  const first = world.plan.slotStart[service]!;
  const last = world.plan.slotStart[service + 1]! - 1;
  if (free) {
    for (let slot = first; slot <= last; slot += 1) if (world.phase[slot] === PHASE.absent) return slot;
  } else {
    for (let slot = last; slot >= first; slot -= 1) if (world.phase[slot] !== PHASE.absent) return slot;
  }
  return NOBODY;
}
