import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { breakerFromStrategy } from '../../../src/runtime/execute/from-strategy.ts';
import { executeSettings } from '../../../src/runtime/execute/settings.ts';
import { makeStrategy } from '../../heal/signals.ts';
import { Bench, consecutive, DOWN, openedAt0, refusalOf, settled } from './harness.ts';

test('an attempt that takes too long fails, its signal is aborted, and no timer is left', async () => {
  const bench = new Bench({ ...consecutive(1), timeoutMs: 50 });
  const { result, call } = bench.begin();
  const { signal } = call!.context;
  await bench.clock.advance(49);
  expect(signal.aborted).toBe(false);
  await bench.clock.advance(1);
  const error = await Bench.end(result);
  expect(error).toMatchObject({ name: 'TimedOutError', limit: 'attempt', afterMs: 50, breaker: 'payments' });
  expect(signal.reason).toBe(error);
  expect(bench.executor.metrics()).toMatchObject({ failed: 1, timedOut: 1, breaker: { mode: 'open' } });
  expect(bench.clock.timers).toBe(0);
});

test('a signal that is read only after the time was over is aborted already', async () => {
  const bench = new Bench({ timeoutMs: 50 });
  const { result, call } = bench.begin();
  await bench.clock.advance(50);
  await Bench.end(result);
  expect(call!.context.signal.aborted).toBe(true);
});

test('a call that ends in time leaves its signal alone, and one that never reads it makes none', async () => {
  const made: AbortController[] = [];
  const Real = globalThis.AbortController;
  globalThis.AbortController = class extends Real {
    constructor() {
      super();
      made.push(this);
    }
  };
  try {
    const bench = new Bench({ timeoutMs: 50 });
    await bench.calls('oof');
    expect(made).toHaveLength(0);
    const { result, call } = bench.begin();
    const { signal } = call!.context;
    expect(call!.context.signal).toBe(signal);
    call!.resolve(1);
    await result;
    await bench.executor.close({ graceMs: 0 });
    expect(signal.aborted).toBe(false);
    expect(made).toHaveLength(1);
  } finally {
    globalThis.AbortController = Real;
  }
});

test('the deadline is of the whole call, is passed on, and cuts the last attempt short', async () => {
  const bench = new Bench({
    breaker: { trip: [] },
    idempotent: true,
    timeoutMs: 400,
    deadlineMs: 1000,
    retry: { delayMs: 100, jitter: 'none' },
  });
  const { result } = bench.begin();
  expect(bench.pending[0]!.context.deadlineAtMs).toBe(1000);
  await bench.clock.advance(999);
  expect(bench.runs).toBe(2);
  await bench.clock.advance(1);
  expect(await Bench.end(result)).toMatchObject({ name: 'TimedOutError', limit: 'attempt' });
  // Attempts ran 0-400 and 500-900; a third at 1100 would be too late, so the second's timeout is the answer, at 900.
  expect(bench.told.filter(({ kind }) => kind === 'outcome').map(({ atMs }) => atMs)).toEqual([400, 900]);
  const short = bench.begin({ deadlineMs: 30 });
  await bench.clock.advance(30);
  expect(await Bench.end(short.result)).toMatchObject({ limit: 'deadline', afterMs: 30 });
});

test('a caller who aborts is answered at once, and the late rejection of what he called is heard by nobody', async () => {
  const bench = new Bench();
  const abort = new AbortController();
  const { result, call } = bench.begin({ signal: abort.signal });
  const { signal } = call!.context;
  abort.abort();
  await expect(result).rejects.toBe(abort.signal.reason);
  expect(signal.reason).toBe(abort.signal.reason);
  call!.reject(DOWN);
  await settled();
  expect(bench.executor.metrics()).toMatchObject({ cancelled: 1, failed: 0, underWay: 0 });
  expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
});

test('many calls share one listener of the signal that they share, and none of them stays', async () => {
  const bench = new Bench({ bulkhead: { concurrent: 1, queue: 10 }, timeoutMs: 100 });
  const abort = new AbortController();
  const begun = Array.from({ length: 5 }, () => bench.begin({ signal: abort.signal }));
  expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1);
  for (let done = 0; done < 5; done++) {
    bench.pending[done]!.resolve(done);
    await settled();
  }
  await Promise.all(begun.map(({ result }) => result));
  expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  expect(bench.clock.timers).toBe(0);
});

