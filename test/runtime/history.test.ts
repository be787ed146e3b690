import { describe, expect, it } from 'vitest';
import { historyOf } from '../../src/runtime/history.ts';
import type { JournalEntry } from '../../src/runtime/ports.ts';
import type { Action } from '../../strategies/contract.ts';

const action = (id: number): Action => ({
  ...{ kind: 'restart', id, atMs: id, service: 0, replica: 0, cause: 'slow', rung: 0 },
  ...{ reason: `reason ${id}`, mode: 'hard' },
});
const intent = (id: number): JournalEntry => ({ kind: 'intent', atMs: id, service: 'cart', action: action(id) });
const effect = (id: number, atMs: number): JournalEntry => {
  return { kind: 'effect', atMs, action: id, effect: { kind: 'failed', reason: 'no port' } };
};

describe('the history', () => {
  it('joins what was begun with what came of it', () => {
    expect(historyOf([intent(1), intent(2), effect(1, 31)], 10)).toEqual([
      expect.objectContaining({ service: 'cart', action: 'restart', result: 'failed', detail: 'no port', tookMs: 30 }),
      expect.objectContaining({ reason: 'reason 2', result: 'open', tookMs: null }),
    ]);
  });

  it('knows whose process ended', () => {
    const process = { service: 'cart', replica: 2, pid: 9, startTicks: 1, startedAtMs: 1, port: null, release: null };
    const rows = historyOf(
      [
        { kind: 'process', atMs: 1, process },
        { kind: 'exit', atMs: 2, pid: 9, code: 137 },
        { kind: 'exit', atMs: 3, pid: 10, code: null },
      ],
      10,
    );
    expect(rows).toEqual([
      { kind: 'exit', atMs: 2, service: 'cart', replica: 2, pid: 9, code: 137 },
      { kind: 'exit', atMs: 3, service: 'unknown', replica: -1, pid: 10, code: null },
    ]);
  });

  it('keeps the last rows, however many there were, and completes those that it still has', () => {
    const entries = Array.from({ length: 1000 }, (_, at) => intent(at + 1));
    const rows = historyOf([...entries, effect(1, 5000), effect(998, 5000)], 3);
    expect(rows.map((row) => row.atMs)).toEqual([998, 999, 1000]);
    expect(rows.map((row) => row.kind === 'action' && row.result)).toEqual(['failed', 'open', 'open']);
  });

  it('completes what a run died over with what the next one says of it, unless its healer is another', () => {
    const started = { kind: 'started', atMs: 2, version: '1', config: 'c', pack: 'p', services: 's' } as const;
    const [settled] = historyOf([started, intent(1), started, effect(1, 50)], 10);
    expect(settled).toMatchObject({ result: 'failed' });
    const [other] = historyOf([started, intent(1), { ...started, pack: 'other' }, effect(1, 50)], 10);
    expect(other).toMatchObject({ result: 'open' });
  });
});
