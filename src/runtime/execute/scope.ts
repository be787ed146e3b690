/** One guarded call from its first attempt to its last: what may end it early, whatever it is doing just then. */
import type { Clock } from '../ports.ts';
import { onAbort } from './on-abort.ts';

/** Why a call is ended from outside: its caller gave it up, or the executor closes. */
export type Stop = { readonly kind: 'aborted' | 'closed'; readonly reason: unknown };

/** What the call is doing now; called once, at most. */
type Stage = (stop: Stop) => void;

export type Waited = { readonly kind: 'over' } | { readonly kind: 'stopped'; readonly stop: Stop };

export class CallScope {
  readonly startedMs: number;
  /** Infinity without a deadline. */
  readonly deadlineAtMs: number;
  /** Why the call must not go on; null while it may. */
  stop: Stop | null = null;
  readonly #letGo: (() => void) | undefined;
  #stage: Stage | null = null;
  #isWaiting = false;

  constructor(startedMs: number, deadlineMs: number | null, signal: AbortSignal | undefined) {
    this.startedMs = startedMs;
    this.deadlineAtMs = deadlineMs === null ? Number.POSITIVE_INFINITY : startedMs + deadlineMs;
    if (signal === undefined) return;
    const onSignal = (): void => this.halt({ kind: 'aborted', reason: signal.reason });
    if (signal.aborted) onSignal();
    else this.#letGo = onAbort(signal, onSignal);
  }

  /** Ends what the call is doing now, and keeps it from doing more. The first reason counts. */
  halt(stop: Stop): void {
    if (this.stop !== null) return;
    this.stop = stop;
    const stage = this.#stage;
    this.#stage = null;
    stage?.(stop);
  }

  /** Ends a wait for a place or for another attempt, and lets an attempt that was begun end by itself. */
  windDown(stop: Stop): void {
    if (this.#isWaiting) this.halt(stop);
  }

  /** The call is over: its caller's signal is let go. */
  end(): void {
    this.#stage = null;
    this.#letGo?.();
  }

  /** From now on `stage` is what a stop ends; the returned function says that it is over. */
  enter(what: 'waiting' | 'attempt', stage: Stage): () => void {
    this.#stage = stage;
    this.#isWaiting = what === 'waiting';
    return () => {
      if (this.#stage !== stage) return;
      this.#stage = null;
      this.#isWaiting = false;
    };
  }

  /** Waits, unless the call is stopped meanwhile. */
  sleep(clock: Clock, ms: number): Promise<Waited> {
    if (this.stop !== null) return Promise.resolve({ kind: 'stopped', stop: this.stop });
    return new Promise((resolve) => {
      const leave = this.enter('waiting', (stop) => {
        cancel();
        resolve({ kind: 'stopped', stop });
      });
      const cancel = clock.after(ms, () => {
        leave();
        resolve({ kind: 'over' });
      });
    });
  }
}