test('those beyond the bulkhead wait in order, and beyond its queue they are refused', async () => {
  const bench = new Bench({ bulkhead: { concurrent: 2, queue: 2 } });
  const begun = Array.from({ length: 5 }, (_, name) => ({ name, ...bench.begin({ input: name }) }));
  expect(bench.runs).toBe(2);
  expect(await refusalOf(begun[4]!.result)).toMatchObject({ cause: 'bulkhead' });
  expect(bench.executor.metrics()).toMatchObject({ underWay: 2, queued: 2 });
  bench.pending[0]!.resolve('first');
  await settled();
  expect(bench.runs).toBe(3);
  bench.pending[2]!.resolve('third');
  expect(await begun[2]!.result).toBe('third');
  await settled();
  expect(bench.runs).toBe(4);
});

test('one who waits and is aborted leaves the queue at once, and the next one moves up', async () => {
  const bench = new Bench({ bulkhead: { concurrent: 1, queue: 5 } });
  const abort = new AbortController();
  const first = bench.begin();
  const second = bench.begin({ signal: abort.signal });
  const third = bench.begin();
  abort.abort(DOWN);
  await expect(second.result).rejects.toBe(DOWN);
  expect(bench.executor.metrics().queued).toBe(1);
  first.call!.resolve(1);
  await first.result;
  await settled();
  bench.pending[1]!.resolve('third');
  expect(await third.result).toBe('third');
  expect(bench.executor.metrics()).toMatchObject({ underWay: 0, queued: 0, ok: 2 });
});

test('one who was handed a place and aborts in the same moment gives it to the next', async () => {
  const bench = new Bench({ bulkhead: { concurrent: 1, queue: 5 } });
  const abort = new AbortController();
  const first = bench.begin();
  const second = bench.begin({ signal: abort.signal });
  const third = bench.begin();
  first.call!.resolve(1);
  await first.result;
  abort.abort(DOWN);
  await settled();
  expect(await Bench.end(second.result)).toBe(DOWN);
  bench.pending.at(-1)!.resolve('third');
  expect(await third.result).toBe('third');
  expect(bench.executor.metrics()).toMatchObject({ underWay: 0, queued: 0 });
});

test.each([
  { bulkhead: { concurrent: 1, queue: 5, queueMs: 30 }, deadlineMs: null, cause: 'queue-time' },
  { bulkhead: { concurrent: 1, queue: 5 }, deadlineMs: 30, cause: 'deadline' },
])(
  'waiting for a place ends after the $cause, and says nothing about the service',
  async ({ bulkhead, deadlineMs, cause }) => {
    const bench = new Bench({ ...consecutive(1), bulkhead });
    bench.begin();
    const second = bench.begin({ deadlineMs });
    await bench.clock.advance(30);
    expect(await refusalOf(second.result)).toMatchObject({ cause });
    expect(bench.executor.reading()).toMatchObject({ mode: 'closed', calls: 0 });
    expect(bench.clock.timers).toBe(0);
  },
);

test('a clock that reaches the end of the wait between two readings costs no probe', async () => {
  const bench = await openedAt0({ bulkhead: { concurrent: 1, queue: 5 } });
  bench.executor.command({ kind: 'close' });
  bench.begin();
  bench.executor.command({ kind: 'open' });
  bench.clock.nowMs = 999.9;
  const now = bench.clock.now.bind(bench.clock);
  bench.clock.now = () => {
    bench.clock.nowMs += 0.04;
    return now();
  };
  const ends = Array.from({ length: 4 }, () => bench.begin());
  await settled();
  expect(await refusalOf(ends[0]!.result)).toMatchObject({ cause: 'open' });
  expect(bench.executor.reading().probesInFlight).toBe(0);
});

test('limits that are none, and what is no function, are refused before anything is counted', async () => {
  const bench = new Bench(consecutive(1));
  for (const options of [{ timeoutMs: 0 }, { timeoutMs: Number.NaN }, { deadlineMs: -5 }])
    await expect(bench.begin(options).result).rejects.toMatchObject({ code: 'bad-settings' });
  await expect(bench.executor.execute(undefined as never)).rejects.toBeInstanceOf(TypeError);
  expect(bench.executor.metrics()).toMatchObject({ failed: 0, underWay: 0, breaker: { mode: 'closed' } });
});

test('while the breaker is open nobody waits for a place', async () => {
  const bench = await openedAt0({ bulkhead: { concurrent: 1, queue: 5 } });
  bench.executor.command({ kind: 'reset' });
  bench.begin();
  bench.executor.command({ kind: 'open' });
  expect(await refusalOf(bench.begin().result)).toMatchObject({ cause: 'open' });
  expect(bench.executor.metrics().queued).toBe(0);
});

