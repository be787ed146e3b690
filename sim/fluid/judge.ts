/** Half of a step: what becomes of the calls made now, given how full every replica is. */
import { ROUTE, type World } from '../world.ts';
import { childrenMoved, type Flow } from './flow.ts';
import { judgeStations, NETWORK_S } from './judge-stations.ts';
import { fold, geometric, weighted } from './retries.ts';
import { gammaWithin } from './tails.ts';

/** Share of calls that succeed after exactly one timeout below which they are left out. */
const ONCE_MIN = 1e-6;
/** What callers of a service fare like is the same below this difference: shares, and latencies relative to themselves. */
const SAME = 1e-5;
/** Shares of retries that a budget lets pass are the same below this difference. */
const ALLOWED_SAME = 1e-3;
/** Calls that leave took as long as those that come will, but for this share: one look at the tail does for both. */
const ALIKE = 1e-3;

/** Outcomes of calls as the fleet stands now, from the leaves up to the users. */
export function judge(flow: Flow, world: World): void {
  const { order } = flow.plan;
  for (let i = order.length - 1; i >= 0; i -= 1) {
    const s = order[i]!;
    const moved = flow.stationsMoved[s] === 1 || childrenMoved(flow, s) || budgetsMoved(flow, s);
    flow.outcomesMoved[s] = moved && judgeService(flow, world, s) ? 1 : 0;
  }
}

/**
 * What the judging of one service hands on, rewritten before every read. A typed array and not variables, because a variable
 * of a module that holds a fraction is allocated anew on every write.
 */
const handed = new Float64Array(13);
const ALL_IN_TIME = 0;
const CHILD_FAILS_FAST = 1;
const CHILD_MEAN = 2;
const CHILD_VARIANCE = 3;
const OK = 4;
const FAST = 5;
const MEAN = 6;
const VARIANCE = 7;
const LIVE = 8;
const LATE = 9;
const LOST = 10;
/** Share of answers that no optional call timed out for, and how long all of them wait for such calls on average, seconds. */
const PUNCTUAL = 11;
const WAIT = 12;

/** Says whether callers fare differently. */
function judgeService(flow: Flow, world: World, s: number): boolean {
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
  let told = false;
  for (let i = 0; i < inEdges.length; i += 1) {
    const e = inEdges[i]!;
    if (world.fallback[s] === 1) {
      handed[OK] = 1;
      handed[FAST] = 0;
      handed[LIVE] = 0;
      handed[LATE] = 0;
      handed[LOST] = 0;
      handed[MEAN] = NETWORK_S;
      handed[VARIANCE] = NETWORK_S * NETWORK_S;
      if (tell(flow, e, 1, 0, plan.fallbackHarm[s]!)) told = true;
      continue;
    }
    // Callers with the same patience get the same answers.
    if (plan.edgeTimeoutS[e] !== judgedS) {
      judgedS = plan.edgeTimeoutS[e]!;
      judgeTarget(flow, world, s, judgedS, !isEntry && i === 0);
    }
    // Dead connections on the caller fail at once and are tried again; a breaker's refusal is final.
    const admit = world.admit[s]!;
    if (tell(flow, e, (1 - world.edgeFails[e]!) * admit, world.edgeFails[e]! * admit, flow.degraded[s]!)) told = true;
  }
  return told;
}

/** Whether retries are scarcer or more plentiful than when the service was last judged. */
function budgetsMoved({ plan, retryAllowed, judgedAllowed }: Flow, s: number): boolean {
  for (let e = plan.edgeStart[s]!; e < plan.edgeStart[s + 1]!; e += 1)
    if (Math.abs(retryAllowed[e]! - judgedAllowed[e]!) > ALLOWED_SAME) return true;
  return false;
}

