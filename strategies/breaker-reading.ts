/** What a breaker is at a moment, for people, metrics and the healer. */
import type { BreakerConfig, TripRule } from './breaker-config.ts';
import type { BreakerCounts, BreakerState, ModeKind } from './breaker-state.ts';
import { advance } from './breaker-transitions.ts';
import { shareOf } from './breaker-trip.ts';
import { expireCalls } from './breaker-window.ts';

export interface BreakerReading {
  readonly mode: ModeKind;
  readonly sinceMs: number;
  readonly generation: number;
  /** Within the window. */
  readonly calls: number;
  readonly failed: number;
  readonly slow: number;
  /** Unknown below the smallest minimum of calls of the rules that read it (1 if none does). */
  readonly failedShare: number | 'unknown';
  readonly slowShare: number | 'unknown';
  readonly consecutive: number;
  readonly openings: number;
  readonly probesInFlight: number;
  /** End of the wait while open, otherwise null. */
  readonly retryAtMs: number | null;
  readonly holders: readonly string[];
  readonly counts: BreakerCounts;
}

/** The breaker as it is at `atMs` if nothing happens until then. Changes nothing: it reads a copy that time has reached. */
export function stateAt(config: BreakerConfig, state: BreakerState, atMs: number): BreakerReading {
  const then = structuredClone(state);
  advance(config, then, atMs);
  expireCalls(then.window, config.window, then.lastMs);
  const { mode, window } = then;
  return {
    mode: mode.kind,
    sinceMs: mode.sinceMs,
    generation: then.generation,
    calls: window.calls,
    failed: window.failed,
    slow: window.slow,
    failedShare: known(shareOf(window.failed, window.calls, minimumOf(config.trip, 'failed-share'))),
    slowShare: known(shareOf(window.slow, window.calls, minimumOf(config.trip, 'slow-share'))),
    consecutive: then.consecutive,
    openings: then.openings,
    probesInFlight: mode.kind === 'half-open' ? mode.inFlight : 0,
    retryAtMs: mode.kind === 'open' ? mode.untilMs : null,
    holders: mode.kind === 'forced-open' ? mode.holders : [],
    counts: then.counts,
  };
}

function known(share: number): number | 'unknown' {
  return Number.isNaN(share) ? 'unknown' : share;
}

function minimumOf(rules: readonly TripRule[], kind: 'failed-share' | 'slow-share'): number {
  const minima = rules.flatMap((rule) =>
    rule.kind === kind || rule.kind === 'weighted-share' ? [rule.minimumCalls] : [],
  );
  return minima.length === 0 ? 1 : Math.min(...minima);
}
