/** What was done and what came of it, read back from the journal for people. */
import type { ActionKind } from '../../strategies/contract.ts';
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
  | { readonly kind: 'reload'; readonly atMs: number; readonly by: string }
  | {
      readonly kind: 'repair';
      readonly atMs: number;
      readonly service: string;
      readonly file: string;
      readonly diff: string;
    };

/** The last `limit` rows, oldest first. */
export function historyOf(entries: Iterable<JournalEntry>, limit: number): HistoryRow[] {
  const rows: HistoryRow[] = [];
  const open = new Map<number, number>();
  const owners = new Map<number, { readonly service: string; readonly replica: number }>();
  // Rows are known by their number since the beginning; those that fell out can no longer be completed.
  let dropped = 0;
  const add = (row: HistoryRow): void => {
    rows.push(row);
    if (rows.length <= 2 * limit) return;
    dropped += rows.length - limit;
    rows.splice(0, rows.length - limit);
  };
  for (const entry of entries) {
    switch (entry.kind) {
      case 'intent': {
        const { atMs, service, action } = entry;
        const { kind, replica, cause, reason } = action;
        open.set(action.id, dropped + rows.length);
        add({
          ...{ kind: 'action', atMs, service, action: kind, replica, cause, reason },
          ...{ result: 'open', detail: '', tookMs: null },
        });
        break;
      }
      case 'effect': {
        const at = (open.get(entry.action) ?? -1) - dropped;
        open.delete(entry.action);
        const row = rows[at];
        if (row?.kind !== 'action') break;
        const { effect } = entry;
        const detail = effect.kind === 'done' ? (effect.detail ?? '') : effect.reason;
        rows[at] = { ...row, result: effect.kind, detail, tookMs: entry.atMs - row.atMs };
        break;
      }
      case 'process':
        owners.set(entry.process.pid, entry.process);
        break;
      case 'exit': {
        const { service = 'unknown', replica = -1 } = owners.get(entry.pid) ?? {};
        owners.delete(entry.pid);
        add({ kind: 'exit', atMs: entry.atMs, service, replica, pid: entry.pid, code: entry.code });
        break;
      }
      case 'config':
        add({ kind: 'reload', atMs: entry.atMs, by: entry.by });
        break;
      case 'repair': {
        const { atMs, service, file, diff } = entry;
        add({ kind: 'repair', atMs, service, file, diff });
        break;
      }
      case 'started':
        // Numbers of actions may begin anew.
        open.clear();
        break;
      default:
        break;
    }
  }
  return rows.slice(-limit);
}
