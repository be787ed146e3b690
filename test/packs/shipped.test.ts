/** The packs that ship: whole, made as they say, and proved as the README claims. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refereeTable } from '../../bench/referee.ts';
import {
  bestBaseline,
  champion,
  pairWith,
  proofOf,
  resultTable,
  scoreOf,
  shipped,
  TABLE_FLEETS,
} from '../../bench/table.ts';
import { planFleet } from '../../sim/plan.ts';
import { drawScenario, scenarioSeed } from '../../sim/scenario.ts';
import { runTrial } from '../../sim/trial.ts';
import { healerOf, packContender, RUNBOOK } from '../../src/contenders.ts';
import { comparePaired } from '../../src/evolve/compare.ts';
import { mean } from '../../src/evolve/score.ts';
import { loadFleet } from '../../src/fleets.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { sha256 } from '../../src/packs.ts';
import { contest } from '../../src/run-compare.ts';
import { canonicalJson, type Pack } from '../../strategies/pack.ts';

const NAMES = [...TABLE_FLEETS, 'default', 'demo', 'together'] as const;
/** The version that bred them. */
const SEED = '0.1.18';
/** Replica-hours, as a multiple of the runbook's: `together` takes 12.6 % more on otel-demo, which the README says. */
const PRICE: Readonly<Record<string, number>> = { together: 1.13 };

/** Where a pack acts on more healthy replicas than the runbook; the README says so. */
const MORE_COLLATERAL: Readonly<Record<string, readonly string[]>> = { together: ['teastore'] };

/** Actions on healthy replicas in each test scenario; without a pack, the runbook's. */
function collateralOf(fleet: string, own: Pack | null, seed: string): number[] {
  const plan = planFleet(loadFleet(fleet).fleet);
  const healer = healerOf(own === null ? { kind: 'baseline', name: RUNBOOK } : packContender(own));
  return Array.from(
    { length: 200 },
    (_, index) => runTrial(plan, drawScenario(plan, scenarioSeed(seed, 'test', index)), healer).collateral,
  );
}

describe('the shipped packs', () => {
  for (const name of NAMES) {
    it(`${name} says how it was made, on fleets that are still the same`, () => {
      const { provenance } = shipped(name);
      expect(provenance.command).toMatch(/^healix evolve /);
      expect(provenance.command).toContain(` --seed ${SEED} `);
      expect([provenance.seed, provenance.healix]).toEqual([SEED, SEED]);
      expect(provenance.command.includes(' --level advanced ')).toBe(name === 'together');
      for (const { name: fleet, digest } of provenance.fleets) {
        expect(digest, fleet).toBe(sha256(canonicalJson(loadFleet(fleet).fleet)));
      }
    });

    it(`${name} was proved on 200 scenarios of each of its fleets, against every baseline`, () => {
      const pack = shipped(name);
      for (const { name: fleet } of pack.provenance.fleets) {
        const proof = proofOf(pack, fleet);
        expect(proof.scenarios).toBe(200);
        expect(proof.paired.filter(({ a }) => a === champion(proof).name)).toHaveLength(15);
      }
    });
  }

  for (const name of NAMES) {
    it(`${name} met the best baseline of each of its fleets before the referee, which does not find it worse`, () => {
      const { proof, provenance } = shipped(name);
      expect(proof.refereed?.map(({ fleet }) => fleet)).toEqual(provenance.fleets.map(({ name: fleet }) => fleet));
      for (const { fleet, scenarios, seed, versions, strategies, paired } of proof.refereed!) {
        expect(scenarios).toBe(20);
        expect(seed).toBe(provenance.seed);
        expect(versions).toEqual({ healix: provenance.healix, node: provenance.node, v8: provenance.v8 });
        expect(strategies.map((score) => score.name)).toEqual([
          shipped(name).name,
          bestBaseline(proofOf(shipped(name), fleet)).name,
        ]);
        expect(paired[0]!.difference.ci95[0], fleet).toBeLessThanOrEqual(0);
      }
    });
  }

  for (const name of NAMES) {
    it.each(shipped(name).proof.fleets.map(({ fleet }) => fleet))(
      `${name}'s champion loses at least a tenth less on %s than the best baseline, beyond doubt, at the runbook's price`,
      (fleet) => {
        const proof = proofOf(shipped(name), fleet);
        const own = champion(proof);
        const runbook = scoreOf(proof, 'sre-runbook');
        expect(own.lostUserMinutes.mean).toBeLessThan(0.9 * bestBaseline(proof).lostUserMinutes.mean);
        const rivals = proof.strategies.filter(({ kind }) => kind === 'baseline' || kind === 'nothing');
        expect(rivals).toHaveLength(14);
        for (const { name: rival } of rivals) expect(pairWith(proof, rival).difference.ci95[1], rival).toBeLessThan(0);
        expect(own.replicaHours).toBeLessThanOrEqual((PRICE[name] ?? 1.05) * runbook.replicaHours);
        if (own.collateral > runbook.collateral && MORE_COLLATERAL[name]?.includes(fleet) !== true) {
          // Then it must be chance: hour by hour, the difference is not above zero beyond doubt.
          const [champions, runbooks] = [shipped(name), null].map((own) => collateralOf(fleet, own, proof.seed));
          expect(mean(champions!)).toBeCloseTo(own.collateral, 2);
          expect(comparePaired(champions!, runbooks!).difference.ci95[0]).toBeLessThanOrEqual(0);
        }
      },
      900_000,
    );
  }

  const node = Number(process.versions.node.split('.')[0]);
  const sameEngine = ['teastore', 'together'].filter((name) => shipped(name).provenance.node === node);
  it.each(sameEngine)(
    '%s, proved again on the same 200 scenarios of teastore, loses the same to the last digit',
    async (name) => {
      const pack = shipped(name);
      const contenders = [packContender(pack)];
      const { fleet } = loadFleet('teastore');
      const again = await contest({
        tier: 'fluid',
        fleet,
        contenders,
        scenarios: 200,
        seed: pack.provenance.seed,
        threads: 0,
      });
      expect(again.strategies[0]).toEqual(champion(proofOf(pack, 'teastore')));
    },
    180_000,
  );

  it('fill the tables in the README', () => {
    const readme = readFileSync(join(PACKAGE_ROOT, 'README.md'), 'utf8');
    expect(readme).toContain(resultTable());
    expect(readme).toContain(refereeTable());
  });
});
