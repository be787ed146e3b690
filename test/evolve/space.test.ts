import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openStream, resumeStream } from '../../src/evolve/random.ts';
import { canonical, distance, fromUnit, genomeKey, sampleGenome, toUnit } from '../../src/evolve/space.ts';
import { adaptHabits, crossover, FIRST_HABITS, mutate, mutateGenes } from '../../src/evolve/variation.ts';
import type { Genome, RealGene, Space } from '../../strategies/gene.ts';

const real: RealGene = { kind: 'real', name: 'r', meaning: '', unit: '', lo: 0.01, hi: 5, scale: 'log', default: 1 };
const linear: RealGene = { ...real, name: 'linear', lo: -1, hi: 1, scale: 'linear', default: 0 };
const space: Space = [
  real,
  linear,
  { kind: 'integer', name: 'i', meaning: '', unit: '', lo: 1, hi: 30, scale: 'linear', default: 3 },
  { kind: 'integer', name: 'il', meaning: '', unit: '', lo: 1, hi: 500, scale: 'log', default: 30 },
  { kind: 'categorical', name: 'c', meaning: '', choices: ['a', 'b', 'c'], default: 0 },
  { kind: 'categorical', name: 'one', meaning: '', choices: ['only'], default: 0 },
];
const seeds = fc.string({ maxLength: 8 });
const draw = (seed: string): [number[], () => number] => {
  const random = openStream(seed);
  return [sampleGenome(space, random), random];
};
const isCanonical = (genome: Genome): boolean => genomeKey(canonical(space, genome)) === genomeKey(genome);
const differing = (a: Genome, b: Genome): number => a.filter((value, index) => value !== b[index]).length;

describe('a genome in its space', () => {
  test('is canonical when sampled, mutated or crossed', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [a, random] = draw(seed);
        const b = sampleGenome(space, random);
        const children = [...crossover(space, a, b, random), mutate(space, a, FIRST_HABITS, random)];
        return [a, b, ...children].every(isCanonical);
      }),
    );
  });

  test('survives JSON and snapping twice, whatever numbers it is made of', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { minLength: 6, maxLength: 6 }), (raw) => {
        const genome = canonical(space, raw);
        expect(JSON.parse(JSON.stringify(genome))).toEqual(genome);
        expect(canonical(space, genome)).toEqual(genome);
        expect(genome.every((value) => !Object.is(value, -0))).toBe(true);
      }),
    );
  });

  test('is refused when a gene is missing', () => {
    expect(() => canonical(space, [1, 2])).toThrow('genome has 2 genes, the space 6');
  });

  test.each([
    [real, 0.01, 0],
    [real, 5, 1],
    [real, 0.223607, 0.5],
    [linear, 0, 0.5],
  ] as const)('lies at its place on its own scale (%#)', (gene, value, position) => {
    expect(toUnit(gene, value)).toBeCloseTo(position, 5);
    expect(fromUnit(gene, position)).toBeCloseTo(value, 5);
  });

  test('is at distance 0 from itself and at most 1 from any other', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [a, random] = draw(seed);
        const gap = distance(space, a, sampleGenome(space, random));
        return distance(space, a, a) === 0 && gap >= 0 && gap <= 1;
      }),
    );
  });
});

describe('mutation', () => {
  test('changes at most the genes asked for', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 9 }), (seed, count) => {
        const [parent, random] = draw(seed);
        return differing(parent, mutateGenes(space, parent, count, 0.1, random)) <= count;
      }),
    );
  });

  test('moves an integer even when the step is tiny, and a category to another one', () => {
    const random = openStream('tiny');
    for (let turn = 0; turn < 50; turn++) {
      const [integer, category] = [[space[2]!], [space[4]!]];
      const parent = sampleGenome([space[2]!, space[4]!], random);
      expect(mutateGenes(category, [parent[1]!], 1, 0.001, random)[0]).not.toBe(parent[1]);
      const moved = mutateGenes(integer, [parent[0]!], 1, 0.001, random)[0]!;
      expect(moved).toBeGreaterThanOrEqual(1);
      expect(moved).toBeLessThanOrEqual(30);
    }
  });

  test('with strength 2 mostly changes one to three genes, and sometimes many', () => {
    const wide: Space = Array.from({ length: 190 }, () => space[4]!);
    const random = openStream('strength');
    const parent = sampleGenome(wide, random);
    const counts = Array.from({ length: 2000 }, () => differing(parent, mutate(wide, parent, FIRST_HABITS, random)));
    expect(Math.min(...counts)).toBe(1);
    expect(counts.filter((count) => count <= 3).length / 2000).toBeGreaterThan(0.8);
    expect(Math.max(...counts)).toBeGreaterThan(7);
  });

  test('keeps its habits within bounds for ever', () => {
    const random = openStream('habits');
    let habits = FIRST_HABITS;
    for (let turn = 0; turn < 2000; turn++) habits = adaptHabits(habits, random);
    expect(habits.strength).toBeGreaterThanOrEqual(1);
    expect(habits.strength).toBeLessThanOrEqual(24);
    expect(habits.stepSize).toBeGreaterThanOrEqual(0.01);
    expect(habits.stepSize).toBeLessThanOrEqual(0.4);
  });
});

test('crossover gives each categorical and integer gene to one child each', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const [a, random] = draw(seed);
      const b = sampleGenome(space, random);
      const [left, right] = crossover(space, a, b, random);
      return [2, 3, 4, 5].every(
        (gene) =>
          (left[gene] === a[gene] && right[gene] === b[gene]) || (left[gene] === b[gene] && right[gene] === a[gene]),
      );
    }),
  );
});

test('a stream resumed from its saved state continues with the same numbers', () => {
  const stream = openStream('save');
  for (let turn = 0; turn < 10; turn++) stream();
  const saved = JSON.parse(JSON.stringify(stream.state()));
  const expected = [stream(), stream(), stream()];
  const resumed = resumeStream(saved);
  expect([resumed(), resumed(), resumed()]).toEqual(expected);
});
