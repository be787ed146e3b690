/** The referee within a run of evolution: finalists stand before it at the level they were bred at. */
import { expect, it } from 'vitest';
import { genomeContender } from '../../src/contenders.ts';
import { scoreOf, userMinutesAtStake } from '../../src/evolve/trial-evaluator.ts';
import { readFleet } from '../../src/fleets.ts';
import { refereeFor } from '../../src/referee.ts';
import { openTrialPool, runTrials } from '../../src/run-trials.ts';
import { sreRunbookGenome } from '../../strategies/baselines/sre-runbook.ts';
import { LEVELS, withCoordination, withoutCoordination } from '../../strategies/coordinate/coordination.ts';

const { fleet } = readFleet(
  `name: tiny
services:
  - {id: web, entry: {ratePerS: 4}, workers: 1, serviceMs: {mean: 20}, dependsOn: [{service: db, retryBudget: 0.2}]}
  - {id: db, workers: 1, serviceMs: {mean: 15}}
groups: [{id: rack, services: [web, db]}]
`,
  'tiny.yaml',
);
const SCENARIOS = ['spread:level/referee/0', 'spread:level/referee/1', 'spread:level/referee/2'];
const quiet = { onProgress: () => undefined, signal: new AbortController().signal };

it('judges finalists at the level of the search', async () => {
  const threads = openTrialPool(0);
  const marks = new Map<string, readonly number[]>();
  for (const level of LEVELS) {
    const genome = (level === 'basic' ? withoutCoordination : withCoordination)(sreRunbookGenome);
    const [row] = await refereeFor({ fleets: [fleet], level }, threads, quiet)([{ genome, scenarios: SCENARIOS }]);
    const contender = genomeContender('by hand', genome, level);
    const [results] = await runTrials([{ tier: 'requests', fleet, contender, scenarios: SCENARIOS }], { threads });
    expect(Array.from(row!)).toEqual(results!.map((result) => scoreOf(result, userMinutesAtStake(fleet))));
    expect(results!.some(({ messages }) => messages > 0)).toBe(level !== 'basic');
    marks.set(level, Array.from(row!));
  }
  expect(marks.get('advanced')).not.toEqual(marks.get('basic'));
}, 300_000);
