/** One simulated hour under one strategy, as a picture needs it: the share of users served over time, and what was done when. */
import { planFleet } from '../../sim/plan.ts';
import { drawScenario, type ScenarioSpec } from '../../sim/scenario.ts';
import type { FleetSpec } from '../../sim/spec.ts';
import { runTrial } from '../../sim/trial.ts';
import { type Contender, healerOf } from '../../src/contenders.ts';
import type { ActionKind } from '../../strategies/contract.ts';
import { givesBack } from '../../strategies/guard.ts';

export interface Hour {
  readonly name: string;
  readonly lostUserMinutes: number;
  /** Share of users served well, 0..1, one for each step of `STEP_S`. */
  readonly served: readonly number[];
  /** Decided and admitted by the guard, without what takes a measure back. */
  readonly acted: readonly { readonly atS: number; readonly kind: ActionKind; readonly service: string }[];
}

export const STEP_S = 15;

export function simulateHour(fleet: FleetSpec, contender: Contender, scenario: string): Hour {
  const plan = planFleet(fleet);
  const spec = drawScenario(plan, scenario);
  const steps = Math.ceil(spec.horizonS / STEP_S);
  const totals = { done: new Float64Array(steps + 1), lost: new Float64Array(steps + 1) };
  const acted: { atS: number; kind: ActionKind; service: string }[] = [];
  let before = { atS: 0, done: 0, lost: 0 };
  const result = runTrial(plan, spec, healerOf(contender), {
    onInput(_, actions) {
      for (const action of actions) {
        const { atMs, kind, service } = action;
        if (givesBack(action)) continue;
        acted.push({ atS: atMs / 1000, kind, service: plan.roster.services[service]!.id });
      }
    },
    onUsers(atS, { usersDone, usersLost }) {
      const now = { atS, done: sum(usersDone), lost: sum(usersLost) };
      // Steps of the simulator are of any length: what happened within one is spread evenly over it.
      for (let step = Math.floor(before.atS / STEP_S) + 1; step * STEP_S <= atS && step <= steps; step++) {
        const share = atS === before.atS ? 1 : (step * STEP_S - before.atS) / (atS - before.atS);
        totals.done[step] = before.done + share * (now.done - before.done);
        totals.lost[step] = before.lost + share * (now.lost - before.lost);
      }
      before = now;
    },
  });
  const served = Array.from({ length: steps }, (_, step) => {
    const done = totals.done[step + 1]! - totals.done[step]!;
    return done <= 0 ? 0 : Math.min(1, Math.max(0, 1 - (totals.lost[step + 1]! - totals.lost[step]!) / done));
  });
  return { name: contender.name, lostUserMinutes: result.lostUserMinutes, served, acted };
}

export function scenarioOf(fleet: FleetSpec, scenario: string): ScenarioSpec {
  return drawScenario(planFleet(fleet), scenario);
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
