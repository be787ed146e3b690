import { expect, test } from 'vitest';
import { Bench, consecutive, DOWN, openedAt0, refusalOf } from './harness.ts';

test('case 16: open refuses without running the function, counts it, and says who, why and when to retry', async () => {
  const bench = await openedAt0();
  const error = await refusalOf(bench.begin().result);
  expect(error).toMatchObject({ breaker: 'payments', cause: 'open', retryAtMs: 1000, code: 'refused' });
  expect(error.message).toBe('payments was not called: its breaker is open');
  expect(bench.runs).toBe(1);
  expect(bench.executor.metrics().refusedBy).toEqual({ open: 1 });
  expect(bench.told.filter(({ kind }) => kind === 'refused')).toHaveLength(1);
});

test('case 16: a refusal has no stack trace unless the settings ask for one', async () => {
  const plain = await openedAt0();
  expect((await refusalOf(plain.begin().result)).stack).not.toContain('\n    at ');
  const traced = await openedAt0({ stacks: true });
  expect((await refusalOf(traced.begin().result)).stack).toContain('\n    at ');
  expect(new Error('another').stack).toContain('\n    at ');
});

test('case 17: failures of older calls neither extend the wait nor open it again, and reach their callers', async () => {
  const bench = new Bench(consecutive(1));
  const older = [bench.begin(), bench.begin()];
  await bench.calls('f');
  bench.clock.nowMs = 900;
  for (const { result, call } of older) {
    call!.reject(DOWN);
    await expect(result).rejects.toBe(DOWN);
  }
  expect(bench.executor.reading()).toMatchObject({ mode: 'open', retryAtMs: 1000 });
  expect(bench.transitions).toEqual(['closed>open']);
});

test('case 18: one tick before the end of the wait refuses, at its end the first call makes it half-open', async () => {
  const bench = await openedAt0();
  bench.clock.nowMs = 999;
  expect((await refusalOf(bench.begin().result)).retryAtMs).toBe(1000);
  bench.clock.nowMs = 1000;
  expect(bench.begin().call).toBeDefined();
  expect(bench.mode).toBe('half-open');
});

test.each([1, 3])(
  'case 19: of ten callers in the same tick at the end of the wait exactly %i are admitted',
  async (permits) => {
    const bench = await openedAt0({ breaker: { halfOpen: { permits } } });
    bench.clock.nowMs = 1000;
    const begun = Array.from({ length: 10 }, () => bench.begin()).filter(({ call }) => call !== undefined);
    expect(begun).toHaveLength(permits);
  },
);

test('case 20: failed probes lengthen the wait, and a close takes it back to the first value', async () => {
  const bench = await openedAt0({ breaker: { open: { waitMs: 1000, factor: 2, waitMsMax: 5000 } } });
  const waits: number[] = [];
  for (let attempt = 0; attempt < 4; attempt++) {
    const { retryAtMs } = bench.executor.reading();
    waits.push(retryAtMs! - bench.clock.nowMs);
    bench.clock.nowMs = retryAtMs!;
    await bench.calls('f');
  }
  expect(waits).toEqual([1000, 2000, 4000, 5000]);
  bench.clock.nowMs = bench.executor.reading().retryAtMs!;
  await bench.calls('of');
  expect(bench.executor.reading()).toMatchObject({ openings: 1, retryAtMs: bench.clock.nowMs + 1000 });
});

test('case 20: jitter on the wait comes from the seed', async () => {
  const wait = async (seed: number) =>
    (await openedAt0({ breaker: { open: { waitMs: 1000, jitter: 0.5 } } }, { seed })).executor.reading().retryAtMs!;
  expect(await wait(1)).toBe(await wait(1));
  expect(await wait(1)).not.toBe(await wait(2));
  expect(await wait(2)).toBeGreaterThanOrEqual(1000);
});

test.each([
  { automatic: false, mode: 'open' },
  { automatic: true, mode: 'half-open' },
])(
  'case 21: read after the wait without a call, automatic $automatic is $mode, with no timer',
  async ({ automatic, mode }) => {
    const bench = await openedAt0({ breaker: { open: { waitMs: 1000, automatic } } });
    bench.clock.nowMs = 5000;
    expect(bench.executor.reading()).toMatchObject({ mode, retryAtMs: mode === 'open' ? 1000 : null });
    expect(bench.executor.metrics().breaker.mode).toBe(mode);
    expect(bench.clock.timers).toBe(0);
  },
);
