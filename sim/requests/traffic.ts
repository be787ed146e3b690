/**
 * Tier 2: every request by itself. Users ask, calls queue at replicas, are served, call on, time out, are tried again; the
 * attempts that nobody waits for any more are worked off all the same. It shares the fleet's discrete state (`World`) with tier
 * 1 and nothing else, so that the two can be held against each other.
 */
import type { FleetPlan } from '../plan.ts';
import { PURPOSES, Stream } from '../random.ts';
import type { World } from '../world.ts';
import { type Calls, createCalls, NOBODY } from './calls.ts';
import { EventQueue } from './event-queue.ts';
import { createSamples, type Samples } from './samples.ts';
import { createRing, type Ring } from './timers.ts';

/** Events, in the order in which those of one microsecond happen: an answer still counts when it comes with the timeout. */
export const HAPPENS = { done: 1, timeout: 2, user: 3 } as const;
export const SECOND_US = 1_000_000;
/** A retry budget saves up for this long, and always for one retry. */
const BUDGET_WINDOW_S = 1;

export interface Traffic {
  readonly plan: FleetPlan;
  readonly world: World;
  readonly queue: EventQueue;
  readonly calls: Calls;
  nowUs: number;

  /** Edges of the plan, then one for the users of each service: what they ask, how long they wait, how often they try. */
  readonly edgeTo: Int32Array;
  readonly timeoutUs: Float64Array;
  readonly attempts: Int32Array;
  readonly rings: readonly Ring[];
  /** Retries that the budget still pays for, per edge; the most it saves. */
  readonly tokens: Float64Array;
  readonly tokensMax: Float64Array;

  /** Per service: slots in the balancer's list, and the epoch of its users' stream. */
  readonly listed: Int32Array;
  readonly listedCount: Int32Array;
  readonly userEpoch: Int32Array;
  /** Users per second that the next gap was drawn for. */
  readonly userRate: Float64Array;

  /** Share of the answers that are errors, per slot. */
  readonly errorShare: Float64Array;
  /** Per slot: speed, calls waiting (first, last, number), calls in service. */
  readonly speed: Float64Array;
  readonly waitingFirst: Int32Array;
  readonly waitingLast: Int32Array;
  readonly waiting: Int32Array;
  readonly busy: Int32Array;
  readonly serving: readonly Int32Array[];

  /** Counts so far: calls sent to each slot, of those failed or late; attempts per edge; users; and integrals over time. */
  readonly slotCalls: Float64Array;
  readonly slotFailed: Float64Array;
  readonly edgeCalls: Float64Array;
  readonly edgeFailed: Float64Array;
  readonly usersDone: Float64Array;
  readonly usersLost: Float64Array;
  /** Calls taken in, worked off and dropped with their process, per slot; worker-seconds; calls x seconds in the station. */
  readonly entered: Float64Array;
  readonly left: Float64Array;
  readonly busyUs: Float64Array;
  readonly presentUs: Float64Array;
  /** Time that calls spent at the slot, counted call by call as they leave: Little's law says that it is `presentUs`. */
  readonly stayUs: Float64Array;
  readonly touchedUs: Float64Array;
  /** Share of its workers that were busy lately, per slot. */
  readonly busyShare: Float64Array;
  readonly responses: Samples;

  readonly users: readonly Stream[];
  readonly work: Stream;
  readonly chance: Stream;
}

/** Traffic of another `replication` differs in users, work and chances only; the world's failures are those of its seed. */
export function createTraffic(plan: FleetPlan, world: World, replication = 0): Traffic {
  const { services, slots, edges } = plan;
  const all = edges + services;
  const perSlot = (): Float64Array => new Float64Array(slots);
  const stream = (purpose: (typeof PURPOSES)[keyof typeof PURPOSES], entity: number): Stream =>
    new Stream().key(world.key, purpose, entity, replication);
  const traffic: Traffic = {
    plan,
    world,
    queue: new EventQueue(),
    calls: createCalls(),
    nowUs: 0,
    edgeTo: Int32Array.from({ length: all }, (_, e) => (e < edges ? plan.edgeTo[e]! : e - edges)),
    timeoutUs: Float64Array.from({ length: all }, (_, e) =>
      Math.round(SECOND_US * (e < edges ? plan.edgeTimeoutS[e]! : plan.lateS[e - edges]!)),
    ),
    attempts: Int32Array.from({ length: all }, (_, e) => (e < edges ? plan.edgeAttempts[e]! : 1)),
    rings: Array.from({ length: all }, createRing),
    tokens: new Float64Array(all),
    tokensMax: Float64Array.from({ length: all }, (_, e) => (e < edges ? tokensMaxOf(plan, e) : 0)),
    listed: new Int32Array(slots),
    listedCount: new Int32Array(services),
    userEpoch: new Int32Array(services),
    userRate: new Float64Array(services),
    errorShare: perSlot(),
    speed: perSlot(),
    waitingFirst: new Int32Array(slots).fill(NOBODY),
    waitingLast: new Int32Array(slots).fill(NOBODY),
    waiting: new Int32Array(slots),
    busy: new Int32Array(slots),
    serving: Array.from({ length: slots }, (_, slot) => new Int32Array(plan.workers[plan.slotService[slot]!]!)),
    slotCalls: perSlot(),
    slotFailed: perSlot(),
    edgeCalls: new Float64Array(all),
    edgeFailed: new Float64Array(all),
    usersDone: new Float64Array(services),
    usersLost: new Float64Array(services),
    entered: perSlot(),
    left: perSlot(),
    busyUs: perSlot(),
    presentUs: perSlot(),
    stayUs: perSlot(),
    touchedUs: perSlot(),
    busyShare: perSlot(),
    responses: createSamples(slots, stream(PURPOSES.sample, 0)),
    users: Array.from({ length: services }, (_, s) => stream(PURPOSES.user, s)),
    work: stream(PURPOSES.work, 0),
    chance: stream(PURPOSES.call, 0),
  };
  traffic.tokens.set(traffic.tokensMax);
  return traffic;
}

function tokensMaxOf(plan: FleetPlan, e: number): number {
  const firstPerS = plan.normalRate[plan.edgeFrom[e]!]! * plan.edgeCalls[e]!;
  return Math.max(1, plan.edgeBudget[e]! * firstPerS * BUDGET_WINDOW_S);
}

/** Brings the slot's integrals up to now. Call before its numbers change. */
export function touch(traffic: Traffic, slot: number): void {
  const lastedUs = traffic.nowUs - traffic.touchedUs[slot]!;
  if (lastedUs === 0) return;
  traffic.busyUs[slot] = traffic.busyUs[slot]! + traffic.busy[slot]! * lastedUs;
  traffic.presentUs[slot] = traffic.presentUs[slot]! + (traffic.busy[slot]! + traffic.waiting[slot]!) * lastedUs;
  traffic.touchedUs[slot] = traffic.nowUs;
}
