/**
 * Tier 1: calls as a fluid. Per replica the mean number in system and its variance; per edge a delay pool of timed-out
 * attempts per retry level (Erlang of four stages). One `advance` = one implicit step: outcomes from the leaves up, then flows
 * from the users down. Its cost depends on the number of replicas and edges, never on the request rate.
 */
import type { FleetPlan } from '../plan.ts';
import { PHASE, ROUTE, type World } from '../world.ts';
import { at, implicitStep, positionOf } from './station-table.ts';
import { gammaWithin } from './tails.ts';

/** Stages of the delay pool: nearly constant timeouts, still a fluid. */
const STAGES = 4;
/** Relative change below which a stream of calls is the same; a station stands still below it per second (see `isStill`). */
const STEADY = 1e-6;
/** A retry budget looks back this long, and never shuts retries out altogether. */
const BUDGET_WINDOW_S = 1;
const RETRY_FLOOR = 0.01;
/** Share of calls that succeed after exactly one timeout below which they are left out. */
const ONCE_MIN = 1e-6;
/** Time a call takes outside its station (network), seconds; keeps means positive. */
const NETWORK_S = 0.0005;

export interface Flow {
  readonly plan: FleetPlan;
  /** Per slot: mean and variance of the number in system. */
  readonly number: Float64Array;
  readonly variance: Float64Array;
  /** Per edge and retry level, four stages each. */
  readonly pool: Float64Array;
  readonly poolStart: Int32Array;

  /** Rates and outcomes that hold during the current step. */
  readonly arrivals: Float64Array;
  readonly slotArrivals: Float64Array;
  readonly slotFailed: Float64Array;
  readonly responseMean: Float64Array;
  readonly responseVariance: Float64Array;
  readonly ownMean: Float64Array;
  readonly ownVariance: Float64Array;
  readonly busyShare: Float64Array;
  readonly queueShare: Float64Array;
  readonly edgeAttempts: Float64Array;
  readonly edgeFailed: Float64Array;
  /** Attempts that reach the dependency. */
  readonly edgeSent: Float64Array;
  readonly userRate: Float64Array;
  readonly userLost: Float64Array;

  /** Integrals of those up to the start of the current step. */
  readonly callsDone: Float64Array;
  readonly callsFailed: Float64Array;
  readonly edgeDone: Float64Array;
  readonly edgeDoneFailed: Float64Array;
  readonly usersDone: Float64Array;
  readonly usersLost: Float64Array;

  /** Scratch of the step: attempts on each edge that succeed, fail fast (retried), time out; and the harm in an answer. */
  readonly ok: Float64Array;
  readonly fast: Float64Array;
  readonly slow: Float64Array;
  readonly latencyMean: Float64Array;
  readonly latencyVariance: Float64Array;
  readonly oneTimeout: Float64Array;
  readonly succeeds: Float64Array;
  /** Chance that a retry is within the caller's budget. */
  readonly retryAllowed: Float64Array;
  readonly edgeDegraded: Float64Array;
  readonly degraded: Float64Array;
  readonly routed: Int32Array;
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
    pool: new Float64Array(poolStart[edges]!),
    poolStart,
    arrivals: perService(),
    slotArrivals: perSlot(),
    slotFailed: perSlot(),
    responseMean: perSlot(),
    responseVariance: perSlot(),
    ownMean: perSlot(),
    ownVariance: perSlot(),
    busyShare: perSlot(),
    queueShare: perSlot(),
    edgeAttempts: perEdge(),
    edgeFailed: perEdge(),
    edgeSent: perEdge(),
    userRate: perService(),
    userLost: perService(),
    callsDone: perSlot(),
    callsFailed: perSlot(),
    edgeDone: perEdge(),
    edgeDoneFailed: perEdge(),
    usersDone: perService(),
    usersLost: perService(),
    ok: perEdge(),
    fast: perEdge(),
    slow: perEdge(),
    latencyMean: perEdge(),
    latencyVariance: perEdge(),
    oneTimeout: perEdge(),
    succeeds: perEdge(),
    retryAllowed: perEdge().fill(1),
    edgeDegraded: perEdge(),
    degraded: perService(),
    routed: new Int32Array(services),
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
  for (let slot = 0; slot < flow.plan.slots; slot += 1) {
    const calls = flow.slotArrivals[slot]! * seconds;
    flow.callsDone[slot] = flow.callsDone[slot]! + calls;
    flow.callsFailed[slot] = flow.callsFailed[slot]! + calls * flow.slotFailed[slot]!;
  }
  for (let e = 0; e < flow.plan.edges; e += 1) {
    const attempts = flow.edgeAttempts[e]! * seconds;
    flow.edgeDone[e] = flow.edgeDone[e]! + attempts;
    flow.edgeDoneFailed[e] = flow.edgeDoneFailed[e]! + attempts * flow.edgeFailed[e]!;
  }
  for (let s = 0; s < flow.plan.services; s += 1) {
    flow.usersDone[s] = flow.usersDone[s]! + flow.userRate[s]! * seconds;
    flow.usersLost[s] = flow.usersLost[s]! + flow.userLost[s]! * seconds;
  }
}

