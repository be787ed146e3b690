/** Whether a replica that was just started is up: asked between two replicas of a rolling restart. */
import { sleep } from './actuators/wait.ts';
import type { Clock, ProcessRecord } from './ports.ts';
import type { LookRecord } from './probes/look.ts';

export interface ReadyParts {
  readonly clock: Clock;
  /** All probes of the service, now. */
  readonly lookNow: (service: string) => Promise<readonly LookRecord[]>;
  /** Whether this very process still runs. */
  readonly isRunning: (record: ProcessRecord) => boolean;
  /** How long it may take to come up, milliseconds. */
  readonly withinMs: number;
}

const BETWEEN_LOOKS_MS = 200;
/** A service that nobody can ask is up when it has lived so long. */
const UNASKED_MS = 1_000;

/** True once liveness and readiness of the replica are good; false when its process ends or it takes too long. Never throws. */
export async function isReady(parts: ReadyParts, record: ProcessRecord, signal: AbortSignal): Promise<boolean> {
  const { clock, withinMs } = parts;
  const sinceMs = clock.now();
  while (!signal.aborted && parts.isRunning(record)) {
    const looks = (await parts.lookNow(record.service)).filter(
      ({ replica, level }) => replica === record.replica && (level === 'liveness' || level === 'readiness'),
    );
    const tookMs = Math.abs(clock.now() - sinceMs);
    if (looks.length > 0 && looks.every(({ look }) => look.kind === 'good')) return parts.isRunning(record);
    if (looks.length === 0 && tookMs >= UNASKED_MS) return parts.isRunning(record);
    if (tookMs >= withinMs) return false;
    await sleep(clock, BETWEEN_LOOKS_MS, signal);
  }
  return false;
}
