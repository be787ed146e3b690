/** How many calls are under way at once, and who waits for a place. */
import type { Clock } from '../ports.ts';
import type { CallScope, Stop } from './scope.ts';
import type { BulkheadSettings } from './settings.ts';

/** What became of waiting for a place. Whoever got one gives it back by `leave`. */
export type Place =
  | { readonly kind: 'entered' }
  | { readonly kind: 'full' }
  /** `queue-time`: the bulkhead's own limit; `deadline`: the caller's time. */
  | { readonly kind: 'queue-time' | 'deadline' }
  | { readonly kind: 'stopped'; readonly stop: Stop };

const ENTERED: Place = Object.freeze({ kind: 'entered' });
const FULL: Place = Object.freeze({ kind: 'full' });

export class Bulkhead {
  #settings: BulkheadSettings;
  #running = 0;
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>();

  constructor(settings: BulkheadSettings) {
    this.#settings = settings;
  }

  get running(): number {
    return this.#running;
  }

  get queued(): number {
    return this.#waiting.size;
  }

  /** Takes a place if one is free and nobody waits for it. */
  tryEnter(): boolean {
    if (this.#running >= this.#settings.concurrent || this.#waiting.size > 0) return false;
    this.#running += 1;
    return true;
  }

  /** Waits for a place, as long as the settings, the caller's time and his patience allow. */
  enter(scope: CallScope, clock: Clock): Promise<Place> {
    if (scope.stop !== null) return Promise.resolve({ kind: 'stopped', stop: scope.stop });
    if (this.tryEnter()) return Promise.resolve(ENTERED);
    const { queue, queueMs } = this.#settings;
    if (this.#waiting.size >= queue) return Promise.resolve(FULL);
    const leftMs = scope.deadlineAtMs - clock.now();
    const limitMs = Math.min(queueMs ?? Number.POSITIVE_INFINITY, leftMs);
    const late: Place = { kind: queueMs !== null && queueMs < leftMs ? 'queue-time' : 'deadline' };
    if (limitMs <= 0) return Promise.resolve(late);
    return new Promise((resolve) => {
      const end = (place: Place): void => {
        cancelTimer();
        leaveStage();
        this.#waiting.delete(turn);
        resolve(place);
      };
      const turn = (): void => end(ENTERED);
      const leaveStage = scope.enter('waiting', (stop) => end({ kind: 'stopped', stop }));
      const cancelTimer = limitMs === Number.POSITIVE_INFINITY ? () => {} : clock.after(limitMs, () => end(late));
      this.#waiting.add(turn);
    });
  }

  /** Gives a place back; the one who waits longest gets it. */
  leave(): void {
    this.#running -= 1;
    this.#admitWaiting();
  }

  /** New settings hold from now on: calls under way stay, and those who wait beyond the new queue may go on waiting. */
  configure(settings: BulkheadSettings): void {
    this.#settings = settings;
    this.#admitWaiting();
  }

  #admitWaiting(): void {
    while (this.#running < this.#settings.concurrent) {
      const turn = this.#waiting.values().next();
      if (turn.done === true) return;
      this.#running += 1;
      turn.value();
    }
  }
}
