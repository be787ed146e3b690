/** A user's function with a limit on its time: its exceptions are values here, and it is told by its signal to stop. */
import { Attempt } from '../execute/attempt.ts';
import { TimedOutError } from '../execute/errors.ts';
import { type RaceResult, race } from '../execute/race.ts';
import { CallScope } from '../execute/scope.ts';
import type { Clock } from '../ports.ts';

/** What a user's function may tell, or nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is the usual one
export type Told<Value> = Value | undefined | void;

/** Never rejects. @param stop ends it early, as `stopped`. */
export async function bounded<Value>(
  what: string,
  run: (signal: AbortSignal) => Value | PromiseLike<Value>,
  clock: Clock,
  limitMs: number,
  stop: AbortSignal,
): Promise<RaceResult<Value>> {
  const scope = new CallScope(clock.now(), null, stop);
  if (scope.stop !== null) return { kind: 'stopped', stop: scope.stop };
  const attempt = new Attempt({ open: null }, 1, null);
  const reason = () => new TimedOutError(what, 'attempt', limitMs);
  try {
    return await race((context) => run(context.signal), attempt, scope, clock, limitMs, reason);
  } finally {
    scope.end();
  }
}

/** What a user's function threw, in words that can be kept. */
export function wordsOf(error: unknown): string {
  try {
    return (error instanceof Error ? String(error.message) : String(error)).slice(0, WORDS_MAX);
  } catch {
    return 'something that cannot be put into words';
  }
}

const WORDS_MAX = 500;
