/** Whether a failed attempt is followed by another, and when. */
import type { CallClock } from './clock.ts';
import type { RefusalCause, RefusedError } from './errors.ts';
import { backoffMs, drawsFrom, earnRetry, type RetryBudget, retriesLeft, spendRetry, startBudget } from './retry.ts';
import type { RetrySettings } from './settings.ts';
import type { Tally } from './tally.ts';

/** Refusals that pass by themselves, so that they can be waited out. */
const PASSING: ReadonlySet<RefusalCause> = new Set(['open', 'probing', 'ramping']);

export class Retries {
  readonly #clock: CallClock;
  readonly #tally: Tally;
  readonly #seed: number;
  /** Both made when first needed. */
  #random: (() => number) | null = null;
  #budget: RetryBudget | null = null;

  constructor(clock: CallClock, tally: Tally, seed: number) {
    this.#clock = clock;
    this.#tally = tally;
    this.#seed = seed;
  }

  /** A call that may be repeated was begun. */
  begin({ budget }: RetrySettings): void {
    if (budget !== null) earnRetry(budget, this.#budgetOf(budget), this.#clock.now());
  }

  /** Retries that may be made now; null without a budget. */
  tokens({ budget }: RetrySettings): number | null {
    return budget === null ? null : retriesLeft(budget, this.#budgetOf(budget), this.#clock.now());
  }

  /**
   * Milliseconds to wait before attempt `next`, or null when there is not to be one. Takes it out of the budget.
   * @param hintMs how long the service asks to be left alone; waited for, or the call ends when that is too long.
   * @param leftMs until the deadline.
   */
  wait(
    settings: RetrySettings,
    next: number,
    previousMs: number,
    hintMs: number | null,
    leftMs: number,
  ): number | null {
    if (hintMs !== null && !(hintMs <= settings.hintMsMax)) return null;
    this.#random ??= drawsFrom(this.#seed);
    const waitMs = Math.max(backoffMs(settings, next, previousMs, this.#random), hintMs ?? 0);
    if (waitMs >= leftMs) return null;
    if (settings.budget !== null && !spendRetry(settings.budget, this.#budgetOf(settings.budget), this.#clock.now())) {
      this.#tally.retriesRefused += 1;
      return null;
    }
    return waitMs;
  }

  #budgetOf(settings: NonNullable<RetrySettings['budget']>): RetryBudget {
    this.#budget ??= startBudget(settings, this.#clock.now());
    return this.#budget;
  }
}

/** When a refusal says that it will pass, as milliseconds from now; null when it does not. */
export function passesInMs(error: RefusedError, nowMs: number): number | null {
  if (!PASSING.has(error.cause) || error.retryAtMs === null) return null;
  return Math.max(0, error.retryAtMs - nowMs);
}
