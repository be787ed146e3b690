import { expect, test } from 'vitest';
import { createExecutor } from '../../../src/runtime/execute/executor.ts';
import { executeSettings } from '../../../src/runtime/execute/settings.ts';
import { Bench, consecutive, DOWN, openedAt0, refusalOf } from './harness.ts';

test('case 36: forced open refuses for ever, and its release closes with empty counts', async () => {
  const bench = new Bench(consecutive(2));
  await bench.calls('f');
  bench.executor.command({ kind: 'isolate', holder: 'deploy' });
  bench.clock.nowMs = 3_600_000;
  expect(await refusalOf(bench.begin().result)).toMatchObject({ cause: 'forced-open', retryAtMs: null });
  bench.executor.command({ kind: 'release', holder: 'deploy' });
  expect(bench.executor.reading()).toMatchObject({ mode: 'closed', calls: 0, consecutive: 0 });
  await bench.calls('f');
  expect(bench.mode).toBe('closed');
});

test('case 37: two holders keep it open until the second releases, and releasing twice counts once', async () => {
  const bench = new Bench();
  const { executor } = bench;
  executor.command({ kind: 'isolate', holder: 'a' });
  executor.command({ kind: 'isolate', holder: 'b' });
  executor.command({ kind: 'release', holder: 'a' });
  executor.command({ kind: 'release', holder: 'a' });
  await refusalOf(bench.begin().result);
  executor.command({ kind: 'release', holder: 'b' });
  expect(await executor.execute(() => 1)).toBe(1);
  expect(bench.transitions).toEqual(['closed>forced-open', 'forced-open>closed']);
});

test('case 38: disabled runs everything, records nothing and tells nothing', async () => {
  const bench = new Bench(consecutive(1));
  bench.executor.command({ kind: 'disable' });
  const told = bench.told.length;
  await bench.calls('fffo');
  expect(bench.runs).toBe(4);
  expect(bench.told).toHaveLength(told);
  expect(bench.executor.metrics()).toMatchObject({ ok: 0, failed: 0, breaker: { mode: 'disabled', calls: 0 } });
});

test('case 38: metrics-only records, refuses nothing, and tells each crossing once', async () => {
  const bench = new Bench(consecutive(2));
  bench.executor.command({ kind: 'metrics-only' });
  await bench.calls('fffff');
  expect(bench.runs).toBe(5);
  expect(bench.told.filter(({ kind }) => kind === 'threshold')).toHaveLength(1);
  await bench.calls('off');
  expect(bench.told.filter(({ kind }) => kind === 'threshold')).toHaveLength(2);
  expect(bench.executor.reading()).toMatchObject({ mode: 'metrics-only', failed: 7 });
});

test('case 39: an illegal command is a named error that changes nothing, and one to the same state tells nothing', () => {
  const bench = new Bench(consecutive(1));
  const before = bench.executor.save();
  expect(() => bench.executor.command({ kind: 'half-open' })).toThrow(
    expect.objectContaining({
      code: 'illegal-command',
      problems: ['half-open: not possible while payments is closed'],
    }),
  );
  expect(bench.executor.save()).toEqual(before);
  bench.executor.command({ kind: 'close' });
  expect(bench.told).toEqual([]);
});

test('case 40: reset closes with counters and back-off at zero and a new generation', async () => {
  const bench = await openedAt0();
  bench.clock.nowMs = 1000;
  await bench.calls('f');
  const { generation } = bench.executor.reading();
  bench.executor.command({ kind: 'reset' });
  const after = bench.executor.reading();
  expect(after).toMatchObject({ mode: 'closed', calls: 0, openings: 0, counts: { admitted: 0, refused: 0, late: 0 } });
  expect(after.generation).toBeGreaterThan(generation);
});

test.each(['ok', 'failed'])(
  'case 41: a late %s result while a probe runs decides nothing and is told once',
  async (outcome) => {
    const bench = new Bench(consecutive(1));
    const late = bench.begin();
    await bench.calls('f');
    bench.clock.nowMs = 1000;
    const probe = bench.begin();
    if (outcome === 'ok') late.call!.resolve('late');
    else late.call!.reject(DOWN);
    expect(await Bench.end(late.result)).toBe(outcome === 'ok' ? 'late' : DOWN);
    expect(bench.executor.reading()).toMatchObject({ mode: 'half-open', probesInFlight: 1 });
    probe.call!.resolve(1);
    await probe.result;
    expect(bench.mode).toBe('closed');
    expect(bench.told.filter(({ kind }) => kind === 'late')).toHaveLength(1);
    expect(bench.executor.metrics().late).toBe(1);
  },
);

