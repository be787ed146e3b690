/** One generation of all islands: ask, score on shared scenarios, tell, and race the archive. */
import type { Genome } from '../../strategies/gene.ts';
import { challenge, grow } from './archive.ts';
import type { RunState } from './checkpoint.ts';
import { createEvaluation, type Evaluation } from './evaluate.ts';
import { ARCHIVE_SHARE } from './plan.ts';
import { scenarioNames } from './problem.ts';
import { generationProgress, type Progress } from './progress.ts';
import type { Run } from './run.ts';

const MIGRATION_EVERY = 5;
const MIGRANTS = 2;

/** The state after one more generation. `before` stays as it is, so that a generation cut short leaves no trace. */
export async function nextGeneration(
  run: Run,
  before: RunState,
  signal: AbortSignal | undefined,
): Promise<[RunState, Progress]> {
  const state = structuredClone(before);
  const evaluation = createEvaluation(run.problem, state, signal);
  const fresh = freshScenarios(run, state);
  const scenarios = fresh(run.plan.replications[state.generation]!);
  const progress = state.generation / run.plan.generations;
  const guests = run.searches.map((_, island) => guestsOf(run, state, island));
  const tasks = run.searches.map((search, island) =>
    run.engine.ask(search, state.islands[island]!, { scenarios, guests: guests[island]!, progress, fresh }),
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
  const told = generationProgress(run, state, rows);
  const { generation, best, mean, diversity, replications, trials } = told;
  state.history.push({ generation, best, mean, diversity, replications, trials });
  return [state, told];
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

/**
 * Lets each island's best challenge the archive, then lets its list of scenarios grow: both while the archive's share of the
 * trials lasts, and growing never ahead of racing.
 */
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
  const entries = state.archive.entries.length;
  const growth = entries === 0 ? 0 : Math.floor(Math.min(allowance(), spent.racing - spent.growing) / entries);
  if (growth >= 1) {
    const before = evaluation.trials;
    state.archive = await grow(evaluation, state.archive, growth, run.tailWeight, fresh);
    spent.growing += evaluation.trials - before;
  }
}
