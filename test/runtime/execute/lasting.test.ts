import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { promisify } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { createExecutor } from '../../../src/runtime/execute/executor.ts';
import { executeSettings } from '../../../src/runtime/execute/settings.ts';
import { Bench, consecutive, DOWN, FakeClock, openedAt0, refusalOf } from './harness.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What the next process is handed. */
const written = (bench: Bench): unknown => JSON.parse(JSON.stringify(bench.executor.save()));

test('case 44: saved at any point and restored, the same calls give the same decisions, and a wait goes on', async () => {
  const settings = consecutive(2, { open: { waitMs: 1000, factor: 2, jitter: 0.3 } });
  const straight = new Bench(settings);
  let reloaded = new Bench(settings);
  for (const [afterMs, letter] of [
    [0, 'o'],
    [10, 'f'],
    [10, 'f'],
    [700, 'o'],
    [700, 'f'],
    [900, 'o'],
    [2000, 'o'],
    [10, 'f'],
  ] as const) {
    const clock = new FakeClock();
    clock.nowMs = straight.clock.nowMs;
    reloaded = new Bench(settings, { saved: written(reloaded) }, clock);
    straight.clock.nowMs += afterMs;
    clock.nowMs += afterMs;
    await straight.calls(letter);
    await reloaded.calls(letter);
    expect(reloaded.executor.reading()).toEqual(straight.executor.reading());
  }
  const later = new FakeClock();
  later.nowMs = 800;
  const open = new Bench(consecutive(1), { saved: written(await openedAt0()) }, later);
  expect(await refusalOf(open.begin().result)).toMatchObject({ retryAtMs: 1000 });
});

test.each([{ restoreHalfOpen: 'half-open' as const }, { restoreHalfOpen: 'open' as const }])(
  'case 44: half-open is restored as $restoreHalfOpen, with the permits of calls that died given back',
  async (breaker) => {
    const before = await openedAt0({ breaker });
    before.clock.nowMs = 1000;
    before.begin();
    const clock = new FakeClock();
    clock.nowMs = 1500;
    const after = new Bench(consecutive(1, breaker), { saved: written(before) }, clock);
    expect(after.executor.reading()).toMatchObject({ mode: breaker.restoreHalfOpen, probesInFlight: 0 });
    await after.calls('o');
    expect(after.mode).toBe('closed');
  },
);

test('case 45: a saved state that cannot be is a typed error naming the field, and closed only if asked', () => {
  const settings = executeSettings(consecutive(1));
  const good = createExecutor(settings).save();
  for (const [saved, field] of [
    [{ ...good, version: 9 }, 'version'],
    [{ ...good, lastMs: null }, 'lastMs'],
    [{ ...good, openings: -1 }, 'openings'],
    ['closed', '(root)'],
  ] as const) {
    const thrown = expect(() => createExecutor(settings, { saved }));
    thrown.toThrow(expect.objectContaining({ code: 'bad-saved-state' }));
    thrown.toThrow(field);
    const lenient = createExecutor(settings, { saved, restore: { ifBad: 'closed' } });
    expect(lenient.reading().mode).toBe('closed');
  }
});

test('case 46: isolation survives a restart and can be released', async () => {
  const before = new Bench();
  before.executor.command({ kind: 'isolate', holder: 'a' });
  const after = new Bench({}, { saved: written(before) });
  expect((await refusalOf(after.begin().result)).cause).toBe('forced-open');
  after.executor.command({ kind: 'release', holder: 'a' });
  expect(await after.executor.execute(() => 1)).toBe(1);
});

test('case 47: one trip is told as outcome, threshold, transition; listeners see the new state', async () => {
  const bench = new Bench(consecutive(1));
  const seen: string[] = [];
  bench.executor.on('outcome', () => void seen.push(bench.mode));
  await bench.calls('f');
  expect(bench.told.map(({ kind }) => kind)).toEqual(['outcome', 'threshold', 'transition']);
  expect(seen).toEqual(['open']);
});

test('case 47: a listener that throws, or rejects, disturbs neither caller, nor counts, nor other listeners', async () => {
  const bench = new Bench(consecutive(1));
  const heard: string[] = [];
  for (const kind of ['outcome', 'transition', 'internal-error'] as const) {
    bench.executor.on(kind, () => {
      throw new Error('listener broken');
    });
    bench.executor.on(kind, () => Promise.reject(new Error('listener rejected')));
    bench.executor.on(kind, () => void heard.push(kind));
  }
  expect(await bench.executor.execute(() => 'fine')).toBe('fine');
  expect(bench.executor.reading()).toMatchObject({ mode: 'closed', calls: 1, failed: 0 });
  await expect(bench.executor.execute(() => Promise.reject(DOWN))).rejects.toBe(DOWN);
  expect(bench.executor.metrics()).toMatchObject({ ok: 1, failed: 1, breaker: { mode: 'open' } });
  await bench.clock.advance(0);
  expect(heard.filter((kind) => kind !== 'internal-error')).toEqual(['outcome', 'outcome', 'transition']);
  // Two for each of three events; what listeners of these throw is told to nobody.
  expect(heard.filter((kind) => kind === 'internal-error')).toHaveLength(6);
});

