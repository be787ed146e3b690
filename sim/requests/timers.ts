/**
 * Constant timeouts: whoever starts to wait first is due first, so each timeout is a ring in order of due time with one event
 * in the queue for its head. Nobody is ever taken out; those who got their answer are found to have moved on.
 */
export interface Ring {
  waiters: Int32Array;
  generations: Int32Array;
  dueUs: Float64Array;
  head: number;
  size: number;
  /** Whether an event for its head is in the queue. */
  watched: boolean;
}

export function createRing(): Ring {
  return {
    waiters: new Int32Array(64),
    generations: new Int32Array(64),
    dueUs: new Float64Array(64),
    head: 0,
    size: 0,
    watched: false,
  };
}

export function joinRing(ring: Ring, waiter: number, generation: number, dueUs: number): void {
  if (ring.size === ring.waiters.length) enlarge(ring);
  const at = (ring.head + ring.size) & (ring.waiters.length - 1);
  ring.waiters[at] = waiter;
  ring.generations[at] = generation;
  ring.dueUs[at] = dueUs;
  ring.size += 1;
}

export function leaveRing(ring: Ring): void {
  ring.head = (ring.head + 1) & (ring.waiters.length - 1);
  ring.size -= 1;
}

function enlarge(ring: Ring): void {
  const { head, waiters, generations, dueUs } = ring;
  const length = waiters.length;
  ring.waiters = new Int32Array(2 * length);
  ring.generations = new Int32Array(2 * length);
  ring.dueUs = new Float64Array(2 * length);
  for (let i = 0; i < ring.size; i += 1) {
    const at = (head + i) & (length - 1);
    ring.waiters[i] = waiters[at]!;
    ring.generations[i] = generations[at]!;
    ring.dueUs[i] = dueUs[at]!;
  }
  ring.head = 0;
}
