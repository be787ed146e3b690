/**
 * Tunes the numbers of the hand-written runbook once, by 500 random trials of them on training scenarios of all shipped
 * fleets; its playbook stays as written. Prints the overlay that goes into strategies/baselines/sre-runbook.json.
 * Run: npm run build && node dist/bench/tune-runbook.js > strategies/baselines/sre-runbook.json
 */
import seedrandom from 'seedrandom';
import { createPool, workerUrl } from '../src/evolve/pool.ts';
import type { Row } from '../src/evolve/problem.ts';
import { costs, mean } from '../src/evolve/score.ts';
import { createEvaluator } from '../src/evolve/trial-evaluator.ts';
import { loadFleet, shippedFleets } from '../src/fleets.ts';
import { untunedRunbookGenome } from '../strategies/baselines/sre-runbook.ts';
import type { Genome } from '../strategies/gene.ts';
import { GENES } from '../strategies/genes.ts';
import { canonical } from '../strategies/genome.ts';

const TRIALS = 500;
/** Every trial sees this many scenarios (all fleets in turn); the best go on to more, the same for all of them. */
const STAGES = [
  { keep: TRIALS, scenarios: 6 },
  { keep: 60, scenarios: 30 },
  { keep: 10, scenarios: 150 },
] as const;
/** Chance that a number is moved, and how far: a share of its range (of its logarithm where that is its scale). */
const MOVED = 0.25;
const REACH = 0.25;

const fleets = shippedFleets().map((name) => loadFleet(name).fleet);
const setup = { fleets, reference: untunedRunbookGenome };
const pool = createPool({ threads: 2, workerUrl, setup, createEvaluator, msPerTrial: 20 });
const random = seedrandom('runbook/tuning');

let candidates: Genome[] = [
  untunedRunbookGenome,
  ...Array.from({ length: TRIALS - 1 }, () => moved(untunedRunbookGenome)),
];
for (const { keep, scenarios } of STAGES) {
  candidates = candidates.slice(0, keep);
  const common = Array.from({ length: scenarios }, (_, i) => `runbook/train/${i}`);
  const rows = await pool.evaluate(candidates.map((genome) => ({ genome, scenarios: common })));
  const score = (row: Row): number => mean(costs(row));
  const order = rows.map((row, index) => ({ index, score: score(row) })).sort((a, b) => a.score - b.score);
  process.stderr.write(
    `${candidates.length} x ${scenarios}: best ${order[0]!.score.toFixed(1)}, untuned ${score(rows[candidates.indexOf(untunedRunbookGenome)] ?? rows[0]!).toFixed(1)}\n`,
  );
  const best = order.map(({ index }) => candidates[index]!);
  // The untuned numbers stay in the race to the end.
  candidates = [
    ...best
      .slice(0, keep - 1)
      .filter((genome) => genome !== untunedRunbookGenome)
      .slice(0, keep),
    untunedRunbookGenome,
  ];
  candidates =
    best.indexOf(untunedRunbookGenome) === 0 ? [untunedRunbookGenome, ...candidates.slice(0, -1)] : candidates;
}
await pool.close();
const winner = candidates[0]!;
const overlay = Object.fromEntries(
  GENES.flatMap((gene, at) =>
    gene.kind !== 'categorical' && winner[at] !== untunedRunbookGenome[at] ? [[gene.name, winner[at]!]] : [],
  ),
);
process.stdout.write(`${JSON.stringify(overlay, null, 2)}\n`);

function moved(genome: Genome): Genome {
  return canonical(
    genome.map((value, at) => {
      const gene = GENES[at]!;
      if (gene.kind === 'categorical' || random() > MOVED) return value;
      const shift = REACH * (2 * random() - 1);
      const next = gene.scale === 'log' ? value * (gene.hi / gene.lo) ** shift : value + shift * (gene.hi - gene.lo);
      return Math.min(gene.hi, Math.max(gene.lo, next));
    }),
  );
}
