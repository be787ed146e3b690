import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RuntimeEvent } from '../../../../src/runtime/events.ts';
import { type Alert, alertOf, endOf } from '../../../../src/runtime/signs/alerts/alert.ts';
import { Repeats } from '../../../../src/runtime/signs/alerts/repeats.ts';
import type { Sign } from '../../../../src/runtime/signs/signs.ts';
import { order } from '../../actuators/harness.ts';
import { AT_MS, acted, approval, decided, health, trouble } from '../told.ts';

const REPEAT_MS = 300_000;

function alert(change: Partial<Alert> = {}): Alert {
  return { kind: 'healing-failed', atMs: 0, service: 'cart', cause: 'slow', action: 'restart', reason: 'x', ...change };
}

describe('the same alert', () => {
  it('is told once within the time, and then with the number of repeats', () => {
    const repeats = new Repeats(REPEAT_MS);
    expect(repeats.admit(alert(), 0)).toEqual({ kind: 'tell', repeats: 0 });
    expect(repeats.admit(alert({ reason: 'other words' }), 1000)).toEqual({ kind: 'repeat', toldAgoMs: 1000 });
    expect(repeats.admit(alert(), REPEAT_MS - 1)).toMatchObject({ kind: 'repeat' });
    expect(repeats.admit(alert(), REPEAT_MS)).toEqual({ kind: 'tell', repeats: 2 });
    expect(repeats.admit(alert(), 2 * REPEAT_MS)).toEqual({ kind: 'tell', repeats: 0 });
  });

  it('is one of the same kind, service and cause', () => {
    const repeats = new Repeats(REPEAT_MS);
    const different = [
      alert(),
      alert({ kind: 'gave-up' }),
      alert({ service: 'stock' }),
      alert({ cause: 'crash-loop' }),
      alert({ service: null }),
    ];
    for (const one of different) expect(repeats.admit(one, 0).kind).toBe('tell');
    expect(repeats.admit(alert({ action: 'rollback' }), 1).kind).toBe('repeat');
  });

  it('is not silenced by a clock that was put back', () => {
    const repeats = new Repeats(REPEAT_MS);
    repeats.admit(alert(), 1_000_000);
    expect(repeats.admit(alert(), 5).kind).toBe('tell');
  });
});

describe('an alert that is over', () => {
  it('is told as over once, with its repeats', () => {
    const repeats = new Repeats(REPEAT_MS);
    repeats.admit(alert(), 0);
    repeats.admit(alert(), 1);
    expect(repeats.end(({ service }) => service === 'cart')).toEqual([{ alert: alert(), repeats: 1 }]);
    expect(repeats.end(() => true)).toEqual([]);
  });

  it('and comes back is told at the end of the time, unless it is over again', () => {
    const repeats = new Repeats(REPEAT_MS);
    repeats.admit(alert(), 0);
    repeats.end(() => true);
    expect(repeats.admit(alert(), 100_000)).toEqual({ kind: 'postponed', dueInMs: 200_000, isFirst: true });
    expect(repeats.admit(alert(), 200_000)).toEqual({ kind: 'postponed', dueInMs: 100_000, isFirst: false });
    expect(repeats.take(alert(), REPEAT_MS)).toMatchObject({ repeats: 1 });
    expect(repeats.take(alert(), REPEAT_MS)).toBeNull();
    repeats.end(() => true);
    repeats.admit(alert(), REPEAT_MS + 1);
    expect(repeats.end(() => true)).toEqual([]);
    expect(repeats.take(alert(), 2 * REPEAT_MS)).toBeNull();
  });
});

describe('an alert that nobody could be told of', () => {
  it('is tried again after the time, and is not told as over', () => {
    const repeats = new Repeats(REPEAT_MS);
    repeats.admit(alert(), 0);
    expect(repeats.failed(alert(), 11_000)).toBe(REPEAT_MS - 11_000);
    expect(repeats.admit(alert(), 12_000)).toMatchObject({ kind: 'postponed', isFirst: false });
    expect(repeats.take(alert(), REPEAT_MS)).toMatchObject({ repeats: 1 });
    repeats.failed(alert(), REPEAT_MS + 1);
    expect(repeats.end(() => true)).toEqual([]);
  });
});

