/** A one-service fleet by hand: readings, signals, and a driver that answers each action as told. */
import {
  type Action,
  type Healer,
  NO_ACTIONS,
  type Outcome,
  type ReplicaReading,
  type Roster,
  type Signal,
  type Tier,
} from '../../strategies/contract.ts';

export const SLOTS = 4;

export function rosterOf(tier: Tier = 'default', services = 1): Roster {
  return {
    services: Array.from({ length: services }, (_, at) => ({
      id: `service-${at}`,
      tier,
      dependsOn: [],
      replicasMin: 1,
      replicasMax: SLOTS,
      replicasStart: SLOTS,
    })),
    guard: { restartsPer10Min: 5, minHealthy: 1, maxDisabledShare: 0.34, inFlight: 3, protected: [], dryRun: false },
  };
}

export function healthy(over: Partial<ReplicaReading> = {}): ReplicaReading {
  return {
    present: 1,
    live: 1,
    ready: 1,
    inRotation: 1,
    calls: 100,
    failed: 0,
    p50Ms: 10,
    p95Ms: 30,
    cpu: 0.5,
    memory: 0.4,
    queue: 0.05,
    exitCode: Number.NaN,
    uptimeS: 7200,
    ...over,
  };
}

export function dead(over: Partial<ReplicaReading> = {}): ReplicaReading {
  return healthy({
    live: 0,
    ready: 0,
    inRotation: 0,
    calls: 0,
    p50Ms: Number.NaN,
    p95Ms: Number.NaN,
    exitCode: 1,
    uptimeS: Number.NaN,
    ...over,
  });
}

export function hung(over: Partial<ReplicaReading> = {}): ReplicaReading {
  return healthy({ live: 0, ready: 0, ...over });
}

export function booting(uptimeS: number): ReplicaReading {
  return healthy({ live: 0, ready: 0, inRotation: 0, calls: 0, p95Ms: Number.NaN, uptimeS });
}

export function absent(): ReplicaReading {
  return dead({ present: 0, exitCode: Number.NaN });
}

export function signalOf(healer: Healer, atMs: number, replicas: readonly ReplicaReading[], service = 0): Signal {
  return {
    kind: 'signal',
    atMs,
    service,
    windowMs: healer.windowMs,
    replicas: Array.from({ length: SLOTS }, (_, slot) => replicas[slot] ?? absent()),
    deployAgeS: 86_400,
    configAgeS: 86_400,
    configDiffers: 0,
    dependencyFailed: [],
  };
}

export function outcomeOf(action: Action, result: Outcome['result'], atMs: number): Outcome {
  return { kind: 'outcome', atMs, service: action.service, action: action.id, result };
}

/** Looks at `readings(atMs)` every window from `fromMs` to `toMs`; answers every action at once with `result` ('none': never). */
export function watch<M>(
  healer: Healer<M>,
  memory: M,
  span: { readonly fromMs?: number; readonly toMs: number; readonly stepMs?: number },
  readings: (atMs: number) => readonly ReplicaReading[],
  result: Outcome['result'] | 'none' = 'done',
): Action[] {
  const taken: Action[] = [];
  const stepMs = span.stepMs ?? healer.windowMs;
  for (let atMs = span.fromMs ?? stepMs; atMs <= span.toMs; atMs += stepMs) {
    const actions = healer.heal(memory, { ...signalOf(healer as Healer, atMs, readings(atMs)), windowMs: stepMs });
    for (const action of actions) {
      taken.push(action);
      if (result !== 'none' && healer.heal(memory, outcomeOf(action, result, atMs)) !== NO_ACTIONS) {
        throw new Error('an outcome caused an action');
      }
    }
  }
  return taken;
}

/** `atMs kind` of each action: what most tests compare. */
export function times(actions: readonly Action[]): number[] {
  return actions.map((action) => action.atMs);
}