test('new settings hold at once, keep what was counted, and can be put back', async () => {
  const bench = new Bench({ ...consecutive(5), bulkhead: { concurrent: 1, queue: 9 } });
  await bench.calls('ff');
  const held = [bench.begin(), bench.begin(), bench.begin()];
  const before = bench.executor.configure(executeSettings({ ...consecutive(3), bulkhead: { concurrent: 3 } }));
  await settled();
  expect(bench.runs).toBe(5);
  expect(bench.executor.reading()).toMatchObject({ mode: 'closed', calls: 2, consecutive: 2 });
  bench.pending[2]!.reject(DOWN);
  await expect(held[0]!.result).rejects.toBe(DOWN);
  expect(bench.mode).toBe('open');
  bench.executor.configure(before);
  expect(bench.executor.settings).toBe(before);
  expect(bench.executor.reading()).toMatchObject({ mode: 'open', retryAtMs: 1000 });
});

test('a bulkhead that is taken away lets everybody in who waits', async () => {
  const bench = new Bench({ bulkhead: { concurrent: 1, queue: 9 } });
  for (let call = 0; call < 4; call++) bench.begin();
  bench.executor.configure(executeSettings({}));
  await settled();
  expect(bench.runs).toBe(4);
  for (const { resolve } of bench.pending) resolve(1);
  await settled();
  expect(bench.executor.metrics()).toMatchObject({ underWay: 0, queued: 0, ok: 4 });
});

test('a probe under way stays one when unrelated settings change, and begins anew when it does not fit', async () => {
  const bench = await openedAt0({ breaker: { halfOpen: { permits: 3 } } });
  bench.clock.nowMs = 1000;
  const [first] = [bench.begin(), bench.begin()];
  bench.executor.configure(executeSettings(consecutive(1, { halfOpen: { permits: 3 }, slowMs: 500 })));
  expect(bench.executor.reading()).toMatchObject({ mode: 'half-open', probesInFlight: 2 });
  bench.executor.configure(executeSettings(consecutive(1, { halfOpen: { permits: 1 } })));
  expect(bench.executor.reading()).toMatchObject({ mode: 'half-open', probesInFlight: 0 });
  first.call!.resolve(1);
  await first.result;
  expect(bench.mode).toBe('half-open');
  await bench.calls('o');
  expect(bench.mode).toBe('closed');
});

test('time in each mode adds up to the time that passed', async () => {
  const bench = await openedAt0();
  bench.clock.nowMs = 1500;
  const { result, call } = bench.begin();
  bench.clock.nowMs = 1700;
  call!.resolve(1);
  await result;
  bench.clock.nowMs = 2000;
  expect(bench.executor.metrics().inModeMs).toEqual({ closed: 300, open: 1500, 'half-open': 200 });
});

test("a strategy's genes make the breaker: its window, share, wait and probes", async () => {
  const strategy = makeStrategy({
    detection: { windowS: 4, slowMs: 800 },
    breaker: { tripShare: 0.5, minimumCalls: 20, openS: 3, openBackoff: 2, probeShare: 0.1, closeShare: 0.4 },
  });
  expect(breakerFromStrategy(strategy)).toMatchObject({
    window: { kind: 'time', lengthMs: 4000 },
    trip: [{ kind: 'failed-share', share: 0.5, comparison: '>=', minimumCalls: 20 }],
    slowMs: 800,
    open: { waitMs: 3000, factor: 2, waitMsMax: 300_000 },
    halfOpen: { permits: 2, pass: { kind: 'failed-share', share: 0.4, comparison: '>' }, slow: 'success' },
  });
  expect(breakerFromStrategy(makeStrategy({ breaker: { tripShare: 0 } })).trip).toEqual([]);
});

test('a signal that many calls share ends all of them, and leaves those alone that are over', async () => {
  const bench = new Bench();
  const abort = new AbortController();
  const begun = Array.from({ length: 20 }, () => bench.begin({ signal: abort.signal }));
  begun[3]!.call!.resolve('in time');
  expect(await begun[3]!.result).toBe('in time');
  abort.abort(DOWN);
  const ends = await Promise.all(begun.map(({ result }) => Bench.end(result)));
  expect(ends.filter((end) => end === DOWN)).toHaveLength(19);
  expect(bench.executor.metrics()).toMatchObject({ ok: 1, cancelled: 19, underWay: 0 });
  expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
});
