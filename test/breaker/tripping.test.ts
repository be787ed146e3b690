import { expect, test } from 'vitest';
import { breakerConfigSchema } from '../../strategies/breaker-config.ts';
import { Harness, type Settings } from './harness.ts';

const fail = () => {
  throw new Error('service down');
};

test('case 01: a new breaker runs the call, hands its value back unchanged and stays closed', () => {
  const breaker = new Harness();
  const value = { answer: 42 };
  expect(breaker.call(() => value)).toBe(value);
  expect(breaker.mode).toBe('closed');
  expect(breaker.effects).toEqual([]);
});

test('case 02: k consecutive failures open it exactly once, and the k-th caller sees its own error', () => {
  const breaker = new Harness({ trip: [{ kind: 'consecutive', failures: 3 }] });
  let runs = 0;
  const failing = () => {
    runs += 1;
    return fail();
  };
  expect(() => breaker.call(failing)).toThrow('service down');
  expect(() => breaker.call(failing)).toThrow('service down');
  expect(breaker.mode).toBe('closed');
  expect(runs).toBe(2);
  expect(() => breaker.call(failing)).toThrow('service down');
  expect(breaker.mode).toBe('open');
  expect(breaker.transitions).toEqual(['closed>open']);
  expect(breaker.effects.map((effect) => effect.kind)).toEqual(['threshold', 'transition']);
});

test('case 02: with ">" the failure after the k-th opens it', () => {
  const breaker = new Harness({ trip: [{ kind: 'consecutive', failures: 3, comparison: '>' }] });
  breaker.calls('fff');
  expect(breaker.mode).toBe('closed');
  breaker.calls('f');
  expect(breaker.mode).toBe('open');
});

test('case 03: a success between two runs of k-1 failures keeps it closed', () => {
  const breaker = new Harness({ trip: [{ kind: 'consecutive', failures: 3 }] });
  breaker.calls('ffoff');
  expect(breaker.mode).toBe('closed');
  breaker.calls('f');
  expect(breaker.mode).toBe('open');
});

test('case 04: below the minimum of calls the rate is unknown and nothing trips', () => {
  const breaker = new Harness({ trip: [{ kind: 'failed-share', share: 0.5, minimumCalls: 5 }] });
  breaker.calls('ffff');
  expect(breaker.mode).toBe('closed');
  expect(breaker.reading()).toMatchObject({ calls: 4, failed: 4, failedShare: 'unknown' });
  breaker.calls('f');
  expect(breaker.mode).toBe('open');
});

test.each([
  { comparison: '>=' as const, exact: 'open' },
  { comparison: '>' as const, exact: 'closed' },
])('case 05: with $comparison a share of exactly the threshold leaves it $exact', ({ comparison, exact }) => {
  const breaker = new Harness({ trip: [{ kind: 'failed-share', share: 0.5, comparison, minimumCalls: 4 }] });
  breaker.calls('ooff');
  expect(breaker.mode).toBe(exact);
  if (exact === 'closed') breaker.calls('f');
  expect(breaker.mode).toBe('open');
});

test.each([
  { judgeOn: 'any-outcome' as const, mode: 'open' },
  { judgeOn: 'failure' as const, mode: 'closed' },
])('case 06: a success that completes the minimum leaves it $mode when judged on $judgeOn', ({ judgeOn, mode }) => {
  const breaker = new Harness({ judgeOn, trip: [{ kind: 'failed-share', share: 0.5, minimumCalls: 5 }] });
  breaker.calls('fffoo');
  expect(breaker.mode).toBe(mode);
});

test.each<{ settings: Settings; path: string }>([
  {
    settings: { trip: [{ kind: 'failed-share', share: 0.5, minimumCalls: 11 }] },
    path: 'trip.0.minimumCalls',
  },
  { settings: { trip: [{ kind: 'failed-count', failures: 11 }] }, path: 'trip.0.failures' },
  { settings: { trip: [{ kind: 'failed-count', failures: 10, comparison: '>' }] }, path: 'trip.0.failures' },
  {
    settings: { trip: [], ramp: { lengthMs: 1000, rollback: { share: 0.5, minimumCalls: 11 } } },
    path: 'ramp.rollback.minimumCalls',
  },
])('case 07: a rule a window of 10 calls can never meet is refused at $path', ({ settings, path }) => {
  const parsed = breakerConfigSchema.safeParse({ ...settings, window: { kind: 'count', calls: 10 } });
  expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
});

test('case 07: a minimum of exactly the window trips', () => {
  const breaker = new Harness({
    window: { kind: 'count', calls: 10 },
    trip: [{ kind: 'failed-share', share: 1, minimumCalls: 10 }],
  });
  breaker.calls('f'.repeat(10));
  expect(breaker.mode).toBe('open');
});

test('case 08: 60 % slow successes open it without an error', () => {
  const breaker = new Harness({ slowMs: 100, trip: [{ kind: 'slow-share', share: 0.6, minimumCalls: 5 }] });
  breaker.calls('oosss');
  expect(breaker.mode).toBe('open');
});

test('case 08: a slow failure counts in both shares and once in the total', () => {
  const breaker = new Harness({ trip: [{ kind: 'failed-share', share: 0.9, minimumCalls: 2 }] });
  breaker.calls('ox');
  expect(breaker.reading()).toMatchObject({ calls: 2, failed: 1, slow: 1, failedShare: 0.5, slowShare: 0.5 });
});