/** Hands an edge's outcomes to its caller, unless the caller has heard as much; says whether it is news. */
function tell(flow: Flow, e: number, reached: number, dead: number, degraded: number): boolean {
  const ok = handed[OK]! * reached;
  const fast = handed[FAST]! * reached + dead;
  const slow = (1 - handed[OK]! - handed[FAST]!) * reached;
  const live = handed[LIVE]! * reached;
  const late = handed[LATE]! * reached;
  const lost = handed[LOST]! * reached;
  const mean = handed[MEAN]!;
  const variance = handed[VARIANCE]!;
  if (
    isSame(ok, flow.ok[e]!, 1) &&
    isSame(fast, flow.fast[e]!, 1) &&
    isSame(slow, flow.slow[e]!, 1) &&
    isSame(late, flow.late[e]!, 1) &&
    isSame(lost, flow.unanswered[e]!, 1) &&
    isSame(live, flow.live[e]!, 1) &&
    isSame(mean, flow.latencyMean[e]!, mean) &&
    isSame(variance, flow.latencyVariance[e]!, variance) &&
    degraded === flow.edgeDegraded[e]
  ) {
    return false;
  }
  flow.ok[e] = ok;
  flow.fast[e] = fast;
  flow.slow[e] = slow;
  flow.live[e] = live;
  flow.late[e] = late;
  flow.unanswered[e] = lost;
  flow.latencyMean[e] = mean;
  flow.latencyVariance[e] = variance;
  flow.edgeDegraded[e] = degraded;
  return true;
}

function isSame(a: number, b: number, scale: number): boolean {
  return a - b <= SAME * scale && b - a <= SAME * scale;
}

/** What the service's own calls add to its answers: time, failures, and answers that come only after one timeout. */
function judgeChildren(flow: Flow, s: number): void {
  const { plan } = flow;
  let allInTime = 1;
  let childMean = 0;
  let childVariance = 0;
  let noFastFailure = 1;
  let whole = 1;
  let punctual = 1;
  let wait = 0;
  for (let e = plan.edgeStart[s]!; e < plan.edgeStart[s + 1]!; e += 1) {
    const ok = flow.ok[e]!;
    const slow = flow.slow[e]!;
    const allowed = flow.retryAllowed[e]!;
    flow.judgedAllowed[e] = allowed;
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
      // The answer does without, but it comes later by every timeout.
      punctual *= fold(1 - anyTimeout, calls);
      wait += calls * slow * geometric(Math.min(1, fastAgain + slow * allowed), attempts) * plan.edgeTimeoutS[e]!;
      flow.oneTimeout[e] = 0;
      flow.succeeds[e] = 1;
    } else {
      allInTime *= fold(atOnce, calls);
      noFastFailure *= fold(1 - failsFast, calls);
      flow.oneTimeout[e] = atOnce > 1e-12 ? (calls * once) / atOnce : 0;
      flow.succeeds[e] = fold(Math.min(1, eventually), calls);
      whole *= 1 - Math.min(1, calls) * flow.edgeDegraded[e]!;
    }
    // Times are those of good answers: whoever can do without one does not wait for it.
    const answered = plan.edgeOptional[e] === 1 ? calls * Math.min(1, eventually) : calls;
    childMean += answered * flow.latencyMean[e]!;
    childVariance +=
      answered * flow.latencyVariance[e]! + (answered < 1 ? answered * (1 - answered) * flow.latencyMean[e]! ** 2 : 0);
  }
  handed[ALL_IN_TIME] = allInTime;
  handed[CHILD_FAILS_FAST] = 1 - noFastFailure;
  handed[CHILD_MEAN] = childMean;
  handed[CHILD_VARIANCE] = childVariance;
  handed[PUNCTUAL] = punctual;
  handed[WAIT] = wait;
  flow.degraded[s] = 1 - whole;
}

