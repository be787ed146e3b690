/** How long a supervisor waits before the next start of a process, and when it stops starting it: pure arithmetic. */
import { unreachable } from '../contract.ts';

/** Waits between restarts, milliseconds. `resetAfterMs` of uptime forgets the restarts before (0: each is the first). */
export interface RestartBackoff {
  readonly firstDelayMs: number;
  readonly baseMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** When not 0 the n-th restart in a row waits n times this long instead (supervisord). */
  readonly linearMs: number;
  /** Largest share of the wait drawn at random on top of it. */
  readonly jitter: number;
  readonly resetAfterMs: number;
}

/** When a supervisor stops restarting. All but `reschedule` are for good: until somebody starts the process by hand. */
export type GiveUp =
  /** More than `starts` within a window of `inMs`. */
  | { readonly kind: 'starts'; readonly starts: number; readonly inMs: number }
  /** The `exits`-th exit with less than `ifUptimeBelowMs` of uptime, counted in the process's first `onlyInFirstMs`. */
  | {
      readonly kind: 'quick-exits';
      readonly exits: number;
      readonly ifUptimeBelowMs: number;
      readonly onlyInFirstMs: number;
    }
  /** More than `retries` restarts in a row, none of which lived for `resetAfterMs`. */
  | { readonly kind: 'retries'; readonly retries: number }
  /** More than `restarts` within a window of `inMs`: placed anew after a wait that doubles, with a fresh window. */
  | {
      readonly kind: 'reschedule';
      readonly restarts: number;
      readonly inMs: number;
      readonly delayMs: number;
      readonly factor: number;
      readonly maxMs: number;
    };

/** What pacing remembers of one process. Plain data. */
export interface Pacing {
  /** Restarts since the last run of at least `resetAfterMs`. */
  restarts: number;
  /** Start of the window that counts starts, -1 before the first, and starts counted in it. */
  windowSinceMs: number;
  windowStarts: number;
  quickExits: number;
  /** When the process was first seen, -1 before. */
  firstSeenMs: number;
  /** Wait of the last rescheduling, 0 before the first, and when it was decided. */
  rescheduleMs: number;
  rescheduledAtMs: number;
  /** 1 for good. */
  gaveUp: number;
}

export function freshPacing(): Pacing {
  return {
    restarts: 0,
    windowSinceMs: -1,
    windowStarts: 0,
    quickExits: 0,
    firstSeenMs: -1,
    rescheduleMs: 0,
    rescheduledAtMs: 0,
    gaveUp: 0,
  };
}

/**
 * Decides one restart: milliseconds to wait for it, or Infinity when the supervisor gives up (`pacing.gaveUp` is then 1).
 * Counts the restart, so call it once for each exit. `share` in 0..1 is the draw for the jitter.
 */
export function decideRestart(
  backoff: RestartBackoff,
  giveUp: GiveUp | null,
  pacing: Pacing,
  atMs: number,
  uptimeMs: number,
  share: number,
): number {
  if (uptimeMs >= backoff.resetAfterMs) pacing.restarts = 0;
  if (giveUp?.kind === 'reschedule' && exceedsWindow(pacing, giveUp.restarts, giveUp.inMs, atMs)) {
    pacing.windowSinceMs = -1;
    pacing.rescheduleMs = nextReschedule(giveUp, pacing, atMs);
    pacing.rescheduledAtMs = atMs;
    return pacing.rescheduleMs;
  }
  if (giveUp !== null && givesUp(giveUp, pacing, atMs, uptimeMs)) {
    pacing.gaveUp = 1;
    return Number.POSITIVE_INFINITY;
  }
  const waitMs = backoffMs(backoff, pacing.restarts);
  pacing.restarts += 1;
  return waitMs + waitMs * backoff.jitter * share;
}

/** Wait before the restart that follows `restarts` earlier ones. A first wait of 0 stands before the growing ones. */
export function backoffMs(backoff: RestartBackoff, restarts: number): number {
  if (restarts === 0) return backoff.firstDelayMs;
  if (backoff.linearMs > 0) return restarts * backoff.linearMs;
  let waitMs = backoff.baseMs;
  const doublings = backoff.firstDelayMs > 0 ? restarts : restarts - 1;
  for (let step = 0; step < doublings && waitMs < backoff.maxMs && backoff.factor > 1; step += 1) {
    waitMs *= backoff.factor;
  }
  return Math.min(waitMs, backoff.maxMs);
}

function givesUp(giveUp: GiveUp, pacing: Pacing, atMs: number, uptimeMs: number): boolean {
  switch (giveUp.kind) {
    case 'starts':
      return exceedsWindow(pacing, giveUp.starts, giveUp.inMs, atMs);
    case 'quick-exits':
      if (atMs - pacing.firstSeenMs >= giveUp.onlyInFirstMs) return false;
      if (uptimeMs < giveUp.ifUptimeBelowMs) pacing.quickExits += 1;
      return pacing.quickExits >= giveUp.exits;
    case 'retries':
      return pacing.restarts > giveUp.retries;
    case 'reschedule':
      return false;
    default:
      return unreachable(giveUp);
  }
}

/** The fixed window of systemd's rate limit and of Nomad's restart tracker: it opens with the first start after the last one ended. */
function exceedsWindow(pacing: Pacing, starts: number, inMs: number, atMs: number): boolean {
  if (pacing.windowSinceMs < 0 || atMs - pacing.windowSinceMs > inMs) {
    pacing.windowSinceMs = atMs;
    pacing.windowStarts = 0;
  }
  pacing.windowStarts += 1;
  return pacing.windowStarts > starts;
}

/** Doubles up to the maximum, and starts over once the last one lies further back than the maximum. */
function nextReschedule(giveUp: Extract<GiveUp, { kind: 'reschedule' }>, pacing: Pacing, atMs: number): number {
  if (pacing.rescheduleMs === 0 || atMs - pacing.rescheduledAtMs > giveUp.maxMs) return giveUp.delayMs;
  return Math.min(pacing.rescheduleMs * giveUp.factor, giveUp.maxMs);
}
