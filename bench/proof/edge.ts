/**
 * The published edge of a retry storm (Huang et al., Metastable Failures in the Wild, OSDI 2022): 6,200 requests a second, timeout
 * 3 s, four retries; a cut of the capacity by 80 % for 10 s is never recovered from, by 78 % for 10 s and by 80 % for 9 s is. The
 * one number not published, the free capacity, is fitted to the first; the other two are predicted.
 */
import { stationPlan, staysDown } from './plane.ts';

export const RATE_PER_S = 6200;
const WORKERS = 64;
export const FITTED = { cut: 0.8, lastedS: 10 } as const;
const PREDICTED = [
  { cut: 0.78, lastedS: 10 },
  { cut: 0.8, lastedS: 9 },
] as const;
const CAPACITY = { lo: 1.02, hi: 3 } as const;
const ROUNDS = 9;

export interface Edge {
  readonly tier: 'fluid' | 'requests';
  /** Largest free capacity, requests per second, at which the 80 % cut for 10 s is never recovered from. */
  readonly capacityPerS: number;
  /** Whether 78 % for 10 s, and 80 % for 9 s, are recovered from at that capacity. */
  readonly recovers: readonly boolean[];
}

export function edge(tier: 'fluid' | 'requests'): Edge {
  const isDown = (capacity: number, { cut, lastedS }: { readonly cut: number; readonly lastedS: number }): boolean =>
    staysDown(planWith(capacity * RATE_PER_S), cut, lastedS, tier);
  let { lo, hi } = CAPACITY as { lo: number; hi: number };
  for (let round = 0; round < ROUNDS; round += 1) {
    const middle = (lo + hi) / 2;
    if (isDown(middle, FITTED)) lo = middle;
    else hi = middle;
  }
  return { tier, capacityPerS: lo * RATE_PER_S, recovers: PREDICTED.map((cell) => !isDown(lo, cell)) };
}

/** The published station, as one replica or as several. */
export function planWith(capacityPerS: number, replicas = 1): ReturnType<typeof stationPlan> {
  return stationPlan({
    ratePerS: RATE_PER_S,
    capacityPerS,
    workers: WORKERS,
    timeoutS: 3,
    attempts: 5,
    queue: 100_000,
    replicas,
  });
}
