/**
 * Whether a run reports what is true: the interval on the 200 test scenarios of a default run, and the mean on 1,000 of them, which
 * scatters less, against 2,000 scenarios nobody ever saw.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scenarioSeed } from '../sim/scenario.ts';
import { contest } from '../src/run-compare.ts';
import { runEvolve } from '../src/run-evolve.ts';
import { type Comparison, packGenome } from '../strategies/pack.ts';
import { syntheticFleet } from './synthetic-fleet.ts';

const RUNS = 20;
const REPORTED = 200;
const MORE = 1_000;
const FRESH = 2_000;

type Estimate = Comparison['strategies'][number]['lostUserMinutes'];

export async function honesty(print: (line: string) => void): Promise<void> {
  const fleet = syntheticFleet({ layers: [1, 2], ratePerS: 60 });
  const folder = mkdtempSync(join(tmpdir(), 'healix-honesty-'));
  let covered = 0;
  const ratios: number[] = [];
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
        scenarios: 1,
        // What tier 1 reports is tried here; the referee has no part in that.
        refereeTrials: { finalist: 0, champion: 0 },
        engine: 'healix-ga',
        command: 'healix bench honesty',
      };
      const { pack } = await runEvolve(options, { onProgress: () => {}, signal: new AbortController().signal });
      const contenders = [{ kind: 'pack', name: pack.name, genome: packGenome(pack) } as const];
      const lossOn = async (scenarios: number, scenarioSet: string): Promise<Estimate> => {
        const { strategies } = await contest({
          tier: 'fluid',
          fleet,
          contenders,
          scenarios,
          seed: scenarioSet,
          threads: 2,
        });
        return strategies[0]!.lostUserMinutes;
      };
      // What the run reports with `--scenarios 200` and `1000`: the same function, without the rivals.
      const reported = await lossOn(REPORTED, seed);
      const more = (await lossOn(MORE, seed)).mean;
      const truth = (await lossOn(FRESH, scenarioSeed(seed, 'test', -1))).mean;
      const inside = reported.ci95[0] <= truth && truth <= reported.ci95[1];
      covered += inside ? 1 : 0;
      ratios.push(more / truth);
      print(
        `run ${run}: reported ${reported.mean.toFixed(0)} [${reported.ci95.map((end) => end.toFixed(0)).join(', ')}], on 1,000 ${more.toFixed(0)}, fresh ${truth.toFixed(0)}${inside ? '' : '  outside'}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / RUNS;
  const error = Math.sqrt(ratios.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / (RUNS - 1) / RUNS);
  print(
    `mean on 1,000 / fresh: ${mean.toFixed(3)} (standard error ${error.toFixed(3)}); intervals that cover: ${covered} of ${RUNS}`,
  );
}
