/** Everything a report shows, as plain data: what the run kept, and the few trials that only the report needs. */
import { scenarioSeed } from '../../../sim/scenario.ts';
import type { TrialResult } from '../../../sim/score.ts';
import { sreRunbookGenome } from '../../../strategies/baselines/sre-runbook.ts';
import { explain } from '../../../strategies/explain.ts';
import { canonical } from '../../../strategies/genome.ts';
import type { Comparison, Pack } from '../../../strategies/pack.ts';
import type { Contender } from '../../contenders.ts';
import type { GenerationRecord } from '../../evolve/checkpoint.ts';
import { genomeKey } from '../../evolve/space.ts';
import { openTrialPool, runTrials, type TrialPool } from '../../run-trials.ts';
import type { ReportHooks, ReportRequest } from '../evidence.ts';
import { type Chosen, chooseScenarios } from './chosen.ts';
import { type FaultLosses, faultLosses } from './fault-losses.ts';
import { contenderOf, type Field, fieldOf, titleOf } from './field.ts';
import { type FrontPoint, frontPoints } from './front.ts';
import { geneEffects, type Sensitivity, sensitivityTrials } from './gene-trials.ts';
import { type Origin, originOf } from './origin.ts';
import { type Retraced, retrace } from './retrace.ts';

export interface ReportData {
  readonly kind: ReportRequest['kind'];
  readonly views: readonly View[];
  /** What the referee says of an evolution, one per fleet. */
  readonly refereed: readonly Comparison[];
  /** Empty for a comparison: nothing was bred. */
  readonly history: readonly GenerationRecord[];
  readonly sensitivity: Sensitivity;
  readonly champion: { readonly name: string; readonly runbook: string };
  readonly origin: Origin;
}

/** One fleet on one tier. */
export interface View {
  readonly title: string;
  readonly field: Field;
  readonly front: readonly FrontPoint[];
  readonly faults: FaultLosses;
  readonly films: readonly Film[];
}

/** One chosen scenario, lived through by the champion, its best rival and the oracle. */
export interface Film {
  readonly scenario: string;
  readonly chosen: Chosen;
  readonly retraced: readonly Retraced[];
}

/** Finalists behind the champion that are followed through the test scenarios. */
const FINALISTS_MAX = 3;

export async function gather(request: ReportRequest, hooks: ReportHooks): Promise<ReportData> {
  const pool = openTrialPool(request.threads);
  try {
    return await gatherWith(request, pool, hooks);
  } finally {
    await pool.close();
  }
}

async function gatherWith(request: ReportRequest, pool: TrialPool, hooks: ReportHooks): Promise<ReportData> {
  const contests =
    request.kind === 'evolve' ? request.evidence.contests : request.evidence.map(({ contest }) => contest);
  const fields = contests.map(fieldOf);
  // The slower tier decides who is the champion where a report has both.
  const main = request.kind === 'evolve' ? fields[0]! : fields.at(-1)!;
  const pack = packOf(request, main);
  const champion = contenderOf(main, main.champion.name) as Extract<Contender, { kind: 'pack' }>;
  const finalists = request.kind === 'evolve' ? finalistsBehind(request.evidence.finalists, champion) : [];
  const geneBudget = request.geneTrials ?? sensitivityTrials(trialsOf(request));
  const finalistTrials = contests.reduce((sum, { comparison }) => sum + comparison.scenarios, 0) * finalists.length;
  const total = finalistTrials + geneBudget;
  let done = 0;
  const options = {
    threads: pool,
    ...(hooks.signal === undefined ? {} : { signal: hooks.signal }),
    onTrials: (now: number) => hooks.onProgress(Math.min(total, done + now), total),
  };
  const views: View[] = [];
  for (const field of fields) {
    const rows = await followFinalists(field, finalists, options);
    done += rows.flat().length;
    views.push({
      title: titleOf(field, fields),
      field,
      front: frontPoints(field, rows),
      faults: faultLosses(field),
      films: await filmsOf(field, hooks.signal),
    });
  }
  const fleets = request.kind === 'evolve' ? contests.map(({ fleet }) => fleet) : [contests[0]!.fleet];
  const seed = contests[0]!.comparison.seed;
  const sensitivity = await geneEffects({ ...options, champion, fleets, seed, trials: geneBudget });
  return {
    kind: request.kind,
    views,
    refereed: request.kind === 'evolve' ? request.refereed : [],
    history: request.kind === 'evolve' ? request.evidence.history : [],
    sensitivity,
    champion: { name: main.champion.name, runbook: explain(pack) },
    origin: originOf(request, pack, contests),
  };
}

function packOf(request: ReportRequest, { champion }: Field): Pack {
  return request.kind === 'evolve' ? request.pack : request.evidence[0]!.packs.get(champion.name)!;
}

/** Trials of the run on the fluid tier, and what it spent on the other as if they had been. */
function trialsOf(request: ReportRequest): number {
  const contests =
    request.kind === 'evolve' ? request.evidence.contests : request.evidence.map(({ contest }) => contest);
  const compared = contests.reduce((sum, { results }) => sum + results.flat().length, 0);
  return compared + (request.kind === 'evolve' ? request.pack.provenance.budget.trials : 0);
}

function finalistsBehind(finalists: readonly (readonly number[])[], champion: Extract<Contender, { kind: 'pack' }>) {
  // The runbook, which is always in the race, is in the table anyway.
  const known = [champion.genome, sreRunbookGenome].map(canonical).map(genomeKey);
  return finalists
    .map(canonical)
    .filter((genome) => !known.includes(genomeKey(genome)))
    .slice(0, FINALISTS_MAX)
    .map((genome, at): Contender => ({ ...champion, name: `finalist ${at + 2}`, genome }));
}

function followFinalists(
  { contest: { tier, fleet, comparison } }: Field,
  finalists: readonly Contender[],
  options: Parameters<typeof runTrials>[1],
): Promise<TrialResult[][]> {
  const scenarios = Array.from({ length: comparison.scenarios }, (_, index) =>
    scenarioSeed(comparison.seed, 'test', index),
  );
  return runTrials(
    finalists.map((contender) => ({ tier, fleet, contender, scenarios })),
    options,
  );
}

async function filmsOf(field: Field, signal: AbortSignal | undefined): Promise<Film[]> {
  const { tier, fleet, comparison } = field.contest;
  const oracle = field.ranked.find(({ kind }) => kind === 'oracle');
  const cast = [field.champion, field.rival, oracle].flatMap((score) => score ?? []);
  const films: Film[] = [];
  for (const chosen of chooseScenarios(field)) {
    const scenario = scenarioSeed(comparison.seed, 'test', chosen.index);
    const retraced: Retraced[] = [];
    for (const { name } of cast) {
      retraced.push(retrace(tier, fleet, contenderOf(field, name), scenario));
      // Lets Ctrl-C and the progress line have their turn.
      await new Promise(setImmediate);
      signal?.throwIfAborted();
    }
    films.push({ scenario, chosen, retraced });
  }
  return films;
}
