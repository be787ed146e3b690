/** `--report`: refused before the run, written whole after it, and nothing else changes. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { HealixError } from '../../src/errors.ts';
import { writeReport } from '../../src/report/write-report.ts';
import { checkpointOf, type Runners } from '../../src/run-types.ts';
import { type Calls, fakeComparison, fakeIo, fakeRunners, healix } from './fakes.ts';

const root = mkdtempSync(join(tmpdir(), 'healix-report-cli-'));
afterAll(() => rmSync(root, { recursive: true }));
let folder = '';
let count = 0;
beforeEach(() => {
  folder = join(root, String(count++));
  mkdirSync(folder);
});

const evidence = { history: [], finalists: [], contests: [] };
const contest = {
  comparison: fakeComparison(),
  tier: 'fluid',
  fleet: {} as never,
  contenders: [],
  results: [],
} as const;

/** Runs that hand over what a report needs. */
function reporting(calls: Calls, overrides: Partial<Runners> = {}): Runners {
  const plain = fakeRunners({}, calls);
  return {
    ...plain,
    evolve: (options, hooks) => {
      options.keep?.(evidence);
      return plain.evolve(options, hooks);
    },
    compare: (options, onProgress) => {
      options.keep?.({ contest, packs: new Map() });
      return plain.compare(options, onProgress);
    },
    ...overrides,
  };
}

const noCalls = (): Calls => ({ evolve: [], compare: [], simulate: [] });
const evolve = (...more: string[]): string[] => ['evolve', '--out', join(folder, 'a.pack.json'), ...more];
const compare = (...more: string[]): string[] => ['compare', '--pack', 'default', ...more];

it.each([
  ['evolve', evolve],
  ['compare', compare],
] as const)('%s writes the page, says where, and prints the same JSON as without', async (kind, words) => {
  const file = join(folder, 'run.html');
  const calls = noCalls();
  const { code, out, err } = await healix(words('--json', '--report', file), reporting(calls));
  expect([code, err]).toEqual([0, expect.not.stringContaining('error')]);
  expect(readFileSync(file, 'utf8')).toBe(`<!doctype html><title>${kind}</title>`);
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(out).toBe((await healix(words('--json'), reporting(noCalls()))).out);
  const text = await healix(words('--report', file), reporting(noCalls()));
  expect(text.out).toContain(`${file}  the report`);
});

it('asks for nothing that only a report needs when none is wanted', async () => {
  const calls = noCalls();
  const refuse = async (): Promise<never> => {
    throw new Error('asked for a report');
  };
  const runners = reporting(calls, { checkReport: refuse, report: refuse });
  expect((await healix(evolve(), runners)).code).toBe(0);
  expect((await healix(compare(), runners)).code).toBe(0);
  expect(calls.evolve[0]).not.toHaveProperty('keep');
  expect(calls.compare[0]).not.toHaveProperty('keep');
});

it.each([
  ['evolve', evolve],
  ['compare', compare],
] as const)('%s refuses a place that cannot be written before anything runs', async (_, words) => {
  for (const file of [join(folder, 'no-such-folder', 'run.html'), folder]) {
    const calls = noCalls();
    const { code, err } = await healix(words('--report', file), reporting(calls));
    expect(code).toBe(2);
    expect(err).toContain(`--report ${file} cannot be written`);
    expect([calls.evolve, calls.compare]).toEqual([[], []]);
  }
});

it('refuses a missing charting library before anything runs, in one message', async () => {
  const missing = async (): Promise<never> => {
    throw new HealixError('report-needs-echarts', '--report needs echarts\nInstall it.');
  };
  for (const words of [evolve, compare]) {
    const calls = noCalls();
    const file = join(folder, 'run.html');
    const { code, out, err } = await healix(words('--report', file), reporting(calls, { checkReport: missing }));
    expect([code, out]).toEqual([2, '']);
    expect(err).toBe('error: --report needs echarts\nInstall it.\n');
    expect([calls.evolve, calls.compare]).toEqual([[], []]);
    expect(existsSync(file)).toBe(false);
  }
});

it('refuses to put the report where the pack goes', async () => {
  const { code, err } = await healix(evolve('--report', join(folder, 'a.pack.json')), reporting(noCalls()));
  expect(code).toBe(2);
  expect(err).toContain('used for something else');
});

it('keeps the checkpoint and says what is missing when it is stopped while the report is made', async () => {
  const io = fakeIo();
  const pack = join(folder, 'a.pack.json');
  writeFileSync(checkpointOf(pack), 'checkpoint');
  const runners = reporting(noCalls(), {
    report: async (_, hooks) => {
      io.interrupt();
      hooks.signal?.throwIfAborted();
      return 'never';
    },
  });
  const { code, err } = await healix(evolve('--report', join(folder, 'run.html')), runners, io);
  expect(code).toBe(130);
  expect(err).toContain(`${pack} was written, but no report`);
  expect(existsSync(pack)).toBe(true);
  expect(existsSync(checkpointOf(pack))).toBe(true);
  expect(existsSync(join(folder, 'run.html'))).toBe(false);
});

it('leaves an older report as it was when the new one cannot be written', () => {
  const file = join(folder, 'run.html');
  writeReport(file, 'first');
  writeFileSync(`${file}.${process.pid}.tmp`, 'of another writer');
  expect(() => writeReport(file, 'second')).toThrow(/cannot write the report/);
  expect(readFileSync(file, 'utf8')).toBe('first');
  expect(readFileSync(`${file}.${process.pid}.tmp`, 'utf8')).toBe('of another writer');
});
