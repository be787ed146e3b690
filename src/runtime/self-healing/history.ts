/** What was decided and what came of it, the newest so many. */
import type { Action } from '../../../strategies/contract.ts';
import type { Effect, JournalEntry } from '../ports.ts';

export interface HealingRecord {
  readonly atMs: number;
  readonly service: string;
  readonly action: Action;
  /** Null while it is under way. */
  readonly effect: Effect | null;
  readonly tookMs: number | null;
}

export const RECORDS_KEPT = 1000;

interface Kept {
  record: HealingRecord;
  readonly whenEnded: ((record: HealingRecord) => void)[];
}

export class HealingHistory {
  readonly #kept = new Map<number, Kept>();

  /** Takes over what earlier processes wrote down. */
  replay(entries: Iterable<JournalEntry>): void {
    for (const entry of entries) {
      if (entry.kind === 'intent') this.begin(entry.atMs, entry.service, entry.action);
      else if (entry.kind === 'effect') this.end(entry.action, entry.atMs, entry.effect);
    }
  }

  begin(atMs: number, service: string, action: Action): void {
    this.#kept.delete(action.id);
    this.#kept.set(action.id, { record: { atMs, service, action, effect: null, tookMs: null }, whenEnded: [] });
    if (this.#kept.size <= RECORDS_KEPT) return;
    const [oldest, { record, whenEnded }] = this.#kept.entries().next().value!;
    this.#kept.delete(oldest);
    // Nobody will learn any more how it ended: those who wait need not.
    for (const tell of whenEnded) tell(record);
  }

  end(action: number, atMs: number, effect: Effect): void {
    const kept = this.#kept.get(action);
    if (kept === undefined || kept.record.effect !== null) return;
    kept.record = { ...kept.record, effect, tookMs: Math.max(0, atMs - kept.record.atMs) };
    for (const tell of kept.whenEnded.splice(0)) tell(kept.record);
  }

  /** The action once it has ended. */
  ended(action: number): Promise<HealingRecord | null> {
    const kept = this.#kept.get(action);
    if (kept === undefined) return Promise.resolve(null);
    if (kept.record.effect !== null) return Promise.resolve(kept.record);
    return new Promise((resolve) => kept.whenEnded.push(resolve));
  }

  /** The newest ones, oldest of them first. */
  last(limit: number): readonly HealingRecord[] {
    const records = [...this.#kept.values()].map(({ record }) => record);
    return limit > 0 ? records.slice(-limit) : [];
  }
}