it('never tells one alert twice within the time, and remembers a bounded number of them', () => {
  const causes = fc.constantFrom('a', 'b', 'c');
  const step = fc.record({ cause: causes, waitMs: fc.nat({ max: 200_000 }), isEnd: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const repeats = new Repeats(REPEAT_MS);
      const toldAt = new Map<string, number>();
      let atMs = 0;
      for (const { cause, waitMs, isEnd } of steps) {
        atMs += waitMs;
        if (isEnd) repeats.end((one) => one.cause === cause);
        else if (repeats.admit(alert({ cause }), atMs).kind === 'tell') {
          expect(atMs - (toldAt.get(cause) ?? -REPEAT_MS)).toBeGreaterThanOrEqual(REPEAT_MS);
          toldAt.set(cause, atMs);
        }
      }
    }),
  );
  const few = new Repeats(REPEAT_MS, 2);
  for (const cause of ['a', 'b', 'c']) few.admit(alert({ cause }), 0);
  expect(few.admit(alert({ cause: 'c' }), 1).kind).toBe('repeat');
  expect(few.admit(alert({ cause: 'a' }), 1).kind).toBe('tell');
});

describe('an event', () => {
  const cases: readonly (readonly [what: string, event: RuntimeEvent | Sign, kind: Alert['kind'] | null])[] = [
    ['a failed healing', acted('restart', { kind: 'failed', reason: 'x' }), 'healing-failed'],
    ['a healing that was done', acted('restart'), null],
    ['what this actuator cannot do', acted('rollback', { kind: 'unsupported', reason: 'x' }), null],
    ['an escalation', acted('escalate'), 'gave-up'],
    ['an escalation by a command that failed', acted('escalate', { kind: 'failed', reason: 'x' }), 'gave-up'],
    ['an escalation that is not yet written down', decided(order('escalate')), null],
    ['a journal that cannot be written', trouble('journal', 'began'), 'journal-failed'],
    ['a journal that can be written again', trouble('journal', 'over'), null],
    ['a stalled event loop', trouble('event-loop', 'began'), 'event-loop-stalled'],
    ['a stuck action', trouble('stuck-action', 'began', 'cart'), 'action-stuck'],
    ['late probes', trouble('late-probes', 'began'), 'probes-late'],
    ['no looks', trouble('no-looks', 'began'), 'looks-stopped'],
    ['a clock that was set', trouble('clock-jump', 'began'), null],
    ['other trouble', { kind: 'trouble', atMs: AT_MS, reason: 'x' }, 'trouble'],
    ['an action that waits for a human', approval(1, null), 'approval-needed'],
    ['an action that a human approved', approval(1, { kind: 'approved', by: 'ann' }), null],
    ['bad health', health('cart', 'failed'), null],
    [
      'an alert that failed',
      { kind: 'alert', atMs: 0, alert: 'x', service: null, channel: 'webhook', outcome: 'failed', reason: '' },
      null,
    ],
  ];
  it.each(cases)('%s', (_, event, kind) => {
    expect(alertOf(event)?.kind ?? null).toBe(kind);
  });

  it('of a healthy service ends what it was alerted for, and nothing of others', () => {
    const isOver = endOf(health('cart', 'healthy'))!;
    expect([alert(), alert({ kind: 'gave-up' })].every(isOver)).toBe(true);
    expect([alert({ service: 'stock' }), alert({ service: null }), alert({ kind: 'action-stuck' })].some(isOver)).toBe(
      false,
    );
    expect(endOf(health('cart', 'recovering'))).toBeNull();
  });

  it('that says that a trouble is over ends that trouble', () => {
    const isOver = endOf(trouble('journal', 'over'))!;
    expect(isOver(alert({ kind: 'journal-failed', service: null }))).toBe(true);
    expect(isOver(alert({ kind: 'event-loop-stalled', service: null }))).toBe(false);
  });

  it('that tells what a human said ends the call for that human, and the health of the service does not', () => {
    const call = alert({ kind: 'approval-needed', cause: 'rollback', action: 'rollback' });
    expect(endOf(approval(1, { kind: 'denied', reason: 'no' }))!(call)).toBe(true);
    expect(endOf(approval(1, { kind: 'denied', reason: 'no' }))!(alert())).toBe(false);
    expect(endOf(approval(1, null))).toBeNull();
    expect(endOf(health('cart', 'healthy'))!(call)).toBe(false);
  });
});
