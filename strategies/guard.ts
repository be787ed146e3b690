/** The guard: limits no strategy, baseline or operator crosses, in training as in production. Pure functions on plain data. */
import {
  ACTION_FACTS,
  type Action,
  type ActionKind,
  type GuardLimits,
  type Outcome,
  type Roster,
  type RosterEntry,
} from './contract.ts';
import { countPresent, isServing, type ReplicaState } from './replica.ts';
import type { SelfLimits } from './strategy.ts';

/** The sliding window of the restart budget; an action without an outcome counts as under way this long, too. */
export const TEN_MINUTES_MS = 600_000;
/** Refusals kept for the operator. */
export const REFUSALS_KEPT = 100;
/** Actions remembered as under way, of any kind. */
const FLIGHTS_MAX = 4096;
/** So that a share such as 0.34 of 3, or 1/3 of 3, is one replica whatever the rounding. */
const ROUNDING = 1e-9;

/** An admitted action whose outcome is awaited. */
export interface Flight {
  readonly id: number;
  readonly atMs: number;
  readonly service: number;
  readonly replica: number;
  readonly kind: ActionKind;
  /** It holds capacity back, so it counts against `inFlight` and the disabled share. */
  readonly disables: boolean;
  /** It takes a standing measure back (see `givesBack`). */
  readonly givesBack: boolean;
}

/** A decision that was not carried out, and why. */
export interface Refusal {
  readonly atMs: number;
  readonly service: number;
  readonly replica: number;
  readonly kind: ActionKind;
  readonly cause: string;
  readonly reason: string;
}

export interface GuardMemory {
  limits: GuardLimits;
  /** Per service: 1 while an operator's pause stands. */
  paused: number[];
  /** Per service: times of restarts and rollbacks within the last 10 minutes, oldest first. */
  restartsAtMs: number[][];
  flights: Flight[];
  /** The last `REFUSALS_KEPT`, oldest first. */
  refusals: Refusal[];
}

export function startGuard(roster: Roster): GuardMemory {
  return {
    limits: roster.guard,
    paused: roster.services.map(() => 0),
    restartsAtMs: roster.services.map(() => []),
    flights: [],
    refusals: [],
  };
}

/** A strategy may tighten the guard, never loosen it. */
export function tightened(limits: GuardLimits, self: SelfLimits): GuardLimits {
  return {
    ...limits,
    restartsPer10Min: Math.min(limits.restartsPer10Min, self.restartsPer10Min),
    maxDisabledShare: Math.min(limits.maxDisabledShare, self.disabledShare),
    inFlight: Math.min(limits.inFlight, self.inFlight),
  };
}

/**
 * Null when the action may be carried out, else the reason why not. `replicas` is the last known state of the service's
 * slots. Restarting a replica that serves nobody is never a matter of capacity; taking a measure back is always allowed,
 * except under a pause and in a dry run, which refuses what would have been done.
 */
export function admitAction(
  limits: GuardLimits,
  guard: GuardMemory,
  roster: Roster,
  replicas: readonly ReplicaState[],
  action: Action,
): string | null {
  const entry = roster.services[action.service];
  if (entry === undefined) return 'unknown service';
  if (guard.paused[action.service] === 1) return 'paused by an operator';
  const unlimited = action.kind === 'escalate' || givesBack(action);
  const crossed = unlimited ? null : crossedLimit(limits, guard, entry, replicas, action);
  if (crossed !== null) return crossed;
  return limits.dryRun ? 'dry run' : null;
}

/** Notes an admitted action as under way. `escalate` is not awaited. */
export function recordAction(guard: GuardMemory, action: Action): void {
  dropExpired(guard.flights, action.atMs);
  if (costsRestart(action)) {
    const times = guard.restartsAtMs[action.service]!;
    while (times.length > 0 && isPast(times[0]!, action.atMs)) times.shift();
    times.push(action.atMs);
  }
  if (action.kind === 'escalate') return;
  guard.flights.push({
    id: action.id,
    atMs: action.atMs,
    service: action.service,
    replica: action.replica,
    kind: action.kind,
    disables: takesAway(action),
    givesBack: givesBack(action),
  });
}

