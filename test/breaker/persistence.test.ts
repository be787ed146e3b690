import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BreakerError } from '../../strategies/breaker-error.ts';
import type { Ticket } from '../../strategies/breaker-tickets.ts';
import { Harness, halfOpenAt1000, openedAt0, type Settings } from './harness.ts';

test('case 44: a restored wait goes on where it was', () => {
  const breaker = openedAt0();
  breaker.nowMs = 800;
  breaker.reload();
  expect(breaker.reading()).toMatchObject({ mode: 'open', retryAtMs: 1000 });
});

test.each([
  { restoreHalfOpen: 'half-open' as const, reading: { mode: 'half-open', probesInFlight: 1 } },
  { restoreHalfOpen: 'open' as const, reading: { mode: 'open', retryAtMs: 1500 } },
])('case 44: half-open is restored as $restoreHalfOpen by setting', ({ restoreHalfOpen, reading }) => {
  const breaker = halfOpenAt1000({ permits: 2 }, { restoreHalfOpen });
  const probe = breaker.ticket();
  breaker.nowMs = 1500;
  breaker.advance();
  breaker.reload();
  expect(breaker.reading()).toMatchObject(reading);
  expect(breaker.settle(probe, 'ok').some(({ kind }) => kind === 'late')).toBe(restoreHalfOpen === 'open');
  expect(breaker.admit()).toBeTypeOf('number');
});

test('case 44: calls that died with their process can be forgotten, and their permits are free again', () => {
  const breaker = halfOpenAt1000({ permits: 1 });
  breaker.ticket();
  breaker.reload({ inFlight: 'forget' });
  expect(breaker.reading().probesInFlight).toBe(0);
  breaker.calls('o');
  expect(breaker.mode).toBe('closed');
});

test('case 44: on a clock that starts again the remaining wait is the same', () => {
  const breaker = openedAt0();
  breaker.nowMs = 800;
  breaker.advance();
  breaker.nowMs = 5;
  breaker.reload();
  breaker.nowMs = 204;
  expect(breaker.admit()).toMatchObject({ kind: 'refused', retryAtMs: 205 });
  breaker.nowMs = 205;
  expect(breaker.admit()).toBeTypeOf('number');
});

test('case 44: on a clock that starts again the warm-up goes on and the calls of a time window are forgotten', () => {
  const breaker = new Harness({ warmUpMs: 500, trip: [] });
  breaker.nowMs = 400;
  breaker.advance();
  const warm = new Harness({ trip: [] });
  warm.nowMs = 60_000;
  warm.calls('of');
  breaker.nowMs = 0;
  warm.nowMs = 0;
  breaker.reload();
  warm.reload();
  breaker.nowMs = 99;
  breaker.calls('f');
  breaker.nowMs = 100;
  breaker.calls('f');
  expect(breaker.reading().calls).toBe(1);
  expect(warm.reading().calls).toBe(0);
  warm.calls('o');
  expect(warm.reading(10_000).calls).toBe(0);
});

const allSettings = fc.record({
  window: fc.constantFrom<NonNullable<Settings['window']>>(
    { kind: 'count', calls: 5 },
    { kind: 'time', lengthMs: 1000, slots: 4 },
  ),
  trip: fc.constantFrom<NonNullable<Settings['trip']>>(
    [{ kind: 'failed-share', share: 0.5, minimumCalls: 3 }],
    [
      { kind: 'consecutive', failures: 3 },
      { kind: 'slow-share', share: 0.8, minimumCalls: 2 },
    ],
  ),
  open: fc.record({
    waitMs: fc.constant(500),
    factor: fc.constant(2),
    jitter: fc.constant(0.3),
    automatic: fc.boolean(),
  }),
  halfOpen: fc.record({ permits: fc.integer({ min: 1, max: 2 }), stayMs: fc.constant(700) }),
  ramp: fc.constantFrom(null, { lengthMs: 1000, rollback: { share: 0.4, minimumCalls: 2 } }),
  warmUpMs: fc.constantFrom(0, 300),
});
const event = fc.record({
  afterMs: fc.nat(400),
  kind: fc.constantFrom('admit', 'admit', 'admit', 'settle', 'settle', 'settle', 'release', 'bulk', 'bulk', 'command'),
  pick: fc.nat(),
  outcome: fc.constantFrom('ok' as const, 'ok' as const, 'failed' as const, 'failed' as const, 'ignored' as const),
  durationMs: fc.constantFrom(1, 1, 1, 100_000),
  order: fc.constantFrom(
    { kind: 'isolate', holder: 'a' } as const,
    { kind: 'release', holder: 'a' } as const,
    { kind: 'metrics-only' } as const,
    { kind: 'close' } as const,
    { kind: 'reset' } as const,
  ),
});
type Event = typeof event extends fc.Arbitrary<infer One> ? One : never;

