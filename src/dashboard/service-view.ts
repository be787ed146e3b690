/** A service as the page shows it: its status, and what the last window measured of it. */
import type { ReplicaReading, Signal } from '../../strategies/contract.ts';
import type { ServiceStatus } from '../runtime/status.ts';
import type { ReplicaView, ServiceView } from './frames.ts';

/** What is known of a service apart from its last window. */
export interface ServiceNow extends ServiceStatus {
  readonly dependsOn: readonly string[];
  readonly isProtected: boolean;
  readonly canIsolate: boolean;
  readonly heldUntilMs: number | null;
}

/** Of a signal, what is shown. */
export type Measured = Pick<Signal, 'windowMs' | 'replicas'>;

export function serviceView(now: ServiceNow, measured: Measured | undefined): ServiceView {
  const { id, status, reason, circuit, paused, isProtected, canIsolate, dependsOn, heldUntilMs } = now;
  const tier = now.tier as ServiceView['tier'];
  const readings = measured?.replicas ?? [];
  const all = { id, tier, status, reason, circuit, isPaused: paused, isProtected, canIsolate, dependsOn, heldUntilMs };
  return {
    ...all,
    replicas: now.replicas.map((replica, slot) => replicaView(replica, readings[slot])),
    ...callsOf(readings, measured?.windowMs ?? 1000),
  };
}

function replicaView(
  { state, pid, port }: ServiceStatus['replicas'][number],
  reading: ReplicaReading | undefined,
): ReplicaView {
  if (reading === undefined || state === 'empty')
    return { state, pid, port, live: null, ready: null, inRotation: null, cpu: null, memory: null };
  return {
    ...{ state, pid, port },
    ...{ live: flag(reading.live), ready: flag(reading.ready), inRotation: flag(reading.inRotation) },
    ...{ cpu: rounded(reading.cpu, 100), memory: rounded(reading.memory, 100) },
  };
}

/** Calls of the window over all replicas; the latency is that of the slowest. */
function callsOf(
  readings: readonly ReplicaReading[],
  windowMs: number,
): Pick<ServiceView, 'callsPerS' | 'failedShare' | 'p95Ms'> {
  let calls = Number.NaN;
  let failed = 0;
  let p95Ms = Number.NaN;
  for (const reading of readings) {
    if (Number.isNaN(reading.calls)) continue;
    calls = (Number.isNaN(calls) ? 0 : calls) + reading.calls;
    failed += Number.isNaN(reading.failed) ? 0 : reading.failed;
    if (!Number.isNaN(reading.p95Ms)) p95Ms = Number.isNaN(p95Ms) ? reading.p95Ms : Math.max(p95Ms, reading.p95Ms);
  }
  return {
    callsPerS: rounded((1000 * calls) / windowMs, 10),
    failedShare: calls > 0 ? rounded(failed / calls, 1000) : null,
    p95Ms: rounded(p95Ms, 1),
  };
}

const flag = (value: number): boolean | null => (Number.isNaN(value) ? null : value === 1);
const rounded = (value: number, parts: number): number | null =>
  Number.isFinite(value) ? Math.round(value * parts) / parts : null;
