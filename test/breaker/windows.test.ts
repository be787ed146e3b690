import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWindow, expireCalls, recordCall, windowProblems } from '../../strategies/breaker-window.ts';
import { Harness } from './harness.ts';

const timeWindow = { kind: 'time', lengthMs: 1000, slots: 10 } as const;

test('case 11: after a silence longer than the window every count is 0, though no call came', () => {
  const breaker = new Harness({ window: timeWindow });
  breaker.calls('ofx');
  expect(breaker.reading(999)).toMatchObject({ calls: 3, failed: 2, slow: 1 });
  expect(breaker.reading(1000)).toMatchObject({ calls: 0, failed: 0, slow: 0, failedShare: 'unknown' });
});

test('case 12: as time passes slot by slot, the totals fall by exactly the expired slot', () => {
  const breaker = new Harness({ window: timeWindow, trip: [] });
  for (let slot = 0; slot < 10; slot++) {
    breaker.nowMs = slot * 100;
    breaker.settleMany({ ok: slot, failed: 1, slow: slot });
  }
  let calls = 55;
  for (let slot = 0; slot < 10; slot++) {
    expect(breaker.reading(999 + slot * 100)).toMatchObject({ calls, failed: 10 - slot });
    calls -= slot + 1;
  }
  expect(breaker.reading(1900).calls).toBe(0);
});

test('case 13: a jump over many slots or windows equals going step by step', () => {
  const times = fc.array(fc.record({ afterMs: fc.nat(3000), failed: fc.boolean(), slow: fc.boolean() }), {
    maxLength: 40,
    size: 'max',
  });
  fc.assert(
    fc.property(times, (calls) => {
      const jumping = createWindow(timeWindow, 0);
      const stepping = createWindow(timeWindow, 0);
      let nowMs = 0;
      for (const { afterMs, failed, slow } of calls) {
        for (let atMs = nowMs; atMs <= nowMs + afterMs; atMs += 50) expireCalls(stepping, timeWindow, atMs);
        nowMs += afterMs;
        recordCall(jumping, timeWindow, failed, slow, nowMs);
        recordCall(stepping, timeWindow, failed, slow, nowMs);
        expect(jumping).toEqual(stepping);
        expect(windowProblems(jumping)).toEqual([]);
      }
    }),
  );
});

test('case 14: of n+1 calls the oldest leaves a count window', () => {
  const breaker = new Harness({ window: { kind: 'count', calls: 3 }, trip: [] });
  breaker.calls('xoo');
  expect(breaker.reading()).toMatchObject({ calls: 3, failed: 1, slow: 1 });
  breaker.calls('o');
  expect(breaker.reading()).toMatchObject({ calls: 3, failed: 0, slow: 0 });
});

test('case 14: the totals of a count window equal a recount of the last n calls', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.constantFrom('o', 'f', 's', 'x'), { maxLength: 40, size: 'max' }),
      (size, letters) => {
        const breaker = new Harness({ window: { kind: 'count', calls: size }, trip: [] });
        letters.forEach((letter, index) => {
          breaker.calls(letter);
          const last = letters.slice(Math.max(0, index + 1 - size), index + 1);
          const count = (marks: string) => last.filter((one) => marks.includes(one)).length;
          expect(breaker.reading()).toMatchObject({ calls: last.length, failed: count('fx'), slow: count('sx') });
        });
      },
    ),
  );
});

test('case 15: refused, ignored and in-flight calls are in neither numerator nor denominator', () => {
  const breaker = new Harness({ trip: [{ kind: 'failed-share', share: 0.5, minimumCalls: 2 }] });
  const inFlight = Array.from({ length: 100 }, () => breaker.ticket());
  breaker.calls('iii');
  breaker.calls('f');
  expect(breaker.reading()).toMatchObject({ calls: 1, failed: 1, counts: { admitted: 104, ignored: 3 } });
  breaker.calls('f');
  expect(breaker.mode).toBe('open');
  expect(breaker.effects[0]).toMatchObject({ kind: 'threshold', value: 1 });
  breaker.admit();
  expect(breaker.reading()).toMatchObject({ calls: 2, counts: { refused: 1 } });
  expect(inFlight).toHaveLength(100);
});
