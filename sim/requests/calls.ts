/**
 * Arena of calls: one record per call that a service works on, or per user who waits. Flat arrays and a free list; a record's
 * generation counts its attempts at calls of its own, so that an answer or a timer that comes too late finds another number.
 */

export const NOBODY = -1;

export interface Calls {
  size: number;
  free: number;
  /** Service and slot that work on it; NOBODY for a user. */
  service: Int32Array;
  slot: Int32Array;
  /** Who waits for it, over which edge, and the generation at which that one still does. */
  parent: Int32Array;
  edge: Int32Array;
  awaited: Int32Array;
  /** Its own calls: the edge at hand, calls left on it, the attempt under way, where that attempt went. */
  stage: Int32Array;
  left: Int32Array;
  attempt: Int32Array;
  askedSlot: Int32Array;
  generation: Int32Array;
  /** Service run under way; stale completions name an older one. */
  run: Int32Array;
  /** Place among the slot's busy workers, NOBODY when it waits or calls. */
  worker: Int32Array;
  /** Next in the slot's queue, or next free record. */
  next: Int32Array;
  /** 1 when whole; less by the harm of every fallback answer that went into it. */
  quality: Float64Array;
  arrivedUs: Float64Array;
  /** When its service ends at the present speed; while that is 0, the microseconds of work left. */
  doneUs: Float64Array;
}

export function createCalls(capacity = 1024): Calls {
  const ints = (): Int32Array => new Int32Array(capacity);
  const floats = (): Float64Array => new Float64Array(capacity);
  return {
    size: 0,
    free: NOBODY,
    service: ints(),
    slot: ints().fill(NOBODY),
    parent: ints(),
    edge: ints(),
    awaited: ints(),
    stage: ints(),
    left: ints(),
    attempt: ints(),
    askedSlot: ints(),
    generation: ints(),
    run: ints(),
    worker: ints(),
    next: ints(),
    quality: floats(),
    arrivedUs: floats(),
    doneUs: floats(),
  };
}

/** A record with all fields as at birth but its generation and run, which go on counting. */
export function newCall(calls: Calls, service: number, slot: number, parent: number, edge: number): number {
  let call = calls.free;
  if (call === NOBODY) {
    call = calls.size;
    if (call === calls.service.length) enlarge(calls);
    calls.size += 1;
  } else calls.free = calls.next[call]!;
  calls.service[call] = service;
  calls.slot[call] = slot;
  calls.parent[call] = parent;
  calls.edge[call] = edge;
  calls.awaited[call] = parent === NOBODY ? 0 : calls.generation[parent]!;
  calls.stage[call] = NOBODY;
  calls.left[call] = 0;
  calls.attempt[call] = 1;
  calls.askedSlot[call] = NOBODY;
  calls.worker[call] = NOBODY;
  calls.next[call] = NOBODY;
  calls.quality[call] = 1;
  return call;
}

export function freeCall(calls: Calls, call: number): void {
  calls.generation[call] = calls.generation[call]! + 1;
  calls.run[call] = calls.run[call]! + 1;
  calls.slot[call] = NOBODY;
  calls.next[call] = calls.free;
  calls.free = call;
}

function enlarge(calls: Calls): void {
  for (const name of Object.keys(calls) as (keyof Calls)[]) {
    const array = calls[name];
    if (typeof array === 'number') continue;
    const larger =
      array instanceof Float64Array ? new Float64Array(2 * array.length) : new Int32Array(2 * array.length);
    larger.set(array);
    (calls as unknown as Record<string, unknown>)[name] = larger;
  }
  calls.slot.fill(NOBODY, calls.size);
}
