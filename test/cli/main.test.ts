import { describe, expect, it } from 'vitest';
import { packageVersion } from '../../src/package-root.ts';
import { fakeIo, fakeRunners, healix } from './fakes.ts';

const COMMANDS = [
  [],
  ['evolve'],
  ['compare'],
  ['simulate'],
  ['explain'],
  ['fleet'],
  ['fleet', 'check'],
  ['fleet', 'list'],
  ['fleet', 'show'],
  ['pack'],
  ['pack', 'verify'],
  ['pack', 'sign'],
  ['pack', 'show'],
  ['run'],
  ['journal'],
  ['journal', 'verify'],
  ['top'],
  ['tmux'],
  ['status'],
  ['history'],
  ['metrics'],
  ['override'],
];

/** Flags of DESIGN section 9 and of this version, by command. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  evolve: [
    '--fleet',
    '--from',
    '--seed',
    '--out',
    '--threads',
    '--islands',
    '--generations',
    '--population',
    '--scenarios',
    '--faults',
    '--level',
    '--engine',
    '--resume',
    '--report',
    '--budget',
    '--replica-hours',
    '--check-determinism',
    '--json',
  ],
  compare: [
    '--pack',
    '--baselines',
    '--fleet',
    '--scenarios',
    '--faults',
    '--level',
    '--seed',
    '--tier',
    '--resume',
    '--report',
    '--check-determinism',
    '--json',
  ],
  simulate: [
    '--strategy',
    '--fleet',
    '--scenario-seed',
    '--faults',
    '--level',
    '--seed',
    '--tier',
    '--trace',
    '--watch',
    '--port',
    '--speed',
    '--check-determinism',
    '--json',
  ],
  explain: ['--seed', '--json'],
};

describe('the command line', () => {
  it.each(COMMANDS.map((words) => [words.join(' ') || '(alone)', words] as const))(
    '%s explains itself with examples',
    async (_, words) => {
      const { code, out, err } = await healix([...words, '--help']);
      expect(code).toBe(0);
      expect(err).toBe('');
      expect(out).toContain(`Usage: ${['healix', ...words].join(' ')}`);
      expect(out).toMatch(/Examples:\n {2}\$ /);
      for (const line of out.split('\n').filter((text) => !text.startsWith('  $')))
        expect(line.length).toBeLessThanOrEqual(100);
    },
  );

  it.each(Object.entries(FLAGS))('%s has exactly the flags that other tools rely on', async (command, flags) => {
    const { out } = await healix([command, '--help']);
    const found = [...out.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)]
      .map((match) => match[1])
      .filter((flag) => flag !== '--help');
    expect(found.sort()).toEqual([...flags].sort());
  });

  it('teaches the five jobs by examples on its first screen, 80 columns wide, and lists every command in a group', async () => {
    const io = fakeIo({ columns: 80 });
    const { out } = await healix(['--help'], fakeRunners(), io);
    const first = out.split('\n').slice(0, 14);
    for (const job of ['evolve', 'compare', 'explain', 'run', 'top'])
      expect(first.filter((line) => line.startsWith(`  $ healix ${job} `))).toHaveLength(1);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    const groups = out.split('\n').filter((line) => /^[A-Z].*:$/.test(line));
    expect(groups).toEqual([
      'Examples:',
      'Options:',
      'Breed and prove:',
      'Fleets and packs:',
      'Heal real services:',
      'Watch what runs:',
      'Step in:',
      'Other:',
    ]);
    expect(out.split('Other:')[1]!.trim()).toMatch(/^help \[command\][^\n]*$/);
  });

  it('prints its version', async () => {
    expect(await healix(['--version'])).toEqual({ code: 0, out: `${packageVersion()}\n`, err: '' });
  });

  it('prints the help on standard error and exits 2 without a command', async () => {
    const { code, out, err } = await healix([]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Usage: healix');
  });

  it.each([
    ['a mistyped command', ['evolv'], 'Did you mean evolve?'],
    ['a mistyped command with --help', ['pakcs', '--help'], 'Did you mean pack?'],
    ['help of a mistyped command', ['help', 'pakc'], 'Did you mean pack?'],
    ['help of an unknown command', ['help', 'zzzzzzz'], "unknown command 'zzzzzzz'"],
    ['a mistyped command of a group with --help', ['fleet', 'chekc', '--help'], 'Did you mean check?'],
    ['help of a mistyped command of a group', ['fleet', 'help', 'chekc'], 'Did you mean check?'],
    ['an unknown flag', ['evolve', '--bogus'], "unknown option '--bogus'"],
    ['a missing argument', ['fleet', 'check'], 'missing required argument'],
    ['a missing flag', ['pack', 'sign', 'x'], "required option '--key <file.pem>' not specified"],
    ['a second argument', ['explain', 'a', 'b'], 'too many arguments'],
    ['a mistyped value', ['run', '--level', 'baisc'], 'Did you mean basic?'],
    ['a mistyped level', ['simulate', '--strategy', 'nothing', '--level', 'baisc'], 'did you mean basic?'],
    ['a mistyped tier', ['simulate', '--strategy', 'nothing', '--tier', 'fliud'], 'did you mean fluid?'],
    ['a mistyped mix', ['simulate', '--strategy', 'nothing', '--faults', 'casacde'], 'did you mean cascade?'],
  ])('refuses %s in one block with a hint', async (_, argv, words) => {
    const { code, out, err } = await healix(argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(words);
    expect(err).toMatch(/^error: [\s\S]*Try: healix .*--help\n$/);
    expect(err.match(/error/g)).toHaveLength(1);
  });

  it.each([
    ['a fleet', ['simulate', '--strategy', 'nothing', '--fleet', 'a', '--fleet', 'b'], '--fleet can be given once'],
    ['a strategy', ['simulate', '--strategy=nothing', '--strategy', 'y'], 'not as "nothing" and "y"'],
    ['a key', ['pack', 'sign', 'x', '--key', 'a', '--key', 'b'], '--key can be given once'],
    ['a choice', ['run', '--level', 'basic', '--level', 'basic'], '--level can be given once'],
    ['a hidden option', ['status', '--seed', 'a', '--seed', 'b'], '--seed can be given once'],
    ['three of them', ['compare', '--fleet=A', '--fleet=B', '--seed=a', '--seed=b', '--seed=c'], '"a" and "b" and "c"'],
  ])('refuses %s given again where one value is taken', async (_, argv, words) => {
    const { code, out, err } = await healix(argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(words);
    expect(err).toMatch(/^error: [\s\S]*Try: healix .*--help\n$/);
  });

  it('takes an option again that gathers values, and a flag', async () => {
    const argv = ['evolve', '--fleet', 'teastore', '--fleet', 'otel-demo', '--out', '/dev/null/x', '--json', '--json'];
    const { err } = await healix(argv);
    expect(err).toContain('--out /dev/null/x cannot be written');
    expect(err).not.toContain('once');
  });

  it.each([
    ['help', 'evolve', 'Usage: healix evolve'],
    ['fleet', 'help', 'Usage: healix fleet'],
    ['pack', '--help', 'Usage: healix pack'],
  ])('still prints help for %s %s', async (first, second, usage) => {
    const { code, out } = await healix([first, second]);
    expect([code, out]).toEqual([0, expect.stringContaining(usage)]);
  });

  it('has --json on every command that does one thing, but for tmux, as the README says', async () => {
    const told = await healix(['--help']);
    const names = [...told.out.matchAll(/^ {2}([a-z]+) .*\[(?:options|command)\]/gm)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(20);
    const groups: Readonly<Record<string, readonly string[]>> = {
      fleet: ['check', 'list', 'show', 'from'],
      pack: ['verify', 'sign', 'show'],
      journal: ['verify'],
    };
    const without: string[] = [];
    for (const name of names.filter((each) => each !== 'help'))
      for (const words of (groups[name] ?? ['']).map((each) => [name, each].filter(Boolean)))
        if (!(await healix([...words, '--help'])).out.includes('--json')) without.push(words.join(' '));
    expect(without).toEqual(['tmux']);
  });

  it.each([
    ['simulate --report', ['simulate', '--report'], '--json'],
    ['simulate --report FILE', ['simulate', '--report', 'x.html'], '--json'],
    ['evolve --watch', ['evolve', '--watch'], 'leave it out'],
    ['bench', ['bench'], 'npm run bench'],
  ])('refuses %s, which is of a later version, and says what to use', async (_, argv, instead) => {
    const { code, out, err } = await healix(argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('not available');
    expect(err).toContain(instead);
  });

  it('prints one JSON object for an error too when --json is given', async () => {
    const { code, out, err } = await healix(['fleet', 'check', 'nosuch', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toEqual({ error: { code: 'unknown-fleet', message: expect.stringContaining('nosuch') } });
    expect(err).toContain('error:');
  });

  it('exits 1 with a trace when the fault is its own', async () => {
    const broken = fakeRunners({ baselines: async () => Promise.reject(new Error('boom')) });
    const { code, err } = await healix(['simulate', '--strategy', 'nothing'], broken);
    expect(code).toBe(1);
    expect(err).toContain('boom');
    expect(err).toContain('report');
  });

  it('shows no control characters of what it quotes', async () => {
    const { err } = await healix(['fleet', 'check', 'evil\u001b[31m\u0007']);
    expect(err).toContain('evil?[31m?');
    expect(err).not.toContain('\u001b');
  });

  it.each([
    ['on a terminal', { tty: true }, true],
    ['not with NO_COLOR', { tty: true, env: { NO_COLOR: '1' } }, false],
    ['not on a dumb terminal', { tty: true, env: { TERM: 'dumb' } }, false],
    ['not in a pipe', { tty: false }, false],
  ])('uses colours %s', async (_, options, coloured) => {
    const good = await healix(['fleet', 'check', 'teastore'], fakeRunners(), fakeIo(options));
    const bad = await healix(['fleet', 'check', 'nosuch'], fakeRunners(), fakeIo(options));
    expect(good.out.includes('\u001b[')).toBe(coloured);
    expect(bad.err.includes('\u001b[')).toBe(coloured);
  });
});
