/** Attempts: users and services ask, wait for so long, try again while they may, and hear of the end of what they asked for. */
import { PHASE, ROUTE } from '../world.ts';
import { freeCall, NOBODY, newCall } from './calls.ts';
import { takeSample } from './samples.ts';
import { finish, take } from './station.ts';
import { joinRing, leaveRing } from './timers.ts';
import { HAPPENS, SECOND_US, type Traffic } from './traffic.ts';
import { drawExponential } from './ziggurat.ts';

/** The users of a service come at another rate from now on: their next gap is drawn anew, which Poisson arrivals allow. */
export function newUserRate(traffic: Traffic, service: number): void {
  traffic.userEpoch[service] = traffic.userEpoch[service]! + 1;
  traffic.userRate[service] = traffic.world.entryLoad[service]!;
  awaitUser(traffic, service);
}

export function userAsks(traffic: Traffic, service: number): void {
  awaitUser(traffic, service);
  const user = newCall(traffic.calls, NOBODY, NOBODY, NOBODY, NOBODY);
  send(traffic, user, traffic.plan.edges + service);
}

/** One event stands for the whole ring: that its head is due. */
function watch(traffic: Traffic, edge: number): void {
  const ring = traffic.rings[edge]!;
  if (ring.watched || ring.size === 0) return;
  ring.watched = true;
  traffic.queue.push(ring.dueUs[ring.head]!, HAPPENS.timeout, edge, 0);
}

/** The head of the ring is due: whoever still waits has waited too long. Those who moved on are passed over. */
export function ringDue(traffic: Traffic, edge: number): void {
  const ring = traffic.rings[edge]!;
  const { calls } = traffic;
  ring.watched = false;
  while (ring.size > 0) {
    const caller = ring.waiters[ring.head]!;
    const waits = calls.generation[caller] === ring.generations[ring.head];
    if (waits && ring.dueUs[ring.head]! > traffic.nowUs) break;
    leaveRing(ring);
    if (waits) failed(traffic, caller, edge, true);
  }
  watch(traffic, edge);
}

export function serviceDone(traffic: Traffic, call: number): void {
  const { calls } = traffic;
  const slot = calls.slot[call]!;
  finish(traffic, slot, call);
  const errors = traffic.errorShare[slot]!;
  if (errors > 0 && traffic.chance.chance(errors)) answer(traffic, call, false);
  else callOn(traffic, call);
}

export function breakOff(traffic: Traffic, call: number): void {
  const { calls } = traffic;
  const parent = calls.parent[call]!;
  const edge = calls.edge[call]!;
  const waits = calls.generation[parent] === calls.awaited[call];
  freeCall(calls, call);
  if (waits) failed(traffic, parent, edge, true);
}

function awaitUser(traffic: Traffic, service: number): void {
  const perS = traffic.userRate[service]!;
  if (perS <= 0) return;
  const gapUs = drawExponential(traffic.users[service]!, SECOND_US / perS);
  const atUs = traffic.nowUs + Math.max(1, Math.floor(gapUs + 0.5));
  traffic.queue.push(atUs, HAPPENS.user, service, traffic.userEpoch[service]!);
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
  watch(traffic, edge);
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
  if (isHung(traffic, caller)) {
    freeCall(calls, caller);
    return;
  }
  // Of all calls over an edge a fallback's harm counts once: users miss the thing once.
  if (plan.edgeOptional[edge] === 0 && calls.left[caller] === 1)
    calls.quality[caller] = calls.quality[caller]! * quality;
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
  if (isHung(traffic, caller)) {
    freeCall(calls, caller);
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

/** A hung process hears nothing, calls nobody and answers nobody: what it was about is lost, and its callers time out. */
function isHung(traffic: Traffic, call: number): boolean {
  const slot = traffic.calls.slot[call]!;
  return traffic.speed[slot] === 0 && traffic.world.phase[slot] === PHASE.up;
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