/** The world changed for this service: nothing of it may be skipped in the next step. */
export function unsettle(flow: Flow, service: number): void {
  flow.stationsMoved[service] = 1;
  flow.callsSteady[service] = 0;
  flow.steadyArrivals[service] = -1;
}

/** Outcomes of calls as the fleet stands now, from the leaves up to the users. */
export function judge(flow: Flow, world: World): void {
  const { order } = flow.plan;
  for (let i = order.length - 1; i >= 0; i -= 1) {
    const s = order[i]!;
    const moved = flow.stationsMoved[s] === 1 || childrenMoved(flow, s);
    flow.outcomesMoved[s] = moved ? 1 : 0;
    if (moved) judgeService(flow, world, s);
  }
}

function childrenMoved(flow: Flow, s: number): boolean {
  const { plan } = flow;
  for (let e = plan.edgeStart[s]!; e < plan.edgeStart[s + 1]!; e += 1)
    if (flow.outcomesMoved[plan.edgeTo[e]!] === 1) return true;
  return false;
}

/**
 * What the judging of one service hands on, rewritten before every read. A typed array and not variables, because a variable
 * of a module that holds a fraction is allocated anew on every write.
 */
const handed = new Float64Array(8);
const ALL_IN_TIME = 0;
const CHILD_FAILS_FAST = 1;
const CHILD_MEAN = 2;
const CHILD_VARIANCE = 3;
const OK = 4;
const FAST = 5;
const MEAN = 6;
const VARIANCE = 7;

function judgeService(flow: Flow, world: World, s: number): void {
  const { plan } = flow;
  judgeChildren(flow, s);
  judgeStations(flow, world, s);
  const inEdges = plan.inEdges[s]!;
  const isEntry = plan.entryRate[s]! > 0;
  if (isEntry) {
    judgeTarget(flow, world, s, plan.lateS[s]!, true);
    const admitted = world.admit[s]!;
    const users = world.entryLoad[s]!;
    const served =
      world.fallback[s] === 1 ? 1 - plan.fallbackHarm[s]! : admitted * handed[OK]! * (1 - flow.degraded[s]!);
    flow.userRate[s] = users;
    flow.userLost[s] = users * (1 - served);
  }
  let judgedS = -1;
  for (let i = 0; i < inEdges.length; i += 1) {
    const e = inEdges[i]!;
    if (world.fallback[s] === 1) {
      flow.ok[e] = 1;
      flow.fast[e] = 0;
      flow.slow[e] = 0;
      flow.latencyMean[e] = NETWORK_S;
      flow.latencyVariance[e] = NETWORK_S * NETWORK_S;
      flow.edgeDegraded[e] = plan.fallbackHarm[s]!;
      continue;
    }
    // Callers with the same patience get the same answers.
    if (plan.edgeTimeoutS[e] !== judgedS) {
      judgedS = plan.edgeTimeoutS[e]!;
      judgeTarget(flow, world, s, judgedS, !isEntry && i === 0);
    }
    // Dead connections on the caller fail at once and are tried again; a breaker's refusal is final.
    const reached = (1 - world.edgeFails[e]!) * world.admit[s]!;
    flow.ok[e] = handed[OK]! * reached;
    flow.fast[e] = handed[FAST]! * reached + world.edgeFails[e]! * world.admit[s]!;
    flow.slow[e] = (1 - handed[OK]! - handed[FAST]!) * reached;
    flow.latencyMean[e] = handed[MEAN]!;
    flow.latencyVariance[e] = handed[VARIANCE]!;
    flow.edgeDegraded[e] = flow.degraded[s]!;
  }
}

