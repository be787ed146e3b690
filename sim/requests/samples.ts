/** Response times of a window, per slot: at most so many, every one as likely to be kept as the next (Vitter's algorithm R). */
import type { Stream } from '../random.ts';

const KEPT = 64;

export interface Samples {
  readonly stream: Stream;
  readonly seen: Int32Array;
  readonly kept: Float64Array;
}

export function createSamples(slots: number, stream: Stream): Samples {
  return { stream, seen: new Int32Array(slots), kept: new Float64Array(slots * KEPT) };
}

export function takeSample(samples: Samples, slot: number, value: number): void {
  const seen = samples.seen[slot]!;
  samples.seen[slot] = seen + 1;
  const at = seen < KEPT ? seen : samples.stream.below(seen + 1);
  if (at < KEPT) samples.kept[slot * KEPT + at] = value;
}

/** Sorts what was kept of a slot; reads quantiles until `forget`. */
export function sortSamples(samples: Samples, slot: number): void {
  samples.kept.subarray(slot * KEPT, slot * KEPT + Math.min(KEPT, samples.seen[slot]!)).sort();
}

/** Quantile of the sorted samples by linear interpolation; NaN when there are none. */
export function quantile(samples: Samples, slot: number, share: number): number {
  const count = Math.min(KEPT, samples.seen[slot]!);
  if (count === 0) return Number.NaN;
  const position = share * (count - 1);
  const index = Math.floor(position);
  const low = samples.kept[slot * KEPT + index]!;
  const high = samples.kept[slot * KEPT + Math.min(count - 1, index + 1)]!;
  return low + (high - low) * (position - index);
}

export function forgetSamples(samples: Samples, slot: number): void {
  samples.seen[slot] = 0;
}
