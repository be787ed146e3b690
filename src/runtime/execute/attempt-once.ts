/** One attempt of a guarded call: a place, the breaker's leave, the function against its time, and what its end says. */
import assert from 'node:assert/strict';
import type { CallOutcome } from '../../../strategies/breaker-state.ts';
import type { Ticket } from '../../../strategies/breaker-tickets.ts';
import { HealixError } from '../../errors.ts';
import { Attempt } from './attempt.ts';
import { type CallFacts, type CallResult, classify } from './classify.ts';
import { type RefusedError, TimedOutError } from './errors.ts';
import { type Guarding, refusal, refuse } from './guarding.ts';
import { type Run, race } from './race.ts';
import type { CallScope, Stop } from './scope.ts';

/** What a caller may say of one call. */
export interface CallOptions {
  /** Aborted, it ends the call at once, wherever it is. */
  readonly signal?: AbortSignal;
  /** Instead of the settings' own; null: none. */
  readonly timeoutMs?: number | null;
  readonly deadlineMs?: number | null;
  /** Whether it may be repeated. Without it, or the setting, there is one attempt. */
  readonly idempotent?: boolean;
  /** Picks the limit from which the call is slow; see `slowMsByClass`. */
  readonly callClass?: string;
  /** What is asked; handed to the predicates. */
  readonly input?: unknown;
}

/** @throws HealixError `bad-settings`: a limit that is none would end the call at once, or never. */
export function checkOptions({ timeoutMs, deadlineMs }: CallOptions): void {
  const bad = Object.entries({ timeoutMs, deadlineMs }).filter(([, ms]) => ms != null && !(ms > 0));
  if (bad.length === 0) return;
  const words = bad.map(([name, ms]) => `${name} is ${ms}`).join(', ');
  throw new HealixError('bad-settings', `This call cannot be made: ${words}. Give more than 0 milliseconds, or null.`);
}

export type AttemptEnd<Value> =
  | { readonly kind: 'value'; readonly value: Value; readonly outcome: CallOutcome }
  | { readonly kind: 'error'; readonly error: unknown; readonly outcome: CallOutcome }
  | { readonly kind: 'refused'; readonly error: RefusedError }
  | { readonly kind: 'stopped'; readonly stop: Stop };

/** Makes one attempt. Never rejects. `lastError`: how the one before failed, for a refusal to tell. */
export async function attemptOnce<Value>(
  guarding: Guarding,
  scope: CallScope,
  run: Run<Value>,
  options: CallOptions,
  number: number,
  lastError: unknown,
): Promise<AttemptEnd<Value>> {
  const { bulkhead, breaker, clock } = guarding;
  if (bulkhead !== null && !bulkhead.tryEnter()) {
    // Whom the breaker would refuse anyway need not wait for it.
    const nowMs = clock.now();
    if (breaker.isShut(nowMs)) {
      const refused = admitted(guarding, nowMs, lastError);
      assert(typeof refused !== 'number', 'a breaker that is shut admits nobody at the same moment');
      return { kind: 'refused', error: refused };
    }
    const place = await bulkhead.enter(scope, clock);
    if (place.kind === 'stopped') return place;
    if (place.kind !== 'entered') {
      const cause = place.kind === 'full' ? 'bulkhead' : place.kind;
      return { kind: 'refused', error: refuse(guarding, cause, lastError) };
    }
  }
  try {
    return await begin(guarding, scope, run, options, number, lastError);
  } finally {
    bulkhead?.leave();
  }
}

async function begin<Value>(
  guarding: Guarding,
  scope: CallScope,
  run: Run<Value>,
  options: CallOptions,
  number: number,
  lastError: unknown,
): Promise<AttemptEnd<Value>> {
  const { clock, breaker, settings } = guarding;
  if (scope.stop !== null) return { kind: 'stopped', stop: scope.stop };
  if (guarding.isClosed) return { kind: 'refused', error: refuse(guarding, 'closed', lastError) };
  const beganMs = clock.now();
  const leftMs = scope.deadlineAtMs - beganMs;
  if (leftMs <= 0) return { kind: 'refused', error: refuse(guarding, 'deadline', lastError) };
  const ticket = admitted(guarding, beganMs, lastError);
  if (typeof ticket !== 'number') return { kind: 'refused', error: ticket };
  // A listener of a transition may have given the call up.
  if (scope.stop !== null) {
    breaker.cancel(ticket, beganMs, number);
    return { kind: 'stopped', stop: scope.stop };
  }
  const attempt = new Attempt(guarding, number, Number.isFinite(leftMs) ? scope.deadlineAtMs : null);
  const timeoutMs = (options.timeoutMs === undefined ? settings.timeoutMs : options.timeoutMs) ?? Infinity;
  const limitMs = Math.min(timeoutMs, leftMs);
  let error: TimedOutError | null = null;
  const timedOut = (): TimedOutError => {
    error ??= new TimedOutError(settings.name, timeoutMs <= leftMs ? 'attempt' : 'deadline', limitMs);
    return error;
  };
  const result = await race(run, attempt, scope, clock, limitMs, timedOut);
  if (result.kind === 'stopped') {
    breaker.cancel(ticket, beganMs, number);
    return result;
  }
  if (result.kind === 'timed-out') breaker.tally.timedOut += 1;
  const judged: CallResult = result.kind === 'timed-out' ? { kind: 'error', error: timedOut() } : result;
  const outcome = judge(guarding, judged, factsOf(options, number));
  breaker.settle(ticket, outcome, beganMs, options.callClass, number);
  return { ...(judged as CallResult & { value: Value }), outcome };
}

/** The leave of whoever may refuse a call that has a place. */
function admitted(guarding: Guarding, atMs: number, lastError: unknown): Ticket | RefusedError {
  if (guarding.gate?.takes() === false) return refuse(guarding, 'circuit-break', lastError);
  const admission = guarding.breaker.admit(atMs);
  if (typeof admission === 'number') return admission;
  return refusal(guarding, admission.cause, admission.retryAtMs, lastError);
}

export function factsOf({ input, callClass }: CallOptions, attempt: number): CallFacts {
  return { input, callClass, attempt };
}

export function judge(guarding: Guarding, result: CallResult, facts: CallFacts): CallOutcome {
  return classify(guarding.rules, result, facts, (where, error) => guarding.breaker.trouble(where, error));
}
