/** What guards the calls of one executor: its settings, and what they need of memory. Written by the executor and its calls. */
import type { Share } from '../gateway/share.ts';
import type { AttemptKeeper } from './attempt.ts';
import type { Bulkhead } from './bulkhead.ts';
import type { Classification } from './classify.ts';
import type { CallClock } from './clock.ts';
import { type RefusalCause, RefusedError } from './errors.ts';
import type { GuardedBreaker } from './guarded-breaker.ts';
import { Retries } from './retries.ts';
import type { ExecuteSettings } from './settings.ts';

export interface Guarding extends AttemptKeeper {
  readonly clock: CallClock;
  readonly rules: Classification;
  /** Whether values have to be looked at. */
  readonly isJudged: boolean;
  readonly breaker: GuardedBreaker;
  /** Key of the jitter between attempts. */
  readonly seed: number;
  /** Made when first needed: most calls are not repeated. */
  retries: Retries | null;
  settings: ExecuteSettings;
  /** Lets a share of calls through while they are held back by order; else null. */
  gate: Share | null;
  bulkhead: Bulkhead | null;
  isClosed: boolean;
}

export function retriesOf(guarding: Guarding): Retries {
  guarding.retries ??= new Retries(guarding.clock, guarding.breaker.tally, guarding.seed);
  return guarding.retries;
}

/** The refusal as an error; the breaker's own are counted already. */
export function refusal(
  { settings: { name, stacks } }: Guarding,
  cause: RefusalCause,
  retryAtMs: number | null,
  lastError?: unknown,
): RefusedError {
  return new RefusedError(name, cause, retryAtMs, stacks, lastError);
}

/** A refusal that is not the breaker's: counted, told, and made an error. */
export function refuse(guarding: Guarding, cause: RefusalCause, lastError?: unknown): RefusedError {
  guarding.breaker.refused(cause, null, guarding.clock.now());
  return refusal(guarding, cause, null, lastError);
}
