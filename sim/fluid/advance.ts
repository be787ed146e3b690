/** The other half of a step: calls move, queues fill and drain, timed-out attempts come back. */
import { PHASE, ROUTE, type World } from '../world.ts';
import { pass, STAGES, stirred } from './delay.ts';
import { childrenMoved, type Flow } from './flow.ts';
import { at, implicitStep, positionOf } from './station-table.ts';

/** Relative change below which a stream of calls is the same; a station stands still below it per second (see `isStill`). */
const STEADY = 1e-5;
/** What still moves in a station, as a share of the flow through it, below which it stands still. */
const STILL = 1e-5;
/** Retries after timeouts below this share of the calls do not shorten the steps. */
const IN_PLAY = 1e-3;
/** Attempts that are late in a queue: none below this share. */
const LATE_MIN = 1e-7;
/** A retry budget looks back this long, and never shuts retries out altogether. */
const BUDGET_WINDOW_S = 1;
const RETRY_FLOOR = 0.01;

/** Moves calls for `dt` seconds, from the users down; says how far anything moved, relative to its size. */
export function advance(flow: Flow, world: World, dt: number): number {
  const { plan } = flow;
  let moved = 0;
  flow.timeoutInPlay[0] = Number.POSITIVE_INFINITY;
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

/**
 * The processes that ended took their calls along, unless they finished them first. Users feel those of an entry service that
 * would have ended well; callers of the others try again.
 */
export function dropCalls(flow: Flow, world: World, s: number): void {
  const { plan } = flow;
  const isEntry = plan.entryRate[s]! > 0;
  for (let slot = plan.slotStart[s]!; slot < plan.slotStart[s + 1]!; slot += 1) {
    const number = flow.number[slot]!;
    if (number === 0 || world.phase[slot] === PHASE.up) continue;
    if (isEntry && world.drained[slot] === 0) flow.usersLost[s] = flow.usersLost[s]! + number * flow.inTime[slot]!;
    flow.number[slot] = 0;
    flow.variance[slot] = 0;
    flow.age[slot] = 0;
  }
}

/** The service's own stations; says how far they moved. */
function serve(flow: Flow, world: World, s: number, dt: number): number {
  const { plan } = flow;
  const arriving = flow.arrivals[s]!;
  const perSlot = flow.routed[s] === 0 ? 0 : arriving / flow.routed[s]!;
  const table = plan.tables[s]!;
  let moved = 0;
  let still = true;
  let finished = 0;
  let like = -1;
  let likeTwin = -1;
  let likeOut = 0;
  let likeIn = 0;
  let entering = 0;
  let leaving = 0;
  for (let slot = plan.slotStart[s]!; slot < flow.slotEnd[s]!; slot += 1) {
    const route = world.route[slot]!;
    const coming = route === ROUTE.none ? 0 : perSlot;
    flow.slotArrivals[slot] = coming;
    const speed = world.speed[slot]!;
    const before = flow.number[slot]!;
    if (speed <= 0) {
      const queued = world.phase[slot] === PHASE.up ? Math.min(table.places, before + coming * dt) : 0;
      if (queued !== before) still = false;
      flow.number[slot] = queued;
      flow.variance[slot] = 0;
      flow.age[slot] = queued > 0 ? flow.age[slot]! + dt : 0;
      continue;
    }
    // Equal replicas are solved once.
    const twin = flow.twin[slot]!;
    if (twin === likeTwin && world.route[like] === route) {
      flow.number[slot] = flow.number[like]!;
      flow.variance[slot] = flow.variance[like]!;
      flow.age[slot] = flow.age[like]!;
      finished += likeOut * (1 - world.errorShare[slot]!);
      entering += likeIn;
      leaving += likeOut;
      continue;
    }
    const beforeVariance = flow.variance[slot]!;
    const offered = route === ROUTE.serve ? coming : 0;
    const rate = plan.rate[s]! * speed;
    const x = implicitStep(table, before, offered, rate, dt);
    const position = positionOf(table, x);
    const out = at(table.busy, position) * rate;
    likeIn = offered * at(table.accept, position);
    const turnover = (likeIn + out) * dt;
    const variance = (beforeVariance + turnover) / (1 + turnover / at(table.variance, position));
    // Whoever leaves has waited while those behind it came; they came evenly.
    const beforeAge = flow.age[slot]!;
    const age = x < 1e-9 ? 1 / rate : (beforeAge + dt) / (1 + (dt * out) / x);
    const merges =
      like >= 0 &&
      world.speed[like] === speed &&
      world.route[like] === route &&
      isClose(flow.number[like]!, x) &&
      isClose(flow.variance[like]!, variance) &&
      isClose(flow.age[like]!, age);
    flow.number[slot] = merges ? flow.number[like]! : x;
    flow.variance[slot] = merges ? flow.variance[like]! : variance;
    flow.age[slot] = merges ? flow.age[like]! : age;
    like = slot;
    likeTwin = twin;
    likeOut = out;
    const change = Math.abs(x - before) / (1 + x);
    if (change > moved) moved = change;
    // Against the flow that would have to stop, or in a short step everything would look still.
    if (
      still &&
      (Math.abs(x - before) > STILL * out * dt ||
        Math.abs(variance - beforeVariance) > STILL * turnover ||
        Math.abs(age - beforeAge) > STILL * dt)
    ) {
      still = false;
    }
    finished += out * (1 - world.errorShare[slot]!);
    entering += likeIn;
    leaving += out;
  }
  flow.entering[s] = entering;
  flow.leaving[s] = leaving;
  flow.finished[s] = finished;
  flow.stationsMoved[s] = still ? 0 : 1;
  flow.steadyArrivals[s] = still ? arriving : -1;
  return moved;
}

/** Sends the service's own calls, with retries at once after fast failures and through the delay pools after timeouts. */
function callDependencies(flow: Flow, world: World, s: number, dt: number): number {
  const { plan, pool, line } = flow;
  if (plan.edgeStart[s] === plan.edgeStart[s + 1]) return 0;
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
    const allowed = flow.retryAllowed[e]!;
    const fast = flow.fast[e]! * allowed;
    const late = flow.late[e]!;
    const first = reaching * plan.edgeCalls[e]!;
    let level = first;
    let total = 0;
    let entering = 0;
    for (let k = 0; k < levels; k += 1) {
      total += level;
      if (k === levels - 1) break;
      const base = flow.poolStart[e]! + k * STAGES;
      let again = 0;
      const unanswered = flow.unanswered[e]! * level;
      if (unanswered > 1e-9 || holds(pool, base)) {
        const out = pass(pool, base, unanswered, dt, stageRate);
        again = allowed * out;
        entering += unanswered - out;
        if (stirred[0]! > filling) filling = stirred[0]!;
        pooling = true;
      }
      if (late > LATE_MIN) {
        const live = flow.live[e]! * level;
        // Until the first is late, calls come evenly.
        if (line[base] === 0) line.fill(live / stageRate, base, base + STAGES);
        again += allowed * (late / flow.live[e]!) * pass(line, base, live, dt, stageRate);
        if (stirred[0]! > filling) filling = stirred[0]!;
        pooling = true;
      } else if (line[base] !== 0) line.fill(0, base, base + STAGES);
      if (again > IN_PLAY * first && plan.edgeTimeoutS[e]! < flow.timeoutInPlay[0]!)
        flow.timeoutInPlay[0] = plan.edgeTimeoutS[e]!;
      level = fast * level + again;
    }
    const before = flow.edgeAttempts[e]!;
    const change = Math.abs(total - before) / (1 + total);
    // The budget is smoothed over its own window whatever the step; what it does to the calls is what counts as movement.
    const spent = spendBudget(flow, e, first, total - first, dt);
    if (spent > budgetMoved) budgetMoved = spent;
    if (change > moved) moved = change;
    flow.edgeAttempts[e] = total;
    flow.edgePooling[e] = entering;
    flow.edgeFailed[e] = 1 - flow.ok[e]!;
    flow.edgeSent[e] = world.fallback[to] === 1 ? 0 : total * (1 - world.edgeFails[e]!) * world.admit[to]!;
    flow.arrivals[to] = flow.arrivals[to]! + flow.edgeSent[e]!;
    reaching *= flow.succeeds[e]!;
  }
  // What has entered a pool comes out of it only later: nothing is steady before the pools are.
  flow.callsSteady[s] = isStill(Math.max(moved, filling, budgetMoved), dt) && (!pooling || sameOutcomes) ? 1 : 0;
  flow.steadyFinished[s] = finished;
  return Math.max(moved, filling);
}

/** Lets as many retries pass as the caller's budget holds, smoothed over the budget's own window; says how far that moved. */
function spendBudget(flow: Flow, e: number, first: number, retries: number, dt: number): number {
  const budget = flow.plan.edgeBudget[e]!;
  if (budget === Number.POSITIVE_INFINITY) return 0;
  const allowed = flow.retryAllowed[e]!;
  const wanted = retries / Math.max(allowed, RETRY_FLOOR);
  const held = budget * first;
  const target = wanted <= held ? 1 : Math.max(RETRY_FLOOR, held / wanted);
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

function holds(pool: Float64Array, base: number): boolean {
  return pool[base]! + pool[base + 1]! + pool[base + 2]! + pool[base + 3]! > 1e-9;
}
