/** A row of the history as a line for people. */
import type { HistoryRow } from '../../runtime/history.ts';
import { type Paint, printable } from '../output.ts';

/** To the second, UTC. */
export const timeText = (atMs: number): string => new Date(atMs).toISOString().replace('T', ' ').slice(0, 19);

export function rowText(row: HistoryRow, paint: Paint): string {
  const when = timeText(row.atMs);
  switch (row.kind) {
    case 'action': {
      const took = row.tookMs === null ? '' : ` in ${(row.tookMs / 1000).toFixed(1)} s`;
      const result = row.result === 'done' ? paint('done', 'green') : paint(row.result, 'red');
      const detail = row.detail === '' ? '' : ` (${printable(row.detail)})`;
      const why = `because of ${printable(row.cause)}: ${printable(row.reason)}`;
      return `${when}  ${ownerText(row)}: ${row.action} ${why}; ${result}${took}${detail}`;
    }
    case 'exit':
      return `${when}  ${ownerText(row)}: pid ${row.pid} ended with code ${row.code ?? 'unknown'}`;
    case 'repair':
      return `${when}  ${printable(row.service)}: ${printable(row.file)} restored`;
    case 'agents':
      return `${when}  ${printable(row.words)}`;
    case 'approval': {
      const what = `action ${row.id}, ${row.action} of ${ownerText(row)}`;
      const said = {
        asked: 'waits for a yes, because',
        approved: 'approved by',
        denied: 'not approved:',
        used: 'begun with the yes of',
      };
      return `${when}  ${what} ${paint(said[row.step], row.step === 'denied' ? 'red' : 'bold')} ${printable(row.words)}`;
    }
    case 'reload':
      return `${when}  another config was taken (${printable(row.by)})`;
  }
}

/** The service, and which replica unless it is the whole. */
function ownerText({ service, replica }: { readonly service: string; readonly replica: number }): string {
  return replica < 0 ? printable(service) : `${printable(service)} ${replica}`;
}
