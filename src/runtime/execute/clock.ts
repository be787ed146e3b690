/** Time that never goes back, for everything that waits in this process. */
import type { Clock } from '../ports.ts';

/** A clock that may have a cheap way of telling about what time it is. */
export interface CallClock extends Clock {
  /** The time, at most `ROUGH_MS` late while the event loop turns; it stands still while that is held up. */
  readonly roughly?: () => number;
}

/** How late `roughly` may be. */
export const ROUGH_MS = 20;
/** The longest wait a timer of Node can be set to; a longer one would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;
/** Asking `performance` for it each time costs half as much again as reading the time. */
const originMs = performance.timeOrigin;

/**
 * Milliseconds since the epoch as they were when the process started, plus a monotonic count: comparable with times of other
 * processes, and not moved when the wall clock is. Its timers keep the process alive; they exist only while somebody waits.
 */
export const monotonicClock: CallClock = {
  now,
  roughly,
  after(ms, call) {
    const timer = setTimeout(call, Math.min(ms, TIMER_MS_MAX));
    return () => clearTimeout(timer);
  },
};

/** The same, for what goes on in the background: its timers let the process end. */
export const backgroundClock: Clock = {
  now,
  after(ms, call) {
    const timer = setTimeout(call, Math.min(ms, TIMER_MS_MAX));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** As it is before anybody fakes timers: a ticker that somebody else holds would stop the rough time for good. */
const setTicker = setTimeout;

function now(): number {
  roughMs = originMs + performance.now();
  return roughMs;
}

/** Never behind the last exact reading. */
let roughMs = 0;
let wasRead = false;
/** Runs while the rough time is asked for, and ends by itself soon after; one for all. Keeps no process alive. */
let ticker: NodeJS.Timeout | null = null;

/** Reading the time costs as much as everything else a breaker does for a call that went well. */
function roughly(): number {
  wasRead = true;
  if (ticker === null) {
    now();
    ticker = setTicker(tick, ROUGH_MS).unref();
  }
  return roughMs;
}

function tick(): void {
  if (wasRead) {
    wasRead = false;
    now();
    ticker?.refresh();
  } else ticker = null;
}
