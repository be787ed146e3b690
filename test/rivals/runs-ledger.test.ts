import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { standingsOf } from '../../bench/runtime/results.ts';
import { type Campaign, openRuns, type Run } from '../../bench/runtime/runs-ledger.ts';
import type { FaultTally } from '../../bench/runtime/tally.ts';

const campaign: Campaign = { lengthMs: 60_000, schedules: 'a', fleet: 'b', healix: '1.0.0' };

const fault = (index: number, over: Partial<FaultTally> = {}): FaultTally => ({
  index,
  atMs: 10_000 + 5_000 * index,
  kind: 'killed',
  service: 'cart',
  isStruck: true,
  rightAfterMs: 2_000,
  byPeople: false,
  servedAfterMs: 3_000,
  asked: 100,
  lost: 10,
  canned: 0,
  ...over,
});

const run = (contender: string, faults: readonly FaultTally[], seed = 'runtime-0'): Run => ({
  contender,
  version: '',
  seed,
  record: {
    lengthMs: 60_000,
    quiet: { asked: 100, lost: 0, canned: 0 },
    faults,
    restarts: 3,
    collateral: 1,
    repairs: 0,
    kernelKills: 0,
  },
  machine: { busy: 0.3, niced: 0.5, stolen: 0, lagP99Ms: 12 },
  parallel: 1,
});

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'healix-runs-'));
  file = join(folder, 'runs.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the ledger of real runs', () => {
  it('finds what an earlier one kept, by contender, version and seed', () => {
    const one = run('nobody', [fault(0)]);
    openRuns(file, campaign).add(one);
    const again = openRuns(file, campaign);
    expect(again.find('nobody', '', 'runtime-0')).toEqual(one);
    expect(again.find('nobody', '', 'runtime-1')).toBeUndefined();
    expect(again.find('nobody', 'other', 'runtime-0')).toBeUndefined();
    expect(again.find('pm2', '', 'runtime-0')).toBeUndefined();
  });

  it('cuts off a line that a kill tore, and goes on', () => {
    openRuns(file, campaign).add(run('nobody', [fault(0)]));
    appendFileSync(file, '{"contender":"pm2","ver');
    const mended = openRuns(file, campaign);
    expect(mended.runs.map(({ contender }) => contender)).toEqual(['nobody']);
    mended.add(run('pm2', []));
    expect(openRuns(file, campaign).runs).toHaveLength(2);
  });

  it('refuses runs of another campaign and damaged lines, and leaves them as they are', () => {
    openRuns(file, campaign).add(run('nobody', [fault(0)]));
    const before = readFileSync(file, 'utf8');
    expect(() => openRuns(file, { ...campaign, schedules: 'c' })).toThrow(/another campaign/);
    writeFileSync(file, `${before}{"contender": 1}\n`);
    expect(() => openRuns(file, campaign)).toThrow(/line 3 is damaged/);
    expect(readFileSync(file, 'utf8')).toBe(`${before}{"contender": 1}\n`);
  });
});

describe('the standings', () => {
  const faults = Array.from({ length: 10 }, (_, index) => fault(index));
  const worse = faults.map((_, index) =>
    fault(index, { lost: 40, rightAfterMs: index < 2 ? null : 60_500, byPeople: index >= 2, servedAfterMs: null }),
  );

  it('tell availability, recovery and what people had to do, against the evolved pack on the same faults', () => {
    const [evolved, nobody] = standingsOf([run('pack:demo', faults), run('nobody', worse)], ['pack:demo', 'nobody']);
    expect(evolved).toMatchObject({
      against: null,
      neverRecovered: 0,
      faults: 10,
      asked: 1100,
      lost: 100,
      restarts: 3,
    });
    expect(evolved!.availability.value).toBeCloseTo(1 - 100 / 1100, 12);
    expect(evolved!.timeToRecoverS.mean).toEqual({ value: 2, ci95: [2, 2] });
    expect(nobody).toMatchObject({ neverRecovered: 10, lost: 400 });
    expect(nobody!.against!.value).toBeCloseTo(-300 / 1100, 12);
    expect(nobody!.timeToRecoverS.mean.value).toBeCloseTo((2 * 60 + 8 * 60.5) / 10, 12);
    // To the end of the run: 60 s less 10, 15, .. 55.
    expect(nobody!.timeToServeS.mean.value).toBeCloseTo(60 - 32.5, 12);
  });

  it('leave out faults that struck nobody, and compare nothing without a partner', () => {
    const some = [fault(0), fault(1, { isStruck: false, rightAfterMs: null })];
    const [only] = standingsOf([run('nobody', some)], ['nobody', 'pm2']);
    expect(only).toMatchObject({ faults: 1, neverRecovered: 0, against: null });
  });
});
