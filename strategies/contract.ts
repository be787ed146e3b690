/** The words both worlds speak: what a healer is told (inputs) and what it may do (actions). Plain data, no behaviour. */
import type { Answer, Tick } from './plain-inputs.ts';

/** How much a service matters. Strategies differ per tier, never per service, so that any pack runs on any fleet. */
export const TIERS = ['critical', 'default', 'lightweight'] as const;
export type Tier = (typeof TIERS)[number];

/** Symptoms. Several may hold at once. The order is the order of precedence when several call for an action. */
export const ISSUES = [
  'bad-deploy-suspected',
  'config-drift-suspected',
  'crash-loop',
  'unresponsive',
  'dependency-down',
  'error-burst',
  'resource-exhausted',
  'saturated',
  'slow',
  'memory-growth',
  'predicted-failure',
  'anomaly',
] as const;
export type Issue = (typeof ISSUES)[number];

/** What a ladder rung or a rule may ask for: an action kind, with the two ways of restarting told apart. */
export const REMEDIES = [
  'wait',
  'restart-graceful',
  'restart-hard',
  'scale-up',
  'scale-down',
  'rollback',
  'circuit-break',
  'reroute',
  'repair-config',
  'reconnect',
  'fallback',
  'escalate',
] as const;
export type Remedy = (typeof REMEDIES)[number];

/** Health status of a service, from best to worst. */
export const HEALTH_STATUSES = ['healthy', 'recovering', 'degraded', 'critical', 'failed'] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

/** Limits no strategy, operator or pack may cross. They come from the fleet file or the runtime's configuration. */
export interface GuardLimits {
  /** Restarts of one service's replicas within any 10 minutes. A rollback counts as one. */
  readonly restartsPer10Min: number;
  /** Replicas of a service that must stay in rotation and alive while another is taken away. */
  readonly minHealthy: number;
  /** Largest share of a service's replicas an action may hold out of service at once; one replica is always allowed. */
  readonly maxDisabledShare: number;
  /** Disruptive actions under way in the whole fleet. */
  readonly inFlight: number;
  /** Services nobody but a human may touch (escalate is still allowed). */
  readonly protected: readonly string[];
  /** Decide and record, but act on nothing. */
  readonly dryRun: boolean;
}

/** What a healer knows of a service before it starts. `dependsOn` holds indices into the roster. */
export interface RosterEntry {
  readonly id: string;
  readonly tier: Tier;
  readonly dependsOn: readonly number[];
  readonly replicasMin: number;
  /** Also the number of slots listed in a signal. */
  readonly replicasMax: number;
  readonly replicasStart: number;
}

/** The fleet as a healer knows it. Services are named by their index in `services` everywhere below. */
export interface Roster {
  readonly services: readonly RosterEntry[];
  readonly guard: GuardLimits;
}

/**
 * What probes and the gateway measured of one replica within one window.
 * Every field is a number; NaN means "not measured" (JSON writes it as null, `parseHealInput` reads it back).
 */
export interface ReplicaReading {
  /** 1 the slot holds a replica (running, booting or dead), 0 it is empty. */
  present: number;
  /** 1 the liveness probe was answered in time, 0 not. */
  live: number;
  /** 1 the readiness probe was answered, 0 not (booting and dead replicas are not ready). */
  ready: number;
  /** 1 the balancer sends it traffic. */
  inRotation: number;
  /** Calls that ended in the window, and how many of them failed or timed out as the caller saw it. */
  calls: number;
  failed: number;
  /** Latency quantiles of answered calls, milliseconds. NaN when no call was answered. */
  p50Ms: number;
  p95Ms: number;
  /** Shares of the replica's limit, 0..1 (queue may only be measured on some services). */
  cpu: number;
  memory: number;
  queue: number;
  /** Exit code of a dead process; NaN while it runs. 137 = killed (out of memory or by us). */
  exitCode: number;
  /** Seconds since the process started; NaN when dead or absent. */
  uptimeS: number;
}

/** One service's window: everything measured of it between `atMs - windowMs` and `atMs`. */
export interface Signal {
  kind: 'signal';
  atMs: number;
  service: number;
  windowMs: number;
  /** Fixed order, one per replica slot. */
  replicas: ReplicaReading[];
  /** Seconds since the running release was rolled out. */
  deployAgeS: number;
  /** Seconds since the configuration's digest last changed. */
  configAgeS: number;
  /** 1 the configuration's digest differs from the known-good copy, 0 it is the same. */
  configDiffers: number;
  /** For each dependency, in roster order: share of this service's calls to it that failed in the window. */
  dependencyFailed: number[];
}

/** How an action ended, as the effector reports it. `done` says it was carried out, never that it helped. */
export interface Outcome {
  readonly kind: 'outcome';
  readonly atMs: number;
  readonly service: number;
  readonly action: number;
  readonly result: 'done' | 'failed' | 'unsupported' | 'refused';
}

/** A human's order. `force-heal` starts the ladder now; `pause` stops all actions on the service. */
export interface Command {
  readonly kind: 'command';
  readonly atMs: number;
  readonly service: number;
  readonly command: 'force-heal' | 'pause' | 'resume' | 'isolate' | 'release';
}

