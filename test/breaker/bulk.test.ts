import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BreakerError } from '../../strategies/breaker-error.ts';
import { isOneOf } from '../../strategies/breaker-window.ts';
import { Harness, halfOpenAt1000, openedAt0, type Settings } from './harness.ts';

const windows = fc.constantFrom<NonNullable<Settings['window']>>(
  { kind: 'count', calls: 6 },
  { kind: 'count', calls: 40 },
  { kind: 'time', lengthMs: 1000, slots: 4 },
);
const rules = fc.constantFrom<NonNullable<Settings['trip']>>(
  [{ kind: 'consecutive', failures: 4 }],
  [{ kind: 'failed-share', share: 0.5, minimumCalls: 5 }],
  [{ kind: 'slow-share', share: 0.6, minimumCalls: 5, comparison: '>' }],
  [],
);
const bulk = fc.record({ ok: fc.nat(12), failed: fc.nat(6), slowShare: fc.double({ min: 0, max: 1, noNaN: true }) });

test('in closed, settleMany equals that many single calls of which none but the last tripped', () => {
  let compared = 0;
  let tripped = 0;
  fc.assert(
    fc.property(
      fc.record({ window: windows, trip: rules, judgeOn: fc.constantFrom('failure' as const, 'any-outcome' as const) }),
      fc.array(bulk, { minLength: 1, maxLength: 6 }),
      (settings, bulks) => {
        const atOnce = new Harness(settings);
        const singly = new Harness(settings);
        for (const { ok, failed, slowShare } of bulks) {
          const calls = ok + failed;
          const slow = Math.floor(slowShare * calls);
          atOnce.nowMs += 150;
          singly.nowMs += 150;
          atOnce.settleMany({ ok, failed, slow });
          for (let index = 0; index < calls; index++) {
            if (singly.mode !== 'closed') return;
            const isSlow = isOneOf(slow, calls, index);
            singly.calls(isOneOf(failed, calls, index) ? (isSlow ? 'x' : 'f') : isSlow ? 's' : 'o');
          }
          compared += 1;
          expect(atOnce.effects).toEqual(singly.effects);
          expect(atOnce.state.mode).toEqual(singly.state.mode);
          expect(atOnce.state.consecutive).toBe(singly.state.consecutive);
          expect(oldestFirst(atOnce)).toEqual(oldestFirst(singly));
          if (atOnce.mode !== 'closed') {
            tripped += 1;
            return;
          }
        }
      },
    ),
    { numRuns: 500, seed: 32 },
  );
  expect(compared).toBeGreaterThan(200);
  expect(tripped).toBeGreaterThan(3);
});

test('the evenly spread calls are as many as asked for, the last one among them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(200), (calls, some) => {
      const marked = Math.min(some, calls);
      const marks = Array.from({ length: calls }, (_, index) => isOneOf(marked, calls, index));
      expect(marks.filter(Boolean)).toHaveLength(marked);
      expect(marks[calls - 1]).toBe(marked > 0);
    }),
  );
});

test('a bulk of any size costs a count window no more than its own length', () => {
  const breaker = new Harness({ window: { kind: 'count', calls: 10 }, trip: [] });
  breaker.settleMany({ ok: 500_000_000, failed: 500_000_000, slow: 100_000_000 });
  expect(breaker.reading()).toMatchObject({ calls: 10, failed: 5, slow: 1 });
});

test.each([
  { counts: { ok: 1000, failed: 100 }, mode: 'closed' },
  { counts: { ok: 100, failed: 1000 }, mode: 'open' },
  { counts: { ok: 67, failed: 33 }, mode: 'closed' },
  { counts: { ok: 62, failed: 38 }, mode: 'open' },
  { counts: { ok: 2, failed: 0 }, mode: 'half-open' },
  { counts: { ok: 100, failed: 0, slow: 90 }, mode: 'open' },
  { counts: { ok: 0, failed: 0 }, mode: 'half-open' },
])('in half-open $counts stand for 4 probes and leave it $mode', ({ counts, mode }) => {
  const breaker = halfOpenAt1000({ permits: 4 });
  breaker.settleMany(counts);
  expect(breaker.mode).toBe(mode);
});

test('in half-open, bulk outcomes take only the permits that no probe in flight holds', () => {
  const breaker = halfOpenAt1000({ permits: 3, pass: { kind: 'successes', required: 3 } });
  const probe = breaker.ticket();
  breaker.settleMany({ ok: 100, failed: 0 });
  expect(breaker.state.mode).toMatchObject({ kind: 'half-open', inFlight: 1, succeeded: 2 });
  breaker.settle(probe, 'ok');
  expect(breaker.mode).toBe('closed');
});

test('with automatic half-open a caller of windows only comes back from open by itself', () => {
  const breaker = openedAt0({ open: { waitMs: 1000, automatic: true } });
  breaker.nowMs = 1500;
  breaker.settleMany({ ok: 20, failed: 0 });
  expect(breaker.transitions).toEqual(['closed>open', 'open>half-open', 'half-open>closed']);
});

test('bulk outcomes while open are late', () => {
  const breaker = openedAt0();
  expect(breaker.settleMany({ ok: 3, failed: 4 })).toEqual([{ kind: 'late', atMs: 0, calls: 7 }]);
  expect(breaker.reading()).toMatchObject({ calls: 1, counts: { late: 7 } });
});

test.each([
  { ok: -1, failed: 0 },
  { ok: 0.5, failed: 0 },
  { ok: Number.NaN, failed: 0 },
  { ok: 1, failed: 0, slow: 2 },
])('the counts %o are refused and change nothing', (counts) => {
  const breaker = new Harness();
  const before = structuredClone(breaker.state);
  expect(() => breaker.settleMany(counts)).toThrow(BreakerError);
  expect(breaker.state).toEqual(before);
});

/** The window as far as decisions go: where a ring begins depends on how it was filled. */
function oldestFirst({ state: { window } }: Harness) {
  if (window.kind === 'time') return window;
  const { outcomes, next, ...totals } = window;
  return { ...totals, outcomes: [...outcomes.slice(next), ...outcomes.slice(0, next)] };
}
