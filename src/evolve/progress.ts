/** What a run tells while it goes on. */
import type { Genome } from '../../strategies/gene.ts';
import { leaderScore } from './archive.ts';
import type { RunState } from './checkpoint.ts';
import type { Row } from './problem.ts';
import type { Racer } from './race.ts';
import type { Run } from './run.ts';
import { mean, tailScore } from './score.ts';
import { distance } from './space.ts';

/** Sent after every generation and after every rung of the final race. */
export interface Progress {
  /** Generations done and planned. */
  readonly generation: number;
  readonly generations: number;
  /** Score of the best known genome: the archive leader's on its common list, else the best of this generation or rung. */
  readonly best: number;
  /** Mean score of this generation or rung; while evolving on other scenarios than `best`. */
  readonly mean: number;
  readonly trials: number;
  readonly trialsPlanned: number;
  /** Scenarios per genome in this generation or rung. */
  readonly replications: number;
  /** Mean distance of neighbours in rank, 0 (all equal) to 1. */
  readonly diversity: number;
  /** Trials that gave no finite number so far. */
  readonly failures: number;
}

/** `state` is that after the generation, `rows` its scores. */
export function generationProgress(run: Run, state: RunState, rows: readonly Row[]): Progress {
  const scores = rows.map((row) => tailScore(row, run.tailWeight));
  const leader = leaderScore(state.archive, run.tailWeight);
  return {
    generation: state.generation,
    generations: run.plan.generations,
    best: Number.isNaN(leader) ? Math.min(...scores) : leader,
    mean: mean(scores),
    trials: state.trials,
    trialsPlanned: run.plan.trials,
    replications: rows[0]?.length ?? 0,
    diversity: mean(state.islands.map(({ members }) => spread(run, members))),
    failures: state.failures,
  };
}

/** `racers` are those of the rung, best first. */
export function raceProgress(
  run: Run,
  state: RunState,
  racers: readonly Racer[],
  counts: { readonly trials: number; readonly failures: number },
): Progress {
  const scores = racers.map(({ row }) => tailScore(row, run.tailWeight));
  return {
    generation: state.generation,
    generations: run.plan.generations,
    best: scores[0]!,
    mean: mean(scores),
    trials: counts.trials,
    trialsPlanned: run.plan.trials,
    replications: racers[0]!.row.length,
    diversity: spread(run, racers),
    failures: counts.failures,
  };
}

function spread(run: Run, ranked: readonly { readonly genome: Genome }[]): number {
  if (ranked.length < 2) return 0;
  return mean(ranked.slice(1).map(({ genome }, index) => distance(run.problem.space, genome, ranked[index]!.genome)));
}
