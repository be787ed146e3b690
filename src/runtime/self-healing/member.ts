/** One service of a fleet that heals itself: what is known of it, and what is done to it. */
import { BreakerError } from '../../../strategies/breaker-error.ts';
import type { RosterEntry, Signal } from '../../../strategies/contract.ts';
import type { FleetMemory } from '../../../strategies/memory.ts';
import { HealixError } from '../../errors.ts';
import { rulesOf } from '../execute/classify.ts';
import type { CallClock } from '../execute/clock.ts';
import { createExecutor, type Executor, type ExecutorParts } from '../execute/executor.ts';
import { type ExecuteSettings, named } from '../execute/settings.ts';
import { makeSignal, type ReplicaFacts, type Traffic } from '../signals.ts';
import type { Checked } from './check.ts';
import type { ServiceConfig, ServiceParts } from './options.ts';
import type { RecoveryStrategy } from './recovery.ts';
import { CallWindowCounts } from './window.ts';

export interface Member {
  readonly id: string;
  /** Place in the roster. */
  readonly index: number;
  readonly parts: ServiceParts;
  readonly executor: Executor;
  readonly window: CallWindowCounts;
  config: ServiceConfig;
  strategies: readonly Required<RecoveryStrategy>[];
  /** How many replicas run, as far as is known. */
  replicas: number;
  registeredAtMs: number;
  lastLookMs: number;
  hasBeenLookedAt: boolean;
  lastCheck: Checked | null;
  /** Standing measures that a custom strategy stood in for: of these nothing is to be taken back. */
  readonly replaced: Set<string>;
  /** The look that is under way, or the last one. */
  looking: Promise<void>;
  isClosed: boolean;
}

export interface MemberPlace {
  readonly id: string;
  readonly index: number;
  readonly clock: CallClock;
  /** The fleet's time, for signals. */
  readonly nowMs: number;
  readonly seed: number | undefined;
}

/** @throws HealixError `bad-settings` naming every bad field of a saved breaker. */
export function createMember({ id, index, clock, nowMs, seed }: MemberPlace, parts: ServiceParts): Member {
  const window = new CallWindowCounts();
  const { calls, checkTimeoutMs, actionTimeoutMs, recoveryTimeoutMs, strategies, savedBreaker } = parts;
  const executor = executorOf(named({ ...calls, name: id }), {
    clock,
    observe: (outcome, durationMs) => window.record(outcome, durationMs),
    saved: savedBreaker,
    ...(seed !== undefined && { seed: (seed + Math.imul(index + 1, 0x9e3779b1)) >>> 0 }),
    ...rulesOf(parts),
  });
  return {
    id,
    index,
    parts,
    executor,
    window,
    config: { calls, checkTimeoutMs, actionTimeoutMs, recoveryTimeoutMs },
    strategies,
    replicas: parts.replicas.start,
    registeredAtMs: nowMs,
    lastLookMs: nowMs,
    hasBeenLookedAt: false,
    lastCheck: null,
    replaced: new Set(),
    looking: Promise.resolve(),
    isClosed: false,
  };
}

function executorOf(settings: ExecuteSettings, parts: ExecutorParts): Executor {
  try {
    return createExecutor(settings, parts);
  } catch (error) {
    if (!(error instanceof BreakerError)) throw error;
    const problems = error.problems.map((problem) => `✖ savedBreaker.${problem}`.replace('.(root)', '')).join('\n');
    const advice = 'Hand in what saveBreaker() gave under these settings, or leave it out to begin with a new breaker.';
    const message = `The service ${JSON.stringify(settings.name)} cannot go on with its savedBreaker:\n${problems}\n${advice}`;
    throw new HealixError('bad-settings', message, { cause: error });
  }
}

export interface SessionFacts {
  /** The same moment on the fleet's clock, and in the session's time. */
  readonly clockMs: number;
  readonly atMs: number;
  /** Of the circuit that an earlier process left. */
  readonly phase: FleetMemory['services'][number]['breaker']['phase'];
  /** Share of calls let through while an open circuit is tried again. */
  readonly probeShare: number;
}

/** From now on its times are the session's. What an earlier process held back is held back still, unless the user's own handler does that. */
export function joinSession(member: Member, { clockMs, atMs, phase, probeShare }: SessionFacts): void {
  // So that the first look sees everything since the registration.
  const elapsedMs = Math.max(1, Math.floor(clockMs - member.registeredAtMs));
  member.registeredAtMs = atMs - elapsedMs;
  member.lastLookMs = member.registeredAtMs;
  if (member.parts.actions['circuit-break'] !== undefined) return;
  if (phase === 'open' || phase === 'isolated') member.executor.holdBack(0);
  if (phase === 'half-open') member.executor.holdBack(probeShare);
}

/** The fleet as the healer knows it. Every dependency is registered. */
export function rosterEntries(members: readonly Member[]): RosterEntry[] {
  const indexOf = new Map(members.map(({ id, index }) => [id, index]));
  return members.map(({ id, parts: { tier, replicas, dependsOn } }) => ({
    id,
    tier,
    dependsOn: dependsOn.map((other) => indexOf.get(other)!),
    replicasMin: replicas.min,
    replicasMax: replicas.max,
    replicasStart: replicas.start,
  }));
}

/**
 * What is known of a service at the end of a window. All calls are laid to the first replica: within one process nobody knows which
 * replica answered.
 */
export function signalOf(
  { index, parts, replicas, registeredAtMs, lastLookMs }: Member,
  entry: RosterEntry,
  checked: Checked,
  traffic: Traffic,
  statusOf: (service: string) => 'ok' | 'failed' | 'unknown',
  atMs: number,
): Signal {
  const uptimeS = Math.max(0, atMs - registeredAtMs) / 1000;
  return makeSignal({
    atMs,
    windowMs: Math.max(1, atMs - lastLookMs),
    service: index,
    entry,
    levels: new Set(checked.looks.map(({ level }) => level)),
    startGraceMs: 0,
    replicas: Array.from(
      { length: Math.min(replicas, entry.replicasMax) },
      (_, slot): ReplicaFacts => ({
        process: { kind: 'running', uptimeS, hasAnswered: true, wasBooting: false },
        inRotation: null,
        traffic: slot === 0 ? traffic : null,
      }),
    ),
    looks: checked.looks,
    deployAgeS: null,
    configAgeS: null,
    configDiffers: null,
    dependencies: parts.dependsOn.map((id) => ({ id, failedShare: null, status: statusOf(id) })),
  });
}

/** @throws HealixError `bad-settings` naming every dependency that is not registered. */
export function checkDependencies(members: readonly Member[]): void {
  const known = new Set(members.map(({ id }) => id));
  const problems = members.flatMap(({ id, parts: { dependsOn } }) =>
    dependsOn.filter((other) => !known.has(other)).map((other) => `${id} depends on ${other}, which is not registered`),
  );
  if (problems.length > 0) throw new HealixError('bad-settings', problems.join('\n'));
}
