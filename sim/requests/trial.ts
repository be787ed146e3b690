/** One trial on tier 2: the same healer, scenario and world as on tier 1, with every request simulated by itself. */
import type { Healer } from '../../strategies/contract.ts';
import { createNetwork, isTeam, setAlarm, USUAL_NETWORK } from '../agents.ts';
import { EVENT, nextTimeS, takeNext } from '../calendar.ts';
import { CHANGED, derive } from '../derive.ts';
import { carryOut, happen, tellOutcomes, wake } from '../healing.ts';
import type { FleetPlan } from '../plan.ts';
import type { ScenarioSpec } from '../scenario.ts';
import { createTally, noteServing, type TrialResult, total } from '../score.ts';
import { createSensors } from '../sensors.ts';
import type { TrialOptions, TruthfulHealer } from '../trial.ts';
import { countReplicas, createWorld } from '../world.ts';
import { newUserRate } from './attempts.ts';
import { followWorld, runUntil } from './run.ts';
import { measureRequests } from './sensors.ts';
import { auditTraffic } from './station.ts';
import { createTraffic, SECOND_US, type Traffic, touch } from './traffic.ts';

/** Seconds simulated before the clock starts, so that queues are as full as usual. */
const SETTLE_S = 30;
/** How often it is looked whether the fleet serves, and how busy replicas are; and how fast the latter forgets. */
const LOOK_S = 1;
const BUSY_MEMORY_S = 5;

export interface RequestTrialOptions extends Pick<TrialOptions, 'onInput' | 'onEvent' | 'onUsers' | 'network'> {
  /** The same scenario with other users: how much of a result is chance. Default 0. */
  readonly replication?: number;
}

export function runRequestTrial(
  plan: FleetPlan,
  scenario: ScenarioSpec,
  healer: Healer,
  options: RequestTrialOptions = {},
): TrialResult {
  const world = createWorld(plan, scenario);
  const traffic = createTraffic(plan, world, options.replication);
  derive(world);
  world.changed.fill(CHANGED.calls);
  takeOver(traffic);
  settle(traffic);
  const sensors = createSensors(plan, healer.processesOnly === true);
  sensors.seenCalls.set(traffic.slotCalls);
  sensors.seenFailed.set(traffic.slotFailed);
  sensors.seenBusyUs.set(traffic.busyUs);
  sensors.seenEdge.set(traffic.edgeCalls.subarray(0, plan.edges));
  sensors.seenEdgeFailed.set(traffic.edgeFailed.subarray(0, plan.edges));
  const memory = healer.start(plan.roster);
  if ('see' in healer) (healer as TruthfulHealer<unknown>).see(memory, world);
  const team = isTeam(healer) ? healer : null;
  team?.join(memory, createNetwork(world, options.network ?? USUAL_NETWORK));
  let alarmS = -1;
  const tally = createTally(scenario);
  const windowS = healer.windowMs / 1000;
  const { calendar } = world;
  const looked = createLook(traffic);
  let windows = 1;
  let looks = 1;

  while (world.timeS < scenario.horizonS) {
    const windowAtS = windows * windowS;
    const lookAtS = looks * LOOK_S;
    const atS = Math.min(nextTimeS(calendar), windowAtS, lookAtS, scenario.horizonS);
    runUntil(traffic, toUs(atS));
    world.timeS = atS;
    tally.steps += 1;
    let changed = false;
    if (atS === lookAtS) {
      looks += 1;
      look(looked, traffic);
      noteServing(tally, world, looked.lost, looked.users, atS);
      options.onUsers?.(atS, traffic);
    }
    if (atS === windowAtS && atS < scenario.horizonS) {
      windows += 1;
      for (let service = 0; service < plan.services; service += 1) {
        const signal = measureRequests(sensors, traffic, service, windowS);
        const actions = healer.heal(memory, signal);
        options.onInput?.(signal, actions);
        if (actions.length > 0) changed = carryOut(actions, traffic, world, tally);
      }
    }
    while (nextTimeS(calendar) <= atS && atS < scenario.horizonS) {
      const event = takeNext(calendar);
      changed = happen(event, traffic, world) || changed;
      if (event.code === EVENT.wake) changed = wake(healer, memory, traffic, world, tally, options.onInput) || changed;
      options.onEvent?.(event, world);
    }
    if (world.outcomes.length > 0)
      changed = tellOutcomes(healer, memory, traffic, world, tally, options.onInput) || changed;
    if (team !== null) alarmS = setAlarm(team, memory, world, alarmS);
    if (!changed) continue;
    derive(world);
    takeOver(traffic);
  }
  auditTraffic(traffic);
  countReplicas(world, 0);
  return total(tally, traffic, world, team?.messages(memory) ?? 0);
}

/** Simulated time with the clock of the queue, which starts before the scenario's. */
function toUs(timeS: number): number {
  return Math.round((SETTLE_S + timeS) * SECOND_US);
}

function takeOver(traffic: Traffic): void {
  const { plan, world } = traffic;
  followWorld(traffic);
  for (let s = 0; s < plan.services; s += 1) {
    if (plan.entryRate[s]! > 0 && traffic.userRate[s] !== world.entryLoad[s]) newUserRate(traffic, s);
  }
  world.changed.fill(CHANGED.no);
}

/** Fills the queues as usual, and forgets what was counted meanwhile. */
function settle(traffic: Traffic): void {
  runUntil(traffic, toUs(0));
  traffic.usersDone.fill(0);
  traffic.usersLost.fill(0);
  traffic.responses.seen.fill(0);
  const { plan } = traffic;
  for (let slot = 0; slot < plan.slots; slot += 1) {
    touch(traffic, slot);
    traffic.busyShare[slot] = traffic.busyUs[slot]! / (SETTLE_S * SECOND_US * plan.workers[plan.slotService[slot]!]!);
  }
}

interface Look {
  readonly busyUs: Float64Array;
  usersDone: number;
  usersLost: number;
  /** Since the look before. */
  users: number;
  lost: number;
}

function createLook(traffic: Traffic): Look {
  return { busyUs: traffic.busyUs.slice(), usersDone: 0, usersLost: 0, users: 0, lost: 0 };
}

function look(last: Look, traffic: Traffic): void {
  const { plan } = traffic;
  let done = 0;
  let lost = 0;
  for (let s = 0; s < plan.services; s += 1) {
    done += traffic.usersDone[s]!;
    lost += traffic.usersLost[s]!;
  }
  last.users = done - last.usersDone;
  last.lost = lost - last.usersLost;
  last.usersDone = done;
  last.usersLost = lost;
  for (let slot = 0; slot < plan.slots; slot += 1) {
    touch(traffic, slot);
    const workers = plan.workers[plan.slotService[slot]!]!;
    const share = (traffic.busyUs[slot]! - last.busyUs[slot]!) / (LOOK_S * SECOND_US * workers);
    last.busyUs[slot] = traffic.busyUs[slot]!;
    const before = traffic.busyShare[slot]!;
    traffic.busyShare[slot] = before + (share - before) * (LOOK_S / BUSY_MEMORY_S);
  }
}
