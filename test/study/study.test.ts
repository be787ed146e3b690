import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { variantDigest } from '../../bench/study/digest.ts';
import { addLine, keyOf, type Line, readLines } from '../../bench/study/lines.ts';
import { asMarkdown, targets } from '../../bench/study/markdown.ts';
import { holm, mannWhitney, quantile } from '../../bench/study/ranks.ts';
import { problemOf, runJob } from '../../bench/study/run-job.ts';
import { stages } from '../../bench/study/stages.ts';
import { summarise } from '../../bench/study/summary.ts';
import { isReference, VARIANTS, variantNamed } from '../../bench/study/variants.ts';
import type { Problem } from '../../src/evolve/problem.ts';
import { decode } from '../../strategies/genome.ts';

const folder = mkdtempSync(join(tmpdir(), 'healix-study-'));
afterAll(() => rmSync(folder, { recursive: true }));

function line(variant: string, trials: number, seed: number, quality: number, fleet = 'teastore'): Line {
  const onTheWay = [0.25, 0.5, 0.75, 1].map((share) => ({ share, quality: quality + 1 - share }));
  const costs = { quality, unraced: quality + 10, onTheWay, handWritten: false, spent: trials, seconds: 1 };
  return { variant, fleet, trials, seed, digest: 'd', ...costs, champion: [1] };
}

describe('the rank-sum test', () => {
  test.each([
    [[1, 2, 3], [4, 5, 6], 2 / 20],
    [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 2 / 252],
    [[1, 4, 6], [2, 3, 5], 1],
    [[7, 7, 7], [7, 7, 7], 1],
    [[1, 1, 2], [2, 3, 3], 4 / 20],
    [[], [1], 1],
  ])('of %j against %j gives %d', (a, b, p) => {
    expect(mannWhitney(a, b)).toBeCloseTo(p, 12);
    expect(mannWhitney(b, a)).toBeCloseTo(p, 12);
  });

  test('is corrected for many tests by Holm, and never falls', () => {
    expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
  });

  test('quartiles lie between the values', () => {
    expect([0, 0.25, 0.5, 1].map((share) => quantile([4, 1, 3, 2], share))).toEqual([1, 1.75, 2.5, 4]);
  });
});

test('finished runs survive a kill in the middle of a line', () => {
  const file = join(folder, 'runs.jsonl');
  expect(readLines(file)).toEqual([]);
  addLine(file, line('random', 2000, 0, 5));
  appendFileSync(file, '{"variant":"ran');
  expect(readLines(file)).toEqual([line('random', 2000, 0, 5)]);
  addLine(file, line('random', 2000, 1, 6));
  expect(readLines(file).map(({ seed }) => seed)).toEqual([0, 1]);
  appendFileSync(file, '{"variant":"random"}\n');
  expect(() => readLines(file)).toThrow();
});

test('every part of the study wants runs of its own, and no run twice', () => {
  const jobs = stages().flatMap((stage) => stage.jobs);
  expect(stages().every((stage) => stage.jobs.length > 0)).toBe(true);
  expect(new Set(jobs.map(keyOf)).size).toBe(jobs.length);
  expect(jobs.length).toBeGreaterThan(400);
  expect(jobs.some(({ variant, trials }) => isReference(variantNamed(variant), trials))).toBe(false);
});

test('without rules a strategy has none, whatever is bred', async () => {
  const asked: (readonly number[])[] = [];
  const { problem, whole } = problemOf(variantNamed('no rules'), async (tasks) => {
    asked.push(...tasks.map(({ genome }) => genome));
    return tasks.map(() => [0]);
  });
  const genome = problem.space.map((gene) => (gene.kind === 'categorical' ? gene.choices.length - 1 : gene.hi));
  await problem.evaluate([{ genome, scenarios: ['s'] }]);
  expect(decode(asked[0]!).rules.every(({ remedy }) => remedy === 'wait')).toBe(true);
  const repaired = problem.repair!(genome);
  expect(problem.repair!(repaired)).toEqual(repaired);
  expect(whole(repaired)).toEqual(asked[0]);
});

