import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Evolved, evolve, Interrupted, type Progress, type RunOptions } from '../../src/evolve/archipelago.ts';
import { parseCheckpoint, type RunState, readCheckpoint, writeCheckpoint } from '../../src/evolve/checkpoint.ts';
import { ENGINES } from '../../src/evolve/engines/engines.ts';
import { plan } from '../../src/evolve/plan.ts';
import type { Problem } from '../../src/evolve/problem.ts';
import { packText } from '../../strategies/pack.ts';
import { fakePack } from '../cli/fakes.ts';
import { toyFleet, toyProblem } from './toy-fleet.ts';

const fleet = toyFleet('resume', 8, 6);
const folder = mkdtempSync(join(tmpdir(), 'healix-resume-'));
afterAll(() => rmSync(folder, { recursive: true }));

function options(engine = ENGINES[0]!, problem: Problem = toyProblem(fleet)): RunOptions {
  return {
    problem,
    problemDigest: 'toy',
    engine,
    plan: plan({ trials: 600, generations: 8, population: 16, islands: 2 }),
    seed: 'resume',
  };
}

/** Runs until the trial with this number is asked for, then aborts, and gives back the last checkpoint saved. */
async function killAt(trial: number, engine = ENGINES[0]!, from?: string): Promise<string> {
  const controller = new AbortController();
  const inner = toyProblem(fleet);
  let seen = 0;
  const problem: Problem = {
    space: fleet.space,
    seeds: fleet.seeds,
    async evaluate(tasks) {
      for (const task of tasks) seen += task.scenarios.length;
      if (seen >= trial) controller.abort(new Error('killed'));
      return inner.evaluate(tasks);
    },
  };
  let saved = '';
  const hooks = { signal: controller.signal, save: (text: string) => (saved = text) };
  const resume = from === undefined ? undefined : parseCheckpoint(from, 'saved');
  await expect(evolve(options(engine, problem), hooks, resume)).rejects.toThrow(Interrupted);
  return saved;
}

describe.each(ENGINES)('a run of $name', (engine) => {
  test('continues to the same result from every checkpoint', async () => {
    const checkpoints: string[] = [];
    const whole = await evolve(options(engine), { save: (text) => checkpoints.push(text) });
    expect(checkpoints).toHaveLength(9);
    for (const text of checkpoints) {
      expect(await evolve(options(engine), {}, parseCheckpoint(text, 'saved'))).toEqual(whole);
    }
  });

  test('killed in the middle of any generation or of the final race resumes to the same result', async () => {
    const whole = await evolve(options(engine));
    const checkpoints = new Set<string>();
    for (let trial = 1; trial < whole.trials; trial += 37) {
      const saved = await killAt(trial, engine);
      checkpoints.add(saved);
      expect(await evolve(options(engine), {}, parseCheckpoint(saved, 'saved'))).toEqual(whole);
    }
    expect(checkpoints.size).toBeGreaterThan(4);
  });
});

