/** A circuit breaker that is judged once per window, on the window's calls: closed, open, half-open. Pure, plain state. */
import type { BreakerPolicy } from './strategy.ts';

/** Longest time a circuit stays open, whatever the back-off. */
export const OPEN_MAX_MS = 300_000;

export interface WindowBreaker {
  /** `isolated` is an operator's open: it does not try again by itself. */
  phase: 'closed' | 'open' | 'half-open' | 'isolated';
  /** When the phase began. */
  sinceMs: number;
  /** Openings in a row; the trial that succeeds sets it back to 0. */
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

export function tryAgain(breaker: WindowBreaker, atMs: number): void {
  breaker.phase = 'half-open';
  breaker.sinceMs = atMs;
}

/** What a window says of the trial. Windows without calls, or from before the trial began, say nothing yet. */
export function judgeTrial(
  policy: BreakerPolicy,
  breaker: WindowBreaker,
  window: { readonly fromMs: number; readonly calls: number; readonly failed: number },
): 'passed' | 'failed' | 'undecided' {
  if (breaker.phase !== 'half-open' || window.fromMs < breaker.sinceMs || !(window.calls > 0)) return 'undecided';
  return window.failed <= policy.closeShare * window.calls ? 'passed' : 'failed';
}

export function close(breaker: WindowBreaker, atMs: number): void {
  breaker.phase = 'closed';
  breaker.sinceMs = atMs;
  breaker.openings = 0;
}

/** An operator's open. */
export function isolate(breaker: WindowBreaker, atMs: number): void {
  breaker.phase = 'isolated';
  breaker.sinceMs = atMs;
}
