/**
 * A replica as a station: throughput, acceptance and waiting as functions of the mean number in system, from the exact
 * M/M/c/K equilibrium (pointwise-stationary fluid flow, Wang, Tipper and Banerjee 1996). Service times that are not
 * exponential stretch the queue by (1 + cv^2) / 2 (Allen-Cunneen), never beyond the places there are.
 */
import { stationEquilibrium } from '../closed-forms.ts';

const NODES = 1024;

/** Row of a table: all in units of one server's service time (rates in 1 / that). */
export interface StationTable {
  readonly servers: number;
  readonly places: number;
  /** Constants of the axis. */
  readonly half: number;
  readonly lowScale: number;
  readonly highScale: number;
  /** Mean number in system at each node. */
  readonly number: Float64Array;
  /** Busy servers = departures per service time. */
  readonly busy: Float64Array;
  /** Share of arrivals accepted. */
  readonly accept: Float64Array;
  /** Variance of the number in system. */
  readonly variance: Float64Array;
  /** Variance of the waiting time, in squared service times. */
  readonly waitVariance: Float64Array;
}

const cache = new Map<string, StationTable>();

export function stationTable(servers: number, queue: number, cv: number): StationTable {
  const key = `${servers}/${queue}/${cv}`;
  let table = cache.get(key);
  if (table === undefined) {
    table = buildTable(servers, servers + queue, (1 + cv * cv) / 2);
    cache.set(key, table);
  }
  return table;
}

/** Position of `x` (mean number in system) on the table's axis: fine near empty and near full, where the curves bend. */
export function positionOf(table: StationTable, x: number): number {
  if (x <= table.half) return x <= 0 ? 0 : (x / (x + table.servers)) * table.lowScale;
  const room = table.places - x;
  return room <= 0 ? NODES : NODES - (room / (room + 1)) * table.highScale;
}

/** Linear interpolation of a column at a position from `positionOf`. */
export function at(column: Float64Array, position: number): number {
  const index = position >= NODES ? NODES - 1 : position | 0;
  const left = column[index]!;
  return left + (column[index + 1]! - left) * (position - index);
}

/**
 * Number in system after `dt` with arrivals `arrivals` and full-speed service rate `rate` (per second, per server): implicit
 * Euler, x = before + dt (arrivals accept(x) - rate busy(x)). The right side falls in x, so there is one root; Newton on the
 * table's segments finds it, bisection stands by.
 */
export function implicitStep(table: StationTable, before: number, arrivals: number, rate: number, dt: number): number {
  let low = 0;
  let high = table.places;
  let x = before;
  for (let round = 0; round < 40; round += 1) {
    const position = positionOf(table, x);
    const index = position >= NODES ? NODES - 1 : position | 0;
    const width = table.number[index + 1]! - table.number[index]!;
    const acceptSlope = (table.accept[index + 1]! - table.accept[index]!) / width;
    const busySlope = (table.busy[index + 1]! - table.busy[index]!) / width;
    const inside = position - index;
    const accept = table.accept[index]! + acceptSlope * width * inside;
    const busy = table.busy[index]! + busySlope * width * inside;
    const miss = x - before - dt * (arrivals * accept - rate * busy);
    if (miss > 0) high = x;
    else low = x;
    const next = x - miss / (1 - dt * (arrivals * acceptSlope - rate * busySlope));
    const bounded = next > low && next < high ? next : (low + high) / 2;
    const moved = bounded - x;
    x = bounded;
    if (moved < 1e-7 * (1 + x) && moved > -1e-7 * (1 + x)) break;
  }
  return x;
}

/** Mean number in system at a node: the inverse of `positionOf`. */
function numberAt(servers: number, places: number, node: number): number {
  const half = places / 2;
  if (node <= NODES / 2) {
    const share = ((2 * node) / NODES) * (half / (half + servers));
    return (share * servers) / (1 - share);
  }
  const share = ((2 * (NODES - node)) / NODES) * (half / (half + 1));
  return places - share / (1 - share);
}

function buildTable(servers: number, places: number, stretch: number): StationTable {
  const number = Float64Array.from({ length: NODES + 1 }, (_, node) => numberAt(servers, places, node));
  const busy = new Float64Array(NODES + 1);
  const accept = new Float64Array(NODES + 1);
  const variance = new Float64Array(NODES + 1);
  const waitVariance = new Float64Array(NODES + 1);
  accept[0] = 1;
  let logLoad = Math.log(numberAt(servers, places, 1));
  const room = places - servers;
  for (let node = 1; node < NODES; node += 1) {
    const target = numberAt(servers, places, node);
    let low = Number.NEGATIVE_INFINITY;
    let high = Number.POSITIVE_INFINITY;
    let equilibrium = stationEquilibrium(servers, places, Math.exp(logLoad));
    for (let round = 0; round < 60; round += 1) {
      const bend = 1 + (room > 0 ? ((stretch - 1) * equilibrium.waiting) / room : 0);
      const waiting = (equilibrium.waiting * stretch) / bend;
      const miss = target - (equilibrium.busy + waiting);
      if (Math.abs(miss) <= 1e-10 * target) break;
      if (miss > 0) low = logLoad;
      else high = logLoad;
      // d E[n] / d ln(a) = Var[n] for any birth-death law; the stretched queue follows by the chain rule.
      const slope = equilibrium.numberVariance + (stretch / (bend * bend) - 1) * equilibrium.covariance;
      const newton = logLoad + miss / Math.max(slope, 1e-12);
      logLoad = newton > low && newton < high ? newton : bisect(low, high, logLoad, miss);
      equilibrium = stationEquilibrium(servers, places, Math.exp(logLoad));
    }
    const out = equilibrium.busy;
    busy[node] = out;
    accept[node] = 1 - equilibrium.blocking;
    variance[node] = Math.max(equilibrium.numberVariance, 1e-9);
    // Distributional Little's law on the queue, which is first come first served (Keilson and Servi 1988).
    const spread = (equilibrium.waitingVariance - equilibrium.waiting) / (out * out);
    waitVariance[node] = Math.max(0, spread) * stretch * stretch;
  }
  busy[NODES] = servers;
  accept[NODES] = 0;
  variance[NODES] = variance[NODES - 1]!;
  waitVariance[NODES] = waitVariance[NODES - 1]!;
  variance[0] = 1e-9;
  const half = places / 2;
  const lowScale = (((half + servers) / half) * NODES) / 2;
  const highScale = (((half + 1) / half) * NODES) / 2;
  return { servers, places, half, lowScale, highScale, number, busy, accept, variance, waitVariance };
}

function bisect(low: number, high: number, current: number, miss: number): number {
  if (Number.isFinite(low) && Number.isFinite(high)) return (low + high) / 2;
  return miss > 0 ? current + 1 : current - 1;
}