test('case 41: a late failure after recovery is not counted', async () => {
  const bench = new Bench(consecutive(1));
  const late = bench.begin();
  await bench.calls('f');
  bench.clock.nowMs = 1000;
  await bench.calls('o');
  late.call!.reject(DOWN);
  await expect(late.result).rejects.toBe(DOWN);
  expect(bench.executor.reading()).toMatchObject({ mode: 'closed', calls: 0, consecutive: 0 });
});

test('case 42: a call is settled once, whatever its result does: it resolves twice, rejects after, or ends after its time', async () => {
  const bench = new Bench({ breaker: { trip: [] }, timeoutMs: 100 });
  const twice = {
    // biome-ignore lint/suspicious/noThenProperty: an ill-behaved promise is what is tried
    then(resolve: (value: number) => void, reject: (error: unknown) => void) {
      resolve(1);
      resolve(2);
      reject(DOWN);
    },
  } as PromiseLike<number>;
  expect(await bench.executor.execute(() => twice)).toBe(1);
  const { result, call } = bench.begin();
  await bench.clock.advance(100);
  await expect(result).rejects.toMatchObject({ name: 'TimedOutError' });
  call!.resolve('too late');
  await bench.clock.advance(0);
  expect(bench.executor.metrics()).toMatchObject({ ok: 1, failed: 1, breaker: { calls: 2 } });
  expect(bench.told.filter(({ kind }) => kind === 'unknown-ticket')).toEqual([]);
  expect(bench.told.filter(({ kind }) => kind === 'outcome')).toHaveLength(2);
});

test.each<{ breaker: object; field: string }>([
  { breaker: { trip: [{ kind: 'consecutive', failures: 0 }] }, field: 'breaker.trip[0].failures' },
  { breaker: { trip: [{ kind: 'failed-share', share: 1.5 }] }, field: 'breaker.trip[0].share' },
  { breaker: { open: { waitMs: Number.NaN } }, field: 'breaker.open.waitMs' },
  { breaker: { open: { waitMs: -1 } }, field: 'breaker.open.waitMs' },
  { breaker: { halfOpen: { permits: 0 } }, field: 'breaker.halfOpen.permits' },
])('case 49: $breaker is refused at construction, naming $field', ({ breaker, field }) => {
  expect(() => executeSettings({ breaker })).toThrow(expect.objectContaining({ code: 'bad-settings' }));
  expect(() => executeSettings({ breaker })).toThrow(field);
});

test('case 49: every bad setting of retries, limits and bulkhead is named at once', () => {
  const bad = {
    timeoutMs: 0,
    deadlineMs: Number.NaN,
    retry: { attempts: 0, delayMs: 100, delayMsMax: 10, budget: { share: -1 } },
    bulkhead: { concurrent: 0, queue: -1 },
    treshold: 1,
  };
  let message = '';
  try {
    executeSettings(bad);
  } catch (error) {
    message = (error as Error).message;
  }
  for (const field of [
    'timeoutMs',
    'deadlineMs',
    'retry.attempts',
    'retry.budget.share',
    'bulkhead.concurrent',
    'bulkhead.queue',
    'treshold',
  ])
    expect(message).toContain(field);
  expect(() => executeSettings({ retry: { delayMs: 100, delayMsMax: 10 } })).toThrow('retry.delayMsMax');
});

test('a partly held back service lets exactly that share through, and the breaker is asked only of those', async () => {
  const bench = new Bench();
  bench.executor.holdBack(0.25);
  await bench.calls('o'.repeat(100));
  expect(bench.executor.metrics()).toMatchObject({ ok: 25, refusedBy: { 'circuit-break': 75 }, admit: 0.25 });
  bench.executor.holdBack(1);
  await bench.calls('oo');
  expect(bench.executor.metrics()).toMatchObject({ ok: 27, admit: 1 });
});

test('executors with the same settings share nothing else', async () => {
  const settings = executeSettings(consecutive(1));
  const [one, other] = [createExecutor(settings), createExecutor(settings)];
  await expect(one.execute(() => Promise.reject(DOWN))).rejects.toBe(DOWN);
  expect([one.reading().mode, other.reading().mode]).toEqual(['open', 'closed']);
});
