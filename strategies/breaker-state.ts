/** What a breaker remembers and reports: plain data that round-trips through JSON. */
import type { BreakerConfig } from './breaker-config.ts';
import { createTicketBook, type TicketBook } from './breaker-tickets.ts';
import { type CallWindow, createWindow } from './breaker-window.ts';

interface Mode<Kind extends string> {
  readonly kind: Kind;
  readonly sinceMs: number;
}

export type Closed = Mode<'closed'>;
export interface Open extends Mode<'open'> {
  readonly untilMs: number;
}
export interface HalfOpen extends Mode<'half-open'> {
  /** Probes admitted and not yet settled; with the settled ones never more than the permits. */
  inFlight: number;
  succeeded: number;
  failed: number;
  /** When waiting for probes in flight ends; means nothing while none is. */
  untilMs: number;
}
/** Passed its probes; lets a growing share of calls through. */
export interface Ramping extends Mode<'ramping'> {
  readonly untilMs: number;
  /** Grows by the admitted share with each call; a call passes when it reaches 1. */
  credit: number;
}
/** Held open by operators until the last of them releases it. */
export interface ForcedOpen extends Mode<'forced-open'> {
  holders: string[];
}
/** Lets everything through and counts nothing. */
export type Disabled = Mode<'disabled'>;
/** Lets everything through, counts, and reports when a rule would have opened it. */
export interface MetricsOnly extends Mode<'metrics-only'> {
  /** A rule holds and has been reported. */
  crossed: boolean;
}

export type BreakerMode = Closed | Open | HalfOpen | Ramping | ForcedOpen | Disabled | MetricsOnly;
export type ModeKind = BreakerMode['kind'];

/** Calls since creation or reset, for telemetry; no decision reads them. */
export interface BreakerCounts {
  admitted: number;
  refused: number;
  ignored: number;
  late: number;
}

export interface BreakerState {
  mode: BreakerMode;
  /** Advances with each change of mode; results of calls admitted in an earlier one are late and decide nothing. */
  generation: number;
  /** The latest time seen. Time that goes back is taken as this. */
  lastMs: number;
  /** Key of the jitter: breakers with different seeds wait differently. */
  seed: number;
  warmUpUntilMs: number;
  /** Openings since the breaker was last closed. */
  openings: number;
  /** Failures in a row. */
  consecutive: number;
  window: CallWindow;
  tickets: TicketBook;
  counts: BreakerCounts;
}

/** How a call ended. `ignored`: it says nothing about the service (a bad request, a refusal by a limiter). */
export type CallOutcome = 'ok' | 'failed' | 'ignored';

export type TransitionCause =
  | 'trip-rule'
  | 'wait-over'
  | 'probes-passed'
  | 'probes-failed'
  | 'stay-over'
  | 'ramp-over'
  | 'ramp-failed'
  | 'command';

/** What happened, in order. A trip reports the threshold before the transition. */
export type BreakerEffect =
  /** `atMs` is when it was due, which may be before the call that noticed. */
  | { readonly kind: 'transition'; atMs: number; from: ModeKind; to: ModeKind; cause: TransitionCause }
  /** The trip rule at index `rule` holds, with this value. */
  | { readonly kind: 'threshold'; atMs: number; rule: number; value: number }
  /** Results that arrived after the mode they belong to. */
  | { readonly kind: 'late'; atMs: number; calls: number }
  /** The ticket was settled before, or never issued. */
  | { readonly kind: 'unknown-ticket'; atMs: number };

/** The one empty answer of a quiet event: shared, so that nothing is allocated. */
export const NO_EFFECTS: readonly BreakerEffect[] = Object.freeze([]);

/**
 * A new, closed breaker.
 * @param atMs now, in milliseconds on any clock that does not go back; negative counts as 0.
 * @param seed key of the jitter; give each caller its own, or all of them probe a recovering service together.
 */
export function createBreaker(config: BreakerConfig, atMs: number, seed = 0): BreakerState {
  const startMs = Math.max(0, atMs);
  return {
    mode: { kind: 'closed', sinceMs: startMs },
    generation: 0,
    lastMs: startMs,
    seed: seed >>> 0,
    warmUpUntilMs: startMs + config.warmUpMs,
    openings: 0,
    consecutive: 0,
    window: createWindow(config.window, startMs),
    tickets: createTicketBook(),
    counts: { admitted: 0, refused: 0, ignored: 0, late: 0 },
  };
}
