import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ExecutorParts } from '../../../src/runtime/execute/executor.ts';
import type { ExecuteSettingsInput } from '../../../src/runtime/execute/settings.ts';
import type { BreakerCommand } from '../../../strategies/breaker-command.ts';
import { BreakerError } from '../../../strategies/breaker-error.ts';
import { Bench, DOWN, openedAt0, type Pending, refusalOf, settled } from './harness.ts';

type HalfOpen = NonNullable<ExecuteSettingsInput['breaker']>['halfOpen'];

/** The next call is a probe. */
async function probing(halfOpen: HalfOpen = {}, parts: ExecutorParts = {}): Promise<Bench> {
  const bench = await openedAt0({ breaker: { ...(halfOpen !== undefined && { halfOpen }) } }, parts);
  bench.clock.nowMs = 1000;
  return bench;
}

const kOfN = (required: number, permits: number) => ({ permits, pass: { kind: 'successes' as const, required } });

test('case 22: while the one probe is in flight a second call is refused at once, not queued', async () => {
  const bench = await probing();
  bench.begin();
  const error = await refusalOf(bench.begin().result);
  expect(error).toMatchObject({ cause: 'probing', retryAtMs: 61_000 });
  expect(bench.executor.metrics().queued).toBe(0);
});

test('case 23: a successful probe closes it with nothing counted', async () => {
  const bench = await probing();
  await bench.calls('o');
  expect(bench.executor.reading()).toMatchObject({ mode: 'closed', calls: 0, failed: 0, consecutive: 0, openings: 0 });
});

test('case 24: a failed probe opens it and the wait starts from now', async () => {
  const bench = await probing();
  const { result, call } = bench.begin();
  bench.clock.nowMs = 1700;
  call!.reject(DOWN);
  await expect(result).rejects.toBe(DOWN);
  expect(bench.executor.reading()).toMatchObject({ mode: 'open', retryAtMs: 2700 });
});

test.each(['oof', 'ofo', 'foo'])('case 25: with 3 probes ending %s it stays half-open until the last', async (ends) => {
  const bench = await probing({ ...kOfN(2, 3), verdict: 'after-all' });
  const probes = [bench.begin(), bench.begin(), bench.begin()];
  for (const [index, letter] of [...ends].entries()) {
    expect(bench.mode).toBe('half-open');
    if (letter === 'o') probes[index]!.call!.resolve(1);
    else probes[index]!.call!.reject(DOWN);
    await settled();
  }
  expect(bench.mode).toBe('closed');
});

test('case 26: more failed probes than allowed open it on the deciding one, or after all, by setting', async () => {
  const pass = { kind: 'failed-share' as const, share: 0.5 };
  const atOnce = await probing({ permits: 4, pass });
  await atOnce.calls('f');
  expect(atOnce.mode).toBe('half-open');
  await atOnce.calls('f');
  expect(atOnce.mode).toBe('open');
  const afterAll = await probing({ permits: 4, pass, verdict: 'after-all' });
  await afterAll.calls('fff');
  expect(afterAll.mode).toBe('half-open');
  await afterAll.calls('o');
  expect(afterAll.mode).toBe('open');
});

test('case 27: with 3 of 5 successes required, 2 failures are tolerated and the next opens it', async () => {
  const tolerant = await probing(kOfN(3, 5));
  await tolerant.calls('ffoo');
  expect(tolerant.mode).toBe('half-open');
  await tolerant.calls('o');
  expect(tolerant.mode).toBe('closed');
  const failing = await probing(kOfN(3, 5));
  await failing.calls('ffoof');
  expect(failing.mode).toBe('open');
});

test('case 28: the minimum of calls of closed does not apply in half-open', async () => {
  for (const [letter, mode] of [
    ['o', 'closed'],
    ['f', 'open'],
  ] as const) {
    const bench = new Bench({
      breaker: { trip: [{ kind: 'failed-share', share: 0.5, minimumCalls: 100 }], open: { waitMs: 1000 } },
    });
    bench.executor.command({ kind: 'open' });
    bench.clock.nowMs = 1000;
    await bench.calls(letter);
    expect(bench.mode).toBe(mode);
  }
});

