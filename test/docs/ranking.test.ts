/** How the proof counts agreement: near-ties do not count as errors, and an order that tier 2 is sure of does. */
import { describe, expect, it } from 'vitest';
import { isConfirmed, rank } from '../../bench/proof/ranking.ts';

const NAMES = ['good', 'fair', 'bad'];
/** Availability of each policy in two scenarios, shifted by `noise` in the first. */
const scores = (good: number, fair: number, bad: number, noise = 0): number[][] =>
  [good, fair, bad].map((value, policy) => [value + noise * (policy - 1), value]);

describe('the ranking of policies', () => {
  const runs = [scores(0.99, 0.9, 0.5, 0.001), scores(0.99, 0.9, 0.5), scores(0.99, 0.9, 0.5, -0.001)];

  it('has tau 1 and no reversed pair when both tiers order alike', () => {
    const found = rank(NAMES, scores(0.98, 0.95, 0.4), runs);
    expect(found).toMatchObject({ policies: 3, scenarios: 2, runs: 3, pairs: 3, certain: 3, reversed: [] });
    expect([found.kendallTau, found.kendallTauOfOneRun, found.kendallTauOfTier2]).toEqual([1, 1, 1]);
  });

  it('names the pair that tier 1 has the other way round although tier 2 is sure', () => {
    const found = rank(NAMES, scores(0.9, 0.95, 0.4), runs);
    expect(found.kendallTau).toBeCloseTo(1 / 3, 12);
    expect(found.reversed).toHaveLength(1);
    expect(found.reversed[0]).toMatchObject({ a: 'fair', b: 'good' });
    expect(found.reversed[0]!.fluid).toBeCloseTo(0.05, 12);
    expect(found.reversed[0]!.requests).toBeCloseTo(-0.09, 12);
    const again = (low: number, high: number): boolean =>
      isConfirmed({ ...found.reversed[0]!, again: { mean: (low + high) / 2, ci95: [low, high] } });
    expect([again(-0.1, -0.05), again(-0.1, 0.01), again(0.01, 0.02)]).toEqual([true, false, false]);
    expect(isConfirmed(found.reversed[0]!)).toBe(false);
  });

  it('counts no pair whose order the users decide', () => {
    const wavering = [scores(0.9, 0.91, 0.5), scores(0.92, 0.9, 0.5), scores(0.9, 0.905, 0.5)];
    const found = rank(NAMES, scores(0.99, 0.9, 0.4), wavering);
    expect(found.certain).toBe(2);
    expect(found.reversed).toEqual([]);
    expect(found.kendallTauOfTier2).toBeLessThan(1);
  });
});