/** What the service's own calls add to its answers: time, failures, and answers that come only after one timeout. */
function judgeChildren(flow: Flow, s: number): void {
  const { plan } = flow;
  let allInTime = 1;
  let childMean = 0;
  let childVariance = 0;
  let noFastFailure = 1;
  let whole = 1;
  for (let e = plan.edgeStart[s]!; e < plan.edgeStart[s + 1]!; e += 1) {
    const ok = flow.ok[e]!;
    const slow = flow.slow[e]!;
    const allowed = flow.retryAllowed[e]!;
    const fastAgain = flow.fast[e]! * allowed;
    const attempts = plan.edgeAttempts[e]!;
    const calls = plan.edgeCalls[e]!;
    const series = geometric(fastAgain, attempts);
    // At once = without a timeout on the way; once = after exactly one.
    const atOnce = ok * series;
    const anyTimeout = slow * series;
    const once = ok * slow * allowed * weighted(fastAgain, attempts);
    const failsFast = Math.max(0, 1 - atOnce - anyTimeout);
    const eventually = ok * geometric(Math.min(1, fastAgain + slow * allowed), attempts);
    if (plan.edgeOptional[e] === 1) {
      allInTime *= fold(1 - anyTimeout, calls);
      flow.oneTimeout[e] = calls * anyTimeout * (1 - slow * allowed);
      flow.succeeds[e] = 1;
    } else {
      allInTime *= fold(atOnce, calls);
      noFastFailure *= fold(1 - failsFast, calls);
      flow.oneTimeout[e] = atOnce > 1e-12 ? (calls * once) / atOnce : 0;
      flow.succeeds[e] = fold(Math.min(1, eventually), calls);
      whole *= 1 - Math.min(1, calls) * flow.edgeDegraded[e]!;
    }
    childMean += calls * flow.latencyMean[e]!;
    childVariance +=
      calls * flow.latencyVariance[e]! + (calls < 1 ? calls * (1 - calls) * flow.latencyMean[e]! ** 2 : 0);
  }
  handed[ALL_IN_TIME] = allInTime;
  handed[CHILD_FAILS_FAST] = 1 - noFastFailure;
  handed[CHILD_MEAN] = childMean;
  handed[CHILD_VARIANCE] = childVariance;
  flow.degraded[s] = 1 - whole;
}

/** Time in each replica's own station, from its number in system. */
function judgeStations(flow: Flow, world: World, s: number): void {
  const { plan } = flow;
  const table = plan.tables[s]!;
  const workers = plan.workers[s]!;
  const queue = table.places - workers;
  const cv2 = plan.serviceCv[s]! ** 2;
  let routed = 0;
  for (let slot = plan.slotStart[s]!; slot < plan.slotStart[s + 1]!; slot += 1) {
    if (world.route[slot] !== ROUTE.none) routed += 1;
    const rate = plan.rate[s]! * world.speed[slot]!;
    if (rate <= 0) {
      flow.busyShare[slot] = 0;
      flow.queueShare[slot] = world.phase[slot] === PHASE.up ? 1 : 0;
      flow.ownMean[slot] = 0;
      flow.ownVariance[slot] = 0;
      continue;
    }
    const x = flow.number[slot]!;
    const position = positionOf(table, x);
    const busy = at(table.busy, position);
    const waiting = Math.max(0, x - busy);
    const spread = flow.variance[slot]! / at(table.variance, position);
    const serviceS = 1 / rate;
    flow.accept[slot] = at(table.accept, position);
    flow.busyShare[slot] = busy / workers;
    flow.queueShare[slot] = queue > 0 ? waiting / queue : 0;
    flow.ownMean[slot] = NETWORK_S + serviceS * (1 + (busy > 1e-9 ? waiting / busy : 0));
    flow.ownVariance[slot] = serviceS * serviceS * (cv2 + at(table.waitVariance, position) * spread);
  }
  flow.routed[s] = routed;
}

