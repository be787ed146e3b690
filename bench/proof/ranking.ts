/**
 * Do the two tiers rank policies alike? 24 of them: a supervisor that notices a dead or silent replica after 5, 25 or 60 s, callers
 * that try 1 to 4 times, with timeouts of 0.3 or 1 s; ten services, 400 requests a second, eight scenarios of 20 minutes.
 * Replicas have five workers then. With one, chance alone tips this fleet over, which a fluid cannot know: at 100 requests a second
 * and without retry budgets the tiers are 0.13 of availability apart, and tau is 0.93.
 */
import { type FleetPlan, planFleet } from '../../sim/plan.ts';
import { drawScenario } from '../../sim/scenario.ts';
import type { FleetSpec } from '../../sim/spec.ts';
import { runTrialOn, type SimulationTier } from '../../sim/tiers.ts';
import { kendallTau } from '../../src/disagreement.ts';
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

export interface Ranking {
  readonly policies: number;
  readonly scenarios: number;
  readonly kendallTau: number;
  /** Mean over policies and scenarios of the absolute difference in availability. */
  readonly availabilityError: number;
}

export function ranking(): Ranking {
  const policies = NOTICED_S.flatMap((noticedS) =>
    ATTEMPTS.flatMap((attempts) =>
      TIMEOUT_S.map((timeoutS) => ({ plan: planWith(attempts, timeoutS), healer: noticing(noticedS) })),
    ),
  );
  const availability = (tier: SimulationTier): number[][] =>
    policies.map(({ plan, healer }) =>
      Array.from({ length: SCENARIOS }, (_, i) => {
        const scenario = drawScenario(plan, `ranking/${i}`, HORIZON_S);
        return runTrialOn(tier, plan, scenario, healer).availability;
      }),
    );
  const fluid = availability('fluid');
  const requests = availability('requests');
  const errors = fluid.flatMap((row, policy) => row.map((value, i) => Math.abs(value - requests[policy]![i]!)));
  return {
    policies: policies.length,
    scenarios: SCENARIOS,
    kendallTau: kendallTau(fluid.map(meanOf), requests.map(meanOf)),
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
