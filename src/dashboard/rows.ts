/** A bounded list of rows by key that knows which of them changed since it was last asked. */

export class Rows<Row extends { readonly key: string }> {
  readonly #kept: number;
  readonly #rows = new Map<string, Row>();
  readonly #changed = new Set<string>();

  constructor(kept: number) {
    this.#kept = kept;
  }

  /** Oldest first. */
  get all(): readonly Row[] {
    return [...this.#rows.values()];
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  /** Adds a row, or puts it in the place of the one with its key; the oldest fall out. */
  put(row: Row): void {
    this.#rows.set(row.key, row);
    this.#changed.add(row.key);
    for (const oldest of this.#rows.keys()) {
      if (this.#rows.size <= this.#kept) break;
      this.#rows.delete(oldest);
      this.#changed.delete(oldest);
    }
  }

  /** Changes a row that is still there. */
  change(key: string, how: Partial<Row>): void {
    const row = this.#rows.get(key);
    if (row !== undefined) this.put({ ...row, ...how });
  }

  /** Rows that are new or another since the last call; undefined when there are none. */
  takeChanged(): readonly Row[] | undefined {
    if (this.#changed.size === 0) return undefined;
    // In the order of the list, so that a page may put new ones behind the old.
    const rows = this.#changed.size < 8 ? this.#few() : this.all.filter(({ key }) => this.#changed.has(key));
    this.#changed.clear();
    return rows;
  }

  #few(): Row[] {
    return [...this.#changed].flatMap((key) => this.#rows.get(key) ?? []);
  }
}