/** Share of calls with deadline `deadlineS` that succeed in time, and that fail before it; and how long the good ones take. */
function judgeTarget(flow: Flow, world: World, s: number, deadlineS: number, isMain: boolean): void {
  const { plan } = flow;
  const first = plan.slotStart[s]!;
  const last = plan.slotStart[s + 1]!;
  const routed = flow.routed[s]!;
  const allInTime = handed[ALL_IN_TIME]!;
  const childFailsFast = handed[CHILD_FAILS_FAST]!;
  const childMean = handed[CHILD_MEAN]!;
  const childVariance = handed[CHILD_VARIANCE]!;
  let ok = 0;
  let fast = routed === 0 ? 1 : 0;
  let meanSum = 0;
  let second = 0;
  let like = -1;
  let likeInTime = 0;
  let likeAtOnce = 0;
  for (let slot = first; slot < last; slot += 1) {
    const route = world.route[slot]!;
    if (route === ROUTE.none) continue;
    if (route !== ROUTE.serve) {
      if (route === ROUTE.refuse) fast += 1 / routed;
      if (isMain) flow.slotFailed[slot] = 1;
      continue;
    }
    const mean = flow.ownMean[slot]! + childMean;
    const variance = flow.ownVariance[slot]! + childVariance;
    let atOnce = likeAtOnce;
    let inTime = likeInTime;
    if (like < 0 || flow.ownMean[like] !== flow.ownMean[slot] || flow.ownVariance[like] !== flow.ownVariance[slot]) {
      atOnce = gammaWithin(deadlineS, mean, variance);
      inTime = atOnce;
      if (allInTime < 1) {
        inTime += onceInTime(flow, s, deadlineS, mean, variance);
        inTime = Math.min(1, inTime * allInTime);
      }
      like = slot;
      likeInTime = inTime;
      likeAtOnce = atOnce;
    }
    const accepted = flow.accept[slot]!;
    const errors = world.errorShare[slot]!;
    const fine = accepted * (1 - errors);
    const good = fine * inTime;
    ok += good / routed;
    fast += (1 - accepted + accepted * errors * atOnce + fine * Math.min(1 - inTime, childFailsFast * atOnce)) / routed;
    // An answer that came in time took less than the deadline.
    const took = Math.min(mean, deadlineS);
    meanSum += (good * took) / routed;
    second += (good * (Math.min(variance, deadlineS * deadlineS * 0.25) + took * took)) / routed;
    if (isMain) {
      flow.slotFailed[slot] = 1 - good;
      flow.responseMean[slot] = mean;
      flow.responseVariance[slot] = variance;
    }
  }
  const mean = ok > 1e-12 ? meanSum / ok : 0;
  handed[OK] = ok;
  handed[FAST] = Math.min(fast, 1 - ok);
  handed[MEAN] = mean;
  handed[VARIANCE] = ok > 1e-12 ? Math.max(0, second / ok - mean * mean) : 0;
}

/** What arrives in time after exactly one timeout; edges with the same timeout share one look at the tail. */
function onceInTime(flow: Flow, s: number, deadlineS: number, mean: number, variance: number): number {
  const { plan } = flow;
  let sum = 0;
  let once = 0;
  let timeoutS = -1;
  for (let e = plan.edgeStart[s]!; e < plan.edgeStart[s + 1]!; e += 1) {
    if (plan.edgeTimeoutS[e] !== timeoutS) {
      if (once > ONCE_MIN) sum += once * gammaWithin(deadlineS - timeoutS, mean, variance);
      timeoutS = plan.edgeTimeoutS[e]!;
      once = 0;
    }
    once += flow.oneTimeout[e]!;
  }
  return once > ONCE_MIN ? sum + once * gammaWithin(deadlineS - timeoutS, mean, variance) : sum;
}

/** Moves calls for `dt` seconds, from the users down; says how far anything moved, relative to its size. */
export function advance(flow: Flow, world: World, dt: number): number {
  const { plan } = flow;
  let moved = 0;
  const { arrivals } = flow;
  for (let s = 0; s < plan.services; s += 1) {
    arrivals[s] = world.fallback[s] === 1 ? 0 : world.entryLoad[s]! * world.admit[s]!;
  }
  for (let i = 0; i < plan.order.length; i += 1) {
    const s = plan.order[i]!;
    const steady = Math.abs(arrivals[s]! - flow.steadyArrivals[s]!) <= STEADY * (1 + arrivals[s]!);
    if (!steady) moved = Math.max(moved, serve(flow, world, s, dt));
    else flow.stationsMoved[s] = 0;
    moved = Math.max(moved, callDependencies(flow, world, s, dt));
  }
  return moved;
}

