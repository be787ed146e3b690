/** What a baseline reads off a signal. Plain loops over the replica slots: a quiet look allocates nothing. */
import type { ReplicaReading, Signal } from '../contract.ts';

/**
 * Start-up allowance where a system documents none of its own: seven times the median start of the shipped fleets (8 s),
 * as the Kubernetes manual asks of a startup probe ("long enough to cover the worst case startup time").
 */
export const BOOT_GRACE_MS = 60_000;

/** The slot holds a process that has exited and was not started again. */
export function isDead(reading: ReplicaReading): boolean {
  return reading.present === 1 && !Number.isNaN(reading.exitCode);
}

/** The process runs but is not ready yet, and is younger than `graceMs`. */
export function isBooting(reading: ReplicaReading, graceMs: number = BOOT_GRACE_MS): boolean {
  return reading.ready === 0 && reading.uptimeS * 1000 < graceMs;
}

/** Runs, has had time to boot, and did not answer its liveness probe in the window. Not measured counts as answered. */
export function isUnanswered(reading: ReplicaReading): boolean {
  return reading.present === 1 && reading.live === 0 && !isDead(reading) && !isBooting(reading);
}

/** Failed share of one replica's calls, 0 without calls. */
export function replicaErrorRate(reading: ReplicaReading): number {
  return reading.calls > 0 ? reading.failed / reading.calls : 0;
}

/** Calls that ended in the window, over all replicas. */
export function callCount(signal: Signal): number {
  let calls = 0;
  for (const reading of signal.replicas) if (reading.calls > 0) calls += reading.calls;
  return calls;
}

/** Failed share of all the service's calls, 0 without calls. */
export function errorRate(signal: Signal): number {
  let failed = 0;
  for (const reading of signal.replicas) if (reading.calls > 0) failed += reading.failed;
  const calls = callCount(signal);
  return calls > 0 ? failed / calls : 0;
}

/** p95 latency of the slowest replica, milliseconds; 0 when none was measured. */
export function slowestP95Ms(signal: Signal): number {
  let slowest = 0;
  for (const reading of signal.replicas) {
    if (reading.present === 1 && reading.p95Ms > slowest) slowest = reading.p95Ms;
  }
  return slowest;
}

/** Largest memory or queue share of any replica, 0 when none was measured. */
export function fullestShare(signal: Signal): number {
  let fullest = 0;
  for (const reading of signal.replicas) {
    if (reading.present !== 1) continue;
    if (reading.memory > fullest) fullest = reading.memory;
    if (reading.queue > fullest) fullest = reading.queue;
  }
  return fullest;
}

/** How many replicas are dead or do not answer. */
export function downCount(signal: Signal): number {
  let down = 0;
  for (const reading of signal.replicas) if (isDead(reading) || isUnanswered(reading)) down += 1;
  return down;
}

/** Every slot holds a replica, so there is nothing to scale up into. */
export function isFull(signal: Signal): boolean {
  for (const reading of signal.replicas) if (reading.present !== 1) return false;
  return true;
}

/** The service's state in words, for a reason. */
export function evidence(signal: Signal): string {
  const down = downCount(signal);
  const p95 = `p95 ${slowestP95Ms(signal).toFixed(0)} ms`;
  return `${percent(errorRate(signal))} errors, ${p95}, fullest ${percent(fullestShare(signal))}, ${down} replicas down`;
}

/** A share as a reason prints it. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
