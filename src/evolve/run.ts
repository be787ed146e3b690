/** What a run is given, and what is derived from it once: shared by its generations, its final race and its checkpoints. */
import type { Genome } from '../../strategies/gene.ts';
import { emptyArchive } from './archive.ts';
import { CHECKPOINT_VERSION, type RunIdentity, type RunState } from './checkpoint.ts';
import type { Engine, Search } from './engines/engine.ts';
import type { Plan } from './plan.ts';
import type { Problem } from './problem.ts';
import { canonical } from './space.ts';

export interface RunOptions {
  readonly problem: Problem;
  /** Digest of everything a score depends on; a checkpoint of another problem is refused. */
  readonly problemDigest: string;
  readonly engine: Engine;
  readonly plan: Plan;
  readonly seed: string;
  /** Weight of the worst tenth of the scenarios against the mean; default 0.1. */
  readonly tailWeight?: number;
  /** What the referee spends on each finalist, where the problem has one; default `REFEREE_TRIALS`. */
  readonly refereeTrials?: number;
}

export const DEFAULT_TAIL_WEIGHT = 0.1;

export interface Run extends RunOptions {
  readonly identity: RunIdentity;
  readonly tailWeight: number;
  /** The problem's hand-written genomes, snapped to the grid and repaired. */
  readonly seeds: readonly Genome[];
  /** One per island. */
  readonly searches: readonly Search[];
}

export function prepareRun(options: RunOptions): Run {
  const { problem, plan, seed } = options;
  const tailWeight = options.tailWeight ?? DEFAULT_TAIL_WEIGHT;
  const repair = problem.repair ?? ((genome: Genome): Genome => genome);
  const seeds = problem.seeds.map((genome) => repair(canonical(problem.space, genome)));
  const searches = Array.from({ length: plan.islands }, (_, island) => ({
    space: problem.space,
    seeds,
    ...(problem.unproven === undefined ? {} : { unproven: problem.unproven }),
    founders: seeds.filter((_genome, index) => index % plan.islands === island),
    seed: `${seed}/island/${island}`,
    population: plan.population,
    tailWeight,
    repair,
  }));
  const identity = {
    problem: options.problemDigest,
    seed,
    engine: options.engine.name,
    plan: { ...plan, replications: [...plan.replications] },
    tailWeight,
    genes: problem.space.length,
  };
  return { ...options, tailWeight, seeds, searches, identity };
}

export function firstState(run: Run): RunState {
  return {
    version: CHECKPOINT_VERSION,
    identity: run.identity,
    phase: 'evolving',
    generation: 0,
    trials: 0,
    archiveTrials: { racing: 0, growing: 0 },
    failures: 0,
    nextTrain: 0,
    islands: run.searches.map((search) => run.engine.start(search)),
    archive: emptyArchive(),
    history: [],
  };
}
