import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { comparePaired, estimate } from '../../src/evolve/compare.ts';
import { gaussian, openStream } from '../../src/evolve/random.ts';
import { hasInterval, sideOf } from '../../strategies/certainty.ts';

/** Share of `runs` samples whose interval holds the true mean. */
function coverage(runs: number, size: number, truth: number, draw: (random: () => number) => number): number {
  const random = openStream(`coverage/${size}/${truth}`);
  let covered = 0;
  for (let run = 0; run < runs; run++) {
    const { ci95 } = estimate(Array.from({ length: size }, () => draw(random)));
    if (ci95[0] <= truth && truth <= ci95[1]) covered++;
  }
  return covered / runs;
}

describe('an estimate', () => {
  test('covers the true mean of normal values in about 95 of 100 samples', () => {
    const share = coverage(300, 60, 0, gaussian);
    expect(share).toBeGreaterThan(0.91);
    expect(share).toBeLessThan(0.99);
  });

  test('covers the mean of 200 heavy-tailed losses in more than 90 of 100 samples', () => {
    expect(coverage(300, 200, Math.exp(0.5), (random) => Math.exp(gaussian(random)))).toBeGreaterThan(0.9);
  });

  test('puts the longer arm of a skewed sample on the side of the rare large losses', () => {
    const { mean, ci95 } = estimate([...Array.from({ length: 95 }, (_, index) => index % 7), 100, 150, 200, 250, 300]);
    expect(ci95[1] - mean).toBeGreaterThan(1.2 * (mean - ci95[0]));
  });

  test('is the same for the same numbers, moves with a shift and stretches with a factor', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 12, maxLength: 30 }), (values) => {
        const plain = estimate(values);
        expect(estimate(values)).toEqual(plain);
        const moved = estimate(values.map((value) => 4 * value + 64));
        expect(moved.ci95[0]).toBeCloseTo(4 * plain.ci95[0] + 64, 6);
        expect(moved.ci95[1]).toBeCloseTo(4 * plain.ci95[1] + 64, 6);
      }),
      { numRuns: 30 },
    );
  });

  test.each([
    [[0, 1, 2], 1, 4.303],
    [[0, 1, 2, 3, 4], 2, 2.776],
  ])('of few values %j uses Student t', (values, mean, t) => {
    const { ci95 } = estimate(values);
    const spread = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
    expect(ci95[1] - mean).toBeCloseTo(t * Math.sqrt(spread / values.length), 2);
  });

  test('stays finite when nearly all values are equal, and is a point when all are', () => {
    const { ci95 } = estimate([...Array.from({ length: 199 }, () => 0), 50]);
    expect(ci95.every(Number.isFinite)).toBe(true);
    expect(estimate([3, 3, 3])).toEqual({ mean: 3, ci95: [3, 3] });
    expect(estimate([3])).toEqual({ mean: 3, ci95: [3, 3] });
  });

  test.each([[[]], [[1, Number.NaN]], [[Number.POSITIVE_INFINITY]]])('refuses %j', (values) => {
    expect(() => estimate(values)).toThrow('finite values');
  });
});

describe('a paired comparison', () => {
  test('is a minus b, with a win wherever a loses less', () => {
    expect(comparePaired([1, 2, 3, 9], [2, 2, 1, 10])).toMatchObject({
      difference: { mean: 0 },
      wins: 2,
      losses: 1,
      ties: 1,
    });
  });

  test('finds a small difference that two separate intervals would hide', () => {
    const random = openStream('paired');
    const b = Array.from({ length: 100 }, () => Math.exp(2 * gaussian(random)));
    const a = b.map((loss) => loss - 0.2 - 0.1 * random());
    const { difference } = comparePaired(a, b);
    expect(difference.ci95[1]).toBeLessThan(0);
    expect(estimate(a).ci95[1]).toBeGreaterThan(estimate(b).ci95[0]);
  });

  test('refuses rows of different length', () => {
    expect(() => comparePaired([1], [1, 2])).toThrow('paired rows of 1 and 2 scenarios');
  });
});

describe('beyond doubt', () => {
  test.each([
    [[-5, -1], 2, 'below'],
    [[1, 5], 2, 'above'],
    [[-5, 0], 200, 'undecided'],
    [[0, 5], 200, 'undecided'],
    [[-5, 5], 200, 'undecided'],
    [[-5, -5], 1, 'undecided'],
    [[5, 5], 1, 'undecided'],
  ] as const)('is a difference of %j on %i scenarios: %s', (interval, scenarios, side) => {
    expect(sideOf(interval, scenarios)).toBe(side);
  });

  test('is nothing that a single scenario shows, whatever its difference', () => {
    const { difference } = comparePaired([1], [31_643]);
    expect(sideOf(difference.ci95, 1)).toBe('undecided');
    expect([hasInterval(1), hasInterval(2)]).toEqual([false, true]);
  });
});
