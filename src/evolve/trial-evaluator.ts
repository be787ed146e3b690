/** Scores one trial for the search: a genome, decoded, against the scenario that a name stands for. Runs inside workers. */
import type { FleetPlan } from '../../sim/plan.ts';
import { planFleet } from '../../sim/plan.ts';
import { drawScenario, HORIZON_S, type ScenarioSpec } from '../../sim/scenario.ts';
import type { TrialResult } from '../../sim/score.ts';
import type { FleetSpec } from '../../sim/spec.ts';
import { runTrial } from '../../sim/trial.ts';
import type { Healer } from '../../strategies/contract.ts';
import type { Constitution } from '../../strategies/coordinate/constitution.ts';
import { coordinatedHealer } from '../../strategies/coordinate/coordinated.ts';
import type { Level } from '../../strategies/coordinate/coordination.ts';
import type { Genome } from '../../strategies/gene.ts';
import { decode } from '../../strategies/genome.ts';
import { strategyHealer } from '../../strategies/heal.ts';
import { COLLATERAL_ALLOWED, EXCESS_COLLATERAL, EXCESS_REPLICA_HOUR, REPLICA_HOURS_ALLOWED } from './limits.ts';
import type { TrialEvaluator } from './problem.ts';

export interface TrialSetup {
  readonly fleets: readonly FleetSpec[];
  /** What it spends in a scenario, others may spend there too: the runbook. */
  readonly reference: Genome;
  /** How candidates heal: alone unless said otherwise. */
  readonly together?: { readonly level: Exclude<Level, 'basic'>; readonly constitution: Constitution };
  /** Replica-hours that candidates may spend, as a multiple of the reference's; `REPLICA_HOURS_ALLOWED` unless said otherwise. */
  readonly replicaHours?: number;
  /** Length of a scenario; an hour unless said otherwise. Marks are rates, so that one length weighs like another. */
  readonly horizonS?: number;
}

/**
 * Steps after which a trial is given up as lost. Far beyond what any strategy worth having needs: agents are woken by every letter, and
 * take up to 60,000 in an hour. What is cut off looks worse than it is, and would be bred away.
 */
export const STEPS_MAX = 200_000;
/** Scenarios kept ready: a generation's, shared by all its genomes. */
const SCENARIOS_KEPT = 256;
/** Scores are lost user-minutes per thousand that a fleet could lose, so that fleets of different traffic weigh alike. */
const PER = 1000;

interface Kept {
  readonly scenario: ScenarioSpec;
  /** What the reference spends in it. */
  readonly replicaHours: number;
  readonly collateral: number;
}

/**
 * A scenario named `.../INDEX` belongs to fleet INDEX modulo the number of fleets: every set visits them in turn. A mark is the
 * score and, fleet by fleet, the excess over the reference's replica-hours and collateral in the same scenario.
 */
export function createEvaluator(setup: TrialSetup): TrialEvaluator {
  const plans = setup.fleets.map(planFleet);
  const stakes = setup.fleets.map(userMinutesAtStake);
  const horizonS = setup.horizonS ?? HORIZON_S;
  const allowed = setup.replicaHours ?? REPLICA_HOURS_ALLOWED;
  const per = (PER * HORIZON_S) / horizonS;
  const reference = strategyHealer('reference', decode(setup.reference)) as Healer;
  const kept = new Map<string, Kept>();
  let lastGenome: Genome | null = null;
  let healer: Healer | null = null;
  return (genome, name) => {
    if (genome !== lastGenome || healer === null) {
      healer = candidateHealer(genome, setup.together);
      lastGenome = genome;
    }
    const fleet = fleetOf(name, plans.length);
    const plan = plans[fleet]!;
    const known = keep(kept, plan, name, reference, horizonS);
    const result = runTrial(plan, known.scenario, healer, { stepsMax: STEPS_MAX });
    const mark = new Array<number>(1 + 2 * plans.length).fill(0);
    mark[0] = scoreOf(result, stakes[fleet]!, horizonS);
    mark[1 + 2 * fleet] = per * EXCESS_REPLICA_HOUR * (result.replicaHours - allowed * known.replicaHours);
    mark[2 + 2 * fleet] = per * EXCESS_COLLATERAL * (result.collateral - COLLATERAL_ALLOWED * known.collateral);
    return mark;
  };
}

function candidateHealer(genome: Genome, together: TrialSetup['together']): Healer {
  const strategy = decode(genome);
  if (together === undefined) return strategyHealer('candidate', strategy) as Healer;
  return coordinatedHealer('candidate', strategy, together.level, together.constitution) as Healer;
}

/** What a trial of `horizonS` seconds is worth on either tier; `stake` is what its fleet can lose in an hour. */
export function scoreOf({ fitness }: Pick<TrialResult, 'fitness'>, stake: number, horizonS = HORIZON_S): number {
  return (PER * fitness * HORIZON_S) / (stake * horizonS);
}

/** Which of so many fleets a scenario belongs to. */
export function fleetOf(name: string, fleets: number): number {
  return Number(name.slice(name.lastIndexOf('/') + 1)) % fleets;
}

/** What a fleet loses when it serves nobody for an hour. */
export function userMinutesAtStake(fleet: FleetSpec): number {
  const plan = planFleet(fleet);
  return plan.entryRate.reduce((sum, rate, s) => sum + (rate * 3600 * plan.tierWeight[s]!) / 6, 0);
}

function keep(kept: Map<string, Kept>, plan: FleetPlan, name: string, reference: Healer, horizonS: number): Kept {
  let known = kept.get(name);
  if (known === undefined) {
    if (kept.size >= SCENARIOS_KEPT) kept.delete(kept.keys().next().value!);
    const scenario = drawScenario(plan, name, horizonS);
    const { replicaHours, collateral } = runTrial(plan, scenario, reference, { stepsMax: STEPS_MAX });
    known = { scenario, replicaHours, collateral };
    kept.set(name, known);
  }
  return known;
}
