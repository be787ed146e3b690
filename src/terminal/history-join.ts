/** Puts what was read of a history now to what was read of it before. */
import type { HistoryRow } from '../runtime/history.ts';

/** As many as healix itself keeps. */
const KEPT_MAX = 1000;

/** Both without doubles, oldest first; of a row that both have, the newer word holds. */
export function joinHistory(before: readonly HistoryRow[], now: readonly HistoryRow[]): readonly HistoryRow[] {
  const [first] = now;
  if (first === undefined) return before;
  const key = rowKey(first);
  const at = before.findLastIndex((row) => rowKey(row) === key);
  const kept = at < 0 ? before.filter(({ atMs }) => atMs < first.atMs) : before.slice(0, at);
  return [...kept, ...now].slice(-KEPT_MAX);
}

/** What tells a row from the others; stays the same when an action ends. */
export function rowKey(row: HistoryRow): string {
  switch (row.kind) {
    case 'action':
      return `action ${row.atMs} ${row.service} ${row.replica} ${row.action} ${row.cause}`;
    case 'exit':
      return `exit ${row.atMs} ${row.pid}`;
    case 'agents':
      return `agents ${row.atMs} ${row.words}`;
    case 'approval':
      return `approval ${row.atMs} ${row.id} ${row.step}`;
    case 'reload':
      return `reload ${row.atMs}`;
    case 'repair':
      return `repair ${row.atMs} ${row.service} ${row.file}`;
  }
}