test('each variant searches in its own way, and the same way every time', async () => {
  const digests = await Promise.all(VARIANTS.map((variant) => variantDigest(variant, 20_000)));
  const four = VARIANTS.findIndex(({ name }) => name === 'four islands');
  const ours = VARIANTS.findIndex(({ name }) => name === 'healix-ga');
  expect(digests[four]).toBe(digests[ours]);
  expect(new Set(digests).size).toBe(VARIANTS.length - 1);
  expect(await variantDigest(VARIANTS[0]!, 20_000)).toBe(digests[0]);
});

test('a run stopped and gone on with ends like one that was left alone', async () => {
  const job = { variant: 'healix-ga', fleet: 'teastore', trials: 400, seed: 1 };
  let trials = 0;
  const scoring =
    (onTrials: () => void): Problem['evaluate'] =>
    async (tasks) => {
      trials += tasks.reduce((sum, { scenarios }) => sum + scenarios.length, 0);
      onTrials();
      return tasks.map(({ genome, scenarios }) => scenarios.map((scenario) => (genome[0]! * scenario.length) % 7.3));
    };
  const whole = await runJob(
    job,
    'd',
    join(folder, 'whole'),
    scoring(() => {}),
    new AbortController().signal,
  );
  const file = join(folder, 'stopped');
  let line: Line | undefined;
  let stops = 0;
  for (let limit = 60; line === undefined; limit += 60) {
    const controller = new AbortController();
    trials = 0;
    line = await runJob(
      job,
      'd',
      file,
      scoring(() => {
        if (trials > limit) controller.abort();
      }),
      controller.signal,
    );
    if (line === undefined) stops += 1;
  }
  expect(stops).toBeGreaterThan(2);
  expect({ ...line, seconds: 0 }).toEqual({ ...whole, seconds: 0 });
  expect(existsSync(file)).toBe(false);
});

describe('the report', () => {
  const about = { healix: '0', node: 'v0', horizonS: 1200, testScenarios: 200 };
  const seeds = [0, 1, 2, 3, 4];
  const lines = [
    ...seeds.flatMap((seed) => [
      line('healix-ga', 5000, seed, 100 + seed),
      line('random', 5000, seed, 200 + seed),
      line('no rules', 5000, seed, 100.5 + seed),
      line('no racing', 5000, seed, 120 + seed),
      line('healix-ga', 20_000, seed, 90 + seed),
      line('genetic-js', 20_000, seed, 110 + seed),
      line('cma-es', 20_000, seed, 80 + seed),
    ]),
    line('genetic-js-5', 100_000, 0, 103),
  ];
  const results = summarise(lines, stages(), about);

  test('counts the runs of every part and finds the best known', () => {
    expect(results.stages.find(({ name }) => name === 'other fleets at 5,000')).toMatchObject({ done: 10 });
    expect(results.bestKnown).toEqual([{ fleet: 'teastore', quality: 80, variant: 'cma-es', trials: 20_000 }]);
  });

  test('gives quartiles, regret and corrected p', () => {
    const ours = results.groups
      .find(({ trials }) => trials === 5000)!
      .variants.find(({ name }) => name === 'healix-ga');
    expect(ours).toMatchObject({ quartiles: [101, 102, 103], regret: 22, unraced: 32, p: null });
    const at20 = results.groups.find(({ trials }) => trials === 20_000)!.variants;
    expect(at20.find(({ name }) => name === 'cma-es')!.p).toBeCloseTo(4 / 252, 12);
  });

  test('says of every target whether it holds', () => {
    expect(targets(results).map(([, found, holds]) => [found, holds])).toEqual([
      ['on 1 of 1', 'yes'],
      ['0.29', 'no'],
      ['cma-es on teastore at 20,000', 'no'],
      ['nothing is lost with no rules', 'no'],
    ]);
    const none = summarise([], stages(), about);
    expect(targets(none).every(([, , holds]) => holds === 'not run yet')).toBe(true);
    expect(asMarkdown(none)).toContain('| engines at 2,000 | 0 | 35 |');
  });

  test('shows every variant of every group', () => {
    const markdown = asMarkdown(results);
    for (const { variants } of results.groups) {
      for (const { name } of variants) expect(markdown).toMatch(new RegExp(`\\| (\\*\\*)?${name}(\\*\\*)? \\|`));
    }
  });
});
