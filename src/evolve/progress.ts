/** What a run tells while it goes on. */
import type { Genome } from '../../strategies/gene.ts';
import { leaderScore } from './archive.ts';
import type { RunState } from './checkpoint.ts';
import type { Run } from './run.ts';
import { mean, tailScore } from './score.ts';
import { distance } from './space.ts';

export interface GenerationProgress {
  readonly kind: 'generation';
  /** Generations done and planned. */
  readonly generation: number;
  readonly generations: number;
  /** Score of the best known genome: the archive leader's on its common list, else the best of this generation. */
  readonly best: number;
  /** Mean score of this generation, on other scenarios than `best`. */
  readonly mean: number;
  readonly trials: number;
  readonly trialsPlanned: number;
  /** Scenarios per genome in this generation. */
  readonly replications: number;
  /** Mean distance of neighbours in rank, 0 (all equal) to 1. */
  readonly diversity: number;
  /** Trials that gave no finite number so far. */
  readonly failures: number;
}

/** One rung of the final race is done. */
export interface RaceProgress {
  readonly kind: 'race';
  /** How many raced in this rung, on how many scenarios each. */
  readonly racers: number;
  readonly scenarios: number;
  /** The leader's score. */
  readonly best: number;
  readonly trials: number;
  readonly trialsPlanned: number;
}

export type Progress = GenerationProgress | RaceProgress;

/** `state` is that after the generation, `rows` its scores. */
export function generationProgress(run: Run, state: RunState, rows: readonly Float64Array[]): GenerationProgress {
  const scores = rows.map((row) => tailScore(row, run.tailWeight));
  const leader = leaderScore(state.archive, run.tailWeight);
  return {
    kind: 'generation',
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

function spread(run: Run, members: readonly { readonly genome: Genome }[]): number {
  if (members.length < 2) return 0;
  return mean(members.slice(1).map(({ genome }, index) => distance(run.problem.space, genome, members[index]!.genome)));
}
