/** The user's own look at a service, in the runtime's terms. */
import type { Clock, ProbeLevel } from '../ports.ts';
import { bad, good, type LookRecord, none } from '../probes/look.ts';
import { bounded, type Told, wordsOf } from './bounded.ts';

/** What a check found. Shares are of the service's own limits, 0 to 1. */
export interface CheckResult {
  /** Whether it is there and answers. */
  readonly ok: boolean;
  /** Whether it may be sent calls; as `ok` unless told. */
  readonly ready?: boolean;
  readonly reason?: string;
  readonly cpu?: number;
  readonly memory?: number;
  readonly queue?: number;
  /** How many replicas run. */
  readonly replicas?: number;
}

/** Nothing, true or `ok` is well; false, an exception or no answer in time is not. */
export type Check = (signal: AbortSignal) => Told<CheckResult | boolean> | Promise<Told<CheckResult | boolean>>;

export interface Checked {
  /** `unanswered`: not within its time. `unchecked`: there is no check, or it was called off. */
  readonly kind: 'ok' | 'failed' | 'unanswered' | 'unchecked';
  readonly reason: string;
  readonly looks: readonly LookRecord[];
  /** Null when not told. */
  readonly replicas: number | null;
}

const UNCHECKED: Checked = { kind: 'unchecked', reason: '', looks: [], replicas: null };

/** Runs the check once. Never rejects. */
export async function runCheck(
  service: string,
  check: Check | undefined,
  clock: Clock,
  timeoutMs: number,
  stop: AbortSignal,
): Promise<Checked> {
  if (check === undefined) return UNCHECKED;
  const beganMs = clock.now();
  const ended = await bounded(`the check of ${service}`, check, clock, timeoutMs, stop);
  const tookMs = Math.max(0, clock.now() - beganMs);
  const record = (level: ProbeLevel, look: LookRecord['look']): LookRecord => ({
    atMs: beganMs + tookMs,
    service,
    replica: 0,
    level,
    look,
  });
  switch (ended.kind) {
    case 'stopped':
      return UNCHECKED;
    case 'timed-out': {
      const reason = `no answer within ${timeoutMs} ms`;
      return { kind: 'unanswered', reason, looks: [record('liveness', none(reason))], replicas: null };
    }
    case 'error': {
      const reason = wordsOf(ended.error);
      return { kind: 'failed', reason, looks: [record('liveness', bad(tookMs, reason))], replicas: null };
    }
    case 'value': {
      const result = resultOf(ended.value);
      const reason = result.ok ? '' : (result.reason ?? 'its check says so');
      const looks = [record('liveness', result.ok ? good(tookMs) : bad(tookMs, reason))];
      if (result.ready !== undefined)
        looks.push(record('readiness', result.ready ? good(tookMs) : bad(tookMs, 'not ready')));
      looks.push(record('resource', good(tookMs, figuresOf(result))));
      return { kind: result.ok ? 'ok' : 'failed', reason, looks, replicas: wholeOf(result.replicas) };
    }
  }
}

function resultOf(value: Told<CheckResult | boolean>): CheckResult {
  return typeof value === 'object' && value !== null ? value : { ok: value !== false };
}

function figuresOf({ cpu, memory, queue }: CheckResult): Record<string, number> {
  const told = Object.entries({ cpu, memory, queue });
  return Object.fromEntries(told.filter((entry): entry is [string, number] => Number.isFinite(entry[1])));
}

function wholeOf(replicas: number | undefined): number | null {
  return replicas !== undefined && Number.isSafeInteger(replicas) && replicas >= 0 ? replicas : null;
}