test.each([
  { ignored: 'give-back' as const, mode: 'half-open' },
  { ignored: 'success' as const, mode: 'closed' },
  { ignored: 'failure' as const, mode: 'open' },
])(
  'case 29: an ignored outcome as probe under $ignored leaves it $mode, any number of times',
  async ({ ignored, mode }) => {
    const bench = await probing(
      { ignored },
      { isIgnored: (result) => result.kind === 'value' && result.value === 'no' },
    );
    const rounds = ignored === 'give-back' ? 20 : 1;
    for (let round = 0; round < rounds; round++) await bench.executor.execute(() => 'no');
    expect(bench.executor.reading()).toMatchObject({ mode, probesInFlight: 0 });
    if (ignored !== 'give-back') return;
    await bench.calls('o');
    expect(bench.mode).toBe('closed');
  },
);

test.each([
  { cancelled: 'give-back' as const, mode: 'half-open' },
  { cancelled: 'failure' as const, mode: 'open' },
])('case 30: a probe that its caller cancels under $cancelled leaves it $mode', async ({ cancelled, mode }) => {
  const bench = await probing({ cancelled });
  const abort = new AbortController();
  const { result, call } = bench.begin({ signal: abort.signal });
  expect(call).toBeDefined();
  abort.abort(DOWN);
  await expect(result).rejects.toBe(DOWN);
  expect(bench.executor.reading()).toMatchObject({ mode, probesInFlight: 0 });
  expect(bench.executor.metrics()).toMatchObject({ cancelled: 1, failed: 1 });
  if (mode === 'half-open') expect(bench.begin().call).toBeDefined();
});

test.each([
  { stayEnd: 'open' as const, mode: 'open' },
  { stayEnd: 'close' as const, mode: 'closed' },
])(
  'case 31: a probe that never ends makes it $mode after the longest stay, with no timer',
  async ({ stayEnd, mode }) => {
    const bench = await probing({ stayMs: 2000, stayEnd });
    bench.begin();
    expect(bench.clock.timers).toBe(0);
    bench.clock.nowMs = 2999;
    expect(bench.mode).toBe('half-open');
    bench.clock.nowMs = 3000;
    expect(bench.mode).toBe(mode);
  },
);

test('case 31: the longest stay is finite by default', async () => {
  const bench = await probing();
  bench.begin();
  bench.clock.nowMs = 61_000;
  expect(bench.mode).toBe('open');
});

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('begin' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('resolve', 'reject', 'abort'), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(1500) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('command' as const),
      order: fc.constantFrom<BreakerCommand>(
        { kind: 'open' },
        { kind: 'half-open' },
        { kind: 'close' },
        { kind: 'reset' },
        { kind: 'isolate', holder: 'a' },
        { kind: 'release', holder: 'a' },
      ),
    }),
  },
);

test('case 32: probes are never fewer than none nor more than permitted under any interleaving', async () => {
  let probesSeen = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(step, { maxLength: 40, size: 'max' }),
      async (permits, steps) => {
        const bench = await probing({ permits, stayMs: 2000 });
        const begun: { call: Pending; abort: AbortController }[] = [];
        for (const one of steps) {
          const held = 'pick' in one ? begun[one.pick % Math.max(1, begun.length)] : undefined;
          if (one.kind === 'begin') {
            const abort = new AbortController();
            const { call } = bench.begin({ signal: abort.signal });
            if (call !== undefined) begun.push({ call, abort });
          } else if (one.kind === 'resolve') held?.call.resolve(1);
          else if (one.kind === 'reject') held?.call.reject(DOWN);
          else if (one.kind === 'abort') held?.abort.abort();
          else if (one.kind === 'wait' && 'ms' in one) bench.clock.nowMs += one.ms;
          else if ('order' in one) orderIfLegal(bench, one.order);
          await settled();
          const { mode } = bench.executor.save();
          if (mode.kind !== 'half-open') continue;
          probesSeen += mode.inFlight;
          expect(Math.min(mode.inFlight, mode.succeeded, mode.failed)).toBeGreaterThanOrEqual(0);
          expect(mode.inFlight + mode.succeeded + mode.failed).toBeLessThanOrEqual(permits);
        }
        await bench.executor.close({ graceMs: 0 });
      },
    ),
    { numRuns: 60, seed: 32 },
  );
  expect(probesSeen).toBeGreaterThan(20);
});

function orderIfLegal({ executor }: Bench, order: BreakerCommand): void {
  try {
    executor.command(order);
  } catch (error) {
    if (!(error instanceof BreakerError)) throw error;
  }
}
