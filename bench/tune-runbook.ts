/**
 * Tunes the numbers of the hand-written runbook, by 500 random trials of them on training scenarios of all shipped fleets; its
 * playbook stays as written. Starts from the frozen numbers, in rounds that each go on from the best so far, so that to run it
 * again tunes further. Prints the overlay for strategies/baselines/sre-runbook.json.
 * Run: npm run build && node dist/bench/tune-runbook.js > tuned.json && mv tuned.json strategies/baselines/sre-runbook.json
 */
import seedrandom from 'seedrandom';
import { createPool, workerUrl } from '../src/evolve/pool.ts';
import type { Row } from '../src/evolve/problem.ts';
import { pairedGap } from '../src/evolve/race.ts';
import { costs, mean } from '../src/evolve/score.ts';
import { createEvaluator } from '../src/evolve/trial-evaluator.ts';
import { loadFleet, shippedFleets } from '../src/fleets.ts';
import { packageVersion } from '../src/package-root.ts';
import { sreRunbook, sreRunbookGenome, untunedRunbookGenome } from '../strategies/baselines/sre-runbook.ts';
import type { Genome } from '../strategies/gene.ts';
import { GENES } from '../strategies/genes.ts';
import { canonical } from '../strategies/genome.ts';

const ROUNDS = 5;
/** In each round a hundred candidates see a few scenarios (all fleets in turn), and the best of them more, the same for all. */
const STAGES = [
  { keep: 100, scenarios: 16 },
  { keep: 24, scenarios: 60 },
  { keep: 6, scenarios: 300 },
] as const;
const FINAL_SCENARIOS = 600;
/** Shares of the numbers that a candidate moves, and how far: shares of their range, or of its logarithm where that is the scale. */
const MOVED = [0.02, 0.25] as const;
const REACH = [0.03, 0.4] as const;
/** What the runbook may spend, against its untuned self. */
const REPLICA_HOURS = 1.1;

const fleets = shippedFleets().map((name) => loadFleet(name).fleet);
const setup = { fleets, reference: untunedRunbookGenome, replicaHours: REPLICA_HOURS };
const pool = createPool({ threads: 2, workerUrl, setup, createEvaluator, msPerTrial: 50 });
const random = seedrandom(`runbook/tuning/${packageVersion()}`);

let best = sreRunbookGenome;
const winners = [best];
for (let round = 0; round < ROUNDS; round++) {
  let racers = [best, ...Array.from({ length: STAGES[0].keep - 1 }, () => moved(best))];
  for (const [stage, { keep, scenarios }] of STAGES.entries()) {
    // The best so far stays in to the end of the round.
    racers = [best, ...racers.filter((genome) => genome !== best)].slice(0, keep);
    racers = (await ranked(racers, `round/${round}/${stage}`, scenarios)).map(({ genome }) => genome);
  }
  best = racers[0]!;
  winners.push(best);
}
const final = await ranked([...new Set([untunedRunbookGenome, ...winners])], 'final', FINAL_SCENARIOS);
await pool.close();
const winner = final[0]!;
const frozen = final.find(({ genome }) => genome === sreRunbookGenome)!;
const gap = pairedGap(winner.marks, frozen.marks);
process.stderr.write(
  `the best loses ${mean(winner.marks).toFixed(1)}, the frozen one ${mean(frozen.marks).toFixed(1)}, the untuned one ` +
    `${mean(final.find(({ genome }) => genome === untunedRunbookGenome)!.marks).toFixed(1)} of a thousand; ` +
    `best - frozen ${gap.mean.toFixed(2)} with a standard error of ${gap.standardError.toFixed(2)}\n`,
);
const overlay = Object.fromEntries(
  GENES.flatMap((gene, at) =>
    gene.kind !== 'categorical' && winner.genome[at] !== untunedRunbookGenome[at]
      ? [[gene.name, winner.genome[at]!]]
      : [],
  ),
);
process.stdout.write(`${JSON.stringify(overlay, null, 2)}\n`);

/** Best first, on scenarios that nothing else sees. */
async function ranked(
  genomes: readonly Genome[],
  name: string,
  count: number,
): Promise<readonly { readonly genome: Genome; readonly marks: Float64Array }[]> {
  const scenarios = Array.from({ length: count }, (_, index) => `runbook/${packageVersion()}/${name}/${index}`);
  const rows = await pool.evaluate(genomes.map((genome) => ({ genome, scenarios })));
  const order = rows
    .map((row, index) => ({ genome: genomes[index]!, marks: costs(withoutCollateral(row)) }))
    .sort((a, b) => mean(a.marks) - mean(b.marks));
  process.stderr.write(
    `${name}: ${genomes.length} x ${count}, best ${mean(order[0]!.marks).toFixed(1)}, first ${mean(
      order.find(({ genome }) => genome === genomes[0])!.marks,
    ).toFixed(1)}\n`,
  );
  return order;
}

/** How often others may touch healthy replicas follows from the runbook; for itself that is no limit. */
function withoutCollateral(row: Row): Row {
  return Array.from(row, (mark) => (mark as readonly number[]).filter((_, at) => at === 0 || at % 2 === 1));
}

function moved(genome: Genome): Genome {
  const share = between(MOVED);
  const reach = between(REACH);
  return canonical(
    genome.map((value, at) => {
      const gene = GENES[at]!;
      if (gene.kind === 'categorical' || isOfIdleRule(gene.name) || random() > share) return value;
      const shift = reach * (2 * random() - 1);
      const next = gene.scale === 'log' ? value * (gene.hi / gene.lo) ** shift : value + shift * (gene.hi - gene.lo);
      return Math.min(gene.hi, Math.max(gene.lo, next));
    }),
  );
}

/** A rule that is switched off has no numbers that matter. */
function isOfIdleRule(name: string): boolean {
  const rule = /^rule(\d+)\./.exec(name);
  return rule !== null && sreRunbook.rules[Number(rule[1]) - 1]!.remedy === 'wait';
}

/** Evenly by logarithm. */
function between([low, high]: readonly [number, number]): number {
  return low * (high / low) ** random();
}
