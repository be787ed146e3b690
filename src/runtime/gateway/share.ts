/** Lets an exact share of calls through, by credit instead of chance (as `ramping` in strategies/breaker.ts does). */
import { HealixError } from '../../errors.ts';

/** Credit is counted in whole millionths, so that no rounding adds up: 0.1 of 1,000 calls are 100. */
const WHOLE = 1_000_000;

export class Share {
  #millionths: number;
  #credit: number;
  /** Whether the next call is let through whatever the credit: the trial of a window that has just begun. */
  #owesTrial = false;

  /** @throws HealixError `bad-share` unless 0 <= share <= 1. */
  constructor(share: number) {
    if (!(share >= 0 && share <= 1)) throw new HealixError('bad-share', `a share of calls is 0 to 1, not ${share}`);
    this.#millionths = Math.round(share * WHOLE);
    this.#credit = WHOLE - this.#millionths;
  }

  get value(): number {
    return this.#millionths / WHOLE;
  }

  /** Whether this call is one of the share. The first one is, so that a trial does not wait for traffic. */
  takes(): boolean {
    if (this.#millionths === 0) return false;
    this.#credit += this.#millionths;
    if (this.#credit < WHOLE && !this.#owesTrial) return false;
    // What a trial takes in advance is paid back by later calls; but a share of less than a call a window never could.
    this.#credit = Math.max(this.#credit - WHOLE, -WHOLE);
    this.#owesTrial = false;
    return true;
  }

  /**
   * A window of whoever judges the share begins: its first call is let through, so that a window in which anybody called says something.
   * Over many calls the share stays what it is, unless it is less than one call a window.
   */
  beginWindow(): void {
    this.#owesTrial = true;
  }
}
