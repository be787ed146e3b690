/** The referee within a run of evolution: tier 2, every request by itself, on the finalists and then on the champion. */
import { canonical } from '../strategies/genome.ts';
import type { Comparison } from '../strategies/pack.ts';
import { baselineContenders, type Contender, genomeContender } from './contenders.ts';
import type { Problem } from './evolve/problem.ts';
import { fleetOf, scoreOf, userMinutesAtStake } from './evolve/trial-evaluator.ts';
import { contest } from './run-compare.ts';
import { runTrials, type TrialPool } from './run-trials.ts';
import type { EvolveHooks, EvolveOptions } from './run-types.ts';

/** Test scenarios of each fleet on which the champion meets the best baseline. A fixed count, so that determinism holds. */
const CHAMPION_TRIALS = 20;

/** Scores finalists on tier 2 in the units of the search, every scenario on the fleet that its name stands for. */
export function refereeFor(
  { fleets, level }: Pick<EvolveOptions, 'fleets' | 'level'>,
  threads: TrialPool,
  hooks: EvolveHooks,
): NonNullable<Problem['referee']> {
  const stakes = fleets.map(userMinutesAtStake);
  return async (tasks, signal) => {
    const trials = tasks.flatMap(({ genome, scenarios }, at) => {
      const contender = genomeContender('finalist', canonical(genome), level);
      return scenarios.map((scenario) => {
        const fleet = fleetOf(scenario, fleets.length);
        return {
          at,
          fleet,
          job: { tier: 'requests', fleet: fleets[fleet]!, contender, scenarios: [scenario] } as const,
        };
      });
    });
    const results = await runTrials(
      trials.map(({ job }) => job),
      {
        threads,
        ...(signal === undefined ? {} : { signal }),
        onTrials: (done) => hooks.onProgress({ kind: 'refereeing', subject: 'finalists', done, total: trials.length }),
      },
    );
    const scores = trials.map(({ fleet }, index) => scoreOf(results[index]![0]!, stakes[fleet]!));
    return tasks.map((_, at) => scores.filter((_score, index) => trials[index]!.at === at));
  };
}

/**
 * The champion against whoever lost least of all others on tier 1, fleet by fleet, on the first of the same test scenarios.
 * Nothing when the options ask for no such trials.
 */
export async function refereeChampion(
  options: EvolveOptions,
  champion: Contender,
  comparisons: readonly Comparison[],
  threads: TrialPool,
  hooks: EvolveHooks,
): Promise<Comparison[]> {
  const scenarios = Math.min(options.refereeTrials?.champion ?? CHAMPION_TRIALS, options.scenarios);
  if (scenarios === 0) return [];
  const total = 2 * scenarios * options.fleets.length;
  const refereed: Comparison[] = [];
  for (const [index, fleet] of options.fleets.entries()) {
    refereed.push(
      await contest({
        tier: 'requests',
        fleet,
        contenders: [champion, bestRival(comparisons[index]!)],
        scenarios,
        seed: options.seed,
        threads,
        signal: hooks.signal,
        onTrials: (done) =>
          hooks.onProgress({
            kind: 'refereeing',
            subject: 'champion',
            done: 2 * scenarios * index + done,
            total,
          }),
      }),
    );
  }
  return refereed;
}

/** Who lost least of those that people run today, doing nothing included. */
function bestRival({ strategies }: Comparison): Contender {
  const rivals = strategies.filter(({ kind }) => kind === 'baseline' || kind === 'nothing');
  const best = rivals.reduce((least, score) =>
    score.lostUserMinutes.mean < least.lostUserMinutes.mean ? score : least,
  );
  return baselineContenders([best.name])[0]!;
}
