/** Batch means: what tier 2 measured is held to theory within three standard errors, the first batches left out. */
import { expect } from 'vitest';

export const BATCHES = 30;
export const WARM_UP_BATCHES = 3;

/** `values` has one value per batch, the warm-up removed. */
export function expectMean(values: readonly number[], theory: number, what: string): void {
  expect(values).toHaveLength(BATCHES);
  const mean = values.reduce((sum, value) => sum + value, 0) / BATCHES;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (BATCHES - 1);
  const error = Math.sqrt(variance / BATCHES);
  expect(Math.abs(mean - theory), `${what}: ${mean} +- ${error} against ${theory}`).toBeLessThanOrEqual(
    3 * error + 1e-9 * theory,
  );
  // An estimate so vague that it would agree with anything proves nothing.
  expect(error, `${what} is known to a tenth`).toBeLessThan(0.1 * theory + 1e-6);
}
