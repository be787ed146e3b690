/** What the end of a call says about the service. */
import type { CallOutcome } from '../../../strategies/breaker-state.ts';
import { RefusedError } from './errors.ts';

/** How a call ended, before it is judged. */
export type CallResult =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: unknown };

/** What is known of the call that ended. */
export interface CallFacts {
  /** As the caller gave it: arguments, a request, whatever tells calls apart. */
  readonly input: unknown;
  readonly callClass: string | undefined;
  readonly attempt: number;
}

/** What the user says of results. Where nothing is said, errors are failures and values are not. */
export interface Classification {
  /** Whether the service failed. Also takes errors that are no failure, and values that are one. */
  readonly isFailure?: (result: CallResult, call: CallFacts) => boolean;
  /** Whether the result says nothing about the service (a bad request). Comes before `isFailure`. */
  readonly isIgnored?: (result: CallResult, call: CallFacts) => boolean;
  /** Whether a failure may be tried again; every failure unless said. */
  readonly isRetryable?: (result: CallResult, call: CallFacts) => boolean;
  /** How long the service asks to be left alone, milliseconds; else what `hintOf` finds. */
  readonly retryAfterMs?: (result: CallResult, call: CallFacts) => number | null;
}

type Trouble = (where: string, error: unknown) => void;

/** The outcome as the breaker counts it. A predicate that throws is told of, and makes the call a failure. */
export function classify(rules: Classification, result: CallResult, call: CallFacts, onTrouble: Trouble): CallOutcome {
  const { isIgnored, isFailure } = rules;
  try {
    if (isIgnored?.(result, call) === true) return 'ignored';
    if (isFailure !== undefined) return isFailure(result, call) === true ? 'failed' : 'ok';
  } catch (error) {
    onTrouble('predicate', error);
    return 'failed';
  }
  if (result.kind === 'value') return 'ok';
  // A refusal of another guard within this call: nobody was called.
  return result.error instanceof RefusedError ? 'ignored' : 'failed';
}

/** As options have them: left out, or undefined. */
type Given = { readonly [Name in keyof Classification]: Classification[Name] | undefined };

/** One for all who say nothing of results: most do not. */
const NO_RULES: Classification = Object.freeze({});

/** What is said of results, and nothing else that the object holds. */
export function rulesOf({ isFailure, isIgnored, isRetryable, retryAfterMs }: Given): Classification {
  if ((isFailure ?? isIgnored ?? isRetryable ?? retryAfterMs) === undefined) return NO_RULES;
  return {
    ...(isFailure && { isFailure }),
    ...(isIgnored && { isIgnored }),
    ...(isRetryable && { isRetryable }),
    ...(retryAfterMs && { retryAfterMs }),
  };
}
