/** The service-wide healers' way of restarting: every replica that is itself affected, else the worst one. */
import type { Action, ReplicaReading, Signal } from '../contract.ts';
import { intent, type Numbered } from './action.ts';
import { type InFlight, isBusy, takeOff } from './in-flight.ts';
import { isBooting, isDead, isUnanswered, replicaErrorRate } from './readings.ts';

/** From when a replica, or a service as a whole, counts as affected. Shares are 0..1. */
export interface Limits {
  readonly errorRate: number;
  readonly p95Ms: number;
  /** Memory or queue; above 1 leaves resources out. */
  readonly resourceShare: number;
}

function isAffected(reading: ReplicaReading, limits: Limits): boolean {
  if (isDead(reading) || isUnanswered(reading)) return true;
  if (reading.present !== 1 || isBooting(reading)) return false;
  const full = reading.memory >= limits.resourceShare || reading.queue >= limits.resourceShare;
  return full || reading.p95Ms >= limits.p95Ms || (reading.calls > 0 && replicaErrorRate(reading) >= limits.errorRate);
}

/** Restarts for every affected replica with nothing under way; for the one with most errors when none is. May be empty. */
export function restartAffected(
  memory: Numbered,
  flights: readonly InFlight[],
  signal: Signal,
  limits: Limits,
  why: { readonly cause: string; readonly rung: number; readonly reason: string },
): Action[] {
  const actions: Action[] = [];
  const anyAffected = signal.replicas.some((reading) => isAffected(reading, limits));
  const worst = anyAffected ? -1 : worstReplica(signal);
  for (let replica = 0; replica < flights.length; replica += 1) {
    const reading = signal.replicas[replica];
    if (reading === undefined || reading.present !== 1) continue;
    if (anyAffected ? !isAffected(reading, limits) : replica !== worst) continue;
    if (isBusy(flights[replica]!, signal.atMs)) continue;
    const base = intent(memory, signal, replica, why.cause, why.rung, why.reason);
    takeOff(flights[replica]!, base.id, signal.atMs);
    actions.push({ ...base, kind: 'restart', mode: isDead(reading) ? 'hard' : 'graceful' });
  }
  return actions;
}

/** Slot with the highest error rate, then the highest p95; -1 when no replica is up. */
function worstReplica(signal: Signal): number {
  let worst = -1;
  for (let replica = 0; replica < signal.replicas.length; replica += 1) {
    const reading = signal.replicas[replica]!;
    if (reading.present !== 1 || isBooting(reading)) continue;
    if (worst < 0 || isWorse(reading, signal.replicas[worst]!)) worst = replica;
  }
  return worst;
}

function isWorse(left: ReplicaReading, right: ReplicaReading): boolean {
  const difference = replicaErrorRate(left) - replicaErrorRate(right);
  return difference > 0 || (difference === 0 && left.p95Ms > right.p95Ms);
}
