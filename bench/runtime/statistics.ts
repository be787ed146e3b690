/** Intervals for what few long runs tell: faults are resampled in stretches, as what one does to users may outlast the next. Pure. */
import seedrandom from 'seedrandom';

export interface Interval {
  readonly value: number;
  /** 95 %, percentiles of the resamples; both ends are the value itself when there is nothing to resample. */
  readonly ci95: readonly [low: number, high: number];
}

const RESAMPLES = 2000;
/** Faults drawn together: about as many as strike before people come to the first. */
export const BLOCK = 5;
const TAIL = 0.025;

/**
 * `statistic` of the items picked, with an interval from the circular block bootstrap (Politis & Romano 1992): items of each group
 * (a run's faults, in order) are drawn with replacement in blocks of neighbours. `statistic` gets one list of places per group, so
 * that contenders can be compared on the same faults. Places of all groups together; same seed, same interval. NaN are left out.
 */
export function blockBootstrap(
  groups: readonly number[],
  statistic: (places: readonly (readonly number[])[]) => number,
  seed: string,
  block: number = BLOCK,
): Interval {
  const random = seedrandom(seed);
  const value = statistic(groups.map((size) => Array.from({ length: size }, (_, place) => place)));
  const drawn: number[] = [];
  for (let resample = 0; resample < RESAMPLES; resample += 1) {
    const one = statistic(groups.map((size) => drawBlocks(size, block, random)));
    if (!Number.isNaN(one)) drawn.push(one);
  }
  if (drawn.length === 0) return { value, ci95: [value, value] };
  drawn.sort((a, b) => a - b);
  return { value, ci95: [quantile(drawn, TAIL), quantile(drawn, 1 - TAIL)] };
}

export function drawBlocks(size: number, block: number, random: () => number): number[] {
  const places: number[] = [];
  while (places.length < size) {
    const start = Math.floor(random() * size);
    for (let step = 0; step < block && places.length < size; step += 1) places.push((start + step) % size);
  }
  return places;
}

/** Nearest rank of a sorted list; NaN of an empty one. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}
