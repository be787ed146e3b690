import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Evolved, evolve } from '../../src/evolve/archipelago.ts';
import { healixGa } from '../../src/evolve/engines/healix-ga.ts';
import { plan } from '../../src/evolve/plan.ts';
import { createPool, type Pool, type PoolOptions } from '../../src/evolve/pool.ts';
import { createToyEvaluator, type ToySetup } from './toy-evaluator.ts';
import { toyFleet } from './toy-fleet.ts';

const workerUrl = new URL('./toy-worker.ts', import.meta.url);
const setup: ToySetup = { fleet: ['pool', 6, 5], delayMsMax: 0 };
const fleet = toyFleet(...setup.fleet);
const scenarios = Array.from({ length: 7 }, (_, index) => `s/train/${index}`);
const tasks = [
  ...fleet.seeds.map((genome, index) => ({ genome, scenarios: scenarios.slice(index) })),
  { genome: fleet.best, scenarios: [] },
  { genome: fleet.best, scenarios },
];
const expected = tasks.map((task) => task.scenarios.map((name) => fleet.evaluate(task.genome, name)));
const folder = mkdtempSync(join(tmpdir(), 'healix-pool-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function withPool<Result>(
  options: Partial<PoolOptions<ToySetup>>,
  use: (pool: Pool) => Promise<Result>,
): Promise<Result> {
  const pool = createPool({ threads: 2, workerUrl, setup, createEvaluator: createToyEvaluator, ...options });
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

describe('a pool', () => {
  test('gives the same rows by index for any threads and batch size, whatever the delays', async () => {
    expect(await withPool({ threads: 0 }, (pool) => pool.evaluate(tasks))).toEqual(expected);
    const delayed = { ...setup, delayMsMax: 8 };
    for (const [threads, batchTrials] of [
      [1, 5],
      [2, 1],
      [2, 1000],
    ] as const) {
      const rows = await withPool({ threads, batchTrials, setup: delayed }, (pool) => pool.evaluate(tasks));
      expect(rows).toEqual(expected);
    }
  });

  test('sizes its batches by itself, and has nothing to do for no tasks', async () => {
    await withPool({ msPerTrial: 0.1 }, async (pool) => {
      expect(await pool.evaluate([])).toEqual([]);
      expect(await pool.evaluate(tasks)).toEqual(expected);
    });
  });

  test('repeats what a crashed worker had under way', async () => {
    const failure = { suffix: '/4', kind: 'crash-once' as const, memory: join(folder, 'crashed') };
    const rows = await withPool({ setup: { ...setup, failure } }, (pool) => pool.evaluate(tasks));
    expect(rows).toEqual(expected);
    expect(existsSync(failure.memory)).toBe(true);
  });

  test.each([0, 2])('names the scenario that always fails, with %d threads', async (threads) => {
    const failure = { suffix: '/5', kind: 'throw' as const };
    const work = withPool({ threads, setup: { ...setup, failure } }, (pool) => pool.evaluate(tasks));
    await expect(work).rejects.toThrow('scenario s/train/5 failed: the simulator broke');
  });

  test('says so when its workers cannot start, instead of waiting for ever', async () => {
    const work = withPool({ workerUrl: new URL('./no-such-worker.ts', import.meta.url) }, (pool) =>
      pool.evaluate(tasks),
    );
    await expect(work).rejects.toThrow('no-such-worker');
  });

  test.each([0, 1])('stops when told to, with %d threads', async (threads) => {
    const controller = new AbortController();
    const work = withPool({ threads, batchTrials: 1, setup: { ...setup, delayMsMax: 50 } }, (pool) => {
      const rows = pool.evaluate(tasks, controller.signal);
      controller.abort(new Error('enough'));
      return rows;
    });
    await expect(work).rejects.toThrow('enough');
  });
});

test('the champion is the same for 0, 1 and 2 threads, batches of 1 and of all, with random delays', async () => {
  const run = (threads: number, batchTrials: number, delayMsMax: number): Promise<Evolved> =>
    withPool({ threads, batchTrials, setup: { ...setup, delayMsMax } }, (pool) =>
      evolve({
        problem: { space: fleet.space, seeds: fleet.seeds, evaluate: pool.evaluate },
        problemDigest: 'toy',
        engine: healixGa,
        plan: plan({ generations: 4, population: 16, islands: 2 }),
        seed: 'threads',
      }),
    );
  const inline = await run(0, 1, 0);
  expect(await run(1, 13, 3)).toEqual(inline);
  expect(await run(2, 1, 1)).toEqual(inline);
  expect(await run(2, 100_000, 3)).toEqual(inline);
});
