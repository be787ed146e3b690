/** A guarded call with all its attempts. */
import { type AttemptEnd, attemptOnce, type CallOptions, factsOf } from './attempt-once.ts';
import type { CallResult } from './classify.ts';
import { RefusedError } from './errors.ts';
import { type Guarding, refuse, retriesOf } from './guarding.ts';
import type { Run } from './race.ts';
import { passesInMs } from './retries.ts';
import { hintOf } from './retry-after.ts';
import type { CallScope, Stop } from './scope.ts';

/** Tries until it is over: done, given up, out of attempts, budget or time. What the last attempt gave is what the caller gets. */
export async function call<Value>(
  guarding: Guarding,
  scope: CallScope,
  run: Run<Value>,
  options: CallOptions,
): Promise<Value> {
  const mayRepeat = options.idempotent ?? guarding.settings.idempotent;
  if (mayRepeat) retriesOf(guarding).begin(guarding.settings.retry);
  let waitedMs = 0;
  let lastError: unknown;
  for (let number = 1; ; number++) {
    const end = await attemptOnce(guarding, scope, run, options, number, lastError);
    const waitMs = mayRepeat ? waitBefore(guarding, scope, end, options, number, waitedMs) : null;
    if (waitMs === null) return deliver(guarding, end, lastError);
    guarding.breaker.retried(number + 1, waitMs);
    const waited = await scope.sleep(guarding.clock, waitMs);
    if (waited.kind === 'stopped') {
      // Closing ends the wait, and what has been learnt stays the answer.
      return deliver(guarding, waited.stop.kind === 'closed' ? end : { kind: 'stopped', stop: waited.stop }, lastError);
    }
    waitedMs = waitMs;
    lastError = end.kind === 'error' || end.kind === 'refused' ? end.error : undefined;
  }
}

/** Milliseconds until the next attempt, or null when this was the last. */
function waitBefore<Value>(
  guarding: Guarding,
  scope: CallScope,
  end: AttemptEnd<Value>,
  options: CallOptions,
  number: number,
  waitedMs: number,
): number | null {
  const { retry } = guarding.settings;
  if (end.kind === 'stopped' || scope.stop !== null || guarding.isClosed || number >= retry.attempts) return null;
  const nowMs = guarding.clock.now();
  const leftMs = scope.deadlineAtMs - nowMs;
  const refused = refusalIn(end);
  if (refused !== null) {
    const passesMs = retry.refusals === 'wait' ? passesInMs(refused, nowMs) : null;
    return passesMs === null ? null : retriesOf(guarding).wait(retry, number + 1, waitedMs, passesMs, leftMs);
  }
  if (end.kind === 'refused' || end.outcome !== 'failed') return null;
  const hint = askRules(guarding, end, options, number);
  return hint === 'stop' ? null : retriesOf(guarding).wait(retry, number + 1, waitedMs, hint, leftMs);
}

/** Ours, or that of another guard within the called function. */
function refusalIn<Value>(end: AttemptEnd<Value>): RefusedError | null {
  if (end.kind === 'refused') return end.error;
  return end.kind === 'error' && end.error instanceof RefusedError ? end.error : null;
}

/** How long the service asks to be left alone, or that this failure is not to be tried again. */
function askRules({ rules, breaker }: Guarding, end: CallResult, options: CallOptions, number: number) {
  const facts = factsOf(options, number);
  try {
    if (rules.isRetryable !== undefined && rules.isRetryable(end, facts) !== true) return 'stop';
    return rules.retryAfterMs === undefined
      ? hintOf(end.kind === 'value' ? end.value : end.error)
      : rules.retryAfterMs(end, facts);
  } catch (error) {
    breaker.trouble('predicate', error);
    return 'stop';
  }
}

function deliver<Value>(guarding: Guarding, end: AttemptEnd<Value>, lastError: unknown): Value {
  if (end.kind === 'value') return end.value;
  throw end.kind === 'stopped' ? reasonOf(guarding, end.stop, lastError) : end.error;
}

function reasonOf(guarding: Guarding, stop: Stop, lastError: unknown): unknown {
  return stop.kind === 'aborted' ? stop.reason : refuse(guarding, 'closed', lastError);
}
