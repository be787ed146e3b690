/** How busy the machine was during a run, so that a run that others disturbed can be seen. */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface Machine {
  /** Shares of all processors' time. `busy` leaves niced work out, which gives way: that is `niced`. */
  readonly busy: number;
  readonly niced: number;
  readonly stolen: number;
  /** Delay of timers in the process that runs healix (or nothing), the gateway and the users: 99th percentile, milliseconds. */
  readonly lagP99Ms: number;
}

/** `end` may be called again: it tells the same. */
export function watchMachine(): { end(): Machine } {
  const before = processorTimes();
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  let seen: Machine | null = null;
  return {
    end() {
      if (seen !== null) return seen;
      delay.disable();
      const after = processorTimes();
      const spent = after.map((value, at) => value - before[at]!);
      const total = spent.reduce((sum, value) => sum + value, 0);
      // proc(5): user nice system idle iowait irq softirq steal; guest times are in user.
      const [, nice = 0, , idle = 0, iowait = 0, , , steal = 0] = spent;
      const share = (value: number): number => Math.round((1000 * value) / Math.max(1, total)) / 1000;
      seen = {
        busy: share(total - idle - iowait - nice - steal),
        niced: share(nice),
        stolen: share(steal),
        lagP99Ms: Math.round(delay.percentile(99) / 1e6),
      };
      return seen;
    },
  };
}

function processorTimes(): number[] {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  return line.trim().split(/\s+/).slice(1, 9).map(Number);
}
