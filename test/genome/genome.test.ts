import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FEATURES } from '../../strategies/features.ts';
import type { Genome } from '../../strategies/gene.ts';
import { GENES, geneIndex } from '../../strategies/genes.ts';
import { canonical, decode, defaultGenome, encode, genomeKey, randomGenome } from '../../strategies/genome.ts';
import type { Strategy } from '../../strategies/strategy.ts';

/** Any numbers at all, some of them far outside the bounds. */
const rawGenomes = fc.tuple(
  ...GENES.map((gene) => {
    const [lo, hi] = gene.kind === 'categorical' ? [0, gene.choices.length - 1] : [gene.lo, gene.hi];
    const span = hi - lo;
    return fc.oneof(
      { weight: 8, arbitrary: fc.double({ min: lo, max: hi, noNaN: true }) },
      { weight: 1, arbitrary: fc.double({ min: lo - span, max: hi + span, noNaN: true }) },
      { weight: 1, arbitrary: fc.constantFrom(lo, hi, -0) },
    );
  }),
);
const genomes: fc.Arbitrary<Genome> = rawGenomes.map(canonical);

function withGenes(values: Readonly<Record<string, number>>): Genome {
  const genome = [...defaultGenome()];
  for (const [name, value] of Object.entries(values)) genome[geneIndex(name)] = value;
  return genome;
}

const edited = (edit: (strategy: { -readonly [Key in keyof Strategy]: Strategy[Key] }) => void): Strategy => {
  const strategy = structuredClone(decode(defaultGenome()));
  edit(strategy);
  return strategy;
};

describe('the codec', () => {
  test('leads from a canonical genome to a strategy and back to the very same genome', () => {
    fc.assert(
      fc.property(genomes, (genome) => {
        expect(encode(decode(genome))).toEqual(genome);
      }),
      { numRuns: 150 },
    );
  });

  test('leads from a decoded strategy to a genome and back to the very same strategy', () => {
    fc.assert(
      fc.property(genomes, (genome) => {
        const strategy = decode(genome);
        expect(decode(encode(strategy))).toEqual(strategy);
      }),
      { numRuns: 100 },
    );
  });

  test('survives JSON, which is how genomes travel', () => {
    fc.assert(
      fc.property(genomes, (genome) => {
        expect(JSON.parse(JSON.stringify(genome))).toEqual(genome);
      }),
      { numRuns: 100 },
    );
  });

  test('keeps every threshold of every feature exactly, up to the ends of its range', () => {
    FEATURES.forEach((feature, at) => {
      for (const share of [0, 1e-6, 0.000123, 0.333333, 0.5, 0.999999, 1]) {
        const genome = withGenes({ 'rule1.first.feature': at, 'rule1.first.threshold': share });
        const strategy = decode(genome);
        expect(encode(strategy)[geneIndex('rule1.first.threshold')]).toBe(share);
        expect(strategy.rules[0]!.first.threshold).toBeGreaterThanOrEqual(feature.lo);
        expect(strategy.rules[0]!.first.threshold).toBeLessThanOrEqual(feature.hi);
      }
    });
  });

  test('maps a threshold through the range and scale of its feature', () => {
    const latency = FEATURES.findIndex(({ name }) => name === 'latencyMs');
    const at = (share: number): number =>
      decode(withGenes({ 'rule1.first.feature': latency, 'rule1.first.threshold': share })).rules[0]!.first.threshold;
    expect([at(0), at(1 / 3), at(1)]).toEqual([10, expect.closeTo(100, 2), 10_000]);
  });

  test('puts each gene where it belongs', () => {
    const strategy = decode(
      withGenes({
        'lightweight.slow.second': 8,
        'any.slow.third': 10,
        'critical.verifyS': 12.5,
        'any.backoff': 1.25,
        'detection.slowMs': 321,
        'rule8.remedy': 3,
      }),
    );
    expect(strategy.tiers.lightweight.ladders.slow).toEqual(['scale-up', 'repair-config', 'fallback']);
    expect(strategy.tiers.critical.ladders.slow).toEqual(['scale-up', 'restart-graceful', 'fallback']);
    expect(strategy.tiers.critical.pacing).toMatchObject({ verifyS: 12.5, backoff: 1.25 });
    expect(strategy.tiers.default.pacing).toMatchObject({ verifyS: 30, backoff: 1.25 });
    expect(strategy.detection.slowMs).toBe(321);
    expect(strategy.rules.map((rule) => rule.remedy)).toEqual([...Array(7).fill('wait'), 'scale-up']);
  });

  test('refuses a strategy that the gene table cannot express, and names every reason', () => {
    const strategy = edited((draft) => {
      draft.detection = { ...draft.detection, windowS: 2.5, slowMs: 9000 };
      const { pacing, ladders } = draft.tiers.critical;
      draft.tiers = {
        ...draft.tiers,
        critical: { ladders: { ...ladders, slow: ['scale-up', 'wait', 'wait'] }, pacing: { ...pacing, jitter: 0.4 } },
      };
    });
    expect(() => encode(strategy)).toThrow(/detection\.windowS: 2\.5/);
    expect(() => encode(strategy)).toThrow(/detection\.slowMs: 9000/);
    expect(() => encode(strategy)).toThrow(/critical\.slow: needs 3 rungs, the last one equal in all tiers/);
    expect(() => encode(strategy)).toThrow(/critical\.jitter: must be equal in all tiers/);
  });

  test.each([
    ['more agreeing looks than looks', { confirm: 5, confirmOf: 2 }],
    ['failed before degraded', { degradedErrorRate: 0.3, failedErrorRate: 0.1 }],
  ])('refuses %s', (_, change) => {
    const strategy = edited((draft) => {
      draft.detection = { ...draft.detection, ...change };
    });
    expect(() => encode(strategy)).toThrow('cannot be expressed');
  });
});

