import { expect, test } from 'vitest';
import { HOLDERS_MAX } from '../../strategies/breaker-command.ts';
import { BreakerError } from '../../strategies/breaker-error.ts';
import type { Ticket } from '../../strategies/breaker-tickets.ts';
import { Harness, halfOpenAt1000, openedAt0 } from './harness.ts';

const twoFailures = { trip: [{ kind: 'consecutive' as const, failures: 2 }], open: { waitMs: 1000 } };

test('case 36: forced open refuses for ever, and its release closes with empty counts', () => {
  const breaker = new Harness(twoFailures);
  breaker.calls('f');
  breaker.command({ kind: 'isolate', holder: 'deploy' });
  breaker.nowMs = 3_600_000;
  expect(breaker.admit()).toMatchObject({ kind: 'refused', cause: 'forced-open', retryAtMs: null });
  breaker.command({ kind: 'release', holder: 'deploy' });
  expect(breaker.reading()).toMatchObject({ mode: 'closed', calls: 0, failed: 0, consecutive: 0 });
  breaker.calls('f');
  expect(breaker.mode).toBe('closed');
});

test('case 37: two holders keep it open until the second releases, and releasing twice counts once', () => {
  const breaker = new Harness();
  breaker.command({ kind: 'isolate', holder: 'a' });
  expect(breaker.command({ kind: 'isolate', holder: 'b' })).toEqual([]);
  breaker.command({ kind: 'isolate', holder: 'a' });
  breaker.command({ kind: 'release', holder: 'a' });
  expect(breaker.command({ kind: 'release', holder: 'a' })).toEqual([]);
  expect(breaker.reading()).toMatchObject({ mode: 'forced-open', holders: ['b'] });
  breaker.command({ kind: 'release', holder: 'b' });
  expect(breaker.mode).toBe('closed');
  expect(breaker.transitions).toEqual(['closed>forced-open', 'forced-open>closed']);
});

test('case 37: the number of holders is limited', () => {
  const breaker = new Harness();
  for (let holder = 0; holder < HOLDERS_MAX; holder++) breaker.command({ kind: 'isolate', holder: `h${holder}` });
  expect(() => breaker.command({ kind: 'isolate', holder: 'one more' })).toThrow(BreakerError);
  expect(breaker.reading().holders).toHaveLength(HOLDERS_MAX);
});

test('case 38: disabled runs everything, records nothing and reports nothing', () => {
  const breaker = new Harness(twoFailures);
  const before = breaker.ticket();
  breaker.command({ kind: 'disable' });
  const said = breaker.effects.length;
  breaker.settle(before, 'failed');
  breaker.calls('ffffxsi');
  breaker.settleMany({ ok: 0, failed: 50 });
  expect(breaker.effects).toHaveLength(said);
  expect(breaker.reading()).toMatchObject({ mode: 'disabled', calls: 0, consecutive: 0 });
  expect(breaker.reading().counts).toEqual({ admitted: 1, refused: 0, ignored: 0, late: 0 });
  breaker.command({ kind: 'close' });
  breaker.calls('ff');
  expect(breaker.mode).toBe('open');
});

test('case 38: metrics-only records, refuses nothing, and reports each crossing once', () => {
  const breaker = new Harness(twoFailures);
  breaker.calls('f');
  breaker.command({ kind: 'metrics-only' });
  breaker.calls('fffff');
  expect(breaker.effects.filter(({ kind }) => kind === 'threshold')).toHaveLength(1);
  expect(breaker.reading()).toMatchObject({ mode: 'metrics-only', calls: 5, failed: 5 });
  breaker.calls('off');
  expect(breaker.effects.filter(({ kind }) => kind === 'threshold')).toHaveLength(2);
  expect(breaker.transitions).toEqual(['closed>metrics-only']);
});

test.each([
  { given: () => new Harness({ name: 'api' }), order: 'half-open' as const, mode: 'closed' },
  { given: forcedOpen, order: 'close' as const, mode: 'forced-open' },
  { given: forcedOpen, order: 'disable' as const, mode: 'forced-open' },
  { given: disabled, order: 'open' as const, mode: 'disabled' },
])('case 39: $order while $mode is a named error and changes nothing', ({ given, order, mode }) => {
  const breaker = given();
  const before = structuredClone(breaker.state);
  expect(() => breaker.command({ kind: order })).toThrow(
    expect.objectContaining({ code: 'illegal-command', problems: [`${order}: not possible while api is ${mode}`] }),
  );
  expect(breaker.state).toEqual(before);
});

