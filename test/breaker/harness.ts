/** A breaker with a clock that the test moves, and everything it reported. */
import type { z } from 'zod';
import { admit, type CallCounts, release, settle, settleMany } from '../../strategies/breaker.ts';
import { type BreakerCommand, command } from '../../strategies/breaker-command.ts';
import { type BreakerConfig, breakerConfigSchema } from '../../strategies/breaker-config.ts';
import { type BreakerReading, stateAt } from '../../strategies/breaker-reading.ts';
import { type RestoreOptions, restoreBreaker, saveBreaker } from '../../strategies/breaker-save.ts';
import {
  type BreakerEffect,
  type BreakerState,
  type CallOutcome,
  createBreaker,
} from '../../strategies/breaker-state.ts';
import type { Ticket } from '../../strategies/breaker-tickets.ts';
import { advance } from '../../strategies/breaker-transitions.ts';

export type Settings = z.input<typeof breakerConfigSchema>;

/** What a shell would throw on a refusal. */
export class RefusedError extends Error {
  readonly breaker: string;
  readonly retryAtMs: number | null;
  constructor(breaker: string, retryAtMs: number | null) {
    super(`${breaker} is open`);
    this.breaker = breaker;
    this.retryAtMs = retryAtMs;
  }
}

export class Harness {
  readonly config: BreakerConfig;
  state: BreakerState;
  nowMs = 0;
  readonly effects: BreakerEffect[] = [];

  constructor(settings: Settings = {}, seed = 0) {
    this.config = breakerConfigSchema.parse(settings);
    this.state = createBreaker(this.config, this.nowMs, seed);
  }

  /** Runs a function through the breaker as a shell would: refusals are thrown, results and errors pass unchanged. */
  call<Value>(run: () => Value, durationMs = 1): Value {
    const admission = admit(this.config, this.state, this.nowMs, this.effects);
    if (typeof admission !== 'number') throw new RefusedError(admission.breaker, admission.retryAtMs);
    try {
      const value = run();
      this.settle(admission, 'ok', durationMs);
      return value;
    } catch (error) {
      this.settle(admission, 'failed', durationMs);
      throw error;
    }
  }

  admit() {
    return admit(this.config, this.state, this.nowMs, this.effects);
  }

  /** A ticket, or a failed test. */
  ticket(): Ticket {
    const admission = this.admit();
    if (typeof admission !== 'number') throw new Error(`refused at=${this.nowMs}ms: ${admission.cause}`);
    return admission;
  }

  settle(ticket: Ticket, outcome: CallOutcome, durationMs = 1, callClass?: string): readonly BreakerEffect[] {
    return this.keep(settle(this.config, this.state, ticket, outcome, durationMs, this.nowMs, callClass));
  }

  settleMany(counts: CallCounts): readonly BreakerEffect[] {
    return this.keep(settleMany(this.config, this.state, counts, this.nowMs));
  }

  release(ticket: Ticket): readonly BreakerEffect[] {
    return this.keep(release(this.config, this.state, ticket, this.nowMs));
  }

  command(order: BreakerCommand): readonly BreakerEffect[] {
    return this.keep(command(this.config, this.state, order, this.nowMs));
  }

  advance(): readonly BreakerEffect[] {
    return this.keep(advance(this.config, this.state, this.nowMs));
  }

  /** One call after the other; outcomes as letters: o ok, f failed, i ignored, s slow ok, x slow failed. */
  calls(outcomes: string): void {
    for (const letter of outcomes) {
      const outcome = letter === 'i' ? 'ignored' : letter === 'f' || letter === 'x' ? 'failed' : 'ok';
      this.settle(this.ticket(), outcome, letter === 's' || letter === 'x' ? this.config.slowMs + 1 : 1);
    }
  }

  reading(atMs = this.nowMs): BreakerReading {
    return stateAt(this.config, this.state, atMs);
  }

  get mode(): string {
    return this.state.mode.kind;
  }

  /** The transitions so far, as "closed>open". */
  get transitions(): string[] {
    return this.effects.flatMap((effect) => (effect.kind === 'transition' ? [`${effect.from}>${effect.to}`] : []));
  }

  /** Saves, writes and reads JSON, restores. */
  reload(options: RestoreOptions = {}): void {
    const text = JSON.stringify(saveBreaker(this.state));
    this.state = restoreBreaker(this.config, JSON.parse(text), this.nowMs, options);
  }

  private keep(effects: readonly BreakerEffect[]): readonly BreakerEffect[] {
    this.effects.push(...effects);
    return effects;
  }
}

/** A breaker that the first failure opens, for a second; the wait is over at 1000 ms. */
export function openedAt0(settings: Settings = {}): Harness {
  const breaker = new Harness({ trip: [{ kind: 'consecutive', failures: 1 }], open: { waitMs: 1000 }, ...settings });
  breaker.calls('f');
  return breaker;
}

/** The same, half-open at 1000 ms with nothing in flight. */
export function halfOpenAt1000(halfOpen: Settings['halfOpen'], settings: Settings = {}): Harness {
  const breaker = openedAt0({ ...settings, ...(halfOpen !== undefined && { halfOpen }) });
  breaker.nowMs = 1000;
  breaker.command({ kind: 'half-open' });
  return breaker;
}
