/** Latencies in logarithmic buckets of fixed number: recording allocates nothing, a quantile is within 2.2 % of the truth. */

const LEAST_MS = 0.01;
const PER_OCTAVE = 16;
/** 24 octaves above a hundredth of a millisecond: up to 167 s; what is slower counts into the last bucket. */
const BUCKETS = 24 * PER_OCTAVE;

export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;

  /** Counts one latency, milliseconds. */
  record(ms: number): void {
    const bucket = ms > LEAST_MS ? Math.floor(Math.log2(ms / LEAST_MS) * PER_OCTAVE) : 0;
    this.#counts[Math.min(BUCKETS - 1, bucket)]! += 1;
    this.#total += 1;
  }

  get total(): number {
    return this.#total;
  }

  /** The latency that a share of all stays within: the geometric middle of its bucket. NaN when nothing was recorded. */
  quantile(share: number): number {
    if (this.#total === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(share * this.#total));
    let bucket = 0;
    let seen = this.#counts[0]!;
    while (seen < rank) {
      bucket += 1;
      seen += this.#counts[bucket]!;
    }
    return LEAST_MS * 2 ** ((bucket + 0.5) / PER_OCTAVE);
  }

  reset(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }
}
