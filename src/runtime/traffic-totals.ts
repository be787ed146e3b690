/** What the gateway counted of a service since it was opened: windows added up. */
import type { RouteWindow } from './gateway/route.ts';

/** Requests by what became of them. */
export interface RequestTotals {
  /** Answered by a replica, without failure. */
  ok: number;
  /** Answered with an error by a replica, or not at all. */
  failed: number;
  /** The caller went away first. */
  abandoned: number;
  /** By the circuit breaker. */
  refused: number;
  /** Answered by the fallback. */
  fallback: number;
  overloaded: number;
  unroutable: number;
  malformed: number;
}

export function noRequests(): RequestTotals {
  return { ok: 0, failed: 0, abandoned: 0, refused: 0, fallback: 0, overloaded: 0, unroutable: 0, malformed: 0 };
}

/** Adds a window, in place. */
export function addWindow(totals: RequestTotals, window: RouteWindow): void {
  for (const replica of window.replicas) {
    if (replica === null) continue;
    totals.ok += replica.calls - replica.failed;
    totals.failed += replica.failed;
    totals.abandoned += replica.abandoned;
  }
  totals.refused += window.refused;
  totals.fallback += window.fallbacks;
  totals.overloaded += window.overloaded;
  totals.unroutable += window.unroutable;
  totals.malformed += window.malformed;
}
