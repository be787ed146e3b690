import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import type { ExecutorParts } from '../../../src/runtime/execute/executor.ts';
import { backoffMs, drawsFrom } from '../../../src/runtime/execute/retry.ts';
import { hintOf, parseRetryAfter } from '../../../src/runtime/execute/retry-after.ts';
import { type ExecuteSettingsInput, executeSettings } from '../../../src/runtime/execute/settings.ts';
import { Bench, consecutive, DOWN, refusalOf, settled } from './harness.ts';

const plain = { delayMs: 100, jitter: 'none' as const };

/** Calls that may be repeated, on a breaker that never opens by itself. */
function repeating(
  retry: ExecuteSettingsInput['retry'] = plain,
  rest: ExecuteSettingsInput = {},
  parts: ExecutorParts = {},
) {
  return new Bench({ breaker: { trip: [] }, idempotent: true, ...(retry !== undefined && { retry }), ...rest }, parts);
}

test('case 52: a retry stops at once on a refusal, and tells how the attempt before it failed', async () => {
  const bench = repeating(plain, consecutive(1));
  const { result, call } = bench.begin();
  call!.reject(DOWN);
  await bench.clock.advance(100);
  expect(await refusalOf(result)).toMatchObject({ cause: 'open', lastError: DOWN });
  expect(bench.runs).toBe(1);
  expect(bench.clock.timers).toBe(0);
});

test('case 52: told otherwise, it waits until the breaker lets it try', async () => {
  const bench = repeating({ ...plain, refusals: 'wait', attempts: 5 }, consecutive(1));
  const { result, call } = bench.begin();
  call!.reject(DOWN);
  await bench.clock.advance(999);
  expect(bench.runs).toBe(1);
  await bench.clock.advance(1);
  bench.pending[1]!.resolve('back');
  expect(await result).toBe('back');
});

test('case 52: it never sleeps past the deadline', async () => {
  const bench = repeating({ delayMs: 1000, jitter: 'none' }, { deadlineMs: 1500 });
  const { result, call } = bench.begin();
  call!.reject(DOWN);
  await bench.clock.advance(1000);
  bench.pending[1]!.reject(DOWN);
  // The next attempt would begin at 3000: the answer is given now.
  await expect(result).rejects.toBe(DOWN);
  expect(bench.clock.nowMs).toBe(1000);
  expect(bench.clock.timers).toBe(0);
});

test('case 52: an abort ends the wait at once, and there is no attempt after it', async () => {
  const bench = repeating({ delayMs: 1000, jitter: 'none' });
  const abort = new AbortController();
  const { result, call } = bench.begin({ signal: abort.signal });
  call!.reject(DOWN);
  await bench.clock.advance(10);
  abort.abort(new Error('gone'));
  await expect(result).rejects.toThrow('gone');
  expect(bench.clock.timers).toBe(0);
  expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  await bench.clock.advance(5000);
  expect(bench.runs).toBe(1);
  await expect(bench.begin({ signal: abort.signal }).result).rejects.toThrow('gone');
  expect(bench.runs).toBe(1);
});

test('there is one attempt unless the call may be repeated', async () => {
  const bench = new Bench({ breaker: { trip: [] }, retry: plain });
  const once = bench.begin();
  once.call!.reject(DOWN);
  await expect(once.result).rejects.toBe(DOWN);
  const repeated = bench.begin({ idempotent: true });
  repeated.call!.reject(DOWN);
  await bench.clock.advance(100);
  bench.pending[2]!.resolve('second');
  expect(await repeated.result).toBe('second');
  expect(bench.pending[2]!.context.attempt).toBe(2);
  expect(bench.told.filter(({ kind }) => kind === 'retry')).toEqual([
    { kind: 'retry', atMs: 0, attempt: 2, waitMs: 100 },
  ]);
});

test('the last result is what the caller gets, be it an error or a value that counts as a failure', async () => {
  const bench = repeating({ ...plain, attempts: 2 }, {}, { isFailure: () => true });
  const { result, call } = bench.begin();
  call!.reject(DOWN);
  await bench.clock.advance(100);
  bench.pending[1]!.resolve(503);
  expect(await result).toBe(503);
  expect(bench.executor.metrics()).toMatchObject({ failed: 2, retries: 1 });
});

test('what is not retryable, and what was ignored, is not tried again', async () => {
  const bench = repeating(
    plain,
    {},
    {
      isRetryable: (result) => result.kind === 'error' && result.error !== 'denied',
      isIgnored: (result) => result.kind === 'error' && result.error === 'bad request',
    },
  );
  for (const error of ['denied', 'bad request']) {
    const { result, call } = bench.begin();
    call!.reject(error);
    await expect(result).rejects.toBe(error);
  }
  expect(bench.runs).toBe(2);
});

