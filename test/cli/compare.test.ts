import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { comparisonTable } from '../../src/cli/comparison-table.ts';
import { writePack } from '../../src/packs.ts';
import { comparisonSchema } from '../../strategies/pack.ts';
import { type Calls, fakeComparison, fakeIo, fakePack, fakeRunners, healix } from './fakes.ts';

const folder = mkdtempSync(join(tmpdir(), 'healix-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const pack = join(folder, 'a.pack.json');
writePack(pack, fakePack());

let calls: Calls;
beforeEach(() => {
  calls = { evolve: [], compare: [], simulate: [] };
});

const plain = (text: string): string => text;

describe('compare', () => {
  it('compares with every baseline on 200 scenarios of the default fleet unless told otherwise', async () => {
    const { code } = await healix(['compare', '--pack', pack], fakeRunners({}, calls));
    expect(code).toBe(0);
    expect(calls.compare[0]).toMatchObject({
      packs: [{ file: pack, pack: fakePack() }],
      baselines: ['nothing', 'kubernetes', 'systemd'],
      fleet: { name: 'online-boutique' },
      scenarios: 200,
      seed: 'healix',
      tier: 'fluid',
    });
  });

  it('runs both tiers when asked to, and prints what they disagree about', async () => {
    const { code, out } = await healix(['compare', '--pack', pack, '--tier', 'both'], fakeRunners({}, calls));
    expect(code).toBe(0);
    expect(calls.compare.map(({ tier }) => tier)).toEqual(['fluid', 'requests']);
    expect(out).toContain('orders agree with Kendall tau 1.000');
    const json = await healix(['compare', '--pack', pack, '--tier', 'both', '--json'], fakeRunners({}, calls));
    expect(Object.keys(JSON.parse(json.out))).toEqual(['fluid', 'requests', 'disagreement']);
  });

  it('keeps its trials in a file that it can resume from, which has to be writable', async () => {
    const file = join(folder, 'kept.jsonl');
    const argv = ['compare', '--pack', pack, '--tier', 'requests', '--resume'];
    expect((await healix([...argv, file], fakeRunners({}, calls))).code).toBe(0);
    expect(calls.compare[0]).toMatchObject({ tier: 'requests', resumeFile: file });
    const refused = await healix([...argv, join(folder, 'no', 'kept.jsonl'), '--check-determinism']);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('--resume');
    expect(refused.err).toContain('there is no folder');
    expect(refused.err).toContain('leave it out to --check-determinism');
  });

  it('fails when two runs of it differ, if asked to check', async () => {
    let run = 0;
    const fickle = fakeRunners({ compare: async () => ({ ...fakeComparison(), scenarios: 200 + run++ }) }, calls);
    const argv = ['compare', '--pack', pack, '--check-determinism'];
    const { code, err } = await healix(argv, fickle);
    expect(code).toBe(1);
    expect(err).toContain('two runs of this command differ');
    expect((await healix(argv, fakeRunners({}, calls))).code).toBe(0);
    expect(calls.compare).toHaveLength(2);
  });

  it('refuses a tier that does not exist', async () => {
    const { code, err } = await healix(['compare', '--pack', pack, '--tier', 'request'], fakeRunners({}, calls));
    expect(code).toBe(2);
    expect(err).toContain('requests');
  });

  it('takes several packs and a choice of baselines', async () => {
    const argv = [
      'compare',
      '--pack',
      pack,
      '--pack',
      pack,
      '--baselines',
      'systemd, kubernetes,systemd',
      '--scenarios',
      '7',
      '--seed',
      's',
      '--fleet',
      'teastore',
    ];
    await healix(argv, fakeRunners({}, calls));
    expect(calls.compare[0]).toMatchObject({
      baselines: ['systemd', 'kubernetes'],
      scenarios: 7,
      seed: 's',
      fleet: { name: 'teastore' },
    });
    expect(calls.compare[0]!.packs).toHaveLength(2);
  });

  it('prints exactly the comparison with --json, and progress elsewhere', async () => {
    const { out, err } = await healix(['compare', '--pack', pack, '--json']);
    expect(comparisonSchema.parse(JSON.parse(out))).toEqual(fakeComparison());
    expect(err).toContain('comparing on tier fluid  100 of 200 trials  50 %');
  });

  it('tells how to see a scenario again', async () => {
    const { out } = await healix(['compare', '--pack', pack]);
    expect(out).toContain('scenario seeds: friday/test/0 to friday/test/199');
  });

  it('refuses unknown baselines, no pack and zero scenarios at once, before any work', async () => {
    const { code, err } = await healix(
      ['compare', '--baselines', 'kubernets,pm3', '--scenarios', '0'],
      fakeRunners({}, calls),
    );
    expect(code).toBe(2);
    for (const words of [
      '4 problems',
      '--pack is missing',
      'did you mean kubernetes?',
      'called "pm3"',
      'Known: nothing, kubernetes, systemd',
      'from 1 to 100000',
    ]) {
      expect(err).toContain(words);
    }
    expect(calls.compare).toEqual([]);
  });
});

describe('the table of a comparison', () => {
  const text = comparisonTable(fakeComparison(), plain);
  const lines = text.split('\n');

  it('sorts by loss, marks the champion and names the tier', () => {
    const names = lines.slice(2, 6).map((line) => line.slice(0, 19).trim());
    expect(names).toEqual(['oracle', '* online-boutique', 'kubernetes', 'nothing']);
    expect(lines[0]).toBe('fleet online-boutique, 200 scenarios of seed friday, tier: fluid');
    expect(lines[3]).toBe(
      '* online-boutique  812.6 [731.3, 893.9]    99.12 %       61/312  12.4     0.3    33.2   0.12',
    );
    expect(lines[5]).toContain('61/-');
  });

  it('sets the champion against each other strategy, with a verdict only when the interval allows one', () => {
    expect(text).toContain('lost user-minutes, scenario by scenario; tier: fluid');
    expect(lines.find((line) => line.includes('150/40/10') && line.includes('kubernetes'))).toBe(
      '  kubernetes           -900 [-1000, -800]         150/40/10  loses less',
    );
    const worse = fakeComparison();
    worse.paired[0]!.difference.ci95 = [1, 2];
    expect(comparisonTable(worse, plain)).toContain('loses more');
    const undecided = fakeComparison();
    undecided.paired[0]!.difference.ci95 = [-1, 1];
    expect(comparisonTable(undecided, plain)).toContain('undecided');
  });

  it('of one scenario has no intervals and no verdict', () => {
    const one = comparisonTable({ ...fakeComparison(), scenarios: 1 }, plain);
    expect(one).toContain('fleet online-boutique, 1 scenario of seed friday');
    expect(one).toContain('One scenario has no interval and proves nothing.');
    expect(one).toMatch(/^ {2}kubernetes +-900\.0 +150\/40\/10 {2}undecided$/m);
    expect(one).not.toMatch(/\[|95 %|loses/);
    expect(Math.max(...one.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100);
  });

  it('fits 100 columns with long names and large numbers', () => {
    const wide = fakeComparison('online-boutique', 'a-name-that-is-much-longer-than-any-column');
    for (const score of wide.strategies) {
      score.lostUserMinutes = { mean: 123_456.7, ci95: [101_234.5, 145_678.9] };
      score.timeToRecoverS = { mean: 1234, p95: 3599 };
      score.actions = 12_345;
      score.collateral = 12_345;
      score.replicaHours = 12_345;
    }
    const widest = Math.max(
      ...comparisonTable(wide, plain)
        .split('\n')
        .map((line) => line.length),
    );
    expect(widest).toBeGreaterThan(80);
    expect(widest).toBeLessThanOrEqual(100);
  });

  it('leaves out the columns that matter least on a narrow terminal, says so, and breaks its words', () => {
    const wide = fakeComparison('online-boutique', 'a-name-that-is-much-longer-than-any-column');
    for (const score of wide.strategies) score.lostUserMinutes = { mean: 123_456.7, ci95: [101_234.5, 145_678.9] };
    const at = (columns: number): string => comparisonTable(wide, plain, columns);
    for (const columns of [80, 88, 95, 100, 120])
      for (const line of at(columns).split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    const heads = [100, 95, 88, 80].map(
      (columns) =>
        at(columns)
          .split('\n')[1]!
          .match(/collat|repl-h|unrec/g) ?? [],
    );
    expect(heads).toEqual([['collat', 'repl-h', 'unrec'], ['collat', 'repl-h'], ['collat'], []]);
    expect(at(88).replace(/\s+/g, ' ')).toContain('Left out in so few columns: repl-h, unrec (');
    expect(at(88)).not.toContain('replica-hours');
    expect(at(80).replace(/\s+/g, ' ')).toContain(
      'actions. Left out in so few columns: collat, repl-h, unrec (--json has',
    );
    expect(at(100)).not.toContain('Left out');
    expect(at(Number.POSITIVE_INFINITY)).not.toContain('Left out');
  });

  it('breaks what stands below the table on a narrow terminal, and nothing in a pipe', async () => {
    const argv = ['compare', '--pack', pack, '--tier', 'both', '--faults', 'spread'];
    const { out } = await healix(
      argv,
      fakeRunners({}, calls),
      fakeIo({ tty: true, columns: 80, env: { NO_COLOR: '1' } }),
    );
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    const piped = await healix(argv, fakeRunners({}, calls), fakeIo({ columns: 80 }));
    expect(piped.out).toContain(
      '(mean/95th percentile),\n  actions, those on replicas that had nothing, replica-hours,',
    );
    expect(piped.out).toMatch(/^scenario seeds: .* \(see one with healix simulate --scenario-seed\)$/m);
  });

  it('shows names whole where there is room, and clips them on a narrower terminal', () => {
    const name = 'online-boutique-of-friday@advanced';
    const long = fakeComparison('online-boutique', name);
    expect(comparisonTable(long, plain, Number.POSITIVE_INFINITY).split(name)).toHaveLength(2);
    expect(comparisonTable(long, plain, 140)).toContain(`* ${name}  `);
    const narrow = comparisonTable(long, plain, 108);
    expect(narrow).toContain('* online-boutique-of-friday@adva…');
    expect(Math.max(...narrow.split('\n').map(({ length }) => length))).toBe(108);
  });

  it('shows no control characters of a name', () => {
    expect(comparisonTable(fakeComparison('f', 'evil\u001b[2J'), plain)).not.toContain('\u001b');
  });

  it('leaves the second part out when there is no pack', () => {
    const none = { ...fakeComparison(), strategies: fakeComparison().strategies.filter(({ kind }) => kind !== 'pack') };
    expect(comparisonTable(none, plain)).not.toContain('champion minus');
  });
});