describe('a run', () => {
  test('killed ten times in a row comes to the same result', async () => {
    const whole = await evolve(options());
    let saved: string | undefined;
    for (let kill = 0; kill < 10; kill++) saved = await killAt(20 + kill, ENGINES[0]!, saved);
    expect(await evolve(options(), {}, parseCheckpoint(saved!, 'saved'))).toEqual(whole);
  });

  test('stops early only at a generation boundary, still races, and says so', async () => {
    let asked = 0;
    const seen: Progress[] = [];
    const stopped = await evolve(options(), {
      shouldStop: () => ++asked === 3,
      onProgress: (progress) => seen.push(progress),
    });
    expect(stopped).toMatchObject({ generations: 3, stoppedEarly: true });
    expect(asked).toBe(3);
    expect(stopped.finalists[0]!.row.length).toBeGreaterThanOrEqual(4);
    expect(seen.length).toBeGreaterThan(3);
  });

  test('stopped early and killed in its final race resumes into the race', async () => {
    let saved = '';
    const stopped = await evolve(options(), {
      shouldStop: () => true,
      save: (text) => (saved = text),
    });
    expect(parseCheckpoint(saved, 'saved').phase).toBe('final');
    expect(await evolve(options(), {}, parseCheckpoint(saved, 'saved'))).toEqual(stopped);
  });

  test('already aborted does nothing but save where it stood', async () => {
    const problem = toyProblem(fleet);
    const saved: string[] = [];
    const hooks = { signal: AbortSignal.abort(), save: (text: string) => saved.push(text) };
    await expect(evolve(options(ENGINES[0]!, problem), hooks)).rejects.toThrow('interrupted after generation 0');
    expect(parseCheckpoint(saved.at(-1)!, 'saved').generation).toBe(0);
  });

  test('passes on an error of the evaluator as it is', async () => {
    const problem: Problem = { ...toyProblem(fleet), evaluate: () => Promise.reject(new Error('scenario 7 failed')) };
    await expect(evolve(options(ENGINES[0]!, problem))).rejects.toThrow('scenario 7 failed');
  });

  test('tells after each generation how far it is, and never spends more than planned by much', async () => {
    const seen: Progress[] = [];
    const { trials } = await evolve(options(), { onProgress: (progress) => seen.push(progress) });
    expect(seen.slice(0, 8).map(({ generation }) => generation)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(seen.at(-1)!.trials).toBe(trials);
    expect(trials).toBeLessThan(1.3 * options().plan.trials);
    for (const { best, mean, diversity, trialsPlanned } of seen) {
      expect(best).toBeGreaterThan(0);
      expect(mean).toBeGreaterThan(0);
      expect(diversity).toBeGreaterThan(0);
      expect(diversity).toBeLessThan(1);
      expect(trialsPlanned).toBe(options().plan.trials);
    }
  });

  test('counts a genome that gives no number as worst, and never recommends it', async () => {
    const inner = toyProblem(fleet);
    const problem: Problem = {
      ...inner,
      async evaluate(tasks) {
        const rows = await inner.evaluate(tasks);
        return rows.map((row, index) => (tasks[index]!.genome[0]! % 2 === 0 ? Array.from(row, () => Number.NaN) : row));
      },
    };
    const { champion, failures } = await evolve(options(ENGINES[0]!, problem));
    expect(failures).toBeGreaterThan(0);
    expect(champion[0]! % 2).toBe(1);
  });

  test('draws its training and selection scenarios from sets that never meet, and none from test', async () => {
    const names = new Set<string>();
    const inner = toyProblem(fleet);
    const problem: Problem = {
      ...inner,
      evaluate(tasks) {
        for (const task of tasks) for (const name of task.scenarios) names.add(name);
        return inner.evaluate(tasks);
      },
    };
    const { finalists } = await evolve(options(ENGINES[0]!, problem));
    const selected = [...names].filter((name) => name.startsWith('resume/select/'));
    const trained = [...names].filter((name) => /^resume\/train\/\d+$/.test(name));
    expect(selected).toHaveLength(finalists[0]!.row.length);
    expect(trained.length).toBeGreaterThan(10);
    expect(selected.length + trained.length).toBe(names.size);
  });

  test('never recommends anything worse than the best hand-written genome on the selection set', async () => {
    const best = [...fleet.best];
    const problem: Problem = { ...toyProblem(fleet), seeds: [best, ...fleet.seeds] };
    const evolved: Evolved = await evolve(options(ENGINES[2]!, problem));
    expect(evolved.handWritten).toBe(0);
  });
});

describe('a checkpoint file', () => {
  const saved = (async () => {
    const texts: string[] = [];
    await evolve(options(), { save: (text) => texts.push(text) });
    return texts[3]!;
  })();

  test('is written whole or not at all, and read back as it was', async () => {
    const file = join(folder, 'run.checkpoint');
    writeCheckpoint(file, 'old');
    writeCheckpoint(file, await saved);
    expect(readdirSync(folder)).toEqual(['run.checkpoint']);
    expect(readFileSync(file, 'utf8')).toBe(await saved);
    expect(await readCheckpoint(file)).toEqual(JSON.parse(await saved));
  });

  test('that cannot be written or read is named in the message', async () => {
    expect(() => writeCheckpoint(join(folder, 'no', 'x'), '{}')).toThrow(/cannot write the checkpoint .*no/);
    const missing = readCheckpoint(join(folder, 'missing'));
    await expect(missing).rejects.toThrow(/cannot read the checkpoint .*missing: there is no such file/);
    await expect(readCheckpoint(folder)).rejects.toThrow('it is a folder, give the path of a file');
  });

  test.each([
    ['cut short', (text: string) => text.slice(0, -20), 'is not a whole checkpoint'],
    ['of another version', (text: string) => text.replace(/"version":\d+/, '"version":99'), 'of version 99'],
    ['no object', () => '[]', 'is no checkpoint of healix'],
    [
      'a pack',
      () => packText(fakePack()),
      'is no checkpoint of healix\nGive --resume the file that the stopped run named',
    ],
    ['a fleet', () => 'name: shop\n', 'is no checkpoint of healix'],
    ['empty', () => '', 'is no checkpoint of healix'],
    ['with an unknown key', (text: string) => text.replace('{', '{"extra":1,'), 'Unrecognized key: "extra"'],
    ['with a bad number', (text: string) => text.replace(/"failures":0/, '"failures":-1'), 'failures'],
    ['with an island less', (text: string) => edited(text, (state) => state.islands.pop()), 'expected 2 islands'],
    [
      'with a gene less',
      (text: string) => edited(text, (state) => state.islands[0]!.members[0]!.genome.pop()),
      'genes',
    ],
    [
      'with a generation untold',
      (text: string) => edited(text, (state) => state.history.pop()),
      'one record per generation',
    ],
    ['with a cut row', (text: string) => edited(text, (state) => state.archive.entries[0]!.row.pop()), 'not whole'],
  ])('%s is refused with a clear message', async (_, damage, message) => {
    const text = damage(await saved);
    expect(() => parseCheckpoint(text, 'my.checkpoint')).toThrow(message);
    expect(() => parseCheckpoint(text, 'my.checkpoint')).toThrow('my.checkpoint');
  });

  test('of another run is refused, naming every difference', async () => {
    const state = parseCheckpoint(await saved, 'saved');
    const other = { ...options(), seed: 'other', problemDigest: 'changed' };
    const resumed = evolve(other, {}, state);
    await expect(resumed).rejects.toThrow('--seed: the checkpoint has "resume", this run "other"');
    await expect(resumed).rejects.toThrow('--fleet (or what is in its file), --from, --level, --replica-hours');
    await expect(resumed).rejects.toThrow('the checkpoint cannot say which');
    await expect(resumed).rejects.not.toThrow('toy');
  });

  test.each<[string, Partial<RunOptions>, readonly string[]]>([
    [
      'numbers',
      { plan: plan({ trials: 900, generations: 9, population: 18, islands: 3 }) },
      [
        '--generations: the checkpoint has 8, this run 9',
        '--population: ',
        ' 16, this run 18',
        '--islands: ',
        ' 2, this run 3',
      ],
    ],
    [
      'budget',
      { plan: { ...options().plan, trials: 700 } },
      ['trials: the checkpoint has 600, this run 700; they follow'],
    ],
    [
      'engine',
      { engine: ENGINES[1]! },
      [`--engine: the checkpoint has ${ENGINES[0]!.name}, this run ${ENGINES[1]!.name}`],
    ],
    ['faults', { seed: 'spread:resume' }, ['--faults: the checkpoint has all, this run spread']],
    ['weights', { tailWeight: 0.5 }, ['weight of the worst scenarios: the checkpoint has 0.1, this run 0.5']],
  ])('of a run with other %s is refused by the names of the options, and by no others', async (_, other, words) => {
    const state = parseCheckpoint(await saved, 'saved');
    const error: unknown = await evolve({ ...options(), ...other }, {}, state).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'other-run', exitCode: 2 });
    const [head, ...lines] = (error as Error).message.split('\n');
    expect(head).toBe('the checkpoint belongs to another run:');
    for (const word of words) expect(lines.join('\n')).toContain(word);
    expect(lines.filter((line) => line.startsWith('  '))).toHaveLength(words.length === 1 ? 1 : 3);
    expect(lines.join()).not.toMatch(/[[{]/);
  });
});

function edited(text: string, change: (state: RunState) => void): string {
  const state: RunState = JSON.parse(text);
  change(state);
  return JSON.stringify(state);
}
