/** A whole run: logical islands in a ring, shared scenarios, the racing archive, checkpoints and the final race. */
import type { Genome } from '../../strategies/gene.ts';
import { challenge, emptyArchive, grow, leaderScore } from './archive.ts';
import { checkIdentity, CHECKPOINT_VERSION, type RunIdentity, type RunState } from './checkpoint.ts';
import type { Engine, Search } from './engines/engine.ts';
import { createEvaluation, type Evaluation } from './evaluate.ts';
import { ARCHIVE_SHARE, FINAL_SHARE, type Plan } from './plan.ts';
import { type Problem, scenarioNames } from './problem.ts';
import { finalRace, type Racer } from './race.ts';
import { mean, tailScore } from './score.ts';
import { canonical, distance, genomeKey } from './space.ts';

export interface RunOptions {
  readonly problem: Problem;
  /** Digest of everything a score depends on; a checkpoint of another problem is refused. */
  readonly problemDigest: string;
  readonly engine: Engine;
  readonly plan: Plan;
  readonly seed: string;
  /** Weight of the worst tenth of the scenarios against the mean; default 0.1. */
  readonly tailWeight?: number;
}

export interface RunHooks {
  onProgress?(progress: Progress): void;
  /** Asked at generation boundaries only; `true` ends evolution there and starts the final race. */
  shouldStop?(): boolean;
  /** Given the text of a checkpoint at the start, after every generation, and once more when interrupted. */
  save?(checkpoint: string): void;
  readonly signal?: AbortSignal;
}

export interface Progress {
  /** Generations done and planned. */
  readonly generation: number;
  readonly generations: number;
  /** Score of the best known genome: the archive leader's on its common list, else the best of this generation. */
  readonly best: number;
  /** Mean score of this generation. */
  readonly mean: number;
  readonly trials: number;
  readonly trialsPlanned: number;
  /** Scenarios per genome in this generation. */
  readonly replications: number;
  /** Mean distance of neighbours in the populations, 0 (all equal) to 1. */
  readonly diversity: number;
  /** Trials that gave no finite number so far. */
  readonly failures: number;
}

export interface Evolved {
  readonly champion: Genome;
  /** The hand-written genome it is, or null when it was bred. */
  readonly handWritten: number | null;
  /** Those that reached the last rung of the final race, best first, scored on `select` scenarios 0, 1, 2 ... */
  readonly finalists: readonly Racer[];
  readonly generations: number;
  /** Whether `shouldStop` ended it before the planned number of generations. */
  readonly stoppedEarly: boolean;
  readonly trials: number;
  readonly failures: number;
}

/** The run was aborted; its last checkpoint has been saved. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export const DEFAULT_TAIL_WEIGHT = 0.1;
const MIGRATION_EVERY = 5;
const MIGRANTS = 2;
/** Genomes each island sends to the final race, in all. */
const FINALISTS_FROM_ISLANDS = 8;

/**
 * Evolves and races; the champion is a pure function of the options, whatever the threads, delays, interruptions and resumes
 * (an early stop counts as the generation it happened at). Throws `Interrupted` when the signal aborts, and `HealixError`
 * when `resume` belongs to another run.
 */
export async function evolve(options: RunOptions, hooks: RunHooks = {}, resume?: RunState): Promise<Evolved> {
  const run = prepare(options);
  if (resume !== undefined) checkIdentity(resume.identity, run.identity, resume.islands.length);
  let state = structuredClone(resume) ?? firstState(run);
  let boundary = JSON.stringify(state);
  hooks.save?.(boundary);
  try {
    while (state.phase === 'evolving') {
      state = await abortable(oneGeneration(run, state, hooks), hooks.signal);
      boundary = JSON.stringify(state);
      hooks.save?.(boundary);
    }
    return await abortable(finish(run, state, hooks.signal), hooks.signal);
  } catch (error) {
    if (hooks.signal?.aborted !== true) throw error;
    hooks.save?.(boundary);
    throw new Interrupted(`interrupted after generation ${state.generation}`, { cause: error });
  }
}

interface Run extends RunOptions {
  readonly identity: RunIdentity;
  readonly tailWeight: number;
  readonly seeds: readonly Genome[];
  readonly searches: readonly Search[];
}

