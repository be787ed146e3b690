/** A called function against its time and against whoever may stop it. */
import type { Clock } from '../ports.ts';
import type { Attempt, CallContext } from './attempt.ts';
import type { CallScope, Stop } from './scope.ts';

/** How an attempt that was begun ended. */
export type RaceResult<Value> =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'stopped'; readonly stop: Stop };

export type Run<Value> = (context: CallContext) => Value | PromiseLike<Value>;

/**
 * Runs the function once; the first that comes counts, and what comes later is heard by nobody. Never rejects.
 * @param limitMs Infinity: no timer is set.
 * @param timeoutReason what the function's signal is aborted with when the time is over.
 */
export function race<Value>(
  run: Run<Value>,
  attempt: Attempt,
  scope: CallScope,
  clock: Clock,
  limitMs: number,
  timeoutReason: () => unknown,
): Promise<RaceResult<Value>> {
  return new Promise((resolve) => {
    let cancelTimer: (() => void) | null = null;
    let isOver = false;
    /** The first one settles; the rest finds it over. */
    const settle = (result: RaceResult<Value>): boolean => {
      if (isOver) return false;
      isOver = true;
      cancelTimer?.();
      leave();
      resolve(result);
      return true;
    };
    const leave = scope.enter('attempt', (stop) => {
      if (settle({ kind: 'stopped', stop })) attempt.abort(stop.reason);
    });
    if (limitMs !== Number.POSITIVE_INFINITY) {
      cancelTimer = clock.after(limitMs, () => {
        if (settle({ kind: 'timed-out' })) attempt.abort(timeoutReason());
      });
    }
    const onValue = (value: Value): void => {
      if (settle({ kind: 'value', value })) attempt.end();
    };
    const onError = (error: unknown): void => {
      if (settle({ kind: 'error', error })) attempt.end();
    };
    try {
      const result = run(attempt);
      if (isThenable(result)) Promise.resolve(result).then(onValue, onError);
      else onValue(result);
    } catch (error) {
      onError(error);
    }
  });
}

function isThenable<Value>(value: Value | PromiseLike<Value>): value is PromiseLike<Value> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as { then?: unknown }).then === 'function';
}