test('case 47: what a listener causes is told after what it was told, to all in the same order', async () => {
  const bench = new Bench(consecutive(1));
  const off = bench.executor.on('transition', ({ to }) => {
    if (to === 'open') bench.executor.command({ kind: 'close' });
  });
  await bench.calls('f');
  expect(bench.transitions).toEqual(['closed>open', 'open>closed']);
  off();
  await bench.calls('f');
  expect(bench.mode).toBe('open');
});

test('case 48: a wall clock that jumps by an hour leaves waits and windows alone', async () => {
  const executor = createExecutor(executeSettings(consecutive(1, { open: { waitMs: 60_000 } })));
  await executor.execute(() => Promise.reject(DOWN)).catch(() => {});
  const { retryAtMs } = executor.reading();
  const wallMs = Date.now();
  for (const jumpMs of [3_600_000, -3_600_000]) {
    vi.spyOn(Date, 'now').mockReturnValue(wallMs + jumpMs);
    const error = await refusalOf(executor.execute(() => 1));
    expect(error.retryAtMs).toBe(retryAtMs);
    expect(executor.reading()).toMatchObject({ mode: 'open', calls: 1 });
  }
});

test('case 48: a clock that goes back is taken as standing still', async () => {
  const bench = await openedAt0();
  bench.clock.nowMs = 900;
  await refusalOf(bench.begin().result);
  bench.clock.nowMs = -3_600_000;
  expect((await refusalOf(bench.begin().result)).retryAtMs).toBe(1000);
  bench.clock.nowMs = 1000;
  expect(bench.begin().call).toBeDefined();
});

test('case 50: closed, it refuses with its own error, has no timers and no listeners, and closing again is harmless', async () => {
  const bench = new Bench({ timeoutMs: 1000, bulkhead: { concurrent: 1, queue: 5 }, idempotent: true });
  const abort = new AbortController();
  const running = bench.begin({ signal: abort.signal });
  const queued = bench.begin({ signal: abort.signal });
  const closing = bench.executor.close({ graceMs: 200 });
  expect(await refusalOf(queued.result)).toMatchObject({ cause: 'closed' });
  expect(await refusalOf(bench.begin().result)).toMatchObject({ cause: 'closed', breaker: 'service' });
  running.call!.resolve('in time');
  expect(await running.result).toBe('in time');
  await closing;
  expect(bench.clock.timers).toBe(0);
  expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  const told = bench.told.length;
  await bench.executor.close();
  await refusalOf(bench.begin().result);
  expect(bench.told).toHaveLength(told);
});

test('case 50: calls that outlast the grace are aborted, and their callers are not kept waiting', async () => {
  const bench = new Bench({ timeoutMs: 60_000 });
  const { result, call } = bench.begin();
  const { signal } = call!.context;
  const closing = bench.executor.close({ graceMs: 200 });
  await bench.clock.advance(199);
  expect(signal.aborted).toBe(false);
  await bench.clock.advance(1);
  await closing;
  expect(signal.aborted).toBe(true);
  expect(await refusalOf(result)).toMatchObject({ cause: 'closed' });
  expect(bench.clock.timers).toBe(0);
});

test('case 50: a call without limits whose signal somebody holds is told to stop, and its own end is its answer', async () => {
  const bench = new Bench();
  const { result, call } = bench.begin();
  const { signal } = call!.context;
  await bench.executor.close({ graceMs: 0 });
  expect(signal.reason).toMatchObject({ cause: 'closed' });
  call!.reject(signal.reason);
  expect(await refusalOf(result)).toMatchObject({ cause: 'closed' });
});

test('case 51: a thousand idle breakers have no timers, and the process ends by itself', async () => {
  const script = `
    import { createExecutor } from './src/runtime/execute/executor.ts';
    import { executeSettings } from './src/runtime/execute/settings.ts';
    const settings = executeSettings({ timeoutMs: 3600000, breaker: { open: { automatic: true } } });
    const all = Array.from({ length: 1000 }, () => createExecutor(settings));
    for (const one of all) await one.execute(() => Promise.resolve(1));
    for (const one of all) one.command({ kind: 'open' });
    console.log(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length);
  `;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 120_000 });
  expect(stdout.trim()).toBe('0');
});
