import { describe, expect, test } from 'vitest';
import { ISSUES, REMEDIES, TIERS } from '../../strategies/contract.ts';
import { FEATURES } from '../../strategies/features.ts';
import { GENES, geneIndex, geneTableDigestInput } from '../../strategies/genes.ts';
import { LADDER_RUNGS, RULE_COUNT } from '../../strategies/strategy.ts';

describe('the gene table', () => {
  test('holds between 120 and 200 genes of all three kinds, each name once', () => {
    expect(GENES.length).toBeGreaterThanOrEqual(120);
    expect(GENES.length).toBeLessThanOrEqual(200);
    expect(new Set(GENES.map((gene) => gene.kind))).toEqual(new Set(['real', 'integer', 'categorical']));
    expect(new Set(GENES.map((gene) => gene.name)).size).toBe(GENES.length);
  });

  test.each(GENES.map((gene) => [gene.name, gene] as const))('%s has a sound range, default and meaning', (_, gene) => {
    expect(gene.meaning).toMatch(/^[A-Z].*\.$/);
    if (gene.kind === 'categorical') {
      expect(gene.choices.length).toBeGreaterThan(1);
      expect(gene.choices[gene.default]).toBeTypeOf('string');
      return;
    }
    expect(gene.lo).toBeLessThan(gene.hi);
    expect(gene.default).toBeGreaterThanOrEqual(gene.lo);
    expect(gene.default).toBeLessThanOrEqual(gene.hi);
    if (gene.scale === 'log') expect(gene.lo).toBeGreaterThan(0);
    if (gene.kind === 'integer') expect([gene.lo, gene.hi, gene.default].every(Number.isInteger)).toBe(true);
  });

  test('has a rung for every issue in every tier, the last one shared, each open to every remedy', () => {
    const ladders = GENES.filter((gene) => gene.kind === 'categorical' && gene.choices.length === REMEDIES.length);
    const rungs = ISSUES.length * (TIERS.length * (LADDER_RUNGS - 1) + 1);
    expect(ladders.length).toBe(rungs + RULE_COUNT);
    expect(GENES[geneIndex('critical.unresponsive.first')]!.kind).toBe('categorical');
    expect(GENES[geneIndex('any.unresponsive.third')]!.kind).toBe('categorical');
  });

  test('lets every rule look at every feature', () => {
    for (let rule = 1; rule <= RULE_COUNT; rule++) {
      const gene = GENES[geneIndex(`rule${rule}.second.feature`)]!;
      expect(gene.kind === 'categorical' && gene.choices).toEqual(FEATURES.map(({ name }) => name));
    }
  });

  test('names the gene that it does not hold', () => {
    expect(() => geneIndex('critical.verifyMs')).toThrow('no gene is called critical.verifyMs');
  });

  test('has a digest text that tells ranges and feature ranges, and no wording', () => {
    const text = geneTableDigestInput();
    expect(text).toContain('["detection.windowS","integer",2,30,"linear","s"]');
    expect(text).toContain('["latencyMs",10,10000,"log","ms"]');
    expect(text).not.toContain(GENES[0]!.meaning);
  });
});