/** The service's own stations; says how far they moved. */
function serve(flow: Flow, world: World, s: number, dt: number): number {
  const { plan } = flow;
  const arriving = flow.arrivals[s]!;
  const perSlot = flow.routed[s] === 0 ? 0 : arriving / flow.routed[s]!;
  const table = plan.tables[s]!;
  let moved = 0;
  let drift = 0;
  let finished = 0;
  let like = -1;
  let likeBefore = 0;
  let likeVariance = 0;
  let likeOut = 0;
  for (let slot = plan.slotStart[s]!; slot < plan.slotStart[s + 1]!; slot += 1) {
    const route = world.route[slot]!;
    const coming = route === ROUTE.none ? 0 : perSlot;
    flow.slotArrivals[slot] = coming;
    const speed = world.speed[slot]!;
    const before = flow.number[slot]!;
    if (speed <= 0) {
      flow.number[slot] = world.phase[slot] === PHASE.up ? Math.min(table.places, before + coming * dt) : 0;
      flow.variance[slot] = 0;
      // Calls in a process that ends under them are lost; users feel those of an entry service, callers try theirs again.
      if (before > 0 && world.phase[slot] !== PHASE.up && world.drained[slot] === 0 && plan.entryRate[s]! > 0)
        flow.usersLost[s] = flow.usersLost[s]! + before;
      continue;
    }
    const beforeVariance = flow.variance[slot]!;
    // Equal replicas are solved once.
    if (
      like >= 0 &&
      before === likeBefore &&
      beforeVariance === likeVariance &&
      world.speed[like] === speed &&
      world.route[like] === route
    ) {
      flow.number[slot] = flow.number[like]!;
      flow.variance[slot] = flow.variance[like]!;
      finished += likeOut * (1 - world.errorShare[slot]!);
      continue;
    }
    const entering = route === ROUTE.serve ? coming : 0;
    const rate = plan.rate[s]! * speed;
    const x = implicitStep(table, before, entering, rate, dt);
    const position = positionOf(table, x);
    const out = at(table.busy, position) * rate;
    const turnover = (entering * at(table.accept, position) + out) * dt;
    const variance = (beforeVariance + turnover) / (1 + turnover / at(table.variance, position));
    const twin =
      like >= 0 &&
      world.speed[like] === speed &&
      world.route[like] === route &&
      isClose(flow.number[like]!, x) &&
      isClose(flow.variance[like]!, variance);
    flow.number[slot] = twin ? flow.number[like]! : x;
    flow.variance[slot] = twin ? flow.variance[like]! : variance;
    like = slot;
    likeBefore = before;
    likeVariance = beforeVariance;
    likeOut = out;
    const change = Math.abs(x - before) / (1 + x);
    if (change > moved) moved = change;
    drift = Math.max(drift, change, Math.abs(variance - beforeVariance) / (1 + variance));
    finished += out * (1 - world.errorShare[slot]!);
  }
  flow.finished[s] = finished;
  const still = isStill(drift, dt);
  flow.stationsMoved[s] = still ? 0 : 1;
  flow.steadyArrivals[s] = still ? arriving : -1;
  return moved;
}

