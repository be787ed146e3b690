/** What was done and what came of it, read back from the journal for people. */
import type { ActionKind } from '../../strategies/contract.ts';
import { type AgentRecord, recordWords } from './coordination/records.ts';
import type { Lesson } from './lesson.ts';
import type { JournalEntry } from './ports.ts';

export type HistoryRow =
  | {
      readonly kind: 'action';
      readonly atMs: number;
      readonly service: string;
      readonly action: ActionKind;
      /** -1: the whole service. */
      readonly replica: number;
      readonly cause: string;
      readonly reason: string;
      /** `open`: nobody has seen it end, or not yet. */
      readonly result: 'done' | 'failed' | 'unsupported' | 'open';
      readonly detail: string;
      /** Null while it is open. */
      readonly tookMs: number | null;
    }
  | {
      readonly kind: 'exit';
      readonly atMs: number;
      readonly service: string;
      readonly replica: number;
      readonly pid: number;
      readonly code: number | null;
    }
  /** What agents did, and why. */
  | { readonly kind: 'agents'; readonly atMs: number; readonly record: AgentRecord; readonly words: string }
  /** A human was asked, has answered, or the yes was used: `words` is why it was asked, who said yes, or why not. */
  | {
      readonly kind: 'approval';
      readonly atMs: number;
      readonly id: number;
      readonly service: string;
      readonly action: ActionKind;
      /** -1: the whole service. */
      readonly replica: number;
      readonly step: 'asked' | 'approved' | 'denied' | 'used';
      readonly words: string;
    }
  | { readonly kind: 'reload'; readonly atMs: number; readonly by: string }
  | {
      readonly kind: 'repair';
      readonly atMs: number;
      readonly service: string;
      readonly file: string;
      readonly diff: string;
    };

/** Lessons that are kept for those who ask. */
export const LESSONS_MAX = 200;
/** Rows that are kept for those who ask. */
export const HISTORY_MAX = 1000;

/** The last `limit` rows, oldest first. */
export function historyOf(entries: Iterable<JournalEntry>, limit: number): HistoryRow[] {
  const log = new HistoryLog(limit);
  for (const entry of entries) log.note(entry);
  return log.last(limit);
}

/** Kept while the journal is written: reading a full one again for each who asks would hold up everything for seconds. */
export class HistoryLog {
  readonly #kept: number;
  readonly #rows: HistoryRow[] = [];
  /** Rows are known by their number since the beginning; those that fell out can no longer be completed. */
  #dropped = 0;
  readonly #open = new Map<number, number>();
  /** Who numbers the actions. */
  #healer: string | null = null;
  readonly #lessons = new Map<number, Lesson>();
  readonly #owners = new Map<number, { readonly service: string; readonly replica: number }>();

  constructor(kept = HISTORY_MAX) {
    this.#kept = kept;
  }

  /** The last `limit` rows, oldest first. */
  last(limit: number): HistoryRow[] {
    return this.#rows.slice(-Math.min(limit, this.#kept));
  }

  /** What operators taught, each as it is known by now, oldest first. */
  lessons(limit = LESSONS_MAX): Lesson[] {
    return [...this.#lessons.values()].slice(-limit);
  }

  /** The next entry of the journal. */
  note(entry: JournalEntry): void {
    switch (entry.kind) {
      case 'intent': {
        const { atMs, service, action } = entry;
        const { kind, replica, cause, reason } = action;
        this.#open.set(action.id, this.#dropped + this.#rows.length);
        this.#add({
          ...{ kind: 'action', atMs, service, action: kind, replica, cause, reason },
          ...{ result: 'open', detail: '', tookMs: null },
        });
        break;
      }
      case 'effect': {
        const at = (this.#open.get(entry.action) ?? -1) - this.#dropped;
        this.#open.delete(entry.action);
        const row = this.#rows[at];
        if (row?.kind !== 'action') break;
        const { effect } = entry;
        const detail = effect.kind === 'done' ? (effect.detail ?? '') : effect.reason;
        this.#rows[at] = { ...row, result: effect.kind, detail, tookMs: entry.atMs - row.atMs };
        break;
      }
      case 'process':
        this.#owners.set(entry.process.pid, entry.process);
        break;
      case 'exit': {
        const { service = 'unknown', replica = -1 } = this.#owners.get(entry.pid) ?? {};
        this.#owners.delete(entry.pid);
        this.#add({ kind: 'exit', atMs: entry.atMs, service, replica, pid: entry.pid, code: entry.code });
        break;
      }
      case 'agents':
        this.#add({ kind: 'agents', atMs: entry.atMs, record: entry.record, words: recordWords(entry.record) });
        break;
      case 'approval': {
        const { kind, atMs, id, service, action, replica, step, words } = entry;
        this.#add({ kind, atMs, id, service, action, replica, step, words });
        break;
      }
      case 'lesson':
        this.#lessons.set(entry.lesson.id, entry.lesson);
        if (this.#lessons.size > LESSONS_MAX) this.#lessons.delete(this.#lessons.keys().next().value!);
        break;
      case 'config':
        this.#add({ kind: 'reload', atMs: entry.atMs, by: entry.by });
        break;
      case 'repair': {
        const { atMs, service, file, diff } = entry;
        this.#add({ kind: 'repair', atMs, service, file, diff });
        break;
      }
      case 'started':
        // Numbers of actions begin anew with another healer; the same one settles what the run before died over.
        if (this.#healer !== null && this.#healer !== `${entry.pack} ${entry.version}`) this.#open.clear();
        this.#healer = `${entry.pack} ${entry.version}`;
        break;
      default:
        break;
    }
  }

  #add(row: HistoryRow): void {
    this.#rows.push(row);
    if (this.#rows.length <= 2 * this.#kept) return;
    this.#dropped += this.#rows.length - this.#kept;
    this.#rows.splice(0, this.#rows.length - this.#kept);
  }
}
