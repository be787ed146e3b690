import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import { firstGeneration } from '../../src/evolve/first-generation.ts';
import type { Gene } from '../../strategies/gene.ts';

const SPACE: readonly Gene[] = Array.from({ length: 12 }, (_, at) => ({
  ...{ kind: 'real', name: `gene ${at}`, lo: 0, hi: 1, scale: 'linear', unit: 'share', default: 0.5, meaning: '' },
})) as readonly Gene[];
const SEED = SPACE.map(() => 0.5);
const first = (unproven?: readonly number[]) =>
  firstGeneration(
    {
      ...{ space: SPACE, seeds: [SEED], founders: [SEED], repair: (genome) => genome, seed: 's', population: 41 },
      ...{ tailWeight: 0, ...(unproven === undefined ? {} : { unproven }) },
    },
    seedrandom('first'),
  ).map(({ genome }) => genome.flatMap((value, at) => (value === SEED[at] ? [] : [at])));

describe('the first generation', () => {
  it('begins with the founders as they are', () => {
    expect(first()[0]).toEqual([]);
    expect(first()).toHaveLength(41);
  });

  it('varies unproven genes alone in half of the newcomers, and all genes in the others', () => {
    const alone = (changed: readonly number[]): boolean => changed.length > 0 && changed.every((at) => at >= 10);
    const count = (all: readonly (readonly number[])[]): number => all.filter(alone).length;
    expect(count(first([10, 11]))).toBeGreaterThanOrEqual(20);
    expect(first([10, 11]).some((changed) => changed.some((at) => at < 10))).toBe(true);
    expect(count(first())).toBeLessThan(10);
  });
});