/** New guard limits, applied whole. */
export interface ConfigChange {
  readonly kind: 'config';
  readonly atMs: number;
  readonly guard: GuardLimits;
}

export type HealInput = Signal | Outcome | Command | ConfigChange | Answer | Tick;

interface ActionBase {
  /** Unique and growing within one memory; the key of the intent. */
  readonly id: number;
  readonly atMs: number;
  readonly service: number;
  /** Slot of the replica, or `WHOLE_SERVICE`. */
  readonly replica: number;
  /** Why: the issue (or `rule`, `breaker`, `hold`, `command`, or the name of a baseline's own trigger) ... */
  readonly cause: string;
  /** ... which rung of its ladder (0 = first), ... */
  readonly rung: number;
  /** ... and the evidence in words. */
  readonly reason: string;
}

export const WHOLE_SERVICE = -1;

/** What a healer asks for. Standing measures (`circuit-break`, `reroute`, `fallback`) are taken back by their opposite. */
export type Action =
  | (ActionBase & { readonly kind: 'restart'; readonly mode: 'graceful' | 'hard' })
  | (ActionBase & { readonly kind: 'scale-up' })
  | (ActionBase & { readonly kind: 'scale-down' })
  | (ActionBase & { readonly kind: 'rollback' })
  /** `admit`: share of calls let through, 0 = open, between = half-open or ramp, 1 = closed. Refused calls are not retried. */
  | (ActionBase & { readonly kind: 'circuit-break'; readonly admit: number })
  /** `out`: take the replica out of (true) or back into (false) rotation. */
  | (ActionBase & { readonly kind: 'reroute'; readonly out: boolean })
  | (ActionBase & { readonly kind: 'repair-config' })
  | (ActionBase & { readonly kind: 'reconnect' })
  /** `on`: answer this service's callers with a canned, degraded answer instead of calling it. */
  | (ActionBase & { readonly kind: 'fallback'; readonly on: boolean })
  | (ActionBase & { readonly kind: 'escalate' });
export type ActionKind = Action['kind'];

/** What every action declares of itself, whatever carries it out. Ranks and durations order ladders and bound waits. */
export interface ActionFacts {
  readonly scope: 'service' | 'replica' | 'either';
  /** 0 harmless .. 5 most disruptive. */
  readonly disruption: number;
  readonly expectedS: number;
  readonly undoable: boolean;
  /** Counts against the guard's in-flight limit, minimum of healthy replicas and disabled share. */
  readonly disables: boolean;
  /** What it does, as a runbook says it. */
  readonly words: string;
}

export const ACTION_FACTS: Readonly<Record<ActionKind, ActionFacts>> = {
  restart: { scope: 'replica', disruption: 3, expectedS: 15, undoable: false, disables: true, words: 'restart' },
  'scale-up': {
    scope: 'service',
    disruption: 1,
    expectedS: 20,
    undoable: true,
    disables: false,
    words: 'add a replica',
  },
  'scale-down': {
    scope: 'service',
    disruption: 2,
    expectedS: 10,
    undoable: true,
    disables: true,
    words: 'remove a replica',
  },
  rollback: {
    scope: 'service',
    disruption: 4,
    expectedS: 60,
    undoable: true,
    disables: false,
    words: 'roll back to the previous release',
  },
  'circuit-break': {
    scope: 'service',
    disruption: 4,
    expectedS: 0,
    undoable: true,
    disables: false,
    words: 'open the circuit breaker in front of it',
  },
  reroute: {
    scope: 'replica',
    disruption: 2,
    expectedS: 0,
    undoable: true,
    disables: true,
    words: 'take the replica out of rotation',
  },
  'repair-config': {
    scope: 'service',
    disruption: 2,
    expectedS: 5,
    undoable: true,
    disables: false,
    words: 'restore the known-good configuration',
  },
  reconnect: {
    scope: 'either',
    disruption: 1,
    expectedS: 2,
    undoable: false,
    disables: false,
    words: 'drop and reopen its connections to dependencies',
  },
  fallback: {
    scope: 'service',
    disruption: 2,
    expectedS: 0,
    undoable: true,
    disables: false,
    words: 'answer its callers with the fallback response',
  },
  escalate: {
    scope: 'service',
    disruption: 0,
    expectedS: 0,
    undoable: false,
    disables: false,
    words: 'call the person on duty',
  },
};

/** The one empty answer of a quiet step: shared, so that nothing is allocated. */
export const NO_ACTIONS: readonly Action[] = Object.freeze([]);

/**
 * Anything that heals: a strategy, a baseline or the oracle. `heal` alone writes `memory`, in place; memory is plain data
 * that round-trips through JSON. The simulator and the runtime call it with one signal per service every `windowMs`.
 */
export interface Healer<Memory = unknown> {
  readonly name: string;
  readonly windowMs: number;
  /** Looks at processes alone (exits, probes, memory): calls, latencies and dependencies need not be measured for it. */
  readonly processesOnly?: boolean;
  start(roster: Roster): Memory;
  heal(memory: Memory, input: HealInput): readonly Action[];
}

/** Marks a switch as exhaustive: fails to compile when a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
