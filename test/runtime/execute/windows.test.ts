import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RefusedError } from '../../../src/runtime/execute/errors.ts';
import { Bench, consecutive, DOWN } from './harness.ts';

const second = { window: { kind: 'time' as const, lengthMs: 1000, slots: 10 }, trip: [] };

test('case 11: after a silence longer than the window every count is 0, though no call came', async () => {
  const bench = new Bench({ breaker: second });
  await bench.calls('off');
  bench.clock.nowMs = 999;
  expect(bench.executor.reading()).toMatchObject({ calls: 3, failed: 2 });
  bench.clock.nowMs = 1000;
  expect(bench.executor.reading()).toMatchObject({ calls: 0, failed: 0, failedShare: 'unknown' });
});

test('case 12: as time passes slot by slot, the totals fall by exactly the expired slot', async () => {
  const bench = new Bench({ breaker: second });
  for (let slot = 0; slot < 10; slot++) {
    bench.clock.nowMs = slot * 100;
    await bench.calls(`f${'o'.repeat(slot)}`);
  }
  let calls = 55;
  for (let slot = 0; slot < 10; slot++) {
    bench.clock.nowMs = 999 + slot * 100;
    expect(bench.executor.reading()).toMatchObject({ calls, failed: 10 - slot });
    calls -= slot + 1;
  }
});

test('case 13: a jump over many windows at once ends where going step by step does', async () => {
  const jumping = new Bench({ breaker: second });
  const stepping = new Bench({ breaker: second });
  for (const afterMs of [50, 130, 990, 2500, 7, 10_000, 450]) {
    jumping.clock.nowMs += afterMs;
    for (let passed = 0; passed < afterMs; passed++) {
      stepping.clock.nowMs += 1;
      if (passed % 25 === 0) stepping.executor.reading();
    }
    await jumping.calls('fo');
    await stepping.calls('fo');
    expect(jumping.executor.save().window).toEqual(stepping.executor.save().window);
  }
});

test('case 14: of n+1 calls the oldest leaves a count window, and the totals equal a recount of the last n', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.constantFrom('o', 'f'), { maxLength: 20 }),
      async (size, letters) => {
        const bench = new Bench({ breaker: { window: { kind: 'count', calls: size }, trip: [] } });
        for (let done = 1; done <= letters.length; done++) {
          await bench.calls(letters[done - 1]!);
          const last = letters.slice(Math.max(0, done - size), done);
          const failed = last.filter((letter) => letter === 'f').length;
          expect(bench.executor.reading()).toMatchObject({ calls: last.length, failed });
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('case 15: rejected, ignored and in-flight calls are in neither numerator nor denominator', async () => {
  const bench = new Bench(
    { breaker: { trip: [{ kind: 'failed-share', share: 0.5, minimumCalls: 2 }] } },
    { isIgnored: (result) => result.kind === 'value' && result.value === 'bad request' },
  );
  for (let begun = 0; begun < 100; begun++) bench.begin();
  for (let done = 0; done < 3; done++) await bench.executor.execute(() => 'bad request');
  await bench.calls('f');
  expect(bench.executor.reading()).toMatchObject({ calls: 1, failed: 1, counts: { ignored: 3 } });
  await bench.calls('f');
  expect(bench.mode).toBe('open');
  await bench.calls('ooo');
  expect(bench.executor.reading()).toMatchObject({ calls: 2, failed: 2, counts: { refused: 3 } });
});

test('case 43: refusals of a bulkhead do not count against the service', async () => {
  const bench = new Bench({ ...consecutive(2), bulkhead: { concurrent: 1 } });
  const { result, call } = bench.begin();
  for (let more = 0; more < 20; more++) {
    const end = await Bench.end(bench.begin().result);
    expect(end).toMatchObject({ name: 'RefusedError', cause: 'bulkhead', breaker: 'payments' });
  }
  call!.resolve('fine');
  await result;
  expect(bench.executor.metrics()).toMatchObject({
    ok: 1,
    failed: 0,
    refusedBy: { bulkhead: 20 },
    breaker: { mode: 'closed', calls: 1 },
  });
});

test('case 43: nor does the refusal of another guard that the called function runs into', async () => {
  const inner = new Bench(consecutive(1));
  await inner.calls('f');
  const outer = new Bench(consecutive(1));
  await expect(outer.executor.execute(() => inner.executor.execute(() => 1))).rejects.toBeInstanceOf(RefusedError);
  expect(outer.executor.reading()).toMatchObject({ mode: 'closed', calls: 0, counts: { ignored: 1 } });
  await expect(outer.executor.execute(() => Promise.reject(DOWN))).rejects.toBe(DOWN);
  expect(outer.mode).toBe('open');
});
