/** The whole way from a fleet to a proven pack, small: same bytes on any number of threads, and after a kill and resume. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { syntheticFleet } from '../../bench/synthetic-fleet.ts';
import { Interrupted } from '../../src/evolve/archipelago.ts';
import { runEvolve } from '../../src/run-evolve.ts';
import { checkpointOf, type EvolveHooks, type EvolveOptions, type EvolveResult } from '../../src/run-types.ts';
import { packText } from '../../strategies/pack.ts';

const folder = mkdtempSync(join(tmpdir(), 'healix-run-'));
afterAll(() => rmSync(folder, { recursive: true }));

const fleet = syntheticFleet({ layers: [1, 1], ratePerS: 60 });

/** Of a seed that leaves the referee more than one finalist to look at: where only one is left, it is not asked. */
function options(name: string, threads: number): EvolveOptions {
  return {
    fleets: [fleet],
    seed: 'a',
    out: join(folder, `${name}.pack.json`),
    threads,
    generations: 3,
    population: 8,
    scenarios: 2,
    refereeTrials: { finalist: 2, champion: 2 },
    engine: 'healix-ga',
    command: 'healix evolve --fleet synthetic.yaml --seed a',
  };
}

/** An uninterrupted run in this thread, made once. */
let undisturbed: Promise<EvolveResult> | undefined;
const wholeRun = (): Promise<EvolveResult> => {
  undisturbed ??= runEvolve(options('whole', 0), quiet());
  return undisturbed;
};

const quiet = (signal = new AbortController().signal): EvolveHooks => ({ onProgress: () => {}, signal });

it('gives the same pack, byte for byte, inline and on 1, 2 and 4 threads', async () => {
  const texts: string[] = [packText((await wholeRun()).pack)];
  for (const threads of [1, 2, 4]) {
    const { pack } = await runEvolve(options(`threads-${threads}`, threads), quiet());
    texts.push(packText(pack));
  }
  expect(new Set(texts).size).toBe(1);
  expect(texts[0]).toContain('"tier": "fluid"');
  expect(texts[0]).toContain('"tier": "requests"');
}, 240_000);

it('resumes an interrupted run to the same pack as an uninterrupted one', async () => {
  const whole = packText((await wholeRun()).pack);
  for (const after of [1, 2]) {
    const abort = new AbortController();
    let generations = 0;
    const interrupted = options(`interrupted-${after}`, 0);
    const hooks: EvolveHooks = {
      signal: abort.signal,
      onProgress: (progress) => {
        if (progress.kind === 'evolving' && ++generations === after) abort.abort();
      },
    };
    await expect(runEvolve(interrupted, hooks)).rejects.toThrow(Interrupted);
    const checkpoint = checkpointOf(interrupted.out);
    expect(existsSync(checkpoint)).toBe(true);
    expect(JSON.parse(readFileSync(checkpoint, 'utf8')).generation).toBe(after);
    const { pack } = await runEvolve({ ...interrupted, resumeFile: checkpoint }, quiet());
    expect(packText(pack)).toBe(whole);
  }
}, 240_000);

it('is interrupted while proving just as while breeding, and resumes to the same pack', async () => {
  const whole = packText((await wholeRun()).pack);
  const abort = new AbortController();
  const stopped = options('stopped-proving', 0);
  const hooks: EvolveHooks = {
    signal: abort.signal,
    onProgress: (progress) => {
      if (progress.kind === 'proving') abort.abort();
    },
  };
  await expect(runEvolve(stopped, hooks)).rejects.toThrow(Interrupted);
  const { pack } = await runEvolve({ ...stopped, resumeFile: checkpointOf(stopped.out) }, quiet());
  expect(packText(pack)).toBe(whole);
}, 60_000);

it.each(['finalists', 'champion'] as const)(
  'is interrupted while the referee looks at the %s just as while breeding, and resumes to the same pack',
  async (subject) => {
    const whole = packText((await wholeRun()).pack);
    const abort = new AbortController();
    const stopped = options(`stopped-${subject}`, 0);
    let seen = 0;
    const hooks: EvolveHooks = {
      signal: abort.signal,
      onProgress: (progress) => {
        if (progress.kind === 'refereeing' && progress.subject === subject && ++seen === 2) abort.abort();
      },
    };
    await expect(runEvolve(stopped, hooks)).rejects.toThrow(Interrupted);
    expect(seen).toBe(2);
    const { pack } = await runEvolve({ ...stopped, resumeFile: checkpointOf(stopped.out) }, quiet());
    expect(packText(pack)).toBe(whole);
  },
  60_000,
);

it('has the champion meet the best of the others before the referee, on the first of the same test scenarios', async () => {
  const { pack, comparisons, refereed } = await wholeRun();
  const [seen] = refereed;
  expect(pack.proof.refereed).toEqual(refereed);
  expect(seen).toMatchObject({ fleet: fleet.name, tier: 'requests', scenarios: 2, seed: 'a' });
  const best = comparisons[0]!.strategies
    .filter(({ kind }) => kind === 'baseline' || kind === 'nothing')
    .toSorted((a, b) => a.lostUserMinutes.mean - b.lostUserMinutes.mean)[0]!;
  expect(seen!.strategies.map(({ name }) => name)).toEqual([pack.name, best.name]);
  expect(seen!.paired.map(({ a, b }) => [a, b])).toEqual([[pack.name, best.name]]);
  expect(pack.provenance.sets.referee).toBe(2);
}, 60_000);

it('writes no verdict of a referee that was not asked', async () => {
  const { pack, refereed } = await runEvolve(
    { ...options('unseen', 0), refereeTrials: { finalist: 0, champion: 0 } },
    quiet(),
  );
  expect(refereed).toEqual([]);
  expect(pack.proof).not.toHaveProperty('refereed');
  expect(pack.provenance.sets.referee).toBe(0);
}, 60_000);

it('refuses to resume a run of another seed, and says what differs', async () => {
  const first = options('first', 0);
  await runEvolve(first, quiet());
  const other = { ...first, seed: 'another', resumeFile: checkpointOf(first.out) };
  await expect(runEvolve(other, quiet())).rejects.toThrow(/seed: the checkpoint has "a", this run "another"/);
}, 60_000);

it('ends at a generation boundary when the budget is used up, and the pack says how many generations it took', async () => {
  const { pack } = await runEvolve({ ...options('budget', 0), generations: 50, budgetS: 0 }, quiet());
  expect(pack.provenance.budget.generations).toBe(1);
}, 60_000);

it('breeds one strategy for several fleets and proves it on each', async () => {
  const second = { ...syntheticFleet({ layers: [1, 1], ratePerS: 40 }), name: 'second' };
  const { pack, comparisons, refereed } = await runEvolve(
    { ...options('several', 0), fleets: [fleet, second] },
    quiet(),
  );
  expect(comparisons.map((comparison) => comparison.fleet)).toEqual([fleet.name, 'second']);
  expect(pack.proof.fleets).toHaveLength(2);
  expect(refereed.map((comparison) => comparison.fleet)).toEqual([fleet.name, 'second']);
  expect(pack.provenance.fleets.map(({ name }) => name)).toEqual([fleet.name, 'second']);
}, 60_000);
