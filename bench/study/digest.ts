/** What a run's result depends on, as one text: when the simulator or an engine changes, old results no longer count. */
import { evolve } from '../../src/evolve/archipelago.ts';
import { toPositions } from '../../src/evolve/engines/relaxed.ts';
import { plan } from '../../src/evolve/plan.ts';
import { openStream } from '../../src/evolve/random.ts';
import { createEvaluator } from '../../src/evolve/trial-evaluator.ts';
import { loadFleet } from '../../src/fleets.ts';
import { sha256 } from '../../src/packs.ts';
import { sreRunbookGenome } from '../../strategies/baselines/sre-runbook.ts';
import type { Genome } from '../../strategies/gene.ts';
import { GENES, geneTableDigestInput } from '../../strategies/genes.ts';
import { defaultGenome, randomGenome } from '../../strategies/genome.ts';
import { HORIZON_S, problemOf, qualityOf, TEST_SCENARIOS } from './run-job.ts';
import { planOf, type Variant } from './variants.ts';

const SCENARIOS = 3;

/** What three strategies score in a few scenarios of a fleet: the simulator and the scoring, by what they do. */
export function fleetDigest(fleet: string): string {
  const evaluate = createEvaluator({
    fleets: [loadFleet(fleet).fleet],
    reference: sreRunbookGenome,
    horizonS: HORIZON_S,
  });
  const genomes = [sreRunbookGenome, defaultGenome(), randomGenome(openStream('study/digest'))];
  const rows = genomes.map((genome) =>
    Array.from({ length: SCENARIOS }, (_, index) => evaluate(genome, `study/digest/${index}`)),
  );
  const found = rows.map((row) => ({ row, quality: qualityOf(row) }));
  return sha256(JSON.stringify({ found, genes: geneTableDigestInput(), test: TEST_SCENARIOS }));
}

/** The plan, and how a short run on a cheap problem over the same genes ends: engine, races and all, by what they do. */
export async function variantDigest(variant: Variant, trials: number): Promise<string> {
  const budget = planOf(variant, trials);
  const { problem } = problemOf(variant, async (tasks) =>
    tasks.map(({ genome, scenarios }) => scenarios.map((scenario) => cheap(genome, scenario))),
  );
  const short = plan({ trials: 800, population: 20, islands: Math.min(2, budget.islands) }, variant.engine);
  const { champion, trials: spent } = await evolve({
    problem,
    problemDigest: '',
    engine: variant.engine,
    plan: short,
    seed: 'study/digest',
  });
  return sha256(JSON.stringify({ budget, champion, spent }));
}

export function jobDigest(fleet: string, variant: string): string {
  return sha256(`${fleet}${variant}`).slice(0, 16);
}

/** Distance from a place of the scenario's own, in a few genes of its choice. */
function cheap(genome: Genome, scenario: string): number {
  const positions = toPositions(GENES, genome);
  const random = openStream(scenario);
  let sum = 0;
  for (let turn = 0; turn < 20; turn++)
    sum += Math.abs(positions[Math.floor(random() * positions.length)]! - 0.3 - 0.2 * random());
  return sum;
}
