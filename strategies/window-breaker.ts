/** A circuit breaker that is judged once per window, on the window's calls: closed, open, half-open. Pure, plain state. */
import type { BreakerPolicy } from './strategy.ts';

/** Longest time a circuit stays open, whatever the back-off. */
export const OPEN_MAX_MS = 300_000;

/** A circuit that stayed closed for this long has proved itself: its next opening counts as the first. */
const STEADY_MS = 60_000;

export interface WindowBreaker {
  /** `isolated` is an operator's open: it does not try again by itself. */
  phase: 'closed' | 'open' | 'half-open' | 'isolated';
  /** When the phase began. */
  sinceMs: number;
  /** Openings in a row: each one soon after the last makes the next longer. */
  openings: number;
}

export function closedBreaker(): WindowBreaker {
  return { phase: 'closed', sinceMs: 0, openings: 0 };
}

/** Whether a closed circuit should open by itself; `tripShare` 0 means never. */
export function trips(policy: BreakerPolicy, calls: number, failed: number): boolean {
  return policy.tripShare > 0 && calls >= policy.minimumCalls && calls > 0 && failed >= policy.tripShare * calls;
}

/** Opens, for the first time or again after a failed trial. */
export function open(breaker: WindowBreaker, atMs: number): void {
  if (breaker.phase === 'closed' && atMs - breaker.sinceMs >= STEADY_MS) breaker.openings = 0;
  breaker.phase = 'open';
  breaker.sinceMs = atMs;
  breaker.openings += 1;
}

/** How long the present opening lasts: `openS` times `openBackoff` per earlier opening, at most `OPEN_MAX_MS`. */
export function openForMs(policy: BreakerPolicy, openings: number): number {
  return Math.min(OPEN_MAX_MS, policy.openS * 1000 * policy.openBackoff ** Math.max(0, openings - 1));
}

export function isTrialDue(policy: BreakerPolicy, breaker: WindowBreaker, atMs: number): boolean {
  return breaker.phase === 'open' && atMs - breaker.sinceMs >= openForMs(policy, breaker.openings);
}

/** Lets some calls through on trial. */
export function tryAgain(breaker: WindowBreaker, atMs: number): void {
  breaker.phase = 'half-open';
  breaker.sinceMs = atMs;
}

/**
 * What a window says of the trial; a window from before the trial began says nothing. A trial that nobody calls for
 * `openS` passes: closing it burdens nobody, while a half-open circuit would fail the trials of its own callers for ever.
 */
export function judgeTrial(
  policy: BreakerPolicy,
  breaker: WindowBreaker,
  window: { readonly fromMs: number; readonly calls: number; readonly failed: number },
): 'passed' | 'failed' | 'undecided' {
  if (breaker.phase !== 'half-open' || window.fromMs < breaker.sinceMs) return 'undecided';
  if (window.calls <= 0) return window.fromMs - breaker.sinceMs >= policy.openS * 1000 ? 'passed' : 'undecided';
  return window.failed <= policy.closeShare * window.calls ? 'passed' : 'failed';
}

export function close(breaker: WindowBreaker, atMs: number): void {
  breaker.phase = 'closed';
  breaker.sinceMs = atMs;
}

/** How many calls are let through is uncertain, as an order failed: a trial at once makes it certain. */
export function doubt(breaker: WindowBreaker, atMs: number): void {
  breaker.phase = 'open';
  breaker.sinceMs = atMs - OPEN_MAX_MS;
}

/** There is no circuit that could open: it does not try to by itself for as long as one may stay open. */
export function rest(breaker: WindowBreaker, atMs: number): void {
  breaker.phase = 'closed';
  breaker.sinceMs = atMs + OPEN_MAX_MS;
}

/** An operator's open. */
export function isolate(breaker: WindowBreaker, atMs: number): void {
  breaker.phase = 'isolated';
  breaker.sinceMs = atMs;
}
