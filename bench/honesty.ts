/** Whether a run reports what is true: its mean and interval on 1,000 test scenarios against 2,000 scenarios nobody ever saw. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scenarioSeed } from '../sim/scenario.ts';
import { contest } from '../src/run-compare.ts';
import { runEvolve } from '../src/run-evolve.ts';
import { packGenome } from '../strategies/pack.ts';
import { syntheticFleet } from './synthetic-fleet.ts';

const RUNS = 20;
const TEST = 1_000;
const FRESH = 2_000;

export async function honesty(print: (line: string) => void): Promise<void> {
  const fleet = syntheticFleet({ layers: [1, 2], ratePerS: 60 });
  const folder = mkdtempSync(join(tmpdir(), 'healix-honesty-'));
  let covered = 0;
  let ratios = 0;
  try {
    for (let run = 0; run < RUNS; run += 1) {
      const seed = `honesty-${run}`;
      const options = {
        fleets: [fleet],
        seed,
        out: join(folder, 'pack.json'),
        threads: 2,
        generations: 8,
        population: 24,
        scenarios: TEST,
        engine: 'healix-ga',
        command: 'healix bench honesty',
      };
      const { pack, comparisons } = await runEvolve(options, {
        onProgress: () => {},
        signal: new AbortController().signal,
      });
      const reported = comparisons[0]!.strategies.find(({ kind }) => kind === 'pack')!.lostUserMinutes;
      const fresh = await contest({
        tier: 'fluid',
        fleet,
        contenders: [{ kind: 'pack', name: pack.name, genome: packGenome(pack) }],
        scenarios: FRESH,
        seed: scenarioSeed(seed, 'test', -1),
        threads: 2,
      });
      const truth = fresh.strategies[0]!.lostUserMinutes.mean;
      const inside = reported.ci95[0] <= truth && truth <= reported.ci95[1];
      covered += inside ? 1 : 0;
      ratios += reported.mean / truth;
      print(
        `run ${run}: reported ${reported.mean.toFixed(0)} [${reported.ci95.map((end) => end.toFixed(0)).join(', ')}], fresh ${truth.toFixed(0)}${inside ? '' : '  outside'}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  print(`mean of reported / fresh: ${(ratios / RUNS).toFixed(3)}; intervals that cover: ${covered} of ${RUNS}`);
}