test.each([
  { given: () => new Harness(), order: 'close' as const },
  { given: () => new Harness(), order: 'reset' as const },
  { given: openedAt0, order: 'open' as const },
  { given: () => halfOpenAt1000({}), order: 'half-open' as const },
  { given: disabled, order: 'disable' as const },
])('case 39: $order to the same mode raises no event', ({ given, order }) => {
  expect(given().command({ kind: order })).toEqual([]);
});

test('case 40: reset closes with counters and back-off at zero and a new generation', () => {
  const breaker = openedAt0({ open: { waitMs: 1000, factor: 2 } });
  breaker.nowMs = 1000;
  breaker.calls('f');
  breaker.admit();
  const before = breaker.reading();
  expect(before).toMatchObject({ openings: 2, counts: { refused: 1 } });
  breaker.command({ kind: 'reset' });
  const after = breaker.reading();
  expect(after).toMatchObject({ mode: 'closed', calls: 0, failed: 0, consecutive: 0, openings: 0 });
  expect(after.counts).toEqual({ admitted: 0, refused: 0, ignored: 0, late: 0 });
  expect(after.generation).toBeGreaterThan(before.generation);
});

test('case 40: reset of a closed breaker makes the calls in flight late', () => {
  const breaker = new Harness();
  const ticket = breaker.ticket();
  breaker.command({ kind: 'reset' });
  expect(breaker.settle(ticket, 'failed')).toMatchObject([{ kind: 'late' }]);
  expect(breaker.reading()).toMatchObject({ calls: 0, counts: { late: 1 } });
});

test.each(['ok', 'failed'] as const)('case 41: a late %s result while a probe runs decides nothing', (outcome) => {
  const breaker = new Harness({ trip: [{ kind: 'consecutive', failures: 1 }], open: { waitMs: 1000 } });
  const late = breaker.ticket();
  breaker.calls('f');
  breaker.nowMs = 1000;
  const probe = breaker.ticket();
  expect(breaker.settle(late, outcome)).toEqual([{ kind: 'late', atMs: 1000, calls: 1 }]);
  expect(breaker.state.mode).toMatchObject({ kind: 'half-open', inFlight: 1, succeeded: 0, failed: 0 });
  breaker.settle(probe, 'ok');
  expect(breaker.mode).toBe('closed');
});

test.each(['ok', 'failed'] as const)('case 41: a late %s result after recovery is not counted', (outcome) => {
  const breaker = new Harness({ trip: [{ kind: 'consecutive', failures: 1 }], open: { waitMs: 1000 } });
  const late = breaker.ticket();
  breaker.calls('f');
  breaker.nowMs = 1000;
  breaker.calls('o');
  breaker.settle(late, outcome);
  expect(breaker.reading()).toMatchObject({ mode: 'closed', calls: 0, consecutive: 0, counts: { late: 1 } });
});

test('case 41: a late release frees no permit of a later generation', () => {
  const breaker = halfOpenAt1000({ permits: 2 });
  const late = breaker.ticket();
  breaker.command({ kind: 'open' });
  breaker.nowMs = 2000;
  breaker.ticket();
  expect(breaker.release(late)).toEqual([]);
  expect(breaker.reading().probesInFlight).toBe(1);
});

test('case 42: the second settlement of a ticket is reported and ignored', () => {
  const breaker = new Harness(twoFailures);
  const ticket = breaker.ticket();
  breaker.settle(ticket, 'failed');
  expect(breaker.settle(ticket, 'failed')).toEqual([{ kind: 'unknown-ticket', atMs: 0 }]);
  expect(breaker.reading()).toMatchObject({ mode: 'closed', calls: 1, consecutive: 1 });
  expect(breaker.settle(12_345 as Ticket, 'failed')).toMatchObject([{ kind: 'unknown-ticket' }]);
});

test('case 42: a settled ticket stays settled when its slot is used again', () => {
  const breaker = new Harness(twoFailures);
  const first = breaker.ticket();
  breaker.settle(first, 'ok');
  const second = breaker.ticket();
  expect(breaker.settle(first, 'failed')).toMatchObject([{ kind: 'unknown-ticket' }]);
  expect(breaker.release(first)).toEqual([]);
  expect(breaker.settle(second, 'failed')).toEqual([]);
  expect(breaker.reading()).toMatchObject({ calls: 2, failed: 1 });
});

function forcedOpen(): Harness {
  const breaker = new Harness({ name: 'api' });
  breaker.command({ kind: 'isolate', holder: 'deploy' });
  return breaker;
}

function disabled(): Harness {
  const breaker = new Harness({ name: 'api' });
  breaker.command({ kind: 'disable' });
  return breaker;
}
