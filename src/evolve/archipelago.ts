/** A whole run: islands that evolve generation by generation, a checkpoint after each, and the final race. */
import type { Genome } from '../../strategies/gene.ts';
import { abortable } from './abortable.ts';
import type { GenerationRecord, RunState } from './checkpoint.ts';
import { createEvaluation } from './evaluate.ts';
import { nextGeneration } from './generation.ts';
import { FINAL_SHARE } from './plan.ts';
import { scenarioNames } from './problem.ts';
import { type Progress, raceProgress } from './progress.ts';
import { finalRace, type Racer } from './race.ts';
import { REFEREE_TRIALS, refereed } from './referee.ts';
import { firstState, prepareRun, type Run, type RunOptions } from './run.ts';
import { checkIdentity } from './same-run.ts';
import { genomeKey } from './space.ts';

export type { Progress } from './progress.ts';
export type { RunOptions } from './run.ts';

export interface RunHooks {
  /** After every generation and every rung of the final race. */
  readonly onProgress?: (progress: Progress) => void;
  /** Asked at generation boundaries only; `true` ends evolution there and starts the final race. */
  readonly shouldStop?: () => boolean;
  /** Given the text of a checkpoint at the start, after every generation, and once more when interrupted. */
  readonly save?: (checkpoint: string) => void;
  readonly signal?: AbortSignal;
}

export interface Evolved {
  readonly champion: Genome;
  /** Which of the problem's hand-written genomes it is, or null when it was bred. */
  readonly handWritten: number | null;
  /**
   * Those that reached the last rung of the final race, scored on `select` scenarios 0, 1, 2 ..., best first: in the race's
   * order, but for those that the referee sent back.
   */
  readonly finalists: readonly Racer[];
  readonly generations: number;
  /** Whether `shouldStop` ended it before the planned number of generations. */
  readonly stoppedEarly: boolean;
  readonly trials: number;
  /** Trials that gave no finite number. */
  readonly failures: number;
  /** Every generation, those before a resume included. */
  readonly history: readonly GenerationRecord[];
  /** Distinct scenarios drawn of each set. */
  readonly scenarios: { readonly train: number; readonly select: number; readonly referee: number };
}

/** The run was aborted; its last checkpoint has been saved. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Genomes the islands together send to the final race. */
const FINALISTS_FROM_ISLANDS = 8;

/**
 * Evolves and races. The result is a pure function of the options and of the generation at which `shouldStop` said so,
 * whatever the threads, delays, interruptions and resumes. Throws `Interrupted` when the signal aborts, and `HealixError`
 * when `resume` belongs to another run.
 */
export async function evolve(options: RunOptions, hooks: RunHooks = {}, resume?: RunState): Promise<Evolved> {
  const run = prepareRun(options);
  if (resume !== undefined) checkIdentity(resume.identity, run.identity);
  let state = resume ?? firstState(run);
  let boundary = JSON.stringify(state);
  hooks.save?.(boundary);
  try {
    while (state.phase === 'evolving') {
      const [next, progress] = await abortable(nextGeneration(run, state, hooks.signal), hooks.signal);
      if (next.generation >= run.plan.generations || hooks.shouldStop?.() === true) next.phase = 'final';
      state = next;
      boundary = JSON.stringify(state);
      hooks.save?.(boundary);
      hooks.onProgress?.(progress);
    }
    return await abortable(finish(run, state, hooks), hooks.signal);
  } catch (error) {
    if (hooks.signal?.aborted !== true) throw error;
    hooks.save?.(boundary);
    throw new Interrupted(`interrupted after generation ${state.generation}`, { cause: error });
  }
}

/** Races the archive, the best of the islands and all hand-written genomes on `select` scenarios; the referee sees who is left. */
async function finish(run: Run, state: RunState, hooks: RunHooks): Promise<Evolved> {
  const evaluation = createEvaluation(run.problem, state, hooks.signal);
  const perIsland = Math.ceil(FINALISTS_FROM_ISLANDS / run.plan.islands);
  const fromIslands = run.searches.flatMap((search, island) => [
    ...run.engine.recommend(search, state.islands[island]!, perIsland),
  ]);
  const raced = await finalRace(evaluation, {
    candidates: [...state.archive.entries.map(({ genome }) => genome), ...fromIslands],
    protected: run.seeds,
    trials: (state.trials * FINAL_SHARE) / (1 - FINAL_SHARE),
    tailWeight: run.tailWeight,
    scenarios: (count) => scenarioNames(run.seed, 'select', 0, count),
    onRung: (racers) => hooks.onProgress?.(raceProgress(run, state, racers, evaluation)),
  });
  const { referee } = run.problem;
  const seen = referee === undefined || raced.length < 2 ? 0 : (run.refereeTrials ?? REFEREE_TRIALS);
  const finalists =
    referee === undefined
      ? raced
      : await refereed(raced, referee, scenarioNames(run.seed, 'referee', 0, seen), hooks.signal);
  const champion = finalists[0]!.genome;
  const hand = run.seeds.findIndex((genome) => genomeKey(genome) === genomeKey(champion));
  return {
    champion,
    handWritten: hand < 0 ? null : hand,
    finalists,
    generations: state.generation,
    stoppedEarly: state.generation < run.plan.generations,
    trials: evaluation.trials,
    failures: evaluation.failures,
    history: state.history,
    scenarios: {
      train: state.nextTrain,
      select: Math.max(...finalists.map(({ row }) => row.length)),
      referee: seen,
    },
  };
}
