/** Typed events whose listeners disturb nobody: not the caller, not the counts, not each other. */

/** What is passed to listeners has a kind and a time. */
interface Named {
  readonly kind: string;
  readonly atMs: number;
}

export type OfKind<Event extends Named, Kind extends Event['kind']> = Extract<Event, { readonly kind: Kind }>;

/** Events told in one go; a listener that causes new ones without end is cut off there. */
export const EVENTS_AT_ONCE_MAX = 10_000;

export class Emitter<Event extends Named> {
  readonly #listeners = new Map<string, Set<(event: never) => unknown>>();
  readonly #onTrouble: (error: unknown, kind: Event['kind']) => void;
  #queue: Event[] = [];
  #isEmitting = false;

  /** `onTrouble`: what a listener of that kind threw, or rejected with. */
  constructor(onTrouble: (error: unknown, kind: Event['kind']) => void) {
    this.#onTrouble = onTrouble;
  }

  /** Calls the listener with every event of that kind from now on; the returned function ends it. */
  on<Kind extends Event['kind']>(kind: Kind, listener: (event: OfKind<Event, Kind>) => unknown): () => void {
    // Wrapped, so that the same function given twice is told twice and taken back once.
    const own = (event: never): unknown => listener(event);
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners);
    listeners.add(own);
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(kind) === listeners) this.#listeners.delete(kind);
    };
  }

  /** Whether anybody listens to that kind. */
  hears(kind: Event['kind']): boolean {
    return this.#listeners.has(kind);
  }

  get isSilent(): boolean {
    return this.#listeners.size === 0;
  }

  /** Tells an event; those that listeners cause meanwhile come after it, so that all see the same order. */
  emit(event: Event): void {
    if (this.#queue.length >= EVENTS_AT_ONCE_MAX) return;
    this.#queue.push(event);
    if (this.#isEmitting) return;
    this.#isEmitting = true;
    for (let next = 0; next < this.#queue.length; next++) this.#tell(this.#queue[next]!);
    this.#queue = [];
    this.#isEmitting = false;
  }

  clear(): void {
    this.#listeners.clear();
  }

  #tell(event: Event): void {
    for (const listener of [...(this.#listeners.get(event.kind) ?? [])]) {
      try {
        const result = listener(event as never);
        if (isThenable(result)) result.then(undefined, (error: unknown) => this.#onTrouble(error, event.kind));
      } catch (error) {
        this.#onTrouble(error, event.kind);
      }
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