describe('a canonical genome', () => {
  test('stays as it is when made canonical again, inside its bounds', () => {
    fc.assert(
      fc.property(rawGenomes, (raw) => {
        const genome = canonical(raw);
        expect(canonical(genome)).toEqual(genome);
        genome.forEach((value, at) => {
          const gene = GENES[at]!;
          const [lo, hi] = gene.kind === 'categorical' ? [0, gene.choices.length - 1] : [gene.lo, gene.hi];
          if (value < lo || value > hi) throw new Error(`${gene.name} is ${value}, outside ${lo}..${hi}`);
          if (gene.kind !== 'real' && !Number.isInteger(value)) throw new Error(`${gene.name} is ${value}`);
          if (Object.is(value, -0)) throw new Error(`${gene.name} is -0`);
        });
      }),
      { numRuns: 150 },
    );
  });

  test('rounds reals to six digits, and integers and choices to whole numbers', () => {
    const genome = canonical(
      withGenes({ 'detection.slowMs': 123.456789, 'detection.clear': 3.6, 'rule1.remedy': 1.4 }),
    );
    expect(genome[geneIndex('detection.slowMs')]).toBe(123.457);
    expect(genome[geneIndex('detection.clear')]).toBe(4);
    expect(genome[geneIndex('rule1.remedy')]).toBe(1);
  });

  test('counts at least as many looks as must agree, and fails no earlier than it degrades', () => {
    const { detection } = decode(
      withGenes({
        'detection.confirm': 4,
        'detection.confirmOf': 2,
        'detection.degradedErrorRate': 0.2,
        'detection.failedErrorRate': 0.1,
      }),
    );
    expect(detection).toMatchObject({ confirm: 4, confirmOf: 4, degradedErrorRate: 0.2, failedErrorRate: 0.2 });
  });

  test.each([
    [0.049, 0],
    [0.05, 0.05],
  ])('reads a trip share of %d as %d', (share, decoded) => {
    expect(decode(withGenes({ 'breaker.tripShare': share })).breaker.tripShare).toBe(decoded);
  });

  test('has the length of the table and numbers only', () => {
    expect(() => canonical([1, 2])).toThrow('190 genes, or 207 with those of coordination; this one has 2');
    expect(() => canonical(withGenes({ 'detection.slowMs': Number.NaN }))).toThrow('gene detection.slowMs is NaN');
  });
});

describe('sampling', () => {
  test('draws genomes that are canonical and reach both ends of every gene', () => {
    const lowest = randomGenome(() => 0);
    const highest = randomGenome(() => 1 - 2 ** -53);
    GENES.forEach((gene, at) => {
      const [lo, hi] = gene.kind === 'categorical' ? [0, gene.choices.length - 1] : [gene.lo, gene.hi];
      expect([gene.name, highest[at]]).toEqual([gene.name, hi]);
      // The failed threshold is lifted to the degraded one only when drawn below it, which the lowest draw is not.
      expect([gene.name, lowest[at]]).toEqual([gene.name, lo]);
    });
    expect(canonical(lowest)).toEqual(lowest);
  });

  test('gives every choice and every integer the same weight', () => {
    const steps = 1200;
    const remedies = new Map<number, number>();
    const confirms = new Map<number, number>();
    for (let step = 0; step < steps; step++) {
      const genome = randomGenome(() => (step + 0.5) / steps);
      const remedy = genome[geneIndex('rule1.remedy')]!;
      const confirm = genome[geneIndex('detection.confirm')]!;
      remedies.set(remedy, (remedies.get(remedy) ?? 0) + 1);
      confirms.set(confirm, (confirms.get(confirm) ?? 0) + 1);
    }
    expect([...remedies.values()]).toEqual(Array(12).fill(100));
    expect([...confirms.values()]).toEqual(Array(5).fill(240));
  });
});

describe('the key of a genome', () => {
  test('is equal for genomes that decode to the same strategy, and differs otherwise', () => {
    expect(genomeKey(withGenes({ 'detection.clear': 3.2 }))).toBe(genomeKey(withGenes({ 'detection.clear': 3 })));
    expect(genomeKey(withGenes({ 'detection.clear': 4 }))).not.toBe(genomeKey(withGenes({ 'detection.clear': 3 })));
  });
});
