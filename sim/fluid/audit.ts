/**
 * Tier 1's books, kept in every trial: what came into a service's stations has left or is there, what entered the delay pools has
 * left them or is in them, and the number in system is throughput times the time in system that callers are told (Little's law).
 */
import type { World } from '../world.ts';
import type { Flow } from './flow.ts';
import { NETWORK_S } from './judge-stations.ts';

/** How far the books may be off, as a share of what they hold; 2e-6 has been seen: steps are solved to 1e-7. */
const TOLERANCE = 1e-3;
/** Outcomes are not judged anew while less than a hundred-thousandth per second moves; 5e-4 has been seen. */
const LITTLE_TOLERANCE = 1e-2;
/** Little's law is looked at in one step of so many. */
const LOOK_EVERY = 16;

export interface Books {
  /** Number in system per slot when the page was opened. A page lasts until the world changes. */
  readonly number: Float64Array;
  isOpen: boolean;
  steps: number;
  /** Per service: calls taken in and let go, and by how much the number in system rose, page by page. */
  readonly entered: Float64Array;
  readonly left: Float64Array;
  readonly rose: Float64Array;
  /** Per service, summed over the steps looked at: number in system, and throughput times time in system. */
  readonly present: Float64Array;
  readonly stay: Float64Array;
  /** In the delay pools at the start, per edge. */
  readonly pooled: Float64Array;
}

export function openBooks(flow: Flow): Books {
  const { services, edges } = flow.plan;
  const perService = (): Float64Array => new Float64Array(services);
  return {
    number: flow.number.slice(),
    isOpen: true,
    steps: 0,
    entered: perService(),
    left: perService(),
    rose: perService(),
    present: perService(),
    stay: perService(),
    pooled: Float64Array.from({ length: edges }, (_, e) => inPools(flow, e)),
  };
}

/** Enters a step that lasted `seconds`. Of services that stood still, as much left as came. */
export function enterStep(books: Books, flow: Flow, seconds: number): void {
  for (let s = 0; s < flow.plan.services; s += 1) {
    if (flow.stationsMoved[s] === 0) continue;
    books.entered[s] = books.entered[s]! + flow.entering[s]! * seconds;
    books.left[s] = books.left[s]! + flow.leaving[s]! * seconds;
  }
}

/** The world is about to change, and calls may be dropped: what is there now is what the page ends with. */
export function closePage(books: Books, flow: Flow, world: World): void {
  if (!books.isOpen) return;
  books.isOpen = false;
  for (let s = 0; s < flow.plan.services; s += 1) {
    let rose = 0;
    for (let slot = flow.plan.slotStart[s]!; slot < flow.plan.slotStart[s + 1]!; slot += 1) {
      // What a process that stands still swallows has not been taken in.
      if (world.speed[slot]! > 0) rose += flow.number[slot]! - books.number[slot]!;
    }
    books.rose[s] = books.rose[s]! + rose;
  }
}

/** Between two steps, once outcomes are judged. */
export function turnPage(books: Books, flow: Flow, world: World): void {
  if (!books.isOpen) {
    books.number.set(flow.number);
    books.isOpen = true;
  }
  books.steps += 1;
  if (books.steps % LOOK_EVERY === 0) look(books, flow, world);
}

function look(books: Books, flow: Flow, world: World): void {
  const { plan } = flow;
  for (let s = 0; s < plan.services; s += 1) {
    let present = 0;
    let stay = 0;
    for (let slot = plan.slotStart[s]!; slot < flow.slotEnd[s]!; slot += 1) {
      const speed = world.speed[slot]!;
      // Nobody is told how long a process takes that stands still.
      if (speed <= 0) continue;
      present += flow.number[slot]!;
      stay += flow.busyShare[slot]! * speed * (flow.ownMean[slot]! - NETWORK_S);
    }
    books.present[s] = books.present[s]! + present;
    books.stay[s] = books.stay[s]! + stay * plan.workers[s]! * plan.rate[s]!;
  }
}

/** Throws when the books do not add up, which is a bug of the simulator, and names the scenario. */
export function auditFlow(books: Books, flow: Flow, world: World): void {
  const { plan } = flow;
  closePage(books, flow, world);
  for (let s = 0; s < plan.services; s += 1) {
    const entered = books.entered[s]!;
    const left = books.left[s]!;
    const rose = books.rose[s]!;
    if (!agree(entered, left + rose, entered + plan.tables[s]!.places))
      fail(world, `service ${s} took in ${entered} calls, let ${left} go, and the number in system rose by ${rose}`);
    const present = books.present[s]!;
    const stay = books.stay[s]!;
    if (!agree(present, stay, present, LITTLE_TOLERANCE))
      fail(world, `service ${s} held ${present} calls, throughput times time in system is ${stay}`);
  }
  for (let e = 0; e < plan.edges; e += 1) {
    const attempts = flow.edgeDone[e]!;
    const rose = inPools(flow, e) - books.pooled[e]!;
    const pooled = flow.edgePooled[e]!;
    if (!agree(rose, pooled, attempts))
      fail(world, `edge ${e}: ${pooled} of ${attempts} attempts entered delay pools for good, which rose by ${rose}`);
  }
}

/** NaN agrees with nothing. */
function agree(a: number, b: number, scale: number, tolerance = TOLERANCE): boolean {
  return Math.abs(a - b) <= tolerance * (1 + scale);
}

function fail(world: World, what: string): never {
  throw new Error(`scenario ${world.scenario.seed}: ${what}`);
}

function inPools(flow: Flow, e: number): number {
  let held = 0;
  for (let at = flow.poolStart[e]!; at < flow.poolStart[e + 1]!; at += 1) held += flow.pool[at]!;
  return held;
}
