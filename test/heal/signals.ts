/** Small builders for the tests of `heal`: a roster, readings of a well replica, signals, and a strategy from its defaults. */
import {
  type Action,
  type GuardLimits,
  ISSUES,
  type Issue,
  type Outcome,
  type Remedy,
  type ReplicaReading,
  type Roster,
  type RosterEntry,
  type Signal,
  TIERS,
} from '../../strategies/contract.ts';
import { decode, defaultGenome } from '../../strategies/genome.ts';
import { heal } from '../../strategies/heal.ts';
import type { FleetMemory } from '../../strategies/memory.ts';
import { startMemory } from '../../strategies/start-memory.ts';
import type { Strategy, TierPolicy } from '../../strategies/strategy.ts';

export const WINDOW_MS = 5000;
const LOOSE_GUARD: GuardLimits = {
  restartsPer10Min: 100,
  minHealthy: 0,
  maxDisabledShare: 1,
  inFlight: 100,
  protected: [],
  dryRun: false,
};

/** Services a, b, c, ...; each with three of six replicas started. */
export function makeRoster(services: readonly Partial<RosterEntry>[] = [{}], guard: Partial<GuardLimits> = {}): Roster {
  return {
    services: services.map((entry, at) => ({
      id: String.fromCharCode(97 + at),
      tier: 'default',
      dependsOn: [],
      replicasMin: 1,
      replicasMax: 6,
      replicasStart: 3,
      ...entry,
    })),
    guard: { ...LOOSE_GUARD, ...guard },
  };
}

export const ABSENT: ReplicaReading = {
  present: 0,
  live: 0,
  ready: 0,
  inRotation: 0,
  calls: 0,
  failed: 0,
  p50Ms: Number.NaN,
  p95Ms: Number.NaN,
  cpu: Number.NaN,
  memory: Number.NaN,
  queue: Number.NaN,
  exitCode: Number.NaN,
  uptimeS: Number.NaN,
};

export const WELL: ReplicaReading = {
  present: 1,
  live: 1,
  ready: 1,
  inRotation: 1,
  calls: 100,
  failed: 0,
  p50Ms: 8,
  p95Ms: 30,
  cpu: 0.5,
  memory: 0.4,
  queue: 0,
  exitCode: Number.NaN,
  uptimeS: 3600,
};

export const DEAD: Partial<ReplicaReading> = {
  live: 0,
  ready: 0,
  calls: 0,
  p50Ms: Number.NaN,
  p95Ms: Number.NaN,
  cpu: Number.NaN,
  memory: Number.NaN,
  queue: Number.NaN,
  exitCode: 1,
  uptimeS: Number.NaN,
};

/** A signal of six slots: what is not given is a well replica in the first three, and an empty slot in the others. */
export function makeSignal(
  atMs: number,
  replicas: readonly Partial<ReplicaReading>[] = [],
  rest: Partial<Omit<Signal, 'replicas'>> = {},
): Signal {
  return {
    kind: 'signal',
    atMs,
    service: 0,
    windowMs: WINDOW_MS,
    replicas: Array.from({ length: 6 }, (_, slot) => {
      const given = replicas[slot];
      return given === undefined ? { ...(slot < 3 ? WELL : ABSENT) } : { ...WELL, ...given };
    }),
    deployAgeS: 86_400,
    configAgeS: 86_400,
    configDiffers: 0,
    dependencyFailed: [],
    ...rest,
  };
}

/** The same reading for the first three replicas. */
export function three(reading: Partial<ReplicaReading>): Partial<ReplicaReading>[] {
  return [reading, reading, reading];
}

export interface StrategyParts {
  readonly detection?: Partial<Strategy['detection']>;
  readonly pacing?: Partial<TierPolicy['pacing']>;
  readonly ladders?: Partial<Record<Issue, readonly Remedy[]>>;
  readonly breaker?: Partial<Strategy['breaker']>;
  readonly limits?: Partial<Strategy['limits']>;
  readonly holds?: Partial<Strategy['holds']>;
  readonly rules?: Strategy['rules'];
}

const ONLY_WAIT: readonly Remedy[] = ['wait', 'wait', 'wait'];

/** The default strategy without jitter and own limits, every ladder `wait` unless given, with parts replaced. */
export function makeStrategy(parts: StrategyParts = {}): Strategy {
  const base = decode(defaultGenome());
  const ladders = Object.fromEntries(ISSUES.map((issue) => [issue, parts.ladders?.[issue] ?? ONLY_WAIT]));
  const tiers = Object.fromEntries(
    TIERS.map((tier) => [
      tier,
      { ladders, pacing: { ...base.tiers[tier].pacing, jitter: 0, escalateAfterS: 1e6, ...parts.pacing } },
    ]),
  );
  return {
    tiers: tiers as Strategy['tiers'],
    detection: { ...base.detection, ...parts.detection },
    breaker: { ...base.breaker, ...parts.breaker },
    limits: { disabledShare: 1, inFlight: 1000, restartsPer10Min: 1000, ...parts.limits },
    holds: { ...base.holds, ...parts.holds },
    rules: parts.rules ?? [],
    coordination: null,
  };
}

/** A healer under test: each `feed` is one window later. */
export class Patient {
  readonly strategy: Strategy;
  readonly roster: Roster;
  memory: FleetMemory;
  atMs = 0;
  readonly log: Action[] = [];

  constructor(strategy: Strategy, roster: Roster = makeRoster()) {
    this.strategy = strategy;
    this.roster = roster;
    this.memory = startMemory(roster, 'test');
  }

  /** One window; returns what heal did in it. */
  feed(
    replicas: readonly Partial<ReplicaReading>[] = [],
    rest: Partial<Omit<Signal, 'replicas'>> = {},
  ): readonly Action[] {
    this.atMs += WINDOW_MS;
    const actions = heal(this.strategy, this.memory, makeSignal(this.atMs, replicas, rest));
    this.log.push(...actions);
    return actions;
  }

  /** The same window several times; returns all that heal did meanwhile. */
  repeat(
    times: number,
    replicas: readonly Partial<ReplicaReading>[] = [],
    rest: Partial<Omit<Signal, 'replicas'>> = {},
  ): Action[] {
    return Array.from({ length: times }, () => this.feed(replicas, rest)).flat();
  }

  report(action: Action, result: Outcome['result'] = 'done'): void {
    const { service, id } = action;
    heal(this.strategy, this.memory, { kind: 'outcome', atMs: this.atMs, service, action: id, result });
  }
}
