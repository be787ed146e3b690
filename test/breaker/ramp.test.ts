import { expect, test } from 'vitest';
import { Harness, type Settings } from './harness.ts';

const ramp = { lengthMs: 10_000, from: 0.01, rollback: { share: 0.3, minimumCalls: 4 } };

test('the admitted share climbs from its start to everything, by a constant factor per time', () => {
  const breaker = ramping();
  const admitted = (atMs: number) => {
    breaker.nowMs = atMs;
    return Array.from({ length: 1000 }, () => breaker.admit()).filter((one) => typeof one === 'number').length;
  };
  expect(Math.abs(admitted(1000) - 11)).toBeLessThanOrEqual(1);
  expect(Math.abs(admitted(6000) - 100)).toBeLessThanOrEqual(1);
  expect(admitted(10_999)).toBeGreaterThan(995);
  expect(admitted(11_000)).toBe(1000);
  expect(breaker.mode).toBe('closed');
});

test('a refusal on the ramp says when everything will be let through', () => {
  const breaker = ramping();
  breaker.ticket();
  expect(breaker.admit()).toMatchObject({ kind: 'refused', cause: 'ramping', retryAtMs: 11_000 });
});

test('the ramp rolls back on its own threshold, and the next wait is longer', () => {
  const breaker = ramping();
  breaker.nowMs = 10_900;
  breaker.calls('ooof');
  expect(breaker.mode).toBe('ramping');
  breaker.calls('f');
  expect(breaker.effects.at(-1)).toMatchObject({ from: 'ramping', to: 'open', cause: 'ramp-failed' });
  expect(breaker.reading()).toMatchObject({ openings: 2, retryAtMs: 10_900 + 2000 });
});

test('the trip rules hold on the ramp too', () => {
  const breaker = ramping({ trip: [{ kind: 'consecutive', failures: 2 }] });
  breaker.nowMs = 10_900;
  breaker.calls('ff');
  expect(breaker.effects.at(-1)).toMatchObject({ to: 'open', cause: 'trip-rule' });
});

test('at the end of the ramp its calls stay counted and those in flight are not late', () => {
  const breaker = ramping();
  breaker.nowMs = 10_900;
  breaker.calls('oo');
  const inFlight = breaker.ticket();
  breaker.nowMs = 11_000;
  expect(breaker.settle(inFlight, 'failed')).toMatchObject([{ from: 'ramping', to: 'closed', cause: 'ramp-over' }]);
  expect(breaker.reading()).toMatchObject({ mode: 'closed', calls: 3, failed: 1, openings: 0 });
});

/** On the ramp since 1000 ms. */
function ramping(settings: Settings = {}): Harness {
  const breaker = new Harness({ open: { waitMs: 1000, factor: 2 }, ramp, ...settings });
  breaker.command({ kind: 'open' });
  breaker.nowMs = 1000;
  breaker.calls('o');
  expect(breaker.mode).toBe('ramping');
  return breaker;
}
