/** A clock that a test moves: timers fire in order while it advances. */
import type { Clock } from '../../../src/runtime/ports.ts';

export class FakeClock implements Clock {
  #nowMs = 1_000_000;
  /** What timers go by: a jump of the clock does not move them. */
  #elapsedMs = 0;
  #next = 0;
  readonly #timers = new Map<number, { readonly atMs: number; readonly call: () => void }>();

  now(): number {
    return this.#nowMs;
  }

  after(ms: number, call: () => void): () => void {
    const id = this.#next++;
    this.#timers.set(id, { atMs: this.#elapsedMs + ms, call });
    return () => this.#timers.delete(id);
  }

  get timers(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    const endMs = this.#elapsedMs + ms;
    for (;;) {
      const [first] = [...this.#timers].filter(([, { atMs }]) => atMs <= endMs).sort(([, a], [, b]) => a.atMs - b.atMs);
      if (first === undefined) break;
      const [id, { atMs, call }] = first;
      this.#timers.delete(id);
      this.#nowMs += atMs - this.#elapsedMs;
      this.#elapsedMs = atMs;
      call();
    }
    this.#nowMs += endMs - this.#elapsedMs;
    this.#elapsedMs = endMs;
  }

  /** Advances in small steps and lets promises run between them. */
  async run(ms: number, stepMs = 50): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.advance(Math.min(stepMs, left));
      await settled();
    }
  }

  /** The wall clock is set; timers do not notice. */
  jump(ms: number): void {
    this.#nowMs += ms;
  }
}

export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