function prepare(options: RunOptions): Run {
  const { problem, plan, seed } = options;
  const tailWeight = options.tailWeight ?? DEFAULT_TAIL_WEIGHT;
  const seeds = problem.seeds.map((genome) => canonical(problem.space, genome));
  const searches = Array.from({ length: plan.islands }, (_, island) => ({
    space: problem.space,
    seeds,
    seed: `${seed}/island/${island}`,
    population: plan.population,
    tailWeight,
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

function firstState(run: Run): RunState {
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
  };
}

/** Works on a copy, so that a generation cut short leaves no trace. */
async function oneGeneration(run: Run, before: RunState, hooks: RunHooks): Promise<RunState> {
  const state = structuredClone(before);
  const evaluation = createEvaluation(run.problem, state, hooks.signal);
  const replications = run.plan.replications[state.generation]!;
  const fresh = freshScenarios(run, state);
  const scenarios = fresh(replications);
  const guests = run.searches.map((_, island) => guestsOf(run, state, island));
  const tasks = run.searches.map((search, island) =>
    run.engine.ask(search, state.islands[island]!, { scenarios, guests: guests[island]!, fresh }),
  );
  const rows = await evaluation.run(tasks.flat());
  let from = 0;
  run.searches.forEach((search, island) => {
    const count = tasks[island]!.length;
    run.engine.tell(search, state.islands[island]!, rows.slice(from, from + count));
    from += count;
  });
  if (run.engine.archive) await raceArchive(run, state, evaluation, fresh);
  state.generation += 1;
  state.trials = evaluation.trials;
  state.failures = evaluation.failures;
  hooks.onProgress?.(progressOf(run, state, rows, replications));
  if (state.generation >= run.plan.generations || hooks.shouldStop?.() === true) state.phase = 'final';
  return state;
}

/** Takes training scenarios nobody has seen, in one sequence for the whole run. */
function freshScenarios(run: Run, state: RunState): (count: number) => readonly string[] {
  return (count) => {
    state.nextTrain += count;
    return scenarioNames(run.seed, 'train', state.nextTrain - count, count);
  };
}

/** One archive member in turn, and every few generations the best of the neighbour in the ring. */
function guestsOf(run: Run, state: RunState, island: number): readonly Genome[] {
  const { entries } = state.archive;
  const guests: Genome[] = [];
  if (entries.length > 0) guests.push(entries[(state.generation + island) % entries.length]!.genome);
  if (run.plan.islands > 1 && state.generation > 0 && state.generation % MIGRATION_EVERY === 0) {
    const neighbour = (island + run.plan.islands - 1) % run.plan.islands;
    guests.push(...run.engine.recommend(run.searches[neighbour]!, state.islands[neighbour]!, MIGRANTS));
  }
  return guests;
}

/** Lets each island's best challenge the archive while its share of the trials lasts. */
async function raceArchive(
  run: Run,
  state: RunState,
  evaluation: Evaluation,
  fresh: (count: number) => readonly string[],
): Promise<void> {
  const spent = state.archiveTrials;
  const allowance = (): number => ARCHIVE_SHARE * evaluation.trials - spent.racing - spent.growing;
  if (allowance() > 0) {
    const before = evaluation.trials;
    const challengers = run.searches.flatMap((search, island) => [
      ...run.engine.recommend(search, state.islands[island]!, 1),
    ]);
    state.archive = await challenge(evaluation, state.archive, challengers, run.tailWeight, fresh);
    spent.racing += evaluation.trials - before;
  }
  const growth = Math.floor(Math.min(allowance(), spent.racing - spent.growing) / state.archive.entries.length);
  if (growth >= 1) {
    const before = evaluation.trials;
    state.archive = await grow(evaluation, state.archive, growth, run.tailWeight, fresh);
    spent.growing += evaluation.trials - before;
  }
}

async function finish(run: Run, state: RunState, signal: AbortSignal | undefined): Promise<Evolved> {
  const evaluation = createEvaluation(run.problem, state, signal);
  const perIsland = Math.max(2, Math.ceil(FINALISTS_FROM_ISLANDS / run.plan.islands));
  const candidates = [
    ...state.archive.entries.map(({ genome }) => genome),
    ...run.searches.flatMap((search, island) => [
      ...run.engine.recommend(search, state.islands[island]!, perIsland),
    ]),
  ];
  const finalists = await finalRace(evaluation, {
    candidates,
    protected: run.seeds,
    trials: (state.trials * FINAL_SHARE) / (1 - FINAL_SHARE),
    tailWeight: run.tailWeight,
    scenarios: (count) => scenarioNames(run.seed, 'select', 0, count),
  });
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
  };
}

function progressOf(run: Run, state: RunState, rows: readonly Float64Array[], replications: number): Progress {
  const scores = rows.map((row) => tailScore(row, run.tailWeight));
  const leader = leaderScore(state.archive, run.tailWeight);
  return {
    generation: state.generation,
    generations: run.plan.generations,
    best: Number.isNaN(leader) ? Math.min(...scores) : leader,
    mean: mean(scores),
    trials: state.trials,
    trialsPlanned: run.plan.trials,
    replications,
    diversity: mean(state.islands.map(({ members }) => spreadOf(run, members))),
    failures: state.failures,
  };
}

function spreadOf(run: Run, members: readonly { readonly genome: Genome }[]): number {
  if (members.length < 2) return 0;
  return mean(
    members.slice(1).map(({ genome }, index) => distance(run.problem.space, genome, members[index]!.genome)),
  );
}

/** Stops waiting as soon as the signal aborts, even when the work does not listen to it. */
async function abortable<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
    // The abandoned work may still fail; nobody waits for it any more.
    work.catch(() => {});
  }
}