test('a service that asks to be left alone is waited for, and not at all when that is too long', async () => {
  const bench = repeating(plain);
  const { result, call } = bench.begin();
  call!.reject(Object.assign(new Error('busy'), { retryAfterMs: 5000 }));
  await bench.clock.advance(4999);
  expect(bench.runs).toBe(1);
  await bench.clock.advance(1);
  expect(bench.runs).toBe(2);
  bench.pending[1]!.reject(
    Object.assign(new Error('very busy'), { response: { headers: new Headers({ 'retry-after': '3600' }) } }),
  );
  await expect(result).rejects.toThrow('very busy');
  expect(bench.clock.timers).toBe(0);
});

test.each([
  { value: '120', ms: 120_000 },
  { value: ' 0 ', ms: 0 },
  { value: 'Thu, 01 Jan 1970 00:01:00 GMT', ms: 59_000 },
  { value: 'Thu, 01 Jan 1970 00:00:00 GMT', ms: 0 },
  { value: 'soon', ms: null },
])('Retry-After $value is $ms ms', ({ value, ms }) => {
  expect(parseRetryAfter(value, 1000)).toBe(ms);
});

test.each([
  { result: { headers: { 'retry-after': 3 } }, ms: 3000 },
  { result: { retryAfterMs: -1 }, ms: null },
  { result: null, ms: null },
  { result: 'text', ms: null },
])('the hint of $result is $ms', ({ result, ms }) => {
  expect(hintOf(result)).toBe(ms);
});

test('the retry budget is a share of all calls and so many a second on top, and retries asleep count', async () => {
  const budget = { share: 0.5, perS: 1, tokensMax: 3 };
  const bench = repeating({ ...plain, budget, attempts: 2 });
  const calls = Array.from({ length: 6 }, () => bench.begin());
  for (const { call } of calls) call!.reject(DOWN);
  await settled();
  // Three were saved up; the shares of six calls found the purse full.
  expect(bench.clock.timers).toBe(3);
  expect(bench.executor.metrics()).toMatchObject({ retries: 3, retriesRefused: 3, retryTokens: 0 });
  await bench.clock.advance(2000);
  expect(bench.executor.metrics().retryTokens).toBe(2);
});

test('each kind of jitter stays within its bounds and heeds the factor', () => {
  const settings = (jitter: 'none' | 'full' | 'equal' | 'decorrelated') =>
    executeSettings({ retry: { delayMs: 100, factor: 3, delayMsMax: 2000, jitter } }).retry;
  const random = drawsFrom(7);
  expect([2, 3, 4, 5, 6].map((next) => backoffMs(settings('none'), next, 0, random))).toEqual([
    100, 300, 900, 2000, 2000,
  ]);
  for (let draw = 0; draw < 200; draw++) {
    expect(backoffMs(settings('full'), 3, 0, random)).toBeLessThan(300);
    const equal = backoffMs(settings('equal'), 3, 0, random);
    expect(equal).toBeGreaterThanOrEqual(150);
    expect(equal).toBeLessThan(300);
    const decorrelated = backoffMs(settings('decorrelated'), 3, 500, random);
    expect(decorrelated).toBeGreaterThanOrEqual(100);
    expect(decorrelated).toBeLessThan(1500);
  }
});

test('the same seed gives the same waits', async () => {
  const waits = async (seed: number): Promise<number[]> => {
    const bench = repeating({ delayMs: 100, attempts: 5 }, {}, { seed });
    const { result } = bench.begin();
    for (let attempt = 0; attempt < 5; attempt++) {
      bench.pending[attempt]!.reject(DOWN);
      await bench.clock.advance(20_000);
    }
    await Bench.end(result);
    return bench.told.flatMap((event) => (event.kind === 'retry' ? [event.waitMs] : []));
  };
  expect(await waits(3)).toHaveLength(4);
  expect(await waits(3)).toEqual(await waits(3));
  expect(await waits(3)).not.toEqual(await waits(4));
});

test('closing ends the wait for another attempt with what the last one gave', async () => {
  const bench = repeating({ delayMs: 10_000, jitter: 'none' });
  const { result, call } = bench.begin();
  call!.reject(DOWN);
  await settled();
  await bench.executor.close();
  await expect(result).rejects.toBe(DOWN);
  expect(bench.clock.timers).toBe(0);
});
