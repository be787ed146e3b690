/** A journal that lasts as long as the process: what was decided and what came of it, the newest so many. */
import type { Journal, JournalEntry } from '../ports.ts';

/** Entries kept. */
export const ENTRIES_KEPT = 1000;
/** What people ask for. Inputs and memories are for a next process, and there is none that could read them. */
const KEPT: ReadonlySet<JournalEntry['kind']> = new Set(['intent', 'effect', 'config', 'note']);

export class MemoryJournal implements Journal {
  readonly isHealthy = true;
  #entries: JournalEntry[] = [];

  append(entry: JournalEntry): Promise<void> {
    if (KEPT.has(entry.kind)) {
      this.#entries.push(structuredClone(entry));
      if (this.#entries.length >= 2 * ENTRIES_KEPT) this.#entries = this.#entries.slice(-ENTRIES_KEPT);
    }
    return Promise.resolve();
  }

  read(): Iterable<JournalEntry> {
    return this.#entries.slice(-ENTRIES_KEPT);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
