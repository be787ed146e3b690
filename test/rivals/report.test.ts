/** bench/RUNTIME.md and bench/runtime.json are what the kept runs say. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { optionsFrom } from '../../bench/runtime/options.ts';
import { markdownOf, type Report, verdicts } from '../../bench/runtime/report.ts';
import { kindsOf, type Standing, standingsOf } from '../../bench/runtime/results.ts';
import { allRivals, entrantOf, simulatedAs } from '../../bench/runtime/rivals.ts';
import { keptRuns, REPORT_FILE, TEXT_FILE } from '../../bench/runtime/runtime.ts';

const report = JSON.parse(readFileSync(REPORT_FILE, 'utf8')) as Report;

describe('the report of the runs on the real fleet', () => {
  const contenders = report.standings.map(({ contender }) => contender);
  const runs = keptRuns().filter(({ contender, version }) =>
    report.standings.some((standing) => standing.contender === contender && standing.version === version),
  );

  it('is about runs that are kept, of contenders that there are', () => {
    expect(runs.length).toBeGreaterThanOrEqual(contenders.length);
    expect(contenders.length).toBeGreaterThanOrEqual(8);
    expect(allRivals()).toEqual(expect.arrayContaining(contenders));
  });

  it('says in its figures what they say', () => {
    expect(JSON.parse(JSON.stringify(standingsOf(runs, contenders)))).toEqual(report.standings);
    expect(JSON.parse(JSON.stringify(kindsOf(runs, contenders)))).toEqual(report.byKind);
  }, 60_000);

  it('says in words what its figures say', () => {
    expect(readFileSync(TEXT_FILE, 'utf8')).toBe(markdownOf(report));
  });
});

describe('the verdict', () => {
  const standing = (contender: string, available: [number, number], later: [number, number]): Standing => {
    const over = ([low, high]: [number, number]) => ({ value: (low + high) / 2, ci95: [low, high] as const });
    const isEvolved = contender === 'pack:demo';
    return {
      ...report.standings[0]!,
      contender,
      against: isEvolved ? null : over(available),
      later: isEvolved ? null : over(later),
    };
  };

  it('names who is ahead as plainly as who is behind', () => {
    const text = verdicts([
      standing('pack:demo', [0, 0], [0, 0]),
      standing('pm2', [-0.3, -0.1], [20, 40]),
      standing('baseline:hms', [-0.1, 0.3], [-2, 3]),
      standing('pack:default', [0.2, 0.4], [-8, -4]),
    ]).join('\n');
    expect(text).toContain('beyond doubt lower pm2; beyond doubt higher pack:default; not told apart baseline:hms.');
    expect(text).toContain('beyond doubt later pm2; beyond doubt sooner pack:default; not told apart baseline:hms.');
    expect(text).toContain('more available baseline:hms, pack:default; sooner right again pack:default.');
  });
});

describe('the contenders', () => {
  it('are all known by name, and all but one have a likeness in the simulator', async () => {
    for (const name of allRivals().filter((one) => !one.startsWith('pm2'))) {
      expect(await entrantOf(name), name).toMatchObject({ kind: 'manager' });
    }
    expect(allRivals().filter((name) => simulatedAs(name) === null)).toEqual(['pm2-careful']);
  });

  it('are asked for by options that are read whole or refused', () => {
    expect(optionsFrom(['--minutes', '8', '--seeds', '2', '--contenders', 'pm2,nobody'])).toMatchObject({
      lengthMs: 480_000,
      seeds: ['runtime-0', 'runtime-1'],
      contenders: ['pm2', 'nobody'],
      parallel: 1,
    });
    expect(optionsFrom([])).toMatchObject({ contenders: allRivals() });
    expect(optionsFrom(['--help'])).toBe('help');
    for (const bad of [
      ['--contenders', 'pm3'],
      ['--minutes', 'x'],
      ['--parallel', '9'],
      ['--sceds', '1'],
    ])
      expect(() => optionsFrom(bad), bad.join(' ')).toThrow();
  });
});
