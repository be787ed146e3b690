/**
 * Do the two tiers rank policies alike? 24 of them: a supervisor that notices a dead or silent replica after 5, 25 or 60 s, callers
 * that try 1 to 4 times, with timeouts of 0.3 or 1 s; ten services, 400 requests a second, eight scenarios of 20 minutes.
 * Replicas have five workers then. With one, chance alone tips this fleet over, which a fluid cannot know: at 100 requests a second
 * and without retry budgets the tiers are 0.13 of availability apart, and tau is 0.93.
 */
import { type FleetPlan, planFleet } from '../../sim/plan.ts';
import { runRequestTrial } from '../../sim/requests/trial.ts';
import { drawScenario, type ScenarioSpec } from '../../sim/scenario.ts';
import type { TrialResult } from '../../sim/score.ts';
import type { FleetSpec } from '../../sim/spec.ts';
import { runTrial } from '../../sim/trial.ts';
import { kendallTau } from '../../src/disagreement.ts';
import { comparePaired, type Estimate } from '../../src/evolve/compare.ts';
import { kubernetesSpec } from '../../strategies/baselines/kubernetes.ts';
import { supervisor } from '../../strategies/baselines/supervisor.ts';
import type { Healer } from '../../strategies/contract.ts';
import { guarded } from '../../strategies/heal.ts';
import { syntheticFleet } from '../synthetic-fleet.ts';

const NOTICED_S = [5, 25, 60] as const;
const ATTEMPTS = [1, 2, 3, 4] as const;
const TIMEOUT_S = [0.3, 1] as const;
const SCENARIOS = 8;
const HORIZON_S = 1200;
/** Runs of tier 2: near the brink of a storm chance decides, and one run does not say how often. */
const RUNS = 3;
/**
 * A pair found reversed is asked again with so many other users. Of hundreds of pairs, a few intervals of three runs miss by chance:
 * a storm that begins early in three runs of three may do so in three of eleven.
 */
const RUNS_AGAIN = 8;

export interface Ranking {
  readonly policies: number;
  readonly scenarios: number;
  /** How often tier 2 was asked, each time with other users in the same scenarios. */
  readonly runs: number;
  /** Order by mean availability: tier 1 against the mean of tier 2's runs, and on average over the runs against each. */
  readonly kendallTau: number;
  readonly kendallTauOfOneRun: number;
  /** The same between two runs of tier 2, on average: how far it agrees with itself. */
  readonly kendallTauOfTier2: number;
  /** Pairs of policies; those whose order tier 2 is sure of (paired 95 % interval over its runs); of these, in what order tier 1 has them. */
  readonly pairs: number;
  readonly certain: number;
  readonly reversed: readonly Reversed[];
  /** Runs with which those were asked again. */
  readonly runsAgain: number;
  /** Mean over policies and scenarios of the absolute difference in availability. */
  readonly availabilityError: number;
}

export interface Reversed {
  readonly a: string;
  readonly b: string;
  /** Availability of a minus that of b, on tier 1 and on tier 2. */
  readonly fluid: number;
  readonly requests: number;
  /** The latter once more, with other users; null if it was not asked. */
  readonly again: Estimate | null;
}

/** Whether tier 2 was as sure, and of the same order, when it was asked again. */
export function isConfirmed({ fluid, again }: Reversed): boolean {
  return again !== null && (fluid < 0 ? again.ci95[0] > 0 : again.ci95[1] < 0);
}

/** Availability by policy and scenario. */
type Scores = readonly (readonly number[])[];

interface Policy {
  readonly name: string;
  readonly plan: FleetPlan;
  readonly healer: Healer;
}
type Run = (plan: FleetPlan, scenario: ScenarioSpec, healer: Healer) => TrialResult;

export function ranking(): Ranking {
  const policies = policiesToRank();
  const score = (run: Run): Scores => policies.map((policy) => scoreOf(policy, run));
  const requests = Array.from({ length: RUNS }, (_, replication) => score(onRequests(replication)));
  const found = rank(
    policies.map(({ name }) => name),
    score(runTrial),
    requests,
  );
  return { ...found, reversed: askAgain(found.reversed) };
}

