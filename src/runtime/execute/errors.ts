/** What `execute` throws of its own: refusals and timeouts. Everything else a caller sees is the called function's own error. */
import type { Refusal } from '../../../strategies/breaker.ts';

/**
 * Why a call was not made: by the breaker (`open`, `probing`, `ramping`, `forced-open`), because calls to the service are held back
 * by order (`circuit-break`), because too many are under way (`bulkhead`) or waited too long to begin (`queue-time`), because the
 * time of the call was over before it began (`deadline`), or because nothing is called any more (`closed`).
 */
export type RefusalCause = Refusal['cause'] | 'circuit-break' | 'bulkhead' | 'queue-time' | 'deadline' | 'closed';

const WORDS: Readonly<Record<RefusalCause, string>> = {
  open: 'its breaker is open',
  probing: 'its breaker is half-open and all probes are taken',
  ramping: 'its breaker lets only a share of calls through',
  'forced-open': 'its breaker is held open',
  'circuit-break': 'calls to it are held back',
  bulkhead: 'too many calls are under way',
  'queue-time': 'no place became free in time',
  deadline: 'the time of the call was over before it began',
  closed: 'it is closed',
};

/**
 * The call was not made. Says nothing about the service, is never counted against it, and is not tried again.
 * Made without a stack trace unless asked for, which is most of what an error costs.
 */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code = 'refused';
  /** Name of the breaker, and so of the service. */
  readonly breaker: string;
  override readonly cause: RefusalCause;
  /** When to ask again, on the executor's clock (milliseconds since the epoch by default); null when that is not known. */
  readonly retryAtMs: number | null;
  /** How the attempt before this one failed, when this was not the first. */
  readonly lastError: unknown;

  constructor(
    breaker: string,
    cause: RefusalCause,
    retryAtMs: number | null,
    withStack = false,
    lastError: unknown = undefined,
  ) {
    const limit = Error.stackTraceLimit;
    if (!withStack) setStackTraceLimit(0);
    super(`${breaker} was not called: ${WORDS[cause]}`);
    if (!withStack) setStackTraceLimit(limit);
    this.breaker = breaker;
    this.cause = cause;
    this.retryAtMs = retryAtMs;
    this.lastError = lastError;
  }
}

/** The call was made and did not end in time. It may still be running if it does not heed its signal. */
export class TimedOutError extends Error {
  override readonly name = 'TimedOutError';
  readonly code = 'timed-out';
  readonly breaker: string;
  /** Which limit it was: of one attempt, or of the whole call. */
  readonly limit: 'attempt' | 'deadline';
  readonly afterMs: number;

  constructor(breaker: string, limit: 'attempt' | 'deadline', afterMs: number) {
    const stackLimit = Error.stackTraceLimit;
    setStackTraceLimit(0);
    super(`${breaker} did not answer within ${Math.round(afterMs)} ms`);
    setStackTraceLimit(stackLimit);
    this.breaker = breaker;
    this.limit = limit;
    this.afterMs = afterMs;
  }
}

/** Under `--frozen-intrinsics` it cannot be set, and errors have stacks. */
const canSetLimit = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')?.writable === true;

function setStackTraceLimit(limit: number): void {
  if (canSetLimit) Error.stackTraceLimit = limit;
}
