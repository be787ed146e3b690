/** Which rows of a history are news to who has read it before. */
import type { HistoryRow } from '../runtime/history.ts';
import { rowKey } from './history-join.ts';

/** Keys that are remembered: more than one look can bring. */
const KEPT_MAX = 4000;

export interface Reader {
  /** Rows not told before, and actions that were under way then and have ended now; in the order of the history. */
  news(rows: readonly HistoryRow[]): readonly HistoryRow[];
}

export function createReader(): Reader {
  const told = new Map<string, string>();
  return {
    news(rows) {
      const fresh = rows.filter((row) => told.get(rowKey(row)) !== stateOf(row));
      for (const row of fresh) {
        // Told last, forgotten last.
        told.delete(rowKey(row));
        told.set(rowKey(row), stateOf(row));
      }
      for (const key of told.keys()) {
        if (told.size <= KEPT_MAX) break;
        told.delete(key);
      }
      return fresh;
    },
  };
}

function stateOf(row: HistoryRow): string {
  return row.kind === 'action' ? row.result : 'told';
}
