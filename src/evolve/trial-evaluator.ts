/** Scores one trial for the search: a genome, decoded, against the scenario that a name stands for. Runs inside workers. */
import type { FleetPlan } from '../../sim/plan.ts';
import { planFleet } from '../../sim/plan.ts';
import { drawScenario, type ScenarioSpec } from '../../sim/scenario.ts';
import type { TrialResult } from '../../sim/score.ts';
import type { FleetSpec } from '../../sim/spec.ts';
import { runTrial } from '../../sim/trial.ts';
import type { Healer } from '../../strategies/contract.ts';
import type { Genome } from '../../strategies/gene.ts';
import { decode } from '../../strategies/genome.ts';
import { strategyHealer } from '../../strategies/heal.ts';
import type { TrialEvaluator } from './problem.ts';

/** What a strategy may spend per simulated hour before it pays dearly: what the runbook spends, and a little more. */
export interface Allowance {
  readonly replicaHours: number;
  readonly collateral: number;
}

export interface TrialSetup {
  readonly fleets: readonly FleetSpec[];
  /** One per fleet. */
  readonly allowances: readonly Allowance[];
}

/** Steps after which a trial is given up as lost: several times what a usual hour needs, see `npm run bench`. */
const STEPS_MAX = 15_000;
/** Scenarios kept ready: a generation's, shared by all its genomes. */
const SCENARIOS_KEPT = 256;
/** Price of a replica-hour, and of an action on a healthy replica, beyond the allowance: shares of what the fleet can lose. */
const OVERSPENT_REPLICA_HOUR = 1 / 100;
const OVERSPENT_COLLATERAL = 1 / 5000;
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
    const result = runTrial(plans[fleet]!, scenarioNamed(scenarios, plans[fleet]!, name), healer, {
      stepsMax: STEPS_MAX,
    });
    return PER * (result.fitness / stakes[fleet]! + overspent(result, setup.allowances[fleet]!));
  };
}

/** Mean spending of a strategy on training scenarios, rounded up by 4 %: what others may spend too. */
export function allowanceOf(fleet: FleetSpec, genome: Genome, scenarios: readonly string[]): Allowance {
  const plan = planFleet(fleet);
  const healer = strategyHealer('runbook', decode(genome)) as Healer;
  const results = scenarios.map((name) => runTrial(plan, drawScenario(plan, name), healer));
  const mean = (pick: (result: TrialResult) => number): number =>
    results.reduce((sum, result) => sum + pick(result), 0) / results.length;
  return {
    replicaHours: 1.04 * mean(({ replicaHours }) => replicaHours),
    collateral: mean(({ collateral }) => collateral),
  };
}

function overspent({ replicaHours, collateral }: TrialResult, allowance: Allowance): number {
  return (
    OVERSPENT_REPLICA_HOUR * Math.max(0, replicaHours - allowance.replicaHours) +
    OVERSPENT_COLLATERAL * Math.max(0, collateral - allowance.collateral)
  );
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