test('case 44: saved at any point and restored, the same events give the same decisions', () => {
  const modesSeen = new Set<string>();
  fc.assert(
    fc.property(allSettings, fc.array(event, { maxLength: 60, size: 'max' }), (settings, events) => {
      const straight = new Harness(settings, 7);
      const reloaded = new Harness(settings, 7);
      const tickets: Ticket[] = [];
      for (const one of events) {
        reloaded.reload();
        expect(play(reloaded, one, tickets)).toEqual(play(straight, one, tickets));
        expect(reloaded.state).toEqual(straight.state);
        modesSeen.add(straight.mode);
        const admission = straight.admit();
        expect(reloaded.admit()).toEqual(admission);
        if (typeof admission === 'number') tickets.push(admission);
      }
      expect(reloaded.effects).toEqual(straight.effects);
    }),
    { numRuns: 200, seed: 44 },
  );
  expect([...modesSeen].sort()).toEqual(['closed', 'forced-open', 'half-open', 'metrics-only', 'open', 'ramping']);
});

test('case 48: a clock that jumps back is taken as standing still, and waits go on from there', () => {
  const breaker = openedAt0();
  breaker.nowMs = 900;
  breaker.advance();
  breaker.nowMs = 900 - 3_600_000;
  expect(breaker.admit()).toMatchObject({ kind: 'refused', retryAtMs: 1000 });
  expect(breaker.state.lastMs).toBe(900);
  breaker.nowMs = 1000;
  expect(breaker.admit()).toBeTypeOf('number');
});

test('case 48: any times give the same decisions as their running maximum', () => {
  fc.assert(
    fc.property(
      allSettings,
      fc.array(event, { maxLength: 40, size: 'max' }),
      fc.array(fc.nat(2000)),
      (settings, events, backs) => {
        const jumping = new Harness(settings);
        const steady = new Harness(settings);
        const tickets: Ticket[] = [];
        events.forEach((one, index) => {
          steady.nowMs += one.afterMs;
          jumping.nowMs = steady.nowMs;
          steady.advance();
          jumping.advance();
          jumping.nowMs -= backs[index] ?? 0;
          expect(play(jumping, { ...one, afterMs: 0 }, tickets)).toEqual(play(steady, { ...one, afterMs: 0 }, tickets));
          const admission = steady.admit();
          expect(jumping.admit()).toEqual(admission);
          if (typeof admission === 'number') tickets.push(admission);
        });
        expect(jumping.state).toEqual(steady.state);
      },
    ),
  );
});

function play(breaker: Harness, { kind, afterMs, pick, outcome, durationMs, order }: Event, tickets: Ticket[]) {
  breaker.nowMs += afterMs;
  // Mostly a recent one, so that probes are settled while they matter.
  const ticket = tickets.at(-1 - (pick % 6));
  if (kind === 'bulk') return breaker.settleMany({ ok: pick % 5, failed: pick % 3 });
  if (kind === 'settle' && ticket !== undefined) return breaker.settle(ticket, outcome, durationMs);
  if (kind === 'release' && ticket !== undefined) return breaker.release(ticket);
  if (kind !== 'command') return breaker.advance();
  try {
    return breaker.command(order);
  } catch (error) {
    return (error as BreakerError).problems;
  }
}