/** Share of calls with deadline `deadlineS` that succeed in time, and that fail before it; and how long the good ones take. */
function judgeTarget(flow: Flow, world: World, s: number, deadlineS: number, isMain: boolean): void {
  const { plan } = flow;
  const first = plan.slotStart[s]!;
  const last = flow.slotEnd[s]!;
  const routed = flow.routed[s]!;
  const allInTime = handed[ALL_IN_TIME]!;
  const childFailsFast = handed[CHILD_FAILS_FAST]!;
  const childMean = handed[CHILD_MEAN]!;
  const childVariance = handed[CHILD_VARIANCE]!;
  const punctual = handed[PUNCTUAL]!;
  const wait = handed[WAIT]!;
  // Those that wait at all wait for as long as they do on average.
  const waitS = wait > ONCE_MIN ? wait / (1 - punctual) : 0;
  let ok = 0;
  let live = 0;
  let late = 0;
  let lateAhead = 0;
  let fast = routed === 0 ? 1 : 0;
  let meanSum = 0;
  let second = 0;
  let like = -1;
  let mean = 0;
  let variance = 0;
  let leavingMean = 0;
  let leavingVariance = 0;
  let atOnce = 0;
  let inTime = 0;
  let tooLate = 0;
  for (let slot = first; slot < last; slot += 1) {
    const route = world.route[slot]!;
    if (route === ROUTE.none) continue;
    if (route !== ROUTE.serve) {
      if (route === ROUTE.refuse) fast += 1 / routed;
      if (isMain) {
        flow.slotFailed[slot] = 1;
        flow.inTime[slot] = 0;
      }
      continue;
    }
    const twin = flow.twin[slot]!;
    if (twin !== like) {
      like = twin;
      mean = flow.ownMean[slot]! + childMean;
      variance = flow.ownVariance[slot]! + childVariance;
      leavingMean = flow.leavingMean[slot]! + childMean;
      leavingVariance = flow.leavingVariance[slot]! + childVariance;
      atOnce = punctual * gammaWithin(deadlineS, mean, variance);
      if (waitS > 0) atOnce += (1 - punctual) * gammaWithin(deadlineS - waitS, mean, variance);
      tooLate =
        Math.abs(leavingMean - mean) < ALIKE * mean
          ? 1 - atOnce
          : 1 - gammaWithin(deadlineS, leavingMean, leavingVariance);
      inTime = atOnce;
      if (allInTime < 1) {
        inTime += punctual * onceInTime(flow, s, deadlineS, mean, variance);
        if (waitS > 0) inTime += (1 - punctual) * onceInTime(flow, s, deadlineS - waitS, mean, variance);
        inTime = Math.min(1, inTime * allInTime);
      }
    }
    const accepted = flow.accept[slot]!;
    const errors = world.errorShare[slot]!;
    const fine = accepted * (1 - errors);
    const good = fine * inTime;
    ok += good / routed;
    live += accepted / routed;
    late += (accepted * tooLate) / routed;
    lateAhead += (accepted * (1 - atOnce)) / routed;
    fast += (1 - accepted + accepted * errors * atOnce + fine * Math.min(1 - inTime, childFailsFast * atOnce)) / routed;
    // An answer that came in time took less than the deadline.
    const took = Math.min(mean + wait, deadlineS);
    meanSum += (good * took) / routed;
    second += (good * (Math.min(variance, deadlineS * deadlineS * 0.25) + took * took)) / routed;
    if (isMain) {
      flow.slotFailed[slot] = 1 - good;
      flow.inTime[slot] = (1 - errors) * inTime;
      flow.responseMean[slot] = leavingMean + wait;
      flow.responseVariance[slot] = leavingVariance + wait * (waitS - wait);
    }
  }
  const meanOk = ok > 1e-12 ? meanSum / ok : 0;
  handed[OK] = ok;
  handed[FAST] = Math.min(fast, 1 - ok);
  handed[LIVE] = live;
  handed[LATE] = late;
  handed[LOST] = Math.max(0, 1 - ok - handed[FAST]! - lateAhead);
  handed[MEAN] = meanOk;
  handed[VARIANCE] = ok > 1e-12 ? Math.max(0, second / ok - meanOk * meanOk) : 0;
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
