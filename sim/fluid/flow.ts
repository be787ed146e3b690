/**
 * Tier 1: calls as a fluid. Per replica the mean number in system and its variance; per edge a delay pool of timed-out
 * attempts per retry level (Erlang of four stages). One implicit step is `judge` (outcomes from the leaves up) and `advance`
 * (flows from the users down). Its cost depends on the number of replicas and edges, never on the request rate.
 */
import type { FleetPlan } from '../plan.ts';
import { STAGES } from './delay.ts';

export interface Flow {
  readonly plan: FleetPlan;
  /** Per slot: mean and variance of the number in system. */
  readonly number: Float64Array;
  readonly variance: Float64Array;
  /** Per slot: how long ago the call that leaves now came, seconds. */
  readonly age: Float64Array;
  /** Per edge and retry level, four stages each: attempts that nothing will answer, on their way to their timeout. */
  readonly pool: Float64Array;
  /** The same for attempts that wait in a queue: whether they were too slow shows at their timeout. All 0 while none is. */
  readonly line: Float64Array;
  readonly poolStart: Int32Array;

  /** Rates and outcomes that hold during the current step. */
  readonly arrivals: Float64Array;
  readonly slotArrivals: Float64Array;
  readonly slotFailed: Float64Array;
  readonly responseMean: Float64Array;
  readonly responseVariance: Float64Array;
  readonly ownMean: Float64Array;
  readonly ownVariance: Float64Array;
  /** The same of the calls that leave now; `own` is of those that come. */
  readonly leavingMean: Float64Array;
  readonly leavingVariance: Float64Array;
  readonly busyShare: Float64Array;
  readonly queueShare: Float64Array;
  readonly edgeAttempts: Float64Array;
  readonly edgeFailed: Float64Array;
  /** Attempts that reach the dependency. */
  readonly edgeSent: Float64Array;
  /** Calls that the service's stations take in and let go. */
  readonly entering: Float64Array;
  readonly leaving: Float64Array;
  /** What enters the edge's delay pools minus what leaves them. */
  readonly edgePooling: Float64Array;
  readonly userRate: Float64Array;
  readonly userLost: Float64Array;
  /** Share of each slot's calls that will end well. */
  readonly inTime: Float64Array;

  /** Integrals of those up to the start of the current step. */
  readonly callsDone: Float64Array;
  readonly callsFailed: Float64Array;
  readonly edgeDone: Float64Array;
  readonly edgeDoneFailed: Float64Array;
  readonly edgePooled: Float64Array;
  readonly usersDone: Float64Array;
  readonly usersLost: Float64Array;

  /** Scratch of the step: attempts on each edge that succeed, fail fast (retried), time out; and the harm in an answer. */
  readonly ok: Float64Array;
  readonly fast: Float64Array;
  readonly slow: Float64Array;
  /** Attempts on each edge that a replica takes in; of those that it took in a timeout ago, still there; never answered. */
  readonly live: Float64Array;
  readonly late: Float64Array;
  readonly unanswered: Float64Array;
  readonly latencyMean: Float64Array;
  readonly latencyVariance: Float64Array;
  readonly oneTimeout: Float64Array;
  readonly succeeds: Float64Array;
  /** `retryAllowed` as outcomes were last judged by it. */
  readonly judgedAllowed: Float64Array;
  /** Chance that a retry is within the caller's budget. */
  readonly retryAllowed: Float64Array;
  readonly edgeDegraded: Float64Array;
  /** One number: the shortest timeout, seconds, after which calls that still move are tried again. */
  readonly timeoutInPlay: Float64Array;
  readonly degraded: Float64Array;
  readonly routed: Int32Array;
  /** Per service: one past the last slot that gets calls or works on some; the slots from there on lie idle. */
  readonly slotEnd: Int32Array;
  /** The slot before it in its service that stands exactly as it does when outcomes are judged; itself, if there is none. */
  readonly twin: Int32Array;
  readonly accept: Float64Array;

  /** What stands still is skipped: per service whether its stations moved, its calls' outcomes moved, its own calls are steady. */
  readonly stationsMoved: Uint8Array;
  readonly outcomesMoved: Uint8Array;
  readonly callsSteady: Uint8Array;
  readonly steadyArrivals: Float64Array;
  readonly finished: Float64Array;
  readonly steadyFinished: Float64Array;
}

