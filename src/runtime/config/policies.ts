/** Tier policies of a config put over a strategy. They only tighten: what a policy would loosen stays as the pack has it. */
import { TIERS, type Tier } from '../../../strategies/contract.ts';
import type { Pacing, Strategy, TierPolicy } from '../../../strategies/strategy.ts';
import type { RuntimeConfig } from './resolve.ts';

/** What of a policy goes over the strategy; the rest is for those who carry actions out. */
type Tightening = Omit<RuntimeConfig['policies'][Tier], 'approve' | 'approveS'>;

/** The strategy with, per tier, no more attempts, no shorter waits and no later call for help than the config allows. */
export function tighten(strategy: Strategy, policies: Readonly<Record<Tier, Tightening>>): Strategy {
  const tiers = Object.fromEntries(
    TIERS.map((tier): [Tier, TierPolicy] => [
      tier,
      { ...strategy.tiers[tier], pacing: tightenPacing(strategy.tiers[tier].pacing, policies[tier]) },
    ]),
  ) as Record<Tier, TierPolicy>;
  return { ...strategy, tiers };
}

function tightenPacing(pacing: Pacing, policy: Tightening): Pacing {
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
