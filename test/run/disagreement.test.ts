import { describe, expect, it } from 'vitest';
import { disagreementOf, kendallTau } from '../../src/disagreement.ts';
import { REQUESTS_TIER } from '../../strategies/pack.ts';
import { fakeComparison } from '../cli/fakes.ts';

describe("Kendall's tau", () => {
  it.each([
    [[1, 2, 3], [10, 20, 30], 1],
    [[1, 2, 3], [30, 20, 10], -1],
    [[1, 2, 3, 4], [1, 3, 2, 4], 4 / 6],
    // One tie in the second list: 5 untied pairs there, 6 in the first.
    [[1, 2, 3, 4], [1, 2, 2, 4], 5 / Math.sqrt(30)],
  ])('of %j and %j is %f', (a, b, tau) => {
    expect(kendallTau(a, b)).toBeCloseTo(tau, 12);
  });

  it('is no number where one list says nothing', () => {
    expect(kendallTau([1, 1], [1, 2])).toBeNaN();
  });
});

describe('two tiers', () => {
  it('agree with themselves', () => {
    const comparison = fakeComparison();
    expect(disagreementOf(comparison, comparison)).toMatchObject({
      kendallTau: 1,
      availabilityError: { mean: 0, max: 0 },
      reversed: [],
    });
  });

  it('are caught when the second turns an order round beyond doubt, and only then', () => {
    const fluid = fakeComparison();
    const turned = (low: number): typeof fluid => ({
      ...fluid,
      tier: REQUESTS_TIER,
      paired: fluid.paired.map((pair, i) =>
        i === 0 ? { ...pair, difference: { mean: 50, ci95: [low, 100] as [number, number] } } : pair,
      ),
    });
    expect(disagreementOf(fluid, turned(10)).reversed).toEqual([{ a: 'online-boutique', b: 'kubernetes' }]);
    expect(disagreementOf(fluid, turned(-10)).reversed).toEqual([]);
    expect(disagreementOf(fluid, { ...turned(10), scenarios: 1 }).reversed).toEqual([]);
  });

  it('name a pair of packs once, though it is compared both ways', () => {
    const both = (sign: number): ReturnType<typeof fakeComparison> => {
      const comparison = fakeComparison();
      const [pair] = comparison.paired;
      const way = (a: string, b: string, mean: number): typeof pair => ({
        ...pair!,
        a,
        b,
        difference: { mean, ci95: [mean - 1, mean + 1] },
      });
      return { ...comparison, paired: [way('one', 'two', 50 * sign)!, way('two', 'one', -50 * sign)!] };
    };
    expect(disagreementOf(both(1), both(-1)).reversed).toEqual([{ a: 'one', b: 'two' }]);
  });
});
