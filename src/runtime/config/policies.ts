/** Tier policies of a config put over a strategy. They only tighten: what a policy would loosen stays as the pack has it. */
import { TIERS, type Tier } from '../../../strategies/contract.ts';
import type { Pacing, Strategy, TierPolicy } from '../../../strategies/strategy.ts';
import type { RuntimeConfig } from './resolve.ts';

/** The strategy with, per tier, no more attempts, no shorter waits and no later call for help than the config allows. */
export function tighten(strategy: Strategy, policies: RuntimeConfig['policies']): Strategy {
  const tiers = Object.fromEntries(
    TIERS.map((tier): [Tier, TierPolicy] => [
      tier,
      { ...strategy.tiers[tier], pacing: tightenPacing(strategy.tiers[tier].pacing, policies[tier]) },
    ]),
  ) as Record<Tier, TierPolicy>;
  return { ...strategy, tiers };
}

function tightenPacing(pacing: Pacing, policy: RuntimeConfig['policies'][Tier]): Pacing {
  const cooldownS = Math.max(pacing.cooldownS, policy.coolDownS ?? 0);
  return {
    ...pacing,
    cooldownS,
    // The cap on growing cool-downs must not undo the policy.
    cooldownMaxS: Math.max(pacing.cooldownMaxS, cooldownS),
    attempts: Math.min(pacing.attempts, policy.attempts ?? Number.POSITIVE_INFINITY),
    verifyS: Math.max(pacing.verifyS, policy.verifyS ?? 0),
    escalateAfterS: Math.min(pacing.escalateAfterS, policy.escalateAfterS ?? Number.POSITIVE_INFINITY),
  };
}
