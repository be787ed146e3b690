/** From an intention to an action: what a remedy means, the guard's word on it, and the books that are kept of it. */
import {
  type Action,
  type ActionKind,
  type GuardLimits,
  type Remedy,
  type RosterEntry,
  unreachable,
  WHOLE_SERVICE,
} from './contract.ts';
import { admitAction, markTaken, recordAction, recordRefusal, tightened } from './guard.ts';
import { isDeploySuspected } from './issues.ts';
import { type FleetMemory, LONG_AGO, NONE, type ServiceMemory, type TargetMemory } from './memory.ts';
import type { Strategy, TierPolicy } from './strategy.ts';
import { open } from './window-breaker.ts';

/** One service at one moment, as the deciding stages see it. */
export interface Scene {
  readonly strategy: Strategy;
  readonly policy: TierPolicy;
  readonly memory: FleetMemory;
  readonly index: number;
  readonly entry: RosterEntry;
  readonly service: ServiceMemory;
  readonly atMs: number;
  /** What has been decided so far in this step. */
  readonly actions: Action[];
}

export type ReplicaRemedy = 'restart-graceful' | 'restart-hard' | 'reroute';

/** The guard's answer. */
export type Verdict = 'acted' | 'refused' | 'dry run';

/** What is to be done, and on whose account. */
export interface Order {
  readonly remedy: Exclude<Remedy, 'wait' | 'escalate'>;
  /** The replica, where the remedy needs one. */
  readonly slot: number;
  /** The target whose ladder or rule asks for it. */
  readonly owner: TargetMemory;
  /** The issue whose rung it is, as its position in `ISSUES`; `NONE` for a rule. */
  readonly issue: number;
  /** After the ladder's end: at the slowest pace. */
  readonly isLastResort: boolean;
}

/** Why something is done. */
export interface Grounds {
  readonly cause: string;
  readonly rung: number;
  readonly reason: string;
}

/** What all actions have in common. */
export type Intent = Pick<Action, 'id' | 'atMs' | 'service' | 'replica' | 'cause' | 'rung' | 'reason'>;

/** One service of the fleet at `atMs`, with nothing decided yet. */
export function sceneOf(strategy: Strategy, memory: FleetMemory, index: number, atMs: number): Scene {
  const entry = memory.roster.services[index]!;
  return {
    strategy,
    policy: strategy.tiers[entry.tier],
    memory,
    index,
    entry,
    service: memory.services[index]!,
    atMs,
    actions: [],
  };
}

/** The common part of an action, with the next id. */
export function intend(scene: Scene, replica: number, { cause, rung, reason }: Grounds): Intent {
  const id = scene.memory.nextActionId++;
  return { id, atMs: scene.atMs, service: scene.index, replica, cause, rung, reason };
}

/**
 * The limits that hold here for actions of that kind: the roster's, as far as the strategy does not tighten them. To roll a suspect
 * release back does not wait for the strategy's own budget of restarts: who is sparing would else spend the last of it on symptoms.
 */
export function limitsOf({ memory, strategy, service }: Scene, kind: ActionKind): GuardLimits {
  const { limits } = memory.guard;
  const own = tightened(limits, strategy.limits);
  if (kind !== 'rollback' || !isDeploySuspected(strategy.detection, service)) return own;
  return { ...own, restartsPer10Min: limits.restartsPer10Min };
}

/** Lets the guard judge the action, and records it or its refusal. */
export function propose(scene: Scene, action: Action): Verdict {
  const { memory, service } = scene;
  const refusal = admitAction(limitsOf(scene, action.kind), memory.guard, memory.roster, service.slots, action);
  if (refusal !== null) {
    recordRefusal(memory.guard, action, refusal);
    return refusal === 'dry run' ? 'dry run' : 'refused';
  }
  recordAction(memory.guard, action);
  markTaken(service.slots, action);
  scene.actions.push(action);
  return 'acted';
}

/** Whether a remedy acts on one replica rather than on the service. */
export function needsReplica(remedy: Remedy): remedy is ReplicaRemedy {
  return remedy === 'restart-graceful' || remedy === 'restart-hard' || remedy === 'reroute';
}

/** Whether the remedy would change anything; one that would not is passed over. `slot` is the replica where it needs one. */
export function isPossible(scene: Scene, remedy: Exclude<Remedy, 'wait' | 'escalate'>, slot: number): boolean {
  const { service, entry } = scene;
  switch (remedy) {
    case 'restart-graceful':
    case 'restart-hard':
      return service.slots[slot]?.present === 1;
    case 'reroute':
      // Whoever is alone stays: the guard would never let it go.
      return (
        service.present > 1 && service.slots[slot]?.inRotation === 1 && service.slots[slot]?.outSinceMs === LONG_AGO
      );
    case 'scale-up':
      return service.present < entry.replicasMax;
    case 'scale-down':
      return service.present > entry.replicasMin;
    case 'circuit-break':
      return service.breaker.phase === 'closed';
    case 'fallback':
      return service.fallbackSinceMs === LONG_AGO;
    case 'repair-config':
      return service.configDiffers !== 0;
    case 'rollback':
    case 'reconnect':
      return true;
    default:
      return unreachable(remedy);
  }
}

