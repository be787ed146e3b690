import { expect, test } from 'vitest';
import { executeSettings } from '../../../src/runtime/execute/settings.ts';
import { Bench, consecutive, DOWN } from './harness.ts';

test('case 01: a new breaker runs the call, hands its value back unchanged and stays closed', async () => {
  const bench = new Bench();
  const value = { answer: 42 };
  expect(await bench.executor.execute(() => value)).toBe(value);
  expect(await bench.executor.execute(async () => value)).toBe(value);
  expect(bench.mode).toBe('closed');
  expect(bench.transitions).toEqual([]);
});

test('case 02: k consecutive failures open it exactly once, and the k-th caller sees its own error', async () => {
  const bench = new Bench(consecutive(3));
  await bench.calls('ff');
  expect(bench.mode).toBe('closed');
  expect(bench.runs).toBe(2);
  const { result, call } = bench.begin();
  call!.reject(DOWN);
  await expect(result).rejects.toBe(DOWN);
  expect(bench.mode).toBe('open');
  expect(bench.transitions).toEqual(['closed>open']);
});

test('case 03: a success between two runs of k-1 failures keeps it closed', async () => {
  const bench = new Bench(consecutive(3));
  await bench.calls('ffoff');
  expect(bench.mode).toBe('closed');
  await bench.calls('f');
  expect(bench.mode).toBe('open');
});

test('case 04: below the minimum of calls the rate is unknown and nothing trips', async () => {
  const bench = new Bench({ breaker: { trip: [{ kind: 'failed-share', share: 0.5, minimumCalls: 5 }] } });
  await bench.calls('ffff');
  expect(bench.mode).toBe('closed');
  expect(bench.executor.metrics().breaker).toMatchObject({ calls: 4, failed: 4, failedShare: 'unknown' });
  await bench.calls('f');
  expect(bench.mode).toBe('open');
});

test.each([
  { comparison: '>=' as const, exact: 'open' },
  { comparison: '>' as const, exact: 'closed' },
])('case 05: with $comparison a share of exactly the threshold leaves it $exact', async ({ comparison, exact }) => {
  const bench = new Bench({ breaker: { trip: [{ kind: 'failed-share', share: 0.5, comparison, minimumCalls: 4 }] } });
  await bench.calls('ooff');
  expect(bench.mode).toBe(exact);
  if (exact === 'closed') await bench.calls('f');
  expect(bench.mode).toBe('open');
});

test.each([
  { judgeOn: 'any-outcome' as const, mode: 'open' },
  { judgeOn: 'failure' as const, mode: 'closed' },
])(
  'case 06: a success that completes the minimum leaves it $mode when judged on $judgeOn',
  async ({ judgeOn, mode }) => {
    const bench = new Bench({ breaker: { judgeOn, trip: [{ kind: 'failed-share', share: 0.5, minimumCalls: 5 }] } });
    await bench.calls('fffoo');
    expect(bench.mode).toBe(mode);
  },
);

test('case 07: a minimum above the window is refused at construction, and one of exactly the window trips', async () => {
  const breaker = (minimumCalls: number) => ({
    window: { kind: 'count' as const, calls: 10 },
    trip: [{ kind: 'failed-share' as const, share: 1, minimumCalls }],
  });
  expect(() => executeSettings({ breaker: breaker(11) })).toThrow(/breaker\.trip\[0\]\.minimumCalls/);
  const bench = new Bench({ breaker: breaker(10) });
  await bench.calls('f'.repeat(10));
  expect(bench.mode).toBe('open');
});

test('case 08: 60 % slow successes open it without an error, and a slow failure counts in both shares but once in the total', async () => {
  const slow = { slowMs: 100, trip: [{ kind: 'slow-share' as const, share: 0.6, minimumCalls: 5 }] };
  const bench = new Bench({ breaker: slow });
  await bench.calls('ooss', 101);
  expect(bench.mode).toBe('closed');
  await bench.calls('s', 101);
  expect(bench.mode).toBe('open');
  const both = new Bench({ breaker: slow });
  await both.calls('ox', 101);
  expect(both.executor.reading()).toMatchObject({ calls: 2, failed: 1, slow: 1, slowShare: 'unknown' });
});

test('case 08: the slow limit may differ by class of call', async () => {
  const breaker = {
    slowMsByClass: { search: 5000 },
    slowMs: 100,
    trip: [{ kind: 'slow-share' as const, share: 0.5, minimumCalls: 1 }],
  };
  const bench = new Bench({ breaker });
  const { result, call } = bench.begin({ callClass: 'search' });
  bench.clock.nowMs = 2000;
  call!.resolve('found');
  await result;
  expect(bench.executor.reading()).toMatchObject({ mode: 'closed', slow: 0 });
  await bench.calls('s', 2000);
  expect(bench.mode).toBe('open');
});

test('case 09: failures spread wider than the window never trip it', async () => {
  const bench = new Bench({
    breaker: {
      window: { kind: 'time', lengthMs: 30_000 },
      trip: [{ kind: 'failed-share', share: 0.1, minimumCalls: 5 }],
    },
  });
  for (let call = 0; call < 100; call++) {
    bench.clock.nowMs = call * 10_000;
    await bench.calls('f');
    expect(bench.executor.reading().calls).toBeLessThanOrEqual(3);
  }
  expect(bench.mode).toBe('closed');
});

test('case 10: nothing counts during the warm-up, and the rules start without it', async () => {
  const bench = new Bench(consecutive(3, { warmUpMs: 1000 }));
  bench.clock.nowMs = 999;
  await bench.calls('f'.repeat(50));
  bench.clock.nowMs = 1000;
  await bench.calls('ff');
  expect(bench.executor.reading()).toMatchObject({ mode: 'closed', calls: 2 });
  await bench.calls('f');
  expect(bench.mode).toBe('open');
});
