/** Worker entry: whole results of trials, for comparisons. */
import { planFleet } from '../sim/plan.ts';
import { drawScenario } from '../sim/scenario.ts';
import type { TrialResult } from '../sim/score.ts';
import type { FleetSpec } from '../sim/spec.ts';
import { runTrialOn, type SimulationTier } from '../sim/tiers.ts';
import { type Contender, healerOf } from './contenders.ts';

export interface TrialBatch {
  readonly tier: SimulationTier;
  readonly fleet: FleetSpec;
  readonly contender: Contender;
  readonly scenarios: readonly string[];
}

/** Runs the contender through each scenario, in order. */
export function runBatch({ tier, fleet, contender, scenarios }: TrialBatch): TrialResult[] {
  const plan = planFleet(fleet);
  const healer = healerOf(contender);
  const network = contender.kind === 'pack' ? contender.network : undefined;
  const options = network === undefined ? {} : { network };
  return scenarios.map((scenario) => runTrialOn(tier, plan, drawScenario(plan, scenario), healer, options));
}

// biome-ignore lint/style/noDefaultExport: piscina calls the default export of a worker
export default runBatch;