/**
 * Proposes a remedy and, when it is acted upon, occupies its targets: the one it acts on, and `owner`, the one whose ladder
 * asked for it. Both stay untouched until the outcome, a cool-down and the wait for fresh evidence are over.
 */
export function carryOut(scene: Scene, order: Order, grounds: Grounds): Verdict {
  const { service, atMs, policy } = scene;
  const { remedy, slot, owner, issue, isLastResort } = order;
  const replica = needsReplica(remedy) ? slot : WHOLE_SERVICE;
  const action = toAction(remedy, intend(scene, replica, grounds));
  const verdict = propose(scene, action);
  if (verdict === 'refused') return verdict;
  const subject = replica === WHOLE_SERVICE ? service.whole : service.slots[replica]!.target;
  const cooldownMs = isLastResort
    ? policy.pacing.cooldownMaxS * 1000
    : cooldown(scene, Math.max(owner.attempts, subject.attempts), action.id);
  const verifyMs = policy.pacing.verifyS * 1000;
  subject.freeAtMs = atMs + Math.max(cooldownMs, verifyMs);
  const isOneOfMany = owner === service.whole && subject !== owner;
  owner.freeAtMs = isOneOfMany && !isLastResort ? atMs + verifyMs : subject.freeAtMs;
  owner.refusals = 0;
  (isOneOfMany ? subject : owner).attempts += 1;
  service.episode.attempts += 1;
  if (verdict === 'acted') {
    occupy(owner, action, isOneOfMany ? NONE : issue);
    if (subject !== owner) occupy(subject, action, isOneOfMany ? issue : NONE);
    begin(scene, action);
  }
  return verdict;
}

/** Calls the person on duty, once per episode; false when that was done before. */
export function callPerson(scene: Scene, grounds: Grounds): boolean {
  if (scene.service.episode.escalated === 1) return false;
  scene.service.episode.escalated = 1;
  propose(scene, { ...intend(scene, WHOLE_SERVICE, grounds), kind: 'escalate' });
  return true;
}

/** Whether nothing may be done to the target now. */
export function isBusy(target: TargetMemory, atMs: number): boolean {
  return target.flightId !== NONE || atMs < target.freeAtMs;
}

/** Notes an action as under way on a target. */
export function occupy(target: TargetMemory, action: Intent, issue: number): void {
  target.flightId = action.id;
  target.flightAtMs = action.atMs;
  target.flightIssue = issue;
}

/** What stands from now on because of the action. A rollback replaces every process, so nothing else is done meanwhile. */
function begin(scene: Scene, action: Action): void {
  const { service, atMs } = scene;
  if (action.kind === 'rollback') for (const slot of service.slots) occupy(slot.target, action, NONE);
  if (action.kind === 'reroute') service.slots[action.replica]!.outSinceMs = atMs;
  if (action.kind === 'circuit-break') open(service.breaker, atMs);
  if (action.kind === 'fallback') {
    service.fallbackSinceMs = atMs;
    service.fallbackTurns += 1;
  }
}

/** Milliseconds: grows with the attempts made, up to a limit, plus a share drawn at random so that healers do not march in step. */
function cooldown({ policy: { pacing }, memory }: Scene, attempts: number, actionId: number): number {
  const seconds = Math.min(pacing.cooldownMaxS, pacing.cooldownS * pacing.backoff ** attempts);
  return seconds * 1000 * (1 + pacing.jitter * draw(memory.seed, actionId));
}

/** A number in [0, 1) keyed by seed and action, so that no draw shifts another (mulberry32's finalizer). */
function draw(seed: number, key: number): number {
  let bits = (seed + Math.imul(key, 0x6d2b79f5)) | 0;
  bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
  return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
}

/** What a remedy is as an action. */
export function toAction(remedy: Exclude<Remedy, 'wait' | 'escalate'>, intent: Intent): Action {
  switch (remedy) {
    case 'restart-graceful':
      return { ...intent, kind: 'restart', mode: 'graceful' };
    case 'restart-hard':
      return { ...intent, kind: 'restart', mode: 'hard' };
    case 'circuit-break':
      return { ...intent, kind: 'circuit-break', admit: 0 };
    case 'reroute':
      return { ...intent, kind: 'reroute', out: true };
    case 'fallback':
      return { ...intent, kind: 'fallback', on: true };
    case 'scale-up':
    case 'scale-down':
    case 'rollback':
    case 'repair-config':
    case 'reconnect':
      return { ...intent, kind: remedy };
    default:
      return unreachable(remedy);
  }
}
