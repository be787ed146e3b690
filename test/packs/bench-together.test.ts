/** The two packs bred for faults that spread, alone and together: the same start, the same fleets and faults, much the same effort. */
import { describe, expect, it } from 'vitest';
import { champion, pairWith, proofOf, shipped, TABLE_FLEETS } from '../../bench/table.ts';
import { bredForSpread } from '../../bench/together/together.ts';
import { planFleet } from '../../sim/plan.ts';
import { drawScenario, scenarioSeed } from '../../sim/scenario.ts';
import { runTrial } from '../../sim/trial.ts';
import { healerOf, packContender } from '../../src/contenders.ts';
import { loadFleet } from '../../src/fleets.ts';
import { sha256 } from '../../src/packs.ts';
import { canonicalJson } from '../../strategies/pack.ts';

const alone = bredForSpread('alone');
const together = bredForSpread('together');

describe('the packs bred for faults that spread', () => {
  it('were made by commands that differ in the level alone, from the default pack, on fleets that are still the same', () => {
    const command = (level: string): string =>
      `healix evolve --fleet online-boutique --fleet teastore --fleet otel-demo --from default --seed 0.1.6 --faults spread ${level}--generations 60 --scenarios 100 --engine healix-ga`;
    expect(together.provenance.command).toBe(command('--level advanced '));
    expect(alone.provenance.command.replace('--level basic ', '')).toBe(command(''));
    for (const { provenance } of [alone, together]) {
      expect(provenance.founders.map(({ name }) => name)).toEqual([shipped('default').name]);
      for (const { name, digest } of provenance.fleets)
        expect(digest, name).toBe(sha256(canonicalJson(loadFleet(name).fleet)));
    }
  });

  it('carry genes of coordination exactly if they heal together', () => {
    expect([alone.coordination, together.coordination?.level]).toEqual([undefined, 'advanced']);
  });

  it.each(TABLE_FLEETS)('lose less than every baseline on %s beyond doubt', (fleet) => {
    for (const pack of [alone, together]) {
      const proof = proofOf(pack, fleet);
      for (const { name } of proof.strategies.filter(({ kind }) => kind === 'baseline' || kind === 'nothing'))
        expect(pairWith(proof, name).difference.ci95[1], name).toBeLessThan(0);
      expect(champion(proof).replicaHours).toBeLessThan(55);
    }
  });

  it('are refused nothing that they need: agents of the one that heals together talk and act', () => {
    const plan = planFleet(loadFleet('teastore').fleet);
    const scenario = drawScenario(plan, scenarioSeed('spread:packs', 'test', 3));
    const result = runTrial(plan, scenario, healerOf(packContender(together)));
    expect(result.messages).toBeGreaterThan(100);
    expect(runTrial(plan, scenario, healerOf(packContender(alone))).messages).toBe(0);
  });
});
