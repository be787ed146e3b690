/** A small, complete pack for the tests of this folder and of the runbook. */
import { makePack } from '../../src/packs.ts';
import { sreRunbookGenome } from '../../strategies/baselines/sre-runbook.ts';
import type { Pack, Proof, Provenance } from '../../strategies/pack.ts';

const score = (
  name: string,
  kind: 'pack' | 'baseline',
  mean: number,
): Proof['fleets'][number]['strategies'][number] => ({
  name,
  kind,
  lostUserMinutes: { mean, ci95: [mean - 1, mean + 1] },
  availability: 0.99,
  timeToRecoverS: { mean: 60, p95: null },
  actions: 4,
  collateral: 0.1,
  replicaHours: 33,
  unrecovered: 0,
});

const proof: Proof = {
  tier: 'fluid',
  fleets: [
    {
      fleet: 'shop',
      scenarios: 200,
      seed: 's',
      strategies: [
        score('champion', 'pack', 12.34),
        score('kubernetes', 'baseline', 40),
        score('sre-runbook', 'baseline', 20),
      ],
      paired: [
        {
          a: 'champion',
          b: 'kubernetes',
          difference: { mean: -27.7, ci95: [-30, -25] },
          wins: 190,
          losses: 8,
          ties: 2,
        },
        {
          a: 'champion',
          b: 'sre-runbook',
          difference: { mean: -7.66, ci95: [-9, -6] },
          wins: 150,
          losses: 40,
          ties: 10,
        },
      ],
    },
  ],
};

const provenance: Provenance = {
  healix: '0.1.0',
  engine: 'healix-ga',
  seed: 's',
  fleets: [{ name: 'shop', digest: 'a'.repeat(64) }],
  founders: [],
  budget: { generations: 20, population: 60, trials: 12_000 },
  sets: { train: 400, select: 64, referee: 8, test: 200 },
  node: 20,
  v8: 11,
  command: 'healix evolve --fleet shop --seed s',
};

export const samplePack = (): Pack => makePack({ name: 'champion', genome: sreRunbookGenome, provenance, proof });
