/** The two ways to simulate an hour: calls as a fluid, fast enough to breed with, or every request by itself, the referee. */
import type { Healer } from '../strategies/contract.ts';
import type { FleetPlan } from './plan.ts';
import { runRequestTrial } from './requests/trial.ts';
import type { ScenarioSpec } from './scenario.ts';
import type { TrialResult } from './score.ts';
import { runTrial, type TrialOptions } from './trial.ts';

export const SIMULATION_TIERS = ['fluid', 'requests'] as const;
export type SimulationTier = (typeof SIMULATION_TIERS)[number];

export function runTrialOn(
  tier: SimulationTier,
  plan: FleetPlan,
  scenario: ScenarioSpec,
  healer: Healer,
  options: Pick<TrialOptions, 'onInput' | 'onEvent' | 'onUsers' | 'network'> = {},
): TrialResult {
  return (tier === 'fluid' ? runTrial : runRequestTrial)(plan, scenario, healer, options);
}
