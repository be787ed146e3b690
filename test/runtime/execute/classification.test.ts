import { expect, test } from 'vitest';
import { TimedOutError } from '../../../src/runtime/execute/errors.ts';
import { Bench, consecutive, DOWN } from './harness.ts';

test('case 33: predicates judge errors and values both ways, ignoring before recording, and see what was asked', async () => {
  const asked: unknown[] = [];
  const bench = new Bench(consecutive(2), {
    isIgnored: (result, { input }) => {
      asked.push(input);
      return result.kind === 'error' && result.error === 'not found';
    },
    isFailure: (result) => (result.kind === 'value' ? result.value === 503 : result.error !== 'conflict'),
  });
  const { executor } = bench;
  await executor.execute(() => 503, { input: '/cart' });
  expect(executor.reading()).toMatchObject({ calls: 1, failed: 1 });
  await expect(executor.execute(() => Promise.reject('conflict'))).rejects.toBe('conflict');
  expect(executor.reading()).toMatchObject({ calls: 2, failed: 1 });
  // Both predicates hold: to ignore comes first.
  await expect(executor.execute(() => Promise.reject('not found'))).rejects.toBe('not found');
  expect(executor.reading()).toMatchObject({ calls: 2, failed: 1, counts: { ignored: 1 } });
  expect(asked).toEqual(['/cart', undefined, undefined]);
  expect(await executor.execute(() => 503)).toBe(503);
  expect(await executor.execute(() => 503)).toBe(503);
  expect(bench.mode).toBe('open');
});

test('case 33: a timeout passes through the predicates as well', async () => {
  const bench = new Bench(
    { ...consecutive(1), timeoutMs: 50 },
    { isIgnored: (result) => result.kind === 'error' && result.error instanceof TimedOutError },
  );
  const { result } = bench.begin();
  await bench.clock.advance(50);
  await expect(result).rejects.toBeInstanceOf(TimedOutError);
  expect(bench.executor.reading()).toMatchObject({ mode: 'closed', counts: { ignored: 1 } });
});

test.each(['isIgnored', 'isFailure'] as const)(
  'case 34: when %s throws, the caller gets his own result, it counts as a failure, and an internal error is told',
  async (name) => {
    const bench = new Bench(consecutive(2), {
      [name]: () => {
        throw new Error('predicate broken');
      },
    });
    expect(await bench.executor.execute(() => 'answer')).toBe('answer');
    await expect(bench.executor.execute(() => Promise.reject(DOWN))).rejects.toBe(DOWN);
    expect(bench.executor.metrics()).toMatchObject({ ok: 0, failed: 2, breaker: { mode: 'open' } });
    expect(bench.told.filter(({ kind }) => kind === 'internal-error')).toMatchObject([
      { where: 'predicate', error: { message: 'predicate broken' } },
      { where: 'predicate' },
    ]);
  },
);

const thenable = {
  // biome-ignore lint/suspicious/noThenProperty: a promise of another library
  then: (resolve: (value: string) => void) => resolve('thenable'),
} as PromiseLike<string>;

test.each([
  { timeoutMs: null, path: 'without limits' },
  { timeoutMs: 1000, path: 'with a time limit' },
])(
  'case 35: a synchronous throw, a rejection, a thrown non-error and a plain value are handled alike $path',
  async (row) => {
    const bench = new Bench({ breaker: { trip: [] }, timeoutMs: row.timeoutMs });
    const { executor } = bench;
    const thrower = (): never => {
      throw DOWN;
    };
    await expect(executor.execute(thrower)).rejects.toBe(DOWN);
    await expect(executor.execute(() => Promise.reject(DOWN))).rejects.toBe(DOWN);
    await expect(
      executor.execute(() => {
        throw 'only words';
      }),
    ).rejects.toBe('only words');
    await expect(executor.execute(() => Promise.reject(undefined))).rejects.toBeUndefined();
    expect(await executor.execute(() => 7)).toBe(7);
    expect(await executor.execute(() => undefined)).toBeUndefined();
    expect(await executor.execute(() => thenable)).toBe('thenable');
    expect(executor.metrics()).toMatchObject({ ok: 3, failed: 4, underWay: 0, breaker: { calls: 7, failed: 4 } });
    expect(bench.clock.timers).toBe(0);
  },
);
