/** Looks again and again, one beat after the other is done. Its timer keeps no process alive. */
import type { Clock } from '../ports.ts';

export class Monitor {
  readonly #clock: Clock;
  readonly #everyMs: () => number;
  readonly #look: () => Promise<void>;
  #cancel: (() => void) | null = null;
  #dueMs = 0;
  #looking: Promise<void> = Promise.resolve();
  #isOn = false;

  /** `look` never rejects. */
  constructor(clock: Clock, everyMs: () => number, look: () => Promise<void>) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#look = look;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** The first look is one beat from now. */
  start(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#arm(this.#clock.now() + this.#everyMs());
  }

  /** No look begins any more; resolves when the one under way is over. */
  async stop(): Promise<void> {
    this.#isOn = false;
    this.#cancel?.();
    this.#cancel = null;
    await this.#looking;
  }

  /** The beat changed: the next look is one beat from now, and never later than it was due, or changes in a row would put it off for ever. */
  rearm(): void {
    if (this.#cancel === null) return;
    this.#cancel();
    this.#arm(Math.min(this.#dueMs, this.#clock.now() + this.#everyMs()));
  }

  #arm(dueMs: number): void {
    this.#dueMs = dueMs;
    this.#cancel = this.#clock.after(Math.max(0, dueMs - this.#clock.now()), () => {
      this.#cancel = null;
      this.#looking = this.#look().then(() => {
        if (!this.#isOn || this.#cancel !== null) return;
        const everyMs = this.#everyMs();
        // Beats that were missed are not made up for.
        this.#arm(Math.max(dueMs + everyMs, this.#clock.now() + everyMs / 2));
      });
    });
  }
}
