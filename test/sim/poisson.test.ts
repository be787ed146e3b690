import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MEAN_MAX, poissonCount } from '../../sim/poisson.ts';

/** Inversion as in any textbook. */
function plain(draw: number, mean: number): number {
  let remaining = draw;
  let probability = Math.exp(-mean);
  let count = 0;
  while (remaining > probability && count < 200) {
    remaining -= probability;
    count += 1;
    probability *= mean / count;
  }
  return count;
}

const draws = fc.double({ min: 1e-10, max: 1 - 1e-10, noNaN: true });
const means = fc.oneof(
  fc.double({ min: 1e-9, max: 0.1, noNaN: true }),
  fc.double({ min: 1e-9, max: MEAN_MAX, noNaN: true }),
);

describe('a Poisson count', () => {
  it('is the one that the plain inversion gives, for any draw and mean', () => {
    fc.assert(
      fc.property(draws, means, (draw, mean) => poissonCount(draw, mean) === plain(draw, mean)),
      { numRuns: 50_000 },
    );
  });

  it('changes with the draw where the plain inversion changes, to the last bit', () => {
    for (const mean of [0.01, 0.5, 3.3, 12 + 1 / 64, 29.99, MEAN_MAX]) {
      let step = 0;
      let probability = Math.exp(-mean);
      for (let count = 0; step + probability < 1 - 1e-9; count += 1) {
        step += probability;
        probability *= mean / (count + 1);
        for (const off of [-1e-3, -3e-4, -1e-9, -1e-16, 0, 1e-16, 1e-9, 3e-4, 1e-3]) {
          const draw = Math.min(1 - 1e-10, Math.max(1e-10, step + off));
          expect(poissonCount(draw, mean), `mean ${mean}, draw ${draw}`).toBe(plain(draw, mean));
        }
      }
    }
  });
});