/**
 * Until a signal says otherwise, what an admitted action takes away is gone, and what one gives back is not yet there: two
 * decisions never share one last replica.
 */
export function markTaken(replicas: readonly ReplicaState[], action: Action): void {
  const state = replicas[action.replica];
  if (state === undefined) return;
  if (action.kind === 'restart') state.ready = 0;
  if (action.kind === 'reroute' && action.out) state.inRotation = 0;
}

/** Whether a replica was sent back into rotation and is not known to be there yet. */
export function isReturning(guard: GuardMemory, service: number, replica: number, atMs: number): boolean {
  return guard.flights.some(
    (flight) =>
      flight.kind === 'reroute' &&
      flight.givesBack &&
      flight.service === service &&
      flight.replica === replica &&
      !isPast(flight.atMs, atMs),
  );
}

/** Whether an action of that kind on the service awaits its outcome: where people are asked, two could be allowed in the other order. */
export function isUnderWay(guard: GuardMemory, service: number, kind: ActionKind, atMs: number): boolean {
  return guard.flights.some(
    (flight) => flight.kind === kind && flight.service === service && !isPast(flight.atMs, atMs),
  );
}

/** Ends the action's flight and returns it; undefined when it was not under way (a second or foreign outcome). */
export function recordOutcome(guard: GuardMemory, outcome: Outcome): Flight | undefined {
  const at = guard.flights.findIndex((flight) => flight.id === outcome.action && flight.service === outcome.service);
  return at < 0 ? undefined : guard.flights.splice(at, 1)[0];
}

export function recordRefusal(guard: GuardMemory, action: Action, reason: string): void {
  const { atMs, service, replica, kind, cause } = action;
  guard.refusals.push({ atMs, service, replica, kind, cause, reason });
  if (guard.refusals.length > REFUSALS_KEPT) guard.refusals.shift();
}

/** Restarts and rollbacks of a service within the 10 minutes before `atMs`. */
export function restartsWithin(guard: GuardMemory, service: number, atMs: number): number {
  const times = guard.restartsAtMs[service]!;
  let count = 0;
  for (let at = times.length - 1; at >= 0 && !isPast(times[at]!, atMs); at--) count++;
  return count;
}

/** Whether the action ends a standing measure: back into rotation, breaker closed again, fallback off. */
export function givesBack(action: Action): boolean {
  if (action.kind === 'reroute') return !action.out;
  if (action.kind === 'circuit-break') return action.admit === 1;
  return action.kind === 'fallback' && !action.on;
}

function crossedLimit(
  limits: GuardLimits,
  guard: GuardMemory,
  entry: RosterEntry,
  replicas: readonly ReplicaState[],
  action: Action,
): string | null {
  if (limits.protected.includes(entry.id)) return 'protected service';
  const { atMs, service } = action;
  if (guard.flights.length >= FLIGHTS_MAX) return 'too many actions await their outcome';
  if (ACTION_FACTS[action.kind].scope === 'replica' && replicas[action.replica]?.present !== 1)
    return 'no such replica';
  if (costsRestart(action) && restartsWithin(guard, service, atMs) >= limits.restartsPer10Min)
    return `restart budget of ${limits.restartsPer10Min} in 10 minutes is spent`;
  if (
    action.kind === 'scale-up' &&
    countPresent(replicas) + scaling('scale-up', guard, service, atMs) >= entry.replicasMax
  )
    return `already at most ${entry.replicasMax} replicas`;
  if (
    action.kind === 'scale-down' &&
    countPresent(replicas) - scaling('scale-down', guard, service, atMs) <= entry.replicasMin
  )
    return `at least ${entry.replicasMin} replicas must stay`;
  if (!takesAway(action)) return null;
  if (disablingFlights(guard, atMs) >= limits.inFlight) return `${limits.inFlight} disruptive actions are under way`;
  return crossedCapacity(limits, guard, replicas, action);
}

