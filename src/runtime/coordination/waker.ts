/** One timer that wakes a healer when its agents want their turn; none while nothing is due. */
import type { Clock } from '../ports.ts';

export interface WakerParts {
  /** For the timer alone. */
  readonly clock: Pick<Clock, 'after'>;
  readonly nowMs: () => number;
  /** Infinity: nothing is due. */
  readonly wakeAtMs: () => number;
  readonly onWake: () => Promise<unknown>;
  readonly onTrouble: (reason: string) => void;
}

export interface Waker {
  /** Looks again when the next turn is due. To be called after everything that may change it. */
  arm(): void;
  cancel(): void;
}

/** What is due at once, or was due before, comes no sooner: agents that never have enough cannot take the whole processor. */
const WAIT_MS_MIN = 20;
/** A clock that is put forward must not delay a turn for long. */
const WAIT_MS_MAX = 60_000;

export function createWaker({ clock, nowMs, wakeAtMs, onWake, onTrouble }: WakerParts): Waker {
  let armedForMs = Number.POSITIVE_INFINITY;
  let cancelTimer: () => void = () => {};

  const arm = (): void => {
    const dueMs = wakeAtMs();
    if (dueMs === armedForMs) return;
    cancelTimer();
    cancelTimer = () => {};
    armedForMs = dueMs;
    if (dueMs === Number.POSITIVE_INFINITY) return;
    cancelTimer = clock.after(Math.min(WAIT_MS_MAX, Math.max(WAIT_MS_MIN, Math.ceil(dueMs - nowMs()))), () => {
      armedForMs = Number.POSITIVE_INFINITY;
      cancelTimer = () => {};
      onWake()
        .catch((error: unknown) => onTrouble(`the agents' turn failed: ${String(error)}`))
        .finally(arm);
    });
  };

  return {
    arm,
    cancel() {
      cancelTimer();
      cancelTimer = () => {};
      armedForMs = Number.POSITIVE_INFINITY;
    },
  };
}
