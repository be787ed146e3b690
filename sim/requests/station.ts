/** A replica's own station: calls are taken in, wait, are served at its speed, and leave. */
import type { Stream } from '../random.ts';
import { NOBODY } from './calls.ts';
import { HAPPENS, SECOND_US, type Traffic, touch } from './traffic.ts';
import { drawExponential, drawNormal } from './ziggurat.ts';

/** A call arrives at its slot: it is served, or waits. */
export function take(traffic: Traffic, call: number): void {
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

/** The call's work is done: it leaves the station, and the next in the queue begins. */
export function finish(traffic: Traffic, slot: number, call: number): void {
  touch(traffic, slot);
  giveUpWorker(traffic, slot, call);
  leave(traffic, slot, call);
  startNext(traffic, slot);
}

/** Work under way goes on at the new speed; a process that stands still keeps it. */
export function setSpeed(traffic: Traffic, slot: number, speed: number): void {
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

/** The process ended. Gives all calls it had, at work, waiting or calling on; none of them acts any more. */
export function clearSlot(traffic: Traffic, slot: number): readonly number[] {
  const { calls } = traffic;
  if (traffic.entered[slot] === 0) return [];
  touch(traffic, slot);
  forEachAt(traffic, slot, (call) => leave(traffic, slot, call));
  traffic.busy[slot] = 0;
  traffic.waiting[slot] = 0;
  traffic.waitingFirst[slot] = NOBODY;
  traffic.waitingLast[slot] = NOBODY;
  const broken: number[] = [];
  for (let call = 0; call < calls.size; call += 1) {
    if (calls.slot[call] !== slot) continue;
    broken.push(call);
    calls.generation[call] = calls.generation[call]! + 1;
    calls.run[call] = calls.run[call]! + 1;
    calls.slot[call] = NOBODY;
  }
  return broken;
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
  if (cv === 1) return drawExponential(stream, meanUs);
  if (cv === 0) return meanUs;
  const variance = Math.log(1 + cv * cv);
  return meanUs * Math.exp(Math.sqrt(variance) * drawNormal(stream) - variance / 2);
}

/** Starts the work that `doneUs` holds, at a speed above 0: from now on `doneUs` is a time. */
function run(traffic: Traffic, call: number, speed: number): void {
  const { calls } = traffic;
  const doneUs = traffic.nowUs + Math.max(1, Math.floor(calls.doneUs[call]! / speed + 0.5));
  calls.doneUs[call] = doneUs;
  calls.run[call] = calls.run[call]! + 1;
  traffic.queue.push(doneUs, HAPPENS.done, call, calls.run[call]!);
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

/** Calls in service and waiting at the slot. */
function forEachAt(traffic: Traffic, slot: number, visit: (call: number) => void): void {
  for (let place = 0; place < traffic.busy[slot]!; place += 1) visit(traffic.serving[slot]![place]!);
  for (let call = traffic.waitingFirst[slot]!; call !== NOBODY; call = traffic.calls.next[call]!) visit(call);
}
