/** Group commit: whoever appends while the disk is busy waits together and shares the next sync. */

/** One who waits for an answer. */
interface Waiting<Item> {
  readonly item: Item;
  readonly size: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface CommitQueueOptions<Item> {
  /** Makes the items last, in their order, all or none. */
  readonly commit: (items: readonly Item[]) => Promise<void>;
  /** Called after every commit, whatever became of it, when those who waited have their answer. Rejects only for a bug. */
  readonly afterwards: (outcome: { readonly error: unknown } | null) => Promise<void>;
  /** Most items, and most of their sizes together, of one commit; a single larger item goes alone. */
  readonly itemsMax: number;
  readonly sizeMax: number;
}

export class CommitQueue<Item> {
  readonly #options: CommitQueueOptions<Item>;
  #waiting: Waiting<Item>[] = [];
  #working: Promise<void> | null = null;

  constructor(options: CommitQueueOptions<Item>) {
    this.#options = options;
  }

  /** How many wait, those under way not counted. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Resolves when the item would survive a power cut; rejects with what the commit rejects with. */
  add(item: Item, size: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, size, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  /** Resolves when nobody waits any more. */
  async idle(): Promise<void> {
    while (this.#working !== null) await this.#working;
  }

  async #work(): Promise<void> {
    // One turn later, so that what is appended at the same moment shares the first commit, too.
    await Promise.resolve();
    try {
      while (this.#waiting.length > 0) await this.#commit(this.#take());
    } catch (error) {
      // A bug, and thrown as one; but nobody is left waiting for ever.
      for (const { reject } of this.#waiting.splice(0)) reject(error);
      throw error;
    } finally {
      this.#working = null;
    }
  }

  async #commit(batch: readonly Waiting<Item>[]): Promise<void> {
    const outcome = await this.#options.commit(batch.map(({ item }) => item)).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    const afterwards = this.#options.afterwards(outcome);
    for (const { resolve, reject } of batch) {
      if (outcome === null) resolve();
      else reject(outcome.error);
    }
    await afterwards;
  }

  #take(): Waiting<Item>[] {
    const { itemsMax, sizeMax } = this.#options;
    let count = 0;
    for (let size = 0; count < this.#waiting.length && count < itemsMax; count += 1) {
      size += this.#waiting[count]!.size;
      if (count > 0 && size > sizeMax) break;
    }
    return this.#waiting.splice(0, count);
  }
}
