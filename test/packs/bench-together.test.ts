/** Healing alone against healing together, on equal terms: two packs bred on the faults that spread. */
import { describe, expect, it } from 'vitest';
import { champion, pairWith, proofOf, TABLE_FLEETS } from '../../bench/table.ts';
import { bredForSpread } from '../../bench/together/together.ts';
import { planFleet } from '../../sim/plan.ts';
import { drawScenario, scenarioSeed } from '../../sim/scenario.ts';
import { parseFleet } from '../../sim/spec.ts';
import { runTrial } from '../../sim/trial.ts';
import { healerOf, packContender } from '../../src/contenders.ts';
import { loadFleet } from '../../src/fleets.ts';
import { sha256 } from '../../src/packs.ts';
import { canonicalJson, type Pack } from '../../strategies/pack.ts';

const alone = bredForSpread('alone');
const together = bredForSpread('together');

/** The fleet as a file said it before 0.1.18; what files can say since, they say by default, and then it means what it meant. */
function asBefore(name: string): object {
  const { fleet } = loadFleet(name);
  const bare = parseFleet({ name: 'bare', services: [{ id: 'a', entry: { ratePerS: 1 } }] });
  if (bare.kind === 'bad') throw new Error('a bare fleet is refused');
  const { platform, ...rest } = fleet;
  expect(platform).toEqual(bare.fleet.platform);
  return {
    ...rest,
    services: fleet.services.map(({ cannot, earlierRelease, performanceProbe, stopGraceS, ...service }) => {
      expect(bare.fleet.services[0]).toMatchObject({ cannot, earlierRelease, performanceProbe, stopGraceS });
      return service;
    }),
  };
}

describe('the packs bred for faults that spread, one to heal alone, one together', () => {
  it('were made alike but for the agents, on fleets that are still the same', () => {
    expect(together.provenance.command.replace('--level advanced', '--level basic')).toBe(alone.provenance.command);
    expect(together.provenance.founders).toEqual(alone.provenance.founders);
    expect(together.provenance.budget.generations).toBe(alone.provenance.budget.generations);
    expect(alone.provenance.command).toContain(' --faults spread --level basic ');
    for (const { provenance } of [alone, together]) {
      expect(provenance.seed.endsWith('0.1.12')).toBe(true);
      for (const { name, digest } of provenance.fleets)
        expect(digest, name).toBe(sha256(canonicalJson(asBefore(name))));
    }
    const [less, more] = [alone, together].map(({ provenance }) => provenance.budget.trials).sort((a, b) => a - b);
    expect(more! / less!).toBeLessThan(1.15);
  });

  it('the one carries no genes of coordination, the other does', () => {
    expect([alone.coordination, together.coordination?.level]).toEqual([undefined, 'advanced']);
  });

  it.each(TABLE_FLEETS)('both lose less than every baseline on %s beyond doubt', (fleet) => {
    for (const proof of [alone, together].map((pack) => proofOf(pack, fleet))) {
      for (const { name } of proof.strategies.filter(({ kind }) => kind === 'baseline' || kind === 'nothing'))
        expect(pairWith(proof, name).difference.ci95[1], name).toBeLessThan(0);
      expect(champion(proof).replicaHours).toBeLessThan(56);
    }
  });

  it('the one has no agents to pay for, the other has', () => {
    const plan = planFleet(loadFleet('teastore').fleet);
    const scenario = drawScenario(plan, scenarioSeed('spread:packs', 'test', 3));
    const messages = (pack: Pack): number => runTrial(plan, scenario, healerOf(packContender(pack))).messages;
    expect(messages(together)).toBeGreaterThan(100);
    expect(messages(alone)).toBe(0);
  });
});
