/** Waits as `until` does, and longer: programs start slowly on a machine that is busy with other work. */
import { until } from '../runtime/harness.ts';

const TIMES = 4;

export async function patiently(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let time = 1; time < TIMES; time++) {
    try {
      return await until(what, holds);
    } catch {
      // Once more.
    }
  }
  await until(what, holds);
}
