/** `--faults` on every command that draws scenarios, and the seeds that say a mix of faults by themselves. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { writePack } from '../../src/packs.ts';
import { type Calls, fakePack, fakeRunners, healix } from './fakes.ts';

const folder = mkdtempSync(join(tmpdir(), 'healix-faults-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string): string => join(folder, name);
const pack = file('a.pack.json');
writePack(pack, fakePack());
const lone = file('lone.yaml');
writeFileSync(lone, 'name: lone\nservices: [{id: web, entry: {ratePerS: 60}}]\n');

let calls: Calls;
beforeEach(() => {
  calls = { evolve: [], compare: [], simulate: [] };
});
const run = (...argv: string[]) => healix(argv, fakeRunners({}, calls));
const EVOLVE = ['evolve', '--out', file('my.pack.json')];
const COMPARE = ['compare', '--pack', pack];
const SIMULATE = ['simulate', '--strategy', 'kubernetes'];
const COMMANDS = [EVOLVE, COMPARE, SIMULATE].map((argv) => [argv[0]!, argv] as const);

describe('--faults', () => {
  it.each(COMMANDS)(
    'of %s is the whole catalogue unless told otherwise, and leaves seeds as they are',
    async (_, argv) => {
      for (const more of [[], ['--faults', 'all']]) {
        const { code, out } = await run(...argv, '--seed', 'friday', ...more);
        expect(code).toBe(0);
        expect(out).not.toContain('faults all');
      }
      const asked = [...calls.evolve, ...calls.compare].map(({ seed }) => seed);
      expect([...asked, ...calls.simulate.map(({ scenarioSeed }) => scenarioSeed.replace('/test/0', ''))]).toEqual([
        'friday',
        'friday',
      ]);
    },
  );

  it('of evolve goes into the seed of the run, the command that makes the pack again, and the usual file', async () => {
    expect((await run(...EVOLVE, '--seed', 'friday', '--faults', 'spread')).code).toBe(0);
    expect(calls.evolve[0]).toMatchObject({
      seed: 'spread:friday',
      command: 'healix evolve --fleet online-boutique --seed friday --faults spread --scenarios 200 --engine healix-ga',
    });
    // The seed that tables print says the same.
    expect((await run(...EVOLVE, '--seed', 'spread:friday')).code).toBe(0);
    expect(calls.evolve[1]).toEqual(calls.evolve[0]);
    const seen: string[] = [];
    const noting = fakeRunners({
      evolve: async ({ out }) => {
        seen.push(out);
        throw new Error('enough: the file is not to be written');
      },
    });
    await healix(['evolve', '--faults', 'burst'], noting);
    await healix(['evolve'], noting);
    expect(seen).toEqual(['./online-boutique.burst.pack.json', './online-boutique.pack.json']);
  });

  it('of compare goes into the seed, and the table says what the mix is made of', async () => {
    const { out } = await run(...COMPARE, '--seed', 'friday', '--faults', 'spread');
    expect(calls.compare[0]!.seed).toBe('spread:friday');
    expect(out).toContain('faults spread on online-boutique: slow 15 %');
    expect(out).toContain('network-partition 13 %');
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    await run(...COMPARE, '--seed', 'friday', '--faults', 'single', '--tier', 'both');
    expect(calls.compare.slice(1).map(({ seed }) => seed)).toEqual(['single:friday', 'single:friday']);
  });

  it('of simulate takes the scenario of that mix, by seed or by name, and a name with its mix as it is printed', async () => {
    await run(...SIMULATE, '--seed', 'friday', '--faults', 'cascade');
    await run(...SIMULATE, '--scenario-seed', 'friday/test/7', '--faults', 'cascade');
    await run(...SIMULATE, '--scenario-seed', 'cascade:friday/test/7');
    await run(...SIMULATE, '--scenario-seed', 'cascade:friday/test/7', '--faults', 'cascade');
    expect(calls.simulate.map(({ scenarioSeed }) => scenarioSeed)).toEqual([
      'cascade:friday/test/0',
      ...Array.from({ length: 3 }, () => 'cascade:friday/test/7'),
    ]);
  });

  it.each(COMMANDS)('of %s refuses what it does not know, with the nearest', async (_, argv) => {
    const { code, out, err } = await run(...argv, '--faults', 'cascades');
    expect([code, out]).toEqual([2, '']);
    expect(err).toBe(
      'error: no mix of faults is called "cascades"; did you mean cascade?\n' +
        `Known: all, cascade, burst, partition, spread, single.\nTry: healix ${argv[0]} --help\n`,
    );
    expect(calls).toEqual({ evolve: [], compare: [], simulate: [] });
  });

  it.each(COMMANDS)('of %s refuses a seed of another mix, or of two', async (_, argv) => {
    for (const faults of ['burst', 'all']) {
      const { code, err } = await run(...argv, '--seed', 'spread:friday', '--faults', faults);
      expect(code).toBe(2);
      expect(err).toContain(`--seed spread:friday is of the mix spread, --faults asks for ${faults}`);
    }
    const { code, err } = await run(...argv, '--seed', 'burst:spread:friday');
    expect(code).toBe(2);
    expect(err).toContain('names two mixes');
    expect(calls).toEqual({ evolve: [], compare: [], simulate: [] });
  });

  it.each(COMMANDS)('of %s refuses a fleet that none of its faults can strike', async (_, argv) => {
    const { code, err } = await run(...argv, '--fleet', lone, '--faults', 'partition');
    expect(code).toBe(2);
    expect(err).toContain('no fault of the mix partition can strike the fleet lone: it names no groups');
    expect(err).toContain('choose one of: all, cascade, spread, single.');
    expect((await run(...argv, '--fleet', lone, '--faults', 'spread')).code).toBe(0);
  });
});
