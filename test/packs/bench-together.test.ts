/** The rival of healing together: a pack bred to heal alone on the faults that spread. */
import { describe, expect, it } from 'vitest';
import { champion, pairWith, proofOf, shipped, TABLE_FLEETS } from '../../bench/table.ts';
import { bredForSpread } from '../../bench/together/together.ts';
import { planFleet } from '../../sim/plan.ts';
import { drawScenario, scenarioSeed } from '../../sim/scenario.ts';
import { runTrial } from '../../sim/trial.ts';
import { healerOf, packContender } from '../../src/contenders.ts';
import { loadFleet } from '../../src/fleets.ts';
import { sha256 } from '../../src/packs.ts';
import { canonicalJson, type Pack } from '../../strategies/pack.ts';

const alone = bredForSpread();
const together = shipped('together');

describe('the pack bred alone for faults that spread, which rivals the one that heals together', () => {
  it('was made for them, with no fewer trials and no less to spend than the other, on fleets that are still the same', () => {
    expect(alone.provenance.command).toContain(' --faults spread --level basic ');
    expect(together.provenance.command).toContain(' --level advanced ');
    for (const { provenance } of [alone, together]) {
      expect(provenance.command).toMatch(/ --replica-hours 1\.1$/);
      expect(provenance.seed.endsWith('0.1.11')).toBe(true);
      for (const { name, digest } of provenance.fleets)
        expect(digest, name).toBe(sha256(canonicalJson(loadFleet(name).fleet)));
    }
    expect(alone.provenance.budget.trials).toBeGreaterThan(together.provenance.budget.trials);
  });

  it('carries no genes of coordination, the other does', () => {
    expect([alone.coordination, together.coordination?.level]).toEqual([undefined, 'advanced']);
  });

  it.each(TABLE_FLEETS)('loses less than every baseline on %s beyond doubt', (fleet) => {
    const proof = proofOf(alone, fleet);
    for (const { name } of proof.strategies.filter(({ kind }) => kind === 'baseline' || kind === 'nothing'))
      expect(pairWith(proof, name).difference.ci95[1], name).toBeLessThan(0);
    expect(champion(proof).replicaHours).toBeLessThan(55);
  });

  it('has no agents to pay for, the other has', () => {
    const plan = planFleet(loadFleet('teastore').fleet);
    const scenario = drawScenario(plan, scenarioSeed('spread:packs', 'test', 3));
    const messages = (pack: Pack): number => runTrial(plan, scenario, healerOf(packContender(pack))).messages;
    expect(messages(together)).toBeGreaterThan(100);
    expect(messages(alone)).toBe(0);
  });
});
