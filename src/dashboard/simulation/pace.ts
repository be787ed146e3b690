/** How fast simulated time passes: shared memory, so that a thread which simulates without a break can be held up by another. */

export interface PaceControl {
  readonly shared: SharedArrayBuffer;
  set(wanted: { readonly isPaused?: boolean | undefined; readonly speed?: number | undefined }): void;
  readonly isPaused: boolean;
  readonly speed: number;
}

const BYTES = 16;
const CHANGES = 0;
const PAUSED = 1;
/** Of the speed, in numbers of 64 bits. */
const SPEED = 1;
/** Who has fallen so far behind goes on from there, instead of rushing to catch up. */
const BEHIND_MS_MAX = 1000;

export function createPace(speed: number): PaceControl {
  const shared = new SharedArrayBuffer(BYTES);
  const flags = new Int32Array(shared);
  const speeds = new Float64Array(shared);
  speeds[SPEED] = speed;
  return {
    shared,
    set(wanted) {
      if (wanted.isPaused !== undefined) Atomics.store(flags, PAUSED, Number(wanted.isPaused));
      if (wanted.speed !== undefined) speeds[SPEED] = wanted.speed;
      Atomics.add(flags, CHANGES, 1);
      Atomics.notify(flags, CHANGES);
    },
    get isPaused() {
      return Atomics.load(flags, PAUSED) === 1;
    },
    get speed() {
      return speeds[SPEED]!;
    },
  };
}

/** Waits, in the simulating thread, until it is time for simulated moments. `beforeWait` is called before it blocks. */
export function createPacer(shared: SharedArrayBuffer, beforeWait: () => void): (atMs: number) => void {
  const flags = new Int32Array(shared);
  const speeds = new Float64Array(shared);
  let changes = Atomics.load(flags, CHANGES);
  let from = { atMs: 0, nowMs: performance.now(), speed: speeds[SPEED]! };
  return (atMs) => {
    for (;;) {
      const nowMs = performance.now();
      const seen = Atomics.load(flags, CHANGES);
      const reachedMs = Math.min(atMs, from.atMs + (nowMs - from.nowMs) * from.speed);
      if (Atomics.load(flags, PAUSED) === 1) {
        beforeWait();
        Atomics.wait(flags, CHANGES, seen);
        from = { atMs: reachedMs, nowMs: performance.now(), speed: speeds[SPEED]! };
        changes = Atomics.load(flags, CHANGES);
        continue;
      }
      if (seen !== changes) {
        changes = seen;
        from = { atMs: reachedMs, nowMs, speed: speeds[SPEED]! };
      }
      const aheadMs = from.nowMs + (atMs - from.atMs) / from.speed - nowMs;
      if (aheadMs < -BEHIND_MS_MAX) from = { atMs, nowMs, speed: from.speed };
      if (aheadMs < 1) return;
      beforeWait();
      Atomics.wait(flags, CHANGES, seen, aheadMs);
    }
  };
}
