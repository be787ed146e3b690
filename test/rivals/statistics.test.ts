import fc from 'fast-check';
import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import { blockBootstrap, drawBlocks, meanOf, quantile } from '../../bench/runtime/statistics.ts';

const meanOfGroups =
  (groups: readonly (readonly number[])[]) =>
  (places: readonly (readonly number[])[]): number =>
    meanOf(places.flatMap((list, group) => list.map((place) => groups[group]![place]!)));

describe('the block bootstrap', () => {
  it('keeps neighbours together and every group at its size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 8 }), fc.string(), (size, block, seed) => {
        const places = drawBlocks(size, block, seedrandom(seed));
        expect(places).toHaveLength(size);
        for (const [at, place] of places.entries()) {
          expect(place).toBeGreaterThanOrEqual(0);
          expect(place).toBeLessThan(size);
          if (at % block !== 0) expect(place).toBe((places[at - 1]! + 1) % size);
        }
      }),
    );
  });

  it('has the value of the sample within an interval that is as wide as theory says', () => {
    const random = seedrandom('sample');
    const values = Array.from({ length: 400 }, () => random());
    const { value, ci95 } = blockBootstrap([400], meanOfGroups([values]), 'seed', 1);
    expect(value).toBeCloseTo(meanOf(values), 12);
    // Standard error of the mean of 400 uniform numbers: 1 / sqrt(12 * 400).
    expect(ci95[1] - ci95[0]).toBeGreaterThan((2 * 1.96 * 0.8) / Math.sqrt(4800));
    expect(ci95[1] - ci95[0]).toBeLessThan((2 * 1.96 * 1.2) / Math.sqrt(4800));
  });

  it('is wider when neighbours are alike', () => {
    const random = seedrandom('runs');
    const values = Array.from({ length: 40 }, () => random()).flatMap((level) => Array<number>(5).fill(level));
    const width = (block: number): number => {
      const { ci95 } = blockBootstrap([200], meanOfGroups([values]), 'seed', block);
      return ci95[1] - ci95[0];
    };
    expect(width(5)).toBeGreaterThan(1.5 * width(1));
  });

  it('gives the same interval for the same seed, and no width where nothing differs', () => {
    const values = [[1, 5, 2], [4]];
    const once = blockBootstrap([3, 1], meanOfGroups(values), 'seed');
    expect(blockBootstrap([3, 1], meanOfGroups(values), 'seed')).toEqual(once);
    expect(blockBootstrap([2], meanOfGroups([[3, 3]]), 'seed')).toEqual({ value: 3, ci95: [3, 3] });
  });

  it.each([
    [0.5, 2],
    [0.95, 4],
    [0, 1],
    [1, 4],
  ])('takes the nearest rank: %d of 1, 2, 3, 4 is %d', (share, expected) => {
    expect(quantile([1, 2, 3, 4], share)).toBe(expected);
  });
});