export function createFlow(plan: FleetPlan): Flow {
  const { slots, services, edges } = plan;
  const poolStart = new Int32Array(edges + 1);
  for (let e = 0; e < edges; e += 1) poolStart[e + 1] = poolStart[e]! + (plan.edgeAttempts[e]! - 1) * STAGES;
  const perSlot = (): Float64Array => new Float64Array(slots);
  const perEdge = (): Float64Array => new Float64Array(edges);
  const perService = (): Float64Array => new Float64Array(services);
  return {
    plan,
    number: perSlot(),
    variance: perSlot(),
    age: perSlot(),
    line: new Float64Array(poolStart[edges]!),
    pool: new Float64Array(poolStart[edges]!),
    poolStart,
    arrivals: perService(),
    slotArrivals: perSlot(),
    slotFailed: perSlot(),
    responseMean: perSlot(),
    responseVariance: perSlot(),
    ownMean: perSlot(),
    ownVariance: perSlot(),
    leavingMean: perSlot(),
    leavingVariance: perSlot(),
    busyShare: perSlot(),
    queueShare: perSlot(),
    edgeAttempts: perEdge(),
    edgeFailed: perEdge(),
    edgeSent: perEdge(),
    entering: perService(),
    leaving: perService(),
    edgePooling: perEdge(),
    userRate: perService(),
    userLost: perService(),
    inTime: perSlot(),
    callsDone: perSlot(),
    callsFailed: perSlot(),
    edgeDone: perEdge(),
    edgeDoneFailed: perEdge(),
    edgePooled: perEdge(),
    usersDone: perService(),
    usersLost: perService(),
    ok: perEdge(),
    fast: perEdge(),
    slow: perEdge(),
    live: perEdge(),
    late: perEdge(),
    unanswered: perEdge(),
    latencyMean: perEdge(),
    latencyVariance: perEdge(),
    oneTimeout: perEdge(),
    succeeds: perEdge(),
    judgedAllowed: perEdge(),
    retryAllowed: perEdge().fill(1),
    edgeDegraded: perEdge(),
    timeoutInPlay: new Float64Array(1).fill(Number.POSITIVE_INFINITY),
    degraded: perService(),
    routed: new Int32Array(services),
    slotEnd: plan.slotStart.slice(1),
    twin: new Int32Array(slots),
    accept: perSlot(),
    stationsMoved: new Uint8Array(services).fill(1),
    outcomesMoved: new Uint8Array(services).fill(1),
    callsSteady: new Uint8Array(services),
    steadyArrivals: perService().fill(-1),
    finished: perService(),
    steadyFinished: perService(),
  };
}

/** Adds the current step's rates, held for `seconds`, to the integrals. */
export function accumulate(flow: Flow, seconds: number): void {
  for (let e = 0; e < flow.plan.edges; e += 1) {
    const attempts = flow.edgeAttempts[e]! * seconds;
    flow.edgeDone[e] = flow.edgeDone[e]! + attempts;
    flow.edgeDoneFailed[e] = flow.edgeDoneFailed[e]! + attempts * flow.edgeFailed[e]!;
    flow.edgePooled[e] = flow.edgePooled[e]! + flow.edgePooling[e]! * seconds;
  }
  for (let s = 0; s < flow.plan.services; s += 1) {
    for (let slot = flow.plan.slotStart[s]!; slot < flow.slotEnd[s]!; slot += 1) {
      const calls = flow.slotArrivals[slot]! * seconds;
      flow.callsDone[slot] = flow.callsDone[slot]! + calls;
      flow.callsFailed[slot] = flow.callsFailed[slot]! + calls * flow.slotFailed[slot]!;
    }
    flow.usersDone[s] = flow.usersDone[s]! + flow.userRate[s]! * seconds;
    flow.usersLost[s] = flow.usersLost[s]! + flow.userLost[s]! * seconds;
  }
}

/** The world changed for this service: nothing of it may be skipped in the next step. */
export function unsettle(flow: Flow, service: number): void {
  flow.stationsMoved[service] = 1;
  flow.slotEnd[service] = flow.plan.slotStart[service + 1]!;
  flow.callsSteady[service] = 0;
  flow.steadyArrivals[service] = -1;
}

/** Whether what any of its own dependencies answers changed in this step. */
export function childrenMoved(flow: Flow, s: number): boolean {
  const { plan } = flow;
  for (let e = plan.edgeStart[s]!; e < plan.edgeStart[s + 1]!; e += 1)
    if (flow.outcomesMoved[plan.edgeTo[e]!] === 1) return true;
  return false;
}
