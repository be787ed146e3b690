/**
 * Tier 2: every request by itself. Users ask, calls queue at replicas, are served, call on, time out, are tried again; the
 * attempts that nobody waits for any more are worked off all the same. It shares the fleet's discrete state (`World`) with tier
 * 1 and nothing else, so that the two can be held against each other.
 */
import type { FleetPlan } from '../plan.ts';
import { PURPOSES, Stream } from '../random.ts';
import { PHASE, ROUTE, type World } from '../world.ts';
import { type Calls, createCalls, freeCall, NOBODY, newCall } from './calls.ts';
import { EventQueue } from './event-queue.ts';
import { createSamples, type Samples, takeSample } from './samples.ts';
import { createRing, joinRing, leaveRing, type Ring } from './timers.ts';

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

export function createTraffic(plan: FleetPlan, world: World): Traffic {
  const { services, slots, edges } = plan;
  const all = edges + services;
  const perSlot = (): Float64Array => new Float64Array(slots);
  const stream = (purpose: (typeof PURPOSES)[keyof typeof PURPOSES], entity: number): Stream =>
    new Stream().key(world.key, purpose, entity, 0);
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

/** Runs everything that is due by `untilUs`, and leaves the clock there. */
export function runUntil(traffic: Traffic, untilUs: number): void {
  const { queue } = traffic;
  while (queue.peekUs() <= untilUs) {
    queue.pop();
    traffic.nowUs = queue.timeUs;
    switch (queue.code) {
      case HAPPENS.done:
        if (traffic.calls.run[queue.subject] === queue.generation) serviceDone(traffic, queue.subject);
        break;
      case HAPPENS.timeout:
        ringDue(traffic, queue.subject);
        break;
      default:
        if (traffic.userEpoch[queue.subject] === queue.generation) userAsks(traffic, queue.subject);
    }
  }
  traffic.nowUs = untilUs;
}

/** Takes over what `derive` found: who is in the balancer's list, how fast replicas are, how many users come. */
export function followWorld(traffic: Traffic): void {
  const { plan, world } = traffic;
  for (let s = 0; s < plan.services; s += 1) {
    const first = plan.slotStart[s]!;
    let count = 0;
    for (let slot = first; slot < plan.slotStart[s + 1]!; slot += 1) {
      if (world.route[slot] === ROUTE.none) continue;
      traffic.listed[first + count] = slot;
      count += 1;
    }
    traffic.listedCount[s] = count;
  }
  for (let slot = 0; slot < plan.slots; slot += 1) {
    const stopping = world.phase[slot] === PHASE.stopping;
    // A process that was asked to stop finishes what it has, at the speed it had.
    if (stopping && world.drained[slot] === 1) continue;
    if (world.phase[slot] !== PHASE.up) dropCalls(traffic, slot);
    setSpeed(traffic, slot, world.speed[slot]!);
  }
}

/** The users of a service come at another rate from now on: their next gap is drawn anew, which Poisson arrivals allow. */
export function newUserRate(traffic: Traffic, service: number): void {
  traffic.userEpoch[service] = traffic.userEpoch[service]! + 1;
  traffic.userRate[service] = traffic.world.entryLoad[service]!;
  awaitUser(traffic, service);
}

function awaitUser(traffic: Traffic, service: number): void {
  const perS = traffic.userRate[service]!;
  if (perS <= 0) return;
  const gapUs = traffic.users[service]!.exponential(SECOND_US / perS);
  const atUs = traffic.nowUs + Math.max(1, Math.round(gapUs));
  traffic.queue.push(atUs, HAPPENS.user, HAPPENS.user, service, traffic.userEpoch[service]!);
}

function userAsks(traffic: Traffic, service: number): void {
  awaitUser(traffic, service);
  const user = newCall(traffic.calls, NOBODY, NOBODY, NOBODY, NOBODY);
  send(traffic, user, traffic.plan.edges + service);
}

/** One attempt of `caller` over `edge`. What is decided at once is told at once. */
function send(traffic: Traffic, caller: number, edge: number): void {
  const { plan, world, calls, chance } = traffic;
  const to = traffic.edgeTo[edge]!;
  const isUser = edge >= plan.edges;
  calls.generation[caller] = calls.generation[caller]! + 1;
  calls.askedSlot[caller] = NOBODY;
  traffic.edgeCalls[edge] = traffic.edgeCalls[edge]! + 1;
  if (world.fallback[to] === 1) {
    succeeded(traffic, caller, edge, 1 - plan.fallbackHarm[to]!);
    return;
  }
  if (!isUser && world.edgeFails[edge]! > 0 && chance.chance(world.edgeFails[edge]!)) {
    failed(traffic, caller, edge, true);
    return;
  }
  const admit = world.admit[to]!;
  if (admit < 1 && !chance.chance(admit)) {
    failed(traffic, caller, edge, false);
    return;
  }
  const count = traffic.listedCount[to]!;
  if (count === 0) {
    failed(traffic, caller, edge, true);
    return;
  }
  const slot = traffic.listed[plan.slotStart[to]! + (count === 1 ? 0 : chance.below(count))]!;
  calls.askedSlot[caller] = slot;
  traffic.slotCalls[slot] = traffic.slotCalls[slot]! + 1;
  const route = world.route[slot]!;
  const isUp = world.phase[slot] === PHASE.up;
  const isFull = traffic.waiting[slot]! + traffic.busy[slot]! >= plan.tables[to]!.places;
  if (route === ROUTE.refuse || (route === ROUTE.serve && isFull)) {
    failed(traffic, caller, edge, true);
    return;
  }
  waitFor(traffic, caller, edge);
  // What is swallowed by a hung process lies in its queue; what is lost on the way, nowhere.
  if (route === ROUTE.swallow && (!isUp || isFull || world.hangBy[slot] === NOBODY)) return;
  take(traffic, newCall(calls, to, slot, caller, edge));
}

function waitFor(traffic: Traffic, caller: number, edge: number): void {
  const ring = traffic.rings[edge]!;
  const dueUs = traffic.nowUs + traffic.timeoutUs[edge]!;
  joinRing(ring, caller, traffic.calls.generation[caller]!, dueUs);
  if (ring.size === 1) traffic.queue.push(dueUs, HAPPENS.timeout, HAPPENS.timeout, edge, 0);
}

/** The head of the ring is due: whoever still waits has waited too long. Those who moved on are passed over. */
function ringDue(traffic: Traffic, edge: number): void {
  const ring = traffic.rings[edge]!;
  const { calls } = traffic;
  while (ring.size > 0) {
    const caller = ring.waiters[ring.head]!;
    const waits = calls.generation[caller] === ring.generations[ring.head];
    if (waits && ring.dueUs[ring.head]! > traffic.nowUs) break;
    leaveRing(ring);
    if (waits) failed(traffic, caller, edge, true);
  }
  if (ring.size > 0) traffic.queue.push(ring.dueUs[ring.head]!, HAPPENS.timeout, HAPPENS.timeout, edge, 0);
}

/** A call arrives at its slot: it is served, or waits. */
function take(traffic: Traffic, call: number): void {
  const { calls } = traffic;
  const slot = calls.slot[call]!;
  calls.arrivedUs[call] = traffic.nowUs;
  touch(traffic, slot);
  traffic.entered[slot] = traffic.entered[slot]! + 1;
  if (traffic.busy[slot]! < traffic.serving[slot]!.length && traffic.speed[slot]! > 0) {
    serve(traffic, slot, call);
    return;
  }
  const last = traffic.waitingLast[slot]!;
  if (last === NOBODY) traffic.waitingFirst[slot] = call;
  else calls.next[last] = call;
  traffic.waitingLast[slot] = call;
  traffic.waiting[slot] = traffic.waiting[slot]! + 1;
}

function serve(traffic: Traffic, slot: number, call: number): void {
  const { plan, calls } = traffic;
  const service = plan.slotService[slot]!;
  const place = traffic.busy[slot]!;
  traffic.serving[slot]![place] = call;
  traffic.busy[slot] = place + 1;
  calls.worker[call] = place;
  calls.doneUs[call] = drawWorkUs(traffic.work, SECOND_US / plan.rate[service]!, plan.serviceCv[service]!);
  run(traffic, call, traffic.speed[slot]!);
}

/** Exponential for a coefficient of variation of 1, constant for 0, lognormal otherwise. */
function drawWorkUs(stream: Stream, meanUs: number, cv: number): number {
  if (cv === 1) return stream.exponential(meanUs);
  if (cv === 0) return meanUs;
  const variance = Math.log(1 + cv * cv);
  return meanUs * Math.exp(Math.sqrt(variance) * stream.normal() - variance / 2);
}

/** Starts the work that `doneUs` holds, at a speed above 0: from now on `doneUs` is a time. */
function run(traffic: Traffic, call: number, speed: number): void {
  const { calls } = traffic;
  const doneUs = traffic.nowUs + Math.max(1, Math.round(calls.doneUs[call]! / speed));
  calls.doneUs[call] = doneUs;
  calls.run[call] = calls.run[call]! + 1;
  traffic.queue.push(doneUs, HAPPENS.done, HAPPENS.done, call, calls.run[call]!);
}

function serviceDone(traffic: Traffic, call: number): void {
  const { calls, world } = traffic;
  const slot = calls.slot[call]!;
  touch(traffic, slot);
  giveUpWorker(traffic, slot, call);
  leave(traffic, slot, call);
  startNext(traffic, slot);
  const errors = world.errorShare[slot]!;
  if (errors > 0 && traffic.chance.chance(errors)) answer(traffic, call, false);
  else callOn(traffic, call);
}

function leave(traffic: Traffic, slot: number, call: number): void {
  traffic.left[slot] = traffic.left[slot]! + 1;
  traffic.stayUs[slot] = traffic.stayUs[slot]! + traffic.nowUs - traffic.calls.arrivedUs[call]!;
}

function giveUpWorker(traffic: Traffic, slot: number, call: number): void {
  const { calls } = traffic;
  const serving = traffic.serving[slot]!;
  const last = traffic.busy[slot]! - 1;
  const place = calls.worker[call]!;
  const moved = serving[last]!;
  serving[place] = moved;
  calls.worker[moved] = place;
  calls.worker[call] = NOBODY;
  traffic.busy[slot] = last;
}

function startNext(traffic: Traffic, slot: number): void {
  const { calls } = traffic;
  const next = traffic.waitingFirst[slot]!;
  if (next === NOBODY) return;
  traffic.waitingFirst[slot] = calls.next[next]!;
  if (traffic.waitingFirst[slot] === NOBODY) traffic.waitingLast[slot] = NOBODY;
  calls.next[next] = NOBODY;
  traffic.waiting[slot] = traffic.waiting[slot]! - 1;
  serve(traffic, slot, next);
}

/** Makes the call's next call of its own, or answers when there is none left. */
function callOn(traffic: Traffic, call: number): void {
  const { plan, calls } = traffic;
  const service = calls.service[call]!;
  let stage = calls.stage[call]!;
  while (calls.left[call] === 0) {
    stage = stage === NOBODY ? plan.edgeStart[service]! : stage + 1;
    if (stage >= plan.edgeStart[service + 1]!) {
      answer(traffic, call, true);
      return;
    }
    calls.stage[call] = stage;
    const mean = plan.edgeCalls[stage]!;
    const whole = Math.floor(mean);
    calls.left[call] = whole + (mean > whole && traffic.chance.chance(mean - whole) ? 1 : 0);
  }
  calls.attempt[call] = 1;
  const saved = traffic.tokens[stage]! + plan.edgeBudget[stage]!;
  traffic.tokens[stage] = Math.min(traffic.tokensMax[stage]!, saved);
  send(traffic, call, stage);
}

/** The call ends, and whoever still waits for it hears of it. */
function answer(traffic: Traffic, call: number, ok: boolean): void {
  const { calls } = traffic;
  const parent = calls.parent[call]!;
  const edge = calls.edge[call]!;
  const quality = calls.quality[call]!;
  const waits = calls.generation[parent] === calls.awaited[call];
  if (ok) takeSample(traffic.responses, calls.slot[call]!, traffic.nowUs - calls.arrivedUs[call]!);
  freeCall(calls, call);
  if (!waits) return;
  if (ok) succeeded(traffic, parent, edge, quality);
  else failed(traffic, parent, edge, true);
}

/** The caller's attempt went well. */
function succeeded(traffic: Traffic, caller: number, edge: number, quality: number): void {
  const { plan, calls } = traffic;
  calls.generation[caller] = calls.generation[caller]! + 1;
  if (edge >= plan.edges) {
    endUser(traffic, caller, edge, 1 - quality);
    return;
  }
  if (plan.edgeOptional[edge] === 0) calls.quality[caller] = calls.quality[caller]! * quality;
  calls.left[caller] = calls.left[caller]! - 1;
  callOn(traffic, caller);
}

/** The caller's attempt failed, or took too long: it is tried again while attempts and budget last. */
function failed(traffic: Traffic, caller: number, edge: number, again: boolean): void {
  const { plan, calls } = traffic;
  calls.generation[caller] = calls.generation[caller]! + 1;
  traffic.edgeFailed[edge] = traffic.edgeFailed[edge]! + 1;
  const slot = calls.askedSlot[caller]!;
  if (slot !== NOBODY) traffic.slotFailed[slot] = traffic.slotFailed[slot]! + 1;
  if (edge >= plan.edges) {
    endUser(traffic, caller, edge, 1);
    return;
  }
  if (again && calls.attempt[caller]! < traffic.attempts[edge]! && spend(traffic, edge)) {
    calls.attempt[caller] = calls.attempt[caller]! + 1;
    send(traffic, caller, edge);
  } else if (plan.edgeOptional[edge] === 1) {
    calls.left[caller] = calls.left[caller]! - 1;
    callOn(traffic, caller);
  } else answer(traffic, caller, false);
}

function spend(traffic: Traffic, edge: number): boolean {
  if (traffic.tokens[edge]! < 1) return false;
  traffic.tokens[edge] = traffic.tokens[edge]! - 1;
  return true;
}

function endUser(traffic: Traffic, user: number, edge: number, lost: number): void {
  const service = edge - traffic.plan.edges;
  traffic.usersDone[service] = traffic.usersDone[service]! + 1;
  traffic.usersLost[service] = traffic.usersLost[service]! + lost;
  freeCall(traffic.calls, user);
}

/** Work under way goes on at the new speed; a process that stands still keeps it. */
function setSpeed(traffic: Traffic, slot: number, speed: number): void {
  const before = traffic.speed[slot]!;
  if (speed === before) return;
  const { calls } = traffic;
  touch(traffic, slot);
  traffic.speed[slot] = speed;
  for (let place = 0; place < traffic.busy[slot]!; place += 1) {
    const call = traffic.serving[slot]![place]!;
    if (before > 0) calls.doneUs[call] = (calls.doneUs[call]! - traffic.nowUs) * before;
    calls.run[call] = calls.run[call]! + 1;
    if (speed > 0) run(traffic, call, speed);
  }
  while (speed > 0 && traffic.waiting[slot]! > 0 && traffic.busy[slot]! < traffic.serving[slot]!.length)
    startNext(traffic, slot);
}

/** The process ended: whatever it had, at work, waiting or calling on, is gone, and its callers see the connection break. */
function dropCalls(traffic: Traffic, slot: number): void {
  const { calls } = traffic;
  if (traffic.entered[slot] === 0) return;
  touch(traffic, slot);
  forEachAt(traffic, slot, (call) => leave(traffic, slot, call));
  traffic.busy[slot] = 0;
  traffic.waiting[slot] = 0;
  traffic.waitingFirst[slot] = NOBODY;
  traffic.waitingLast[slot] = NOBODY;
  const broken: number[] = [];
  for (let call = 0; call < calls.size; call += 1) if (calls.slot[call] === slot) broken.push(call);
  // None of them may act any more before the first caller is told.
  for (const call of broken) {
    calls.generation[call] = calls.generation[call]! + 1;
    calls.run[call] = calls.run[call]! + 1;
    calls.slot[call] = NOBODY;
  }
  for (const call of broken) breakOff(traffic, call);
}

function breakOff(traffic: Traffic, call: number): void {
  const { calls } = traffic;
  const parent = calls.parent[call]!;
  const edge = calls.edge[call]!;
  const waits = calls.generation[parent] === calls.awaited[call];
  freeCall(calls, call);
  if (waits) failed(traffic, parent, edge, true);
}

/** Calls in service and waiting at the slot. */
function forEachAt(traffic: Traffic, slot: number, visit: (call: number) => void): void {
  for (let place = 0; place < traffic.busy[slot]!; place += 1) visit(traffic.serving[slot]![place]!);
  for (let call = traffic.waitingFirst[slot]!; call !== NOBODY; call = traffic.calls.next[call]!) visit(call);
}

/**
 * Holds the books against each other, whatever happened: at every slot what came in has left or is there, and the number in
 * system, summed over time, is the time of all calls (Little's law). Throws when they disagree, which is a bug of the simulator.
 */
export function auditTraffic(traffic: Traffic): void {
  for (let slot = 0; slot < traffic.plan.slots; slot += 1) {
    touch(traffic, slot);
    let inside = 0;
    let stayUs = traffic.stayUs[slot]!;
    forEachAt(traffic, slot, (call) => {
      inside += 1;
      stayUs += traffic.nowUs - traffic.calls.arrivedUs[call]!;
    });
    const entered = traffic.entered[slot]!;
    const presentUs = traffic.presentUs[slot]!;
    if (entered === traffic.left[slot]! + inside && Math.abs(stayUs - presentUs) <= 1e-6 * (1 + presentUs)) continue;
    throw new Error(
      `scenario ${traffic.world.scenario.seed}: slot ${slot} took in ${entered} calls, ${traffic.left[slot]} left, ${inside} are there; ` +
        `they stayed ${stayUs} us, the number in system adds up to ${presentUs} us`,
    );
  }
}

/** Brings the slot's integrals up to now. Call before its numbers change. */
export function touch(traffic: Traffic, slot: number): void {
  const lastedUs = traffic.nowUs - traffic.touchedUs[slot]!;
  if (lastedUs === 0) return;
  traffic.busyUs[slot] = traffic.busyUs[slot]! + traffic.busy[slot]! * lastedUs;
  traffic.presentUs[slot] = traffic.presentUs[slot]! + (traffic.busy[slot]! + traffic.waiting[slot]!) * lastedUs;
  traffic.touchedUs[slot] = traffic.nowUs;
}