/** Sends the service's own calls, with retries at once after fast failures and through the delay pools after timeouts. */
function callDependencies(flow: Flow, world: World, s: number, dt: number): number {
  const { plan, pool } = flow;
  const finished = flow.finished[s]!;
  const sameOutcomes = !childrenMoved(flow, s);
  if (
    sameOutcomes &&
    flow.callsSteady[s] === 1 &&
    Math.abs(finished - flow.steadyFinished[s]!) <= STEADY * (1 + finished)
  ) {
    for (let e = plan.edgeStart[s]!; e < plan.edgeStart[s + 1]!; e += 1) addArrivals(flow, e);
    return 0;
  }
  let reaching = finished;
  let moved = 0;
  let filling = 0;
  let pooling = false;
  let budgetMoved = 0;
  for (let e = plan.edgeStart[s]!; e < plan.edgeStart[s + 1]!; e += 1) {
    const to = plan.edgeTo[e]!;
    const levels = plan.edgeAttempts[e]!;
    const stageRate = STAGES / plan.edgeTimeoutS[e]!;
    const shrink = 1 / (1 + dt * stageRate);
    const allowed = flow.retryAllowed[e]!;
    const fast = flow.fast[e]! * allowed;
    const slow = flow.slow[e]! * allowed;
    const first = reaching * plan.edgeCalls[e]!;
    let level = first;
    let total = 0;
    for (let k = 0; k < levels; k += 1) {
      total += level;
      if (k === levels - 1) break;
      let inflow = slow * level;
      const base = flow.poolStart[e]! + k * STAGES;
      if (inflow > 1e-9 || pool[base]! + pool[base + 1]! + pool[base + 2]! + pool[base + 3]! > 1e-9) {
        for (let stage = 0; stage < STAGES; stage += 1) {
          const before = pool[base + stage]!;
          const held = (before + dt * inflow) * shrink;
          const change = (held > before ? held - before : before - held) / (1 + held);
          if (change > filling) filling = change;
          pool[base + stage] = held;
          inflow = held * stageRate;
        }
        pooling = true;
      } else inflow = 0;
      level = fast * level + inflow;
    }
    const before = flow.edgeAttempts[e]!;
    const change = Math.abs(total - before) / (1 + total);
    // The budget is smoothed over its own window whatever the step; what it does to the calls is what counts as movement.
    const spent = spendBudget(flow, e, first, total - first, dt);
    if (spent > budgetMoved) budgetMoved = spent;
    if (change > moved) moved = change;
    flow.edgeAttempts[e] = total;
    flow.edgeFailed[e] = 1 - flow.ok[e]!;
    flow.edgeSent[e] = world.fallback[to] === 1 ? 0 : total * (1 - world.edgeFails[e]!) * world.admit[to]!;
    flow.arrivals[to] = flow.arrivals[to]! + flow.edgeSent[e]!;
    reaching *= flow.succeeds[e]!;
  }
  // What has entered a pool comes out of it only later: nothing is steady before the pools are.
  flow.callsSteady[s] = isStill(Math.max(moved, filling), dt) && (!pooling || sameOutcomes) ? 1 : 0;
  flow.steadyFinished[s] = finished;
  return moved;
}

/** Lets as many retries pass as the caller's budget holds, smoothed over the budget's own window; says how far that moved. */
function spendBudget(flow: Flow, e: number, first: number, retries: number, dt: number): number {
  const budget = flow.plan.edgeBudget[e]!;
  if (budget === Number.POSITIVE_INFINITY) return 0;
  const allowed = flow.retryAllowed[e]!;
  const wanted = retries / Math.max(allowed, RETRY_FLOOR);
  const target = Math.max(RETRY_FLOOR, Math.min(1, (budget * first) / Math.max(wanted, 1e-9)));
  const next = allowed + ((target - allowed) * dt) / (dt + BUDGET_WINDOW_S);
  flow.retryAllowed[e] = next;
  return Math.abs(next - allowed);
}

/** In a very short step nothing moves far, however fast it moves: what counts is the change per second. */
function isStill(change: number, dt: number): boolean {
  return change < STEADY * Math.min(dt, 1);
}

/** Replicas that have come this close are one from now on, so that they are solved once. */
function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-6 * (1 + b);
}

function addArrivals(flow: Flow, e: number): void {
  const to = flow.plan.edgeTo[e]!;
  flow.arrivals[to] = flow.arrivals[to]! + flow.edgeSent[e]!;
}

/** Chance that all of a mean of `calls` calls do what one does with `chance`. */
function fold(chance: number, calls: number): number {
  if (calls === 1) return chance;
  if (calls < 1) return 1 - calls + calls * chance;
  // Close to 1 the power is a straight line.
  return chance > 0.99999 ? 1 - calls * (1 - chance) : chance ** calls;
}

/** 1 + f + .. + f^(attempts - 1). */
function geometric(f: number, attempts: number): number {
  let sum = 1;
  for (let k = 1; k < attempts; k += 1) sum = 1 + f * sum;
  return sum;
}

/** Sum over k of (k - 1) f^(k - 2), k = 2 .. attempts: where the one timeout may stand. */
function weighted(fast: number, attempts: number): number {
  let sum = 0;
  let power = 1;
  for (let k = 2; k <= attempts; k += 1) {
    sum += (k - 1) * power;
    power *= fast;
  }
  return sum;
}
