import { describe, expect, test } from 'vitest';
import { sreRunbook, sreRunbookGenome, withNumbers } from '../../strategies/baselines/sre-runbook.ts';
import { ISSUES, TIERS } from '../../strategies/contract.ts';
import { geneIndex } from '../../strategies/genes.ts';
import { canonical, encode } from '../../strategies/genome.ts';

describe('the hand-written runbook', () => {
  test('is a genome like any other', () => {
    expect(canonical(sreRunbookGenome)).toEqual(sreRunbookGenome);
    expect(encode(sreRunbook)).toEqual(sreRunbookGenome);
  });

  test.each([
    ['bad-deploy-suspected', 'rollback'],
    ['config-drift-suspected', 'repair-config'],
    ['unresponsive', 'restart-hard'],
    ['saturated', 'scale-up'],
    ['dependency-down', 'reconnect'],
    ['predicted-failure', 'restart-graceful'],
  ] as const)('answers %s with %s first, in every tier', (issue, remedy) => {
    for (const tier of TIERS) expect(sreRunbook.tiers[tier].ladders[issue][0]).toBe(remedy);
  });

  test('never restarts, reroutes or rolls back the victim of a dependency', () => {
    for (const tier of TIERS) {
      for (const remedy of sreRunbook.tiers[tier].ladders['dependency-down']) {
        expect(['reconnect', 'wait', 'fallback']).toContain(remedy);
      }
    }
  });

  test('does something, or deliberately waits, for every issue', () => {
    for (const issue of ISSUES) expect(sreRunbook.tiers.critical.ladders[issue]).toHaveLength(3);
    expect(sreRunbook.rules.filter((rule) => rule.remedy !== 'wait').length).toBeGreaterThan(0);
  });
});

describe('the tuned numbers', () => {
  test('replace numeric genes and nothing else', () => {
    const tuned = withNumbers(sreRunbookGenome, { 'critical.verifyS': 12 });
    expect(tuned[geneIndex('critical.verifyS')]).toBe(12);
    expect(tuned.filter((value, at) => value !== sreRunbookGenome[at])).toEqual([12]);
  });

  test.each([
    ['critical.slow.first', 1, 'is a choice'],
    ['critical.verifyMs', 1, 'no gene is called'],
    ['critical.verifyS', 1e6, 'cannot be 1000000; nearest is 300'],
  ])('are refused when %s is %d', (name, value, message) => {
    expect(() => withNumbers(sreRunbookGenome, { [name]: value })).toThrow(message);
  });
});
