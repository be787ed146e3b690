/** An executor with a clock that the test moves, calls whose end the test decides, and everything that was told. */

import type { CallContext } from '../../../src/runtime/execute/attempt.ts';
import type { CallOptions } from '../../../src/runtime/execute/attempt-once.ts';
import { RefusedError } from '../../../src/runtime/execute/errors.ts';
import type { ExecuteEvent } from '../../../src/runtime/execute/events.ts';
import { createExecutor, type Executor, type ExecutorParts } from '../../../src/runtime/execute/executor.ts';
import { type ExecuteSettingsInput, executeSettings } from '../../../src/runtime/execute/settings.ts';
import type { Clock } from '../../../src/runtime/ports.ts';

export class FakeClock implements Clock {
  nowMs = 0;
  readonly #timers = new Map<number, { readonly atMs: number; readonly call: () => void }>();
  #next = 0;

  now(): number {
    return this.nowMs;
  }

  after(ms: number, call: () => void): () => void {
    const id = this.#next++;
    this.#timers.set(id, { atMs: this.nowMs + ms, call });
    return () => this.#timers.delete(id);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Moves on, firing what falls due in order, and lets promises settle after each. */
  async advance(ms: number): Promise<void> {
    await settled();
    const untilMs = this.nowMs + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { atMs }]) => atMs <= untilMs).sort((a, b) => a[1].atMs - b[1].atMs)[0];
      if (due === undefined) break;
      this.#timers.delete(due[0]);
      this.nowMs = Math.max(this.nowMs, due[1].atMs);
      due[1].call();
      await settled();
    }
    this.nowMs = untilMs;
    await settled();
  }
}

/** All promises that can settle have. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** A call under way. */
export interface Pending {
  readonly context: CallContext;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export const DOWN = new Error('service down');

const KINDS = [
  'outcome',
  'refused',
  'retry',
  'internal-error',
  'transition',
  'threshold',
  'late',
  'unknown-ticket',
] as const;

export class Bench {
  readonly clock: FakeClock;
  readonly executor: Executor;
  readonly told: ExecuteEvent[] = [];
  readonly pending: Pending[] = [];
  /** How often a function was called. */
  runs = 0;

  constructor(settings: ExecuteSettingsInput = {}, parts: ExecutorParts = {}, clock = new FakeClock()) {
    this.clock = clock;
    this.executor = createExecutor(executeSettings(settings), { clock, seed: 1, ...parts });
    for (const kind of KINDS) this.executor.on(kind, (event) => void this.told.push(event));
  }

  /** Begins a call that ends when the test says so; its promise never makes an unhandled rejection. */
  begin(options?: CallOptions): { readonly result: Promise<unknown>; readonly call: Pending | undefined } {
    const before = this.pending.length;
    const result = this.executor.execute((context) => {
      this.runs += 1;
      return new Promise((resolve, reject) => {
        this.pending.push({ context, resolve, reject });
      });
    }, options);
    result.catch(() => {});
    return { result, call: this.pending[before] };
  }

  /** One call after the other: o ok, f failed, s slow and ok, x slow and failed. Refusals are passed over. */
  async calls(letters: string, slowMs = 1): Promise<void> {
    for (const letter of letters) {
      const { result, call } = this.begin();
      if (letter === 's' || letter === 'x') this.clock.nowMs += slowMs;
      if (letter === 'f' || letter === 'x') call?.reject(DOWN);
      else call?.resolve(letter);
      await result.catch(() => {});
    }
  }

  get mode(): string {
    return this.executor.reading().mode;
  }

  get transitions(): string[] {
    return this.told.flatMap((event) => (event.kind === 'transition' ? [`${event.from}>${event.to}`] : []));
  }

  /** How a promise ended: its value, or its error. */
  static async end(result: Promise<unknown>): Promise<unknown> {
    return result.catch((error: unknown) => error);
  }
}

/** The refusal that a call ends with, or a failed test. */
export async function refusalOf(result: Promise<unknown>): Promise<RefusedError> {
  const end = await Bench.end(result);
  if (!(end instanceof RefusedError)) throw new Error(`was not refused, but ended with ${String(end)}`);
  return end;
}

/** Settings that open with the k-th failure in a row, for a second. */
export function consecutive(failures: number, breaker: ExecuteSettingsInput['breaker'] = {}): ExecuteSettingsInput {
  return {
    name: 'payments',
    breaker: { trip: [{ kind: 'consecutive', failures }], open: { waitMs: 1000 }, ...breaker },
  };
}

/** Opened by its first failure at 0 ms, for a second. */
export async function openedAt0(settings: ExecuteSettingsInput = {}, parts: ExecutorParts = {}): Promise<Bench> {
  const bench = new Bench(
    { ...consecutive(1), ...settings, breaker: { ...consecutive(1).breaker, ...settings.breaker } },
    parts,
  );
  await bench.calls('f');
  return bench;
}
