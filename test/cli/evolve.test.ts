import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { loadPack } from '../../src/named-packs.ts';
import { readPack, writePack } from '../../src/packs.ts';
import type { EvolveProgress } from '../../src/run-types.ts';
import { type Calls, fakeIo, fakePack, fakeRefereed, fakeRunners, healix } from './fakes.ts';

const folder = mkdtempSync(join(tmpdir(), 'healix-evolve-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const out = join(folder, 'my.pack.json');
let calls: Calls;
beforeEach(() => {
  calls = { evolve: [], compare: [], simulate: [] };
  for (const file of readdirSync(folder)) rmSync(join(folder, file));
});

const generation: EvolveProgress = {
  kind: 'evolving',
  generation: 12,
  generations: 80,
  best: 812.6,
  mean: 1523.9,
  trials: 3000,
  trialsPlanned: 20_000,
  replications: 2,
  diversity: 0.4,
  failures: 0,
};

describe('evolve', () => {
  it('runs the default fleet and seed with 200 test scenarios', async () => {
    const { code } = await healix(['evolve', '--out', out], fakeRunners({}, calls));
    expect(code).toBe(0);
    expect(calls.evolve).toHaveLength(1);
    const { fleets, threads, ...rest } = calls.evolve[0]!;
    expect(fleets.map(({ name }) => name)).toEqual(['online-boutique']);
    expect(threads).toBeGreaterThanOrEqual(1);
    expect(rest).toEqual({
      seed: 'healix',
      out,
      scenarios: 200,
      engine: 'healix-ga',
      command: 'healix evolve --fleet online-boutique --seed healix --scenarios 200 --engine healix-ga',
    });
  });

  it('hands every flag on, and keeps threads and folders out of the command that makes the pack again', async () => {
    const fleet = join(folder, 'mine.yaml');
    writeFileSync(fleet, 'name: mine\nservices: [{id: web, entry: {ratePerS: 60}}]\n');
    const checkpoint = join(folder, 'old.checkpoint');
    writeFileSync(checkpoint, '{}');
    const argv = `evolve --fleet teastore --fleet ${fleet} --threads 3 --islands 2 --generations 9 --population 40 --scenarios 50 --engine random --budget 2m`;
    await healix([...argv.split(' '), '--seed', "it's", '--resume', checkpoint, '--out', out], fakeRunners({}, calls));
    expect(calls.evolve[0]).toMatchObject({
      threads: 3,
      islands: 2,
      generations: 9,
      population: 40,
      scenarios: 50,
      engine: 'random',
      budgetS: 120,
      seed: "it's",
      resumeFile: checkpoint,
      command:
        "healix evolve --fleet teastore --fleet mine.yaml --seed 'it'\\''s' --islands 2 --generations 9 --population 40 --scenarios 50 --engine random",
    });
  });

  it('starts from the packs that --from names, shipped ones and files, which the command says again', async () => {
    const mine = join(folder, 'mine.pack.json');
    const champion = loadPack('teastore');
    writePack(mine, champion);
    await healix(['evolve', '--from', 'default', '--from', mine, '--out', out], fakeRunners({}, calls));
    const { from, command } = calls.evolve[0]!;
    expect(from?.map(({ hash }) => hash)).toEqual([loadPack('default').hash, champion.hash]);
    expect(command).toContain('--from default --from mine.pack.json');
    const { code, err } = await healix(['evolve', '--from', 'defalt', '--out', out], fakeRunners({}, calls));
    expect([code, calls.evolve.length]).toEqual([2, 1]);
    expect(err).toContain('default');
  });

  it('writes the pack, removes the checkpoint and prints the table', async () => {
    writeFileSync(`${out}.checkpoint`, '{}');
    const { code, out: printed } = await healix(['evolve', '--out', out], fakeRunners());
    expect(code).toBe(0);
    expect(readPack(out)).toEqual(fakePack());
    expect(readdirSync(folder)).toEqual(['my.pack.json']);
    expect(printed).toContain('tier: fluid');
    expect(printed).not.toContain('not refereed');
    expect(printed.replace(/\s+/g, ' ')).toContain(
      'kubernetes 2,310 [2,079 to 2,541]; the difference is -900 [-1,000 to -800]',
    );
    expect(printed.replace(/\s+/g, ' ')).toContain('online-boutique wins by 900 beyond doubt.');
    expect(printed).toContain(`wrote ${out}`);
  });

  it('prints one object with --json: the comparison, the pack and the trials', async () => {
    const { out: printed } = await healix(['evolve', '--out', out, '--json'], fakeRunners());
    const value = JSON.parse(printed);
    expect(Object.keys(value).sort()).toEqual([
      'fleet',
      'pack',
      'paired',
      'refereed',
      'scenarios',
      'seed',
      'strategies',
      'tier',
      'trials',
      'versions',
    ]);
    expect(value.refereed).toEqual([fakeRefereed()]);
    expect(value.pack).toEqual({ path: out, hash: fakePack().hash });
    expect(value.trials).toBe(20_000);
  });

  it('prints one comparison per fleet when there are several', async () => {
    const { out: printed } = await healix([
      'evolve',
      '--fleet',
      'teastore',
      '--fleet',
      'otel-demo',
      '--out',
      out,
      '--json',
    ]);
    const value = JSON.parse(printed);
    expect(value.comparisons.map(({ fleet }: { fleet: string }) => fleet)).toEqual(['teastore', 'otel-demo']);
  });

  it('names all that is wrong with the command line at once, before any work, and writes nothing', async () => {
    const argv = [
      'evolve',
      '--threads',
      '0',
      '--scenarios',
      '0',
      '--engine',
      'healx-ga',
      '--budget',
      'soon',
      '--fleet',
      'teastor',
      '--seed',
      '',
      '--generations',
      '-1',
      '--population',
      '1e3',
      '--islands',
      '65',
      '--resume',
      '/nowhere',
      '--out',
      join(folder, 'none', 'x'),
    ];
    const { code, out: printed, err } = await healix(argv, fakeRunners({}, calls));
    expect([code, printed]).toEqual([2, '']);
    expect(calls.evolve).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
    for (const words of [
      '11 problems',
      'from 1 to 64, not "0"',
      'from 1 to 100000, not "0"',
      'did you mean healix-ga?',
      'Known: healix-ga, genetic-js, random',
      '60s',
      'did you mean teastore?',
      '1 to 200 characters',
      'not "-1"',
      'not "1e3"',
      'not "65"',
      'no file /nowhere',
      'there is no folder',
    ]) {
      expect(err).toContain(words);
    }
  });

  it.each(['0', '65', '10000', 'two', '1.5', ''])('refuses %j threads', async (threads) => {
    const { code, err } = await healix(['evolve', '--threads', threads, '--out', out], fakeRunners({}, calls));
    expect(code).toBe(2);
    expect(err).toContain('--threads takes a whole number from 1 to 64');
    expect(calls.evolve).toEqual([]);
  });

  it('refuses a folder as the output, and two fleets of one name', async () => {
    expect((await healix(['evolve', '--out', folder])).err).toContain('it is a folder');
    expect((await healix(['evolve', '--out', '-'])).err).toContain(
      '--out - cannot be written: it would be a file of that name',
    );
    const twice = await healix(['evolve', '--fleet', 'teastore', '--fleet', 'teastore', '--out', out]);
    expect(twice.err).toContain('share a name');
  });

  it.each([
    ['60s', 60],
    ['5m', 300],
    ['2h', 7200],
    ['90', 90],
    ['0.5s', 0.5],
  ])('reads a budget of %s', async (text, seconds) => {
    await healix(['evolve', '--budget', text, '--out', out], fakeRunners({}, calls));
    expect(calls.evolve[0]!.budgetS).toBe(seconds);
  });

  it('lets the champion spend as many replica-hours as it is told, and says so in the command', async () => {
    await healix(['evolve', '--replica-hours', '1.1', '--out', out], fakeRunners({}, calls));
    expect(calls.evolve[0]!.replicaHours).toBe(1.1);
    expect(calls.evolve[0]!.command).toContain(' --replica-hours 1.1');
    await healix(['evolve', '--out', out], fakeRunners({}, calls));
    expect(calls.evolve[1]!.replicaHours).toBe(undefined);
    expect(calls.evolve[1]!.command).not.toContain('replica-hours');
  });

  it.each(['0', '0.4', '11', '-1', '1,1', 'more', 'NaN'])('refuses %s times the replica-hours', async (text) => {
    const { code, err } = await healix(['evolve', '--replica-hours', text, '--out', out]);
    expect([code, err]).toEqual([2, expect.stringContaining('multiple from 0.5 to 10')]);
  });

  it.each(['0s', '-1s', '8d', '999h', 's'])('refuses a budget of %s', async (text) => {
    expect((await healix(['evolve', '--budget', text, '--out', out])).code).toBe(2);
  });

  it('saves and exits 130 without a pack at Ctrl-C, and leaves at once at the second', async () => {
    const io = fakeIo();
    let leftAtOnce = '';
    const runners = fakeRunners({
      evolve: async (_, { signal }) => {
        io.interrupt();
        expect(signal.aborted).toBe(true);
        try {
          io.interrupt();
        } catch (error) {
          leftAtOnce = String(error);
        }
        throw Object.assign(new Error('aborted'), { name: 'Interrupted' });
      },
    });
    const code = await main(['evolve', '--out', out, '--json'], io, runners);
    expect(code).toBe(130);
    expect(leftAtOnce).toContain('left at once with 130');
    expect(existsSync(out)).toBe(false);
    expect(io.written.err).toContain(`--resume ${out}.checkpoint`);
    expect(JSON.parse(io.written.out)).toEqual({ interrupted: true, checkpoint: `${out}.checkpoint` });
  });

  it('does not hide a real failure behind Ctrl-C', async () => {
    const io = fakeIo();
    const runners = fakeRunners({
      evolve: async () => {
        io.interrupt();
        throw new Error('disk on fire');
      },
    });
    expect(await main(['evolve', '--out', out], io, runners)).toBe(1);
    expect(io.written.err).toContain('disk on fire');
  });

  it('shows generation, scores, speed and time left on standard error only', async () => {
    const io = fakeIo({ tty: true, columns: 120 });
    const runners = fakeRunners({
      evolve: async (options, { onProgress }) => {
        io.advance(1000);
        onProgress({ ...generation, generation: 1, trials: 1000 });
        io.advance(1000);
        onProgress(generation);
        onProgress({ kind: 'proving', done: 10, total: 40 });
        io.advance(1000);
        onProgress({ kind: 'proving', done: 20, total: 40 });
        onProgress({ kind: 'refereeing', subject: 'champion', done: 4, total: 40 });
        io.advance(1000);
        onProgress({ kind: 'refereeing', subject: 'champion', done: 8, total: 40 });
        return fakeRunners().evolve(options, { onProgress, signal: new AbortController().signal });
      },
    });
    await main(['evolve', '--out', out, '--json'], io, runners);
    // 2,000 of the remaining 17,000 trials took the last second.
    expect(io.written.err).toContain('generation 12/80  best 812.6  mean 1524  1500 evaluations/s  15 %  9 s left');
    expect(io.written.err).toContain('proving the champion  20 of 40 trials  50 %  2 s left');
    expect(io.written.err).toContain('refereeing the champion  8 of 40 trials  20 %  8 s left');
    expect(() => JSON.parse(io.written.out)).not.toThrow();
    expect(readFileSync(out, 'utf8')).toContain('schemaVersion');
  });
});
