/** The system's clock for what watches and tells: its timers do not keep the process alive. */
import type { Clock } from '../ports.ts';

export const backgroundClock: Clock = {
  now: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms).unref();
    return () => clearTimeout(timer);
  },
};
