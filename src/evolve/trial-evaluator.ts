/** Scores one trial for the search: a genome, decoded, against the scenario that a name stands for. Runs inside workers. */
import type { FleetPlan } from '../../sim/plan.ts';
import { planFleet } from '../../sim/plan.ts';
import { drawScenario, type ScenarioSpec } from '../../sim/scenario.ts';
import type { FleetSpec } from '../../sim/spec.ts';
import { runTrial } from '../../sim/trial.ts';
import type { Healer } from '../../strategies/contract.ts';
import type { Genome } from '../../strategies/gene.ts';
import { decode } from '../../strategies/genome.ts';
import { strategyHealer } from '../../strategies/heal.ts';
import type { TrialEvaluator } from './problem.ts';

export interface TrialSetup {
  readonly fleets: readonly FleetSpec[];
}

/** Scenarios kept ready: a generation's, shared by all its genomes. */
const SCENARIOS_KEPT = 256;
/** Scores are lost user-minutes per thousand that a fleet could lose, so that fleets of different traffic weigh alike. */
const PER = 1000;

/** A scenario named `.../INDEX` belongs to fleet INDEX modulo the number of fleets: every set visits them in turn. */
export function createEvaluator(setup: TrialSetup): TrialEvaluator {
  const plans = setup.fleets.map(planFleet);
  const stakes = setup.fleets.map(userMinutesAtStake);
  const scenarios = new Map<string, ScenarioSpec>();
  let lastGenome: Genome | null = null;
  let healer: Healer | null = null;
  return (genome, name) => {
    if (genome !== lastGenome || healer === null) {
      healer = strategyHealer('candidate', decode(genome)) as Healer;
      lastGenome = genome;
    }
    const fleet = fleetOf(name, plans.length);
    return (
      (PER * runTrial(plans[fleet]!, scenarioNamed(scenarios, plans[fleet]!, name), healer).fitness) / stakes[fleet]!
    );
  };
}

export function fleetOf(name: string, fleets: number): number {
  return Number(name.slice(name.lastIndexOf('/') + 1)) % fleets;
}

/** What a fleet loses when it serves nobody for the whole horizon. */
export function userMinutesAtStake(fleet: FleetSpec): number {
  const plan = planFleet(fleet);
  return plan.entryRate.reduce((sum, rate, s) => sum + (rate * 3600 * plan.tierWeight[s]!) / 6, 0);
}

function scenarioNamed(kept: Map<string, ScenarioSpec>, plan: FleetPlan, name: string): ScenarioSpec {
  let scenario = kept.get(name);
  if (scenario === undefined) {
    if (kept.size >= SCENARIOS_KEPT) kept.delete(kept.keys().next().value!);
    scenario = drawScenario(plan, name);
    kept.set(name, scenario);
  }
  return scenario;
}