/** Each pair with what tier 2 says of it when it is asked again. */
export function askAgain(pairs: readonly Reversed[]): Reversed[] {
  const means = new Map<string, readonly number[]>();
  for (const policy of policiesToRank()) {
    if (!pairs.some(({ a, b }) => a === policy.name || b === policy.name)) continue;
    const runs = Array.from({ length: RUNS_AGAIN }, (_, i) => meanOf(scoreOf(policy, onRequests(RUNS + i))));
    means.set(policy.name, runs);
  }
  return pairs.map((pair) => ({ ...pair, again: comparePaired(means.get(pair.a)!, means.get(pair.b)!).difference }));
}

function policiesToRank(): Policy[] {
  return NOTICED_S.flatMap((noticedS) =>
    ATTEMPTS.flatMap((attempts) =>
      TIMEOUT_S.map((timeoutS) => ({
        name: `noticed after ${noticedS} s, ${attempts} attempts of ${timeoutS} s`,
        plan: planWith(attempts, timeoutS),
        healer: noticing(noticedS),
      })),
    ),
  );
}

/** Availability in each scenario. */
function scoreOf({ plan, healer }: Policy, run: Run): number[] {
  return Array.from(
    { length: SCENARIOS },
    (_, i) => run(plan, drawScenario(plan, `ranking/${i}`, HORIZON_S), healer).availability,
  );
}

const onRequests =
  (replication: number): Run =>
  (plan, scenario, healer) =>
    runRequestTrial(plan, scenario, healer, { replication });

/** Tier 1's scores against those of several runs of tier 2, policies in the same order. */
export function rank(names: readonly string[], fluid: Scores, requests: readonly Scores[]): Ranking {
  const first = fluid.map(meanOf);
  const runs = requests.map((scores) => scores.map(meanOf));
  const second = names.map((_, policy) => meanOf(runs.map((means) => means[policy]!)));
  const pairs = names.flatMap((a, i) => names.slice(0, i).map((b, j) => ({ a, b, i, j })));
  const judged = pairs.map(({ a, b, i, j }) => {
    const { difference } = comparePaired(
      runs.map((means) => means[i]!),
      runs.map((means) => means[j]!),
    );
    const isCertain = difference.ci95[0] > 0 || difference.ci95[1] < 0;
    return { a, b, fluid: first[i]! - first[j]!, requests: difference.mean, isCertain };
  });
  const certain = judged.filter(({ isCertain }) => isCertain);
  const errors = requests.flatMap((scores) =>
    scores.flatMap((row, policy) => row.map((value, i) => Math.abs(value - fluid[policy]![i]!))),
  );
  return {
    policies: names.length,
    scenarios: fluid[0]!.length,
    runs: runs.length,
    kendallTau: kendallTau(first, second),
    kendallTauOfOneRun: meanOf(runs.map((means) => kendallTau(first, means))),
    kendallTauOfTier2: meanOf(runs.flatMap((a, i) => runs.slice(0, i).map((b) => kendallTau(a, b)))),
    pairs: pairs.length,
    certain: certain.length,
    reversed: certain
      .filter((pair) => pair.fluid * pair.requests < 0)
      .map(({ a, b, fluid: byFluid, requests: byRequests }) => ({
        a,
        b,
        fluid: byFluid,
        requests: byRequests,
        again: null,
      })),
    runsAgain: RUNS_AGAIN,
    availabilityError: meanOf(errors),
  };
}

function planWith(attempts: number, timeoutS: number): FleetPlan {
  const fleet = syntheticFleet({ layers: [1, 3, 6], ratePerS: 400 });
  const services = fleet.services.map((service) => ({
    ...service,
    // Without a retry budget, under which attempts would make no difference.
    dependsOn: service.dependsOn.map(({ retryBudget: _, ...edge }) => ({
      ...edge,
      attempts,
      timeoutMs: 1000 * timeoutS,
    })),
  }));
  return planFleet({ ...fleet, services } satisfies FleetSpec);
}

/** Kubernetes, but for the pace of its probe. */
function noticing(noticedS: number): Healer {
  const liveness = { ...kubernetesSpec.liveness!, periodMs: (1000 * noticedS) / 3, failureThreshold: 3 };
  const spec = { ...kubernetesSpec, name: `noticing after ${noticedS} s`, liveness };
  return guarded(supervisor(spec)) as Healer;
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