/**
 * Minimum of healthy replicas and disabled share, for an action that takes a serving replica away. One that does not serve may be
 * taken away too, but not out of rotation without limit: it would stay aside when it is well again, and the others drown.
 */
function crossedCapacity(
  limits: GuardLimits,
  guard: GuardMemory,
  replicas: readonly ReplicaState[],
  action: Action,
): string | null {
  const target = replicas[action.replica];
  const needed = inRotationMin(limits, replicas);
  if (action.kind === 'reroute' && othersInRotation(guard, replicas, action) < needed)
    return `fewer than ${needed} replicas would stay in rotation`;
  if (target !== undefined && !isServing(target)) return null;
  const all = countPresent(replicas);
  const serving = all - unavailable(guard, replicas, action);
  if (serving - 1 < limits.minHealthy) return `fewer than ${limits.minHealthy} healthy replicas would stay`;
  const disabledMax = Math.max(1, Math.floor(limits.maxDisabledShare * all + ROUNDING));
  if (all - serving + 1 > disabledMax) return `more than ${disabledMax} of ${all} replicas would be out of service`;
  return null;
}

/**
 * How many replicas stay in rotation at least, well or not: half of them, as many as are to be healthy, and one. Below half, balancers
 * too trust their own judgement no more (Envoy's `healthy_panic_threshold`: 50 %).
 */
export function inRotationMin({ minHealthy }: GuardLimits, replicas: readonly ReplicaState[]): number {
  return Math.max(1, minHealthy, Math.floor(countPresent(replicas) / 2));
}

/** Replicas that calls still go to, well or not, beside the one that is to leave and those that are about to. */
function othersInRotation(guard: GuardMemory, replicas: readonly ReplicaState[], action: Action): number {
  const isIn = (slot: number): boolean => slot !== action.replica && replicas[slot]?.inRotation === 1;
  let count = 0;
  for (let slot = 0; slot < replicas.length; slot++) if (isIn(slot)) count++;
  for (const { kind, disables, service, replica, atMs } of guard.flights)
    if (kind === 'reroute' && disables && service === action.service && isIn(replica) && !isPast(atMs, action.atMs))
      count--;
  return count;
}

/** Replicas that do not serve, or that an action under way is about to take away. */
function unavailable(guard: GuardMemory, replicas: readonly ReplicaState[], action: Action): number {
  let count = 0;
  for (const state of replicas) if (state.present === 1 && !isServing(state)) count++;
  for (const flight of guard.flights) {
    if (!flight.disables || flight.service !== action.service || isPast(flight.atMs, action.atMs)) continue;
    const state = replicas[flight.replica];
    if (state === undefined || isServing(state)) count++;
  }
  return count;
}

/** The kinds whose facts say `disables`, in the direction that does. */
function takesAway(action: Action): boolean {
  return ACTION_FACTS[action.kind].disables && !givesBack(action);
}

function costsRestart(action: Action): boolean {
  return action.kind === 'restart' || action.kind === 'rollback';
}

/** Scale actions of that kind under way, so that several in one look cannot overrun the replicas' bounds. */
function scaling(kind: 'scale-up' | 'scale-down', guard: GuardMemory, service: number, atMs: number): number {
  let count = 0;
  for (const flight of guard.flights)
    if (flight.kind === kind && flight.service === service && !isPast(flight.atMs, atMs)) count++;
  return count;
}

function disablingFlights(guard: GuardMemory, atMs: number): number {
  let count = 0;
  for (const flight of guard.flights) if (flight.disables && !isPast(flight.atMs, atMs)) count++;
  return count;
}

function dropExpired(flights: Flight[], atMs: number): void {
  while (flights.length > 0 && isPast(flights[0]!.atMs, atMs)) flights.shift();
}

function isPast(thenMs: number, atMs: number): boolean {
  return thenMs <= atMs - TEN_MINUTES_MS;
}
