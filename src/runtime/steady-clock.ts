/** Time that never goes back, whatever is done to the machine's clock. */
import type { Clock } from './ports.ts';

export interface SteadyClock extends Clock {
  /** Time goes on from here at the earliest: when an earlier run ended, by whatever clock it had. */
  notBefore(ms: number): void;
}

/**
 * The clock, and where it was put back, time that goes on as if it had not been. A healer takes nothing for news that is older than what
 * it remembers: a clock put back by an hour would leave the dead dead for an hour. What it is ahead by then stays until the next start.
 */
export function steadyClock(clock: Clock): SteadyClock {
  let aheadMs = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    now() {
      const ms = clock.now() + aheadMs;
      if (ms < lastMs) aheadMs += lastMs - ms;
      lastMs = Math.max(lastMs, ms);
      return lastMs;
    },
    after: (ms, call) => clock.after(ms, call),
    notBefore(ms) {
      lastMs = Math.max(lastMs, ms);
    },
  };
}
