/** Rows of healix run and healix history: what a process, a folder or a person says in one stays in it. */
import { describe, expect, it } from 'vitest';
import { rowText } from '../../src/cli/commands/history-text.ts';
import { lineOf } from '../../src/cli/commands/run.ts';
import { errorBlock, printable } from '../../src/cli/output.ts';
import type { RuntimeEvent } from '../../src/runtime/events.ts';
import type { HistoryRow } from '../../src/runtime/history.ts';

const FORGED = 'v2\r\n2026-11-23 18:00:00  db 0: restart; done\u2028x\u0085y\u001b[31m\u202e';
const SAFE = 'v2 2026-11-23 18:00:00  db 0: restart; done?x?y?[31m?';
const plain = (text: string): string => text;
/** What would begin another line, or be obeyed by a terminal. */
const BAD = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e]/u;

const at = { atMs: 0, service: FORGED, replica: 0 };
const rows: HistoryRow[] = [
  {
    ...{ kind: 'action', ...at, action: 'restart', cause: FORGED, reason: FORGED },
    ...{ result: 'done', detail: FORGED, tookMs: 100 },
  },
  { kind: 'exit', ...at, pid: 1, code: 1 },
  { kind: 'repair', ...at, file: FORGED, diff: '' },
  { kind: 'agents', atMs: 0, record: { kind: 'over', incident: 1, tookMs: 1 }, words: FORGED },
  ...(['asked', 'approved', 'denied', 'used'] as const).map(
    (step): HistoryRow => ({ kind: 'approval', ...at, id: 1, action: 'restart', step, words: FORGED }),
  ),
  { kind: 'reload', atMs: 0, by: FORGED },
];

const action = { kind: 'restart', replica: 0, cause: FORGED, reason: FORGED };
const record = { service: FORGED, replica: 0, pid: 1 };
const waiting = { id: 1, service: FORGED, action: 'restart', reason: FORGED };
const events = [
  { kind: 'self-trouble', reason: FORGED, phase: 'began' },
  { kind: 'alert', alert: FORGED, outcome: 'failed', reason: FORGED },
  { kind: 'decided', service: FORGED, action },
  { kind: 'acted', service: FORGED, action, effect: { kind: 'done', detail: FORGED } },
  { kind: 'acted', service: FORGED, action, effect: { kind: 'failed', reason: FORGED } },
  { kind: 'escalated', service: FORGED, reason: FORGED },
  { kind: 'approval', waiting, verdict: null },
  { kind: 'approval', waiting, verdict: { kind: 'approved', by: FORGED } },
  { kind: 'approval', waiting, verdict: { kind: 'denied', reason: FORGED } },
  { kind: 'ordered', service: FORGED, order: FORGED },
  { kind: 'warning', text: FORGED },
  { kind: 'process', event: { kind: 'started', record } },
  { kind: 'process', event: { kind: 'exited', record, code: 1 } },
  { kind: 'process', event: { kind: 'over-memory', record, limitMb: 1 } },
  { kind: 'process', event: { kind: 'repaired', service: FORGED, file: FORGED } },
  { kind: 'process', event: { kind: 'trouble', reason: FORGED } },
  { kind: 'journal-failed', reason: FORGED },
  { kind: 'trouble', reason: FORGED },
].map((event) => ({ ...event, atMs: 0 }) as unknown as RuntimeEvent);

describe('a row', () => {
  it.each(rows)('of the history stays one, whatever it holds: $kind', (row) => {
    expect(rowText(row, plain)).not.toMatch(BAD);
    expect(rowText(row, plain)).toContain(SAFE);
  });

  it.each(events)('of healix run stays one, whatever it holds: $kind', (event) => {
    expect(lineOf(event, plain)).not.toMatch(BAD);
    expect(lineOf(event, plain)).toContain(SAFE);
  });

  it('of a reload holds each change in a line of its own, and no more', () => {
    const text = lineOf({ kind: 'reloaded', atMs: 0, changes: [FORGED, 'web: new'] }, plain)!;
    expect(text.split('\n')).toEqual(['00:00:00  reloaded', `          ${SAFE}`, '          web: new']);
  });
});

describe('text from outside', () => {
  it('keeps its letters, whatever their script', () => {
    expect(printable('tëst 日本 עברית 🙂')).toBe('tëst 日本 עברית 🙂');
  });

  it('keeps its lines in the block of an error alone', () => {
    expect(errorBlock('two problems:\n  a\u001b[2J\r\n  b', 'see there', plain)).toBe(
      'error: two problems:\n  a?[2J\n  b\nsee there\n',
    );
  });
});
