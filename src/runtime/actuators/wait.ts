/** Waiting on a clock that a test can move. */
import type { Clock } from '../ports.ts';

/** Resolves after `ms`, or at once when `signal` is aborted. Never rejects. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', wake);
      resolve();
    });
    const wake = (): void => {
      cancel();
      resolve();
    };
    signal?.addEventListener('abort', wake, { once: true });
  });
}

/** Waits for `promise`, but no longer than `ms`; undefined when that was too short. */
export async function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | undefined> {
  const over = new AbortController();
  const result = await Promise.race([promise, sleep(clock, ms, over.signal).then(() => undefined)]);
  over.abort();
  return result;
}