test('case 08: failed and slow rules have minima of their own', () => {
  const breaker = new Harness({
    trip: [
      { kind: 'failed-share', share: 0.5, minimumCalls: 10 },
      { kind: 'slow-share', share: 0.5, minimumCalls: 3 },
    ],
  });
  breaker.calls('ff');
  breaker.calls('x');
  expect(breaker.mode).toBe('closed');
  breaker.calls('x');
  expect(breaker.effects[0]).toMatchObject({ kind: 'threshold', rule: 1, value: 0.5 });
});

test('case 09: failures spread wider than the window never trip it', () => {
  const breaker = new Harness({
    window: { kind: 'time', lengthMs: 30_000 },
    trip: [{ kind: 'failed-share', share: 0.1, minimumCalls: 5 }],
  });
  for (let call = 0; call < 100; call++) {
    breaker.nowMs = call * 10_000;
    breaker.calls('f');
    expect(breaker.reading().calls).toBeLessThanOrEqual(3);
  }
  expect(breaker.mode).toBe('closed');
});

test('case 10: nothing counts during the warm-up, and the rules start without it', () => {
  const breaker = new Harness({ warmUpMs: 1000, trip: [{ kind: 'consecutive', failures: 3 }] });
  breaker.nowMs = 999;
  breaker.calls('f'.repeat(50));
  expect(breaker.settleMany({ ok: 0, failed: 50 })).toEqual([]);
  breaker.nowMs = 1000;
  breaker.calls('ff');
  expect(breaker.mode).toBe('closed');
  expect(breaker.reading().calls).toBe(2);
  breaker.calls('f');
  expect(breaker.mode).toBe('open');
});

test('a failed count within the window trips, wherever the successes lie', () => {
  const breaker = new Harness({ trip: [{ kind: 'failed-count', failures: 3 }] });
  breaker.calls('foofoo');
  expect(breaker.mode).toBe('closed');
  breaker.calls('f');
  expect(breaker.mode).toBe('open');
});

test('a weighted sum of failed and slow shares trips where neither would alone', () => {
  const rule = { kind: 'weighted-share' as const, failedWeight: 2, slowWeight: 0.5, threshold: 0.75, minimumCalls: 4 };
  const breaker = new Harness({ trip: [rule] });
  breaker.calls('fooo');
  expect(breaker.mode).toBe('closed');
  breaker.calls('ssss');
  expect(breaker.mode).toBe('closed');
  breaker.calls('xx');
  expect(breaker.effects[0]).toMatchObject({ kind: 'threshold', value: 0.9 });
});

test('without trip rules only a command opens it', () => {
  const breaker = new Harness({ trip: [] });
  breaker.calls('f'.repeat(200));
  expect(breaker.mode).toBe('closed');
  breaker.command({ kind: 'open' });
  expect(breaker.mode).toBe('open');
});

test.each<{ settings: unknown; paths: string[] }>([
  { settings: { trip: [{ kind: 'consecutive', failures: 0 }] }, paths: ['trip.0.failures'] },
  { settings: { trip: [{ kind: 'consecutive', failures: Number.NaN }] }, paths: ['trip.0.failures'] },
  { settings: { trip: [{ kind: 'failed-share', share: 1.01 }] }, paths: ['trip.0.share'] },
  { settings: { trip: [{ kind: 'failed-share', share: -0.1 }] }, paths: ['trip.0.share'] },
  { settings: { trip: [{ kind: 'failed-share', share: 0 }] }, paths: ['trip.0.share'] },
  { settings: { trip: [{ kind: 'slow-share', share: 1, comparison: '>' }] }, paths: ['trip.0.share'] },
  { settings: { trip: [{ kind: 'slow-share', share: 0.5, minimumCalls: 0 }] }, paths: ['trip.0.minimumCalls'] },
  {
    settings: { trip: [{ kind: 'weighted-share', failedWeight: 1, slowWeight: 1, threshold: 2.1 }] },
    paths: ['trip.0.threshold'],
  },
  { settings: { trip: [], window: { kind: 'count', calls: 0 } }, paths: ['window.calls'] },
  { settings: { window: { kind: 'time', lengthMs: -1, slots: 0 } }, paths: ['window.lengthMs', 'window.slots'] },
  { settings: { slowMs: Number.NaN, warmUpMs: -1 }, paths: ['slowMs', 'warmUpMs'] },
  { settings: { slowMsByClass: { search: 0 } }, paths: ['slowMsByClass.search'] },
  {
    settings: { open: { waitMs: 0, factor: 0.5, jitter: 2 } },
    paths: ['open.waitMs', 'open.factor', 'open.jitter'],
  },
  { settings: { open: { waitMs: 1000, waitMsMax: 999 } }, paths: ['open.waitMsMax'] },
  { settings: { halfOpen: { permits: 0, stayMs: Infinity } }, paths: ['halfOpen.permits', 'halfOpen.stayMs'] },
  {
    settings: { halfOpen: { permits: 2, pass: { kind: 'successes', required: 3 } } },
    paths: ['halfOpen.pass.required'],
  },
  { settings: { halfOpen: { pass: { kind: 'successes', required: 0 } } }, paths: ['halfOpen.pass.required'] },
  {
    settings: { ramp: { lengthMs: 0, from: 0, rollback: { share: 2 } } },
    paths: ['ramp.lengthMs', 'ramp.from', 'ramp.rollback.share'],
  },
  { settings: { name: '' }, paths: ['name'] },
  { settings: { treshold: 5 }, paths: [''] },
])('case 49: $settings is refused, naming $paths', ({ settings, paths }) => {
  const parsed = breakerConfigSchema.safeParse(settings);
  expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toEqual(paths);
});
