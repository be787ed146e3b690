/** Figures and rows of the history in the few characters that a table has for them. */
import type { HealthStatus } from '../../strategies/contract.ts';
import type { HistoryRow } from '../runtime/history.ts';
import type { Signs, Tone } from './spans.ts';

/** Safe to show: control characters, line breaks too, become blanks. */
export function inline(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

/** `4 s`, `12 m`, `3 h`, `9 d`: at most four characters for a thousand days. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** `812 ms`, `1.2 s`; a dash where nothing was measured. */
export function latency(ms: number | null): string {
  if (ms === null) return '-';
  return ms < 999.5 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Small shares with a digit more, so that one failure in a thousand is not none. */
export function percent(share: number | null, digits = 1): string {
  if (share === null) return '-';
  // 99.96 % of the time is not always.
  const rounded = Number((100 * share).toFixed(digits));
  const shown =
    rounded === 100 && share < 1 ? 100 - 10 ** -digits : rounded === 0 && share > 0 ? 10 ** -digits : rounded;
  return `${shown.toFixed(digits)} %`;
}

export function rate(perS: number | null): string {
  if (perS === null) return '-';
  return perS.toFixed(perS >= 100 ? 0 : 1);
}

/** Hours, minutes and seconds of the day, UTC as in every output of healix. */
export function clockTime(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 19);
}

export function statusTone(status: HealthStatus): Tone {
  switch (status) {
    case 'healthy':
      return 'good';
    case 'recovering':
      return 'accent';
    case 'degraded':
    case 'critical':
      return 'warn';
    case 'failed':
      return 'bad';
  }
}

type ActionRow = Extract<HistoryRow, { kind: 'action' }>;
type Result = ActionRow['result'];

export function resultSign(result: Result, signs: Signs): string {
  if (result === 'done') return signs.done;
  return result === 'open' ? signs.open : signs.failed;
}

export function resultTone(result: Result): Tone {
  if (result === 'done') return 'good';
  if (result === 'open') return 'accent';
  return result === 'failed' ? 'bad' : 'warn';
}

/** Times too short to matter are left out. */
function resultWords({ result, tookMs }: ActionRow): string {
  const took = tookMs === null || tookMs < 50 ? '' : ` in ${(tookMs / 1000).toFixed(1)} s`;
  switch (result) {
    case 'open':
      return 'under way';
    case 'unsupported':
      return 'not possible';
    default:
      return `${result}${took}`;
  }
}

const APPROVAL_WORDS = { asked: 'waits for a yes', approved: 'approved', denied: 'denied', used: 'begun' } as const;

/** What a row is about, the service or agents; and what it says. */
export function rowWords(row: HistoryRow): { readonly who: string; readonly what: string; readonly why: string } {
  switch (row.kind) {
    case 'action': {
      const detail = row.detail === '' ? '' : ` (${inline(row.detail)})`;
      const who = `${row.service}${row.replica < 0 ? '' : ` ${row.replica}`}`;
      return {
        who,
        what: `${row.action} ${resultWords(row)}`,
        why: `${inline(row.cause)}: ${inline(row.reason)}${detail}`,
      };
    }
    case 'exit': {
      const who = `${row.service}${row.replica < 0 ? '' : ` ${row.replica}`}`;
      return { who, what: `ended with code ${row.code ?? 'unknown'}`, why: `pid ${row.pid}` };
    }
    case 'agents':
      return { who: 'agents', what: row.record.kind, why: inline(row.words) };
    case 'approval': {
      const who = `${row.service}${row.replica < 0 ? '' : ` ${row.replica}`}`;
      return { who, what: `${row.action} ${APPROVAL_WORDS[row.step]}`, why: inline(row.words) };
    }
    case 'reload':
      return { who: 'healix', what: 'took another config', why: inline(row.by) };
    case 'repair':
      return { who: row.service, what: 'restored a file', why: inline(row.file) };
  }
}
