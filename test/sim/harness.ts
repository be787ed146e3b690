/** Small fleets, scenarios made by hand, and healers that follow a script: what the simulator's tests share. */

import { derive } from '../../sim/derive.ts';
import type { FaultKind } from '../../sim/faults.ts';
import { advance } from '../../sim/fluid/advance.ts';
import { createFlow, type Flow } from '../../sim/fluid/flow.ts';
import { judge } from '../../sim/fluid/judge.ts';
import { type FleetPlan, planFleet } from '../../sim/plan.ts';
import { expandSeed } from '../../sim/random.ts';
import { drawIncident, drawScenario, type Incident, type ScenarioSpec, scenarioSeed } from '../../sim/scenario.ts';
import { parseFleet } from '../../sim/spec.ts';
import { createWorld, type World } from '../../sim/world.ts';
import { findBaseline } from '../../strategies/baselines/index.ts';
import { type Action, type Healer, NO_ACTIONS, WHOLE_SERVICE } from '../../strategies/contract.ts';
import { guarded } from '../../strategies/heal.ts';

/** A fleet written as in a YAML file; throws with the problems when it is not one. */
export function planOf(services: readonly object[], rest: object = {}): FleetPlan {
  const parsed = parseFleet({ name: 'test', services, ...rest });
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
  return planFleet(parsed.fleet);
}

/** The same number of replicas at all times. */
export function fixed(replicas: number): object {
  return { min: replicas, start: replicas, max: replicas };
}

/** Steady load, no changes, and only the incidents given. */
export function scenarioOf(incidents: readonly Incident[] = [], horizonS = 3600, seed = 'by hand'): ScenarioSpec {
  return { seed, horizonS, incidents, operations: [], load: [{ atS: 0, factor: 1 }] };
}

/** An incident of that kind drawn on `seed`, with some of its fields set. */
export function incidentOf(
  plan: FleetPlan,
  kind: FaultKind,
  over: Partial<Incident> = {},
  seed = 'by hand',
  onsetS = 300,
): Incident {
  return { ...drawIncident(plan, expandSeed(seed), 0, onsetS, kind), ...over };
}

/** The first scenarios of a test set, as `compare` would draw them. */
export function testScenarios(plan: FleetPlan, count: number, horizonS?: number): ScenarioSpec[] {
  return Array.from({ length: count }, (_, i) => drawScenario(plan, scenarioSeed('trials', 'test', i), horizonS));
}

/** The baseline as the rest of the product runs it: within the guard. */
export function baseline(name: string): Healer {
  const found = findBaseline(name);
  if (found === undefined) throw new Error(`no baseline ${name}`);
  return name === 'sre-runbook' ? found : (guarded(found) as Healer);
}

export interface Still {
  readonly flow: Flow;
  readonly world: World;
}

/** The fleet as it stands after a long time in which nothing changes. `prepare` may break something first. */
export function equilibriumOf(plan: FleetPlan, prepare: (world: World) => void = () => {}): Still {
  const world = createWorld(plan, scenarioOf());
  derive(world);
  world.errorShare.fill(0);
  prepare(world);
  const flow = createFlow(plan);
  for (let step = 0, dt = 0.01; step < 400; step += 1, dt = Math.min(50, dt * 1.2)) {
    judge(flow, world);
    advance(flow, world, dt);
  }
  judge(flow, world);
  return { flow, world };
}

/** What a script asks for: an action without the fields that every action has. */
export type Order =
  | { kind: 'restart'; mode: 'graceful' | 'hard'; replica: number }
  | { kind: 'scale-down'; replica?: number }
  | { kind: 'circuit-break'; admit: number }
  | { kind: 'reroute'; out: boolean; replica: number }
  | { kind: 'fallback'; on: boolean }
  | { kind: 'scale-up' | 'rollback' | 'repair-config' | 'reconnect' | 'escalate' };

export interface Line {
  readonly atS: number;
  readonly service: number;
  readonly order: Order;
}

interface ScriptMemory {
  next: number;
}

/** A healer that looks every second, sees nothing and does what the script says, within the guard. */
export function scripted(lines: readonly Line[]): Healer {
  const script = lines.toSorted((a, b) => a.atS - b.atS);
  return guarded<ScriptMemory>({
    name: 'script',
    windowMs: 1000,
    start: () => ({ next: 0 }),
    heal: (memory, input) => {
      if (input.kind !== 'signal') return NO_ACTIONS;
      const due: Action[] = [];
      while (memory.next < script.length && script[memory.next]!.atS * 1000 <= input.atMs) {
        const { service, order } = script[memory.next]!;
        memory.next += 1;
        due.push({
          id: memory.next,
          atMs: input.atMs,
          service,
          replica: WHOLE_SERVICE,
          cause: 'script',
          rung: 0,
          reason: 'script',
          ...order,
        } as Action);
      }
      return due.length === 0 ? NO_ACTIONS : due;
    },
  }) as Healer;
}
