/** What an executor has seen since it was made, for whoever asks. */
import type { BreakerReading } from '../../../strategies/breaker-reading.ts';
import type { CallOutcome, ModeKind } from '../../../strategies/breaker-state.ts';
import type { RefusalCause } from './errors.ts';

export interface ExecuteMetrics {
  /** Attempts by how they ended. */
  readonly ok: number;
  readonly failed: number;
  readonly ignored: number;
  readonly cancelled: number;
  /** Among the failed ones. */
  readonly timedOut: number;
  /** Calls under way, those asleep before another attempt among them; and calls waiting for a place. */
  readonly underWay: number;
  readonly queued: number;
  readonly retries: number;
  /** Calls that were not tried again because the retry budget was spent; and what is left of it (null: no budget). */
  readonly retriesRefused: number;
  readonly retryTokens: number | null;
  readonly refusedBy: Readonly<Partial<Record<RefusalCause, number>>>;
  /** Results that came after the mode they belong to. */
  readonly late: number;
  /** Milliseconds spent in each mode so far. */
  readonly inModeMs: Readonly<Partial<Record<ModeKind, number>>>;
  /** Share of calls let through by order; 1 unless calls are held back. */
  readonly admit: number;
  readonly breaker: BreakerReading;
}

export interface Tally {
  ok: number;
  failed: number;
  ignored: number;
  cancelled: number;
  timedOut: number;
  retries: number;
  retriesRefused: number;
  /** Made when first needed: most breakers never open. */
  refusedBy: Partial<Record<RefusalCause, number>> | null;
  inModeMs: Partial<Record<ModeKind, number>> | null;
}

export function startTally(): Tally {
  return {
    ok: 0,
    failed: 0,
    ignored: 0,
    cancelled: 0,
    timedOut: 0,
    retries: 0,
    retriesRefused: 0,
    refusedBy: null,
    inModeMs: null,
  };
}

export function countOutcome(tally: Tally, outcome: CallOutcome): void {
  if (outcome === 'ok') tally.ok += 1;
  else tally[outcome] += 1;
}

export function countRefusal(tally: Tally, cause: RefusalCause): void {
  tally.refusedBy ??= {};
  tally.refusedBy[cause] = (tally.refusedBy[cause] ?? 0) + 1;
}

export function countMode(tally: Tally, mode: ModeKind, ms: number): void {
  tally.inModeMs ??= {};
  tally.inModeMs[mode] = (tally.inModeMs[mode] ?? 0) + ms;
}
