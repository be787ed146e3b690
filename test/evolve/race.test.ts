import { describe, expect, test } from 'vitest';
import { challenge, emptyArchive, grow, leaderScore } from '../../src/evolve/archive.ts';
import { createEvaluation } from '../../src/evolve/evaluate.ts';
import { scenarioNames, type Task } from '../../src/evolve/problem.ts';
import { finalRace, isWorse, pairedGap } from '../../src/evolve/race.ts';
import { costs, finiteScore, mean, priceOf, tailScore, WORST_SCORE, worstTenth } from '../../src/evolve/score.ts';
import { genomeKey } from '../../src/evolve/space.ts';

/** Score = gene + noise of the scenario (common to all) + a little noise of its own; counts what is asked. */
function noisy(): { evaluate(tasks: readonly Task[]): Promise<Float64Array[]>; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async evaluate(tasks) {
      return tasks.map(({ genome, scenarios }) =>
        Float64Array.from(scenarios, (name) => {
          asked.push(`${genomeKey(genome)} ${name}`);
          return genome[0]! + 50 * hash(name) + 2 * hash(name + genome[0]);
        }),
      );
    },
  };
}
const hash = (text: string): number => {
  let state = 2166136261;
  for (const letter of text) state = Math.imul(state ^ letter.charCodeAt(0), 16777619);
  state = Math.imul(state ^ (state >>> 15), 2246822519);
  return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
};
const nothing = { trials: 0, failures: 0 };
const select = (count: number): readonly string[] => scenarioNames('s', 'select', 0, count);

describe('scores', () => {
  test.each([
    [3, 3],
    [-0, 0],
    [Number.NaN, WORST_SCORE],
    [Number.POSITIVE_INFINITY, WORST_SCORE],
    [Number.NEGATIVE_INFINITY, WORST_SCORE],
    [1e300, WORST_SCORE],
  ])('%d counts as %d', (score, expected) => {
    expect(finiteScore(score)).toBe(expected);
  });

  test('the tail is the worst tenth, at least one scenario', () => {
    expect(worstTenth([1, 9, 3])).toBe(9);
    expect(worstTenth(Array.from({ length: 20 }, (_, index) => index))).toBe(18.5);
    expect(tailScore([1, 2, 3], 0.5)).toBe(2 + 1.5);
    expect(tailScore([1, 2, 3], 0)).toBe(2);
  });
});

describe('evaluation', () => {
  test('never simulates a trial twice, counts trials, and answers by index', async () => {
    const problem = noisy();
    const evaluation = createEvaluation(problem, nothing);
    const tasks = [
      { genome: [1], scenarios: ['a', 'b'] },
      { genome: [2], scenarios: ['a'] },
      { genome: [1], scenarios: ['b', 'c', 'b'] },
    ];
    const rows = await evaluation.run(tasks);
    const again = await evaluation.run(tasks);
    expect(problem.asked).toEqual(['1 a', '1 b', '1 c', '2 a']);
    expect(evaluation.trials).toBe(4);
    expect(rows[0]![1]).toBe(rows[2]![0]);
    expect(rows[2]![0]).toBe(rows[2]![2]);
    expect(again).toEqual(rows);
    evaluation.forget();
    await evaluation.run(tasks);
    expect(evaluation.trials).toBe(8);
  });

  test('counts scores that are no number as failures and as the worst score', async () => {
    const evaluation = createEvaluation({ evaluate: async () => [Float64Array.of(Number.NaN, 1)] }, nothing);
    const [row] = await evaluation.run([{ genome: [1], scenarios: ['a', 'b'] }]);
    expect([...row!]).toEqual([WORST_SCORE, 1]);
    expect(evaluation.failures).toBe(1);
  });

  test('refuses an evaluator that gives no whole row', async () => {
    const evaluation = createEvaluation({ evaluate: async () => [Float64Array.of(1)] }, nothing);
    await expect(evaluation.run([{ genome: [1], scenarios: ['a', 'b'] }])).rejects.toThrow('no whole row');
  });
});

describe('a limit', () => {
  test('costs nothing while it is kept on average, though exceeded at times', () => {
    expect([
      ...costs([
        [10, 5],
        [20, -6],
      ]),
    ]).toEqual([10, 20]);
  });

  test('costs its excess where it is exceeded on average, whatever is saved elsewhere', () => {
    expect([
      ...costs([
        [10, 5, -100],
        [20, -3, -100],
      ]),
    ]).toEqual([15, 17]);
  });

  test('that is just exceeded never lowers the tail: its price is its mean excess, beside the tail of the scores', () => {
    // Over on average by 1, yet 30 below the limit in the worst hour.
    const row = [...Array.from({ length: 9 }, () => [10, 40 / 9] as const), [100, -30] as const];
    expect(priceOf(row)).toBeCloseTo(1, 9);
    expect(tailScore(row, 0.5)).toBeCloseTo(19 + 0.5 * 100 + 1, 9);
    const within = row.map(([score, excess]) => [score, excess - 1.001]);
    expect(tailScore(row, 0.5)).toBeGreaterThan(tailScore(within, 0.5));
  });

  test('decides a race: a cheap genome beyond the limit loses to one within', async () => {
    const evaluate = async (tasks: readonly Task[]): Promise<[number, number][][]> =>
      tasks.map(({ genome, scenarios }) =>
        scenarios.map((name) => [10 + hash(name) - genome[0]!, genome[0]! > 3 ? 20 + hash(name) : -20]),
      );
    const racers = await finalRace(createEvaluation({ evaluate }, nothing), {
      candidates: [[1], [2], [3], [4], [5]],
      protected: [[1]],
      trials: 200,
      tailWeight: 0.1,
      scenarios: (count) => scenarioNames('s', 'select', 0, count),
    });
    expect(racers[0]!.genome).toEqual([3]);
  });
});

describe('the paired bound', () => {
  test('sees a small difference through large common noise', () => {
    const noise = Array.from({ length: 16 }, (_, index) => 100 * hash(`n${index}`));
    const better = noise.map((value, index) => value + hash(`b${index}`));
    const worse = noise.map((value, index) => value + 1 + hash(`w${index}`));
    expect(isWorse(worse, better)).toBe(true);
    expect(isWorse(better, worse)).toBe(false);
    expect(pairedGap(worse, better).mean).toBeGreaterThan(0.5);
  });

  test('says nothing on one scenario, and nothing between equals', () => {
    expect(isWorse([5], [1])).toBe(false);
    expect(isWorse([5, 5], [5, 5])).toBe(false);
  });

  test('compares the common prefix only', () => {
    expect(pairedGap([1, 2, 100], [0, 1]).mean).toBe(1);
  });

  test('judges limits on the common prefix, too: what the longer row spends on further scenarios decides nothing', () => {
    const challenger = [10, 11, 10, 11].map((score) => [score, -5]);
    const equal = challenger.map(([score]) => [score!, -1]);
    // Beyond its limit only later on; charged for that here, it would even look cheaper than the challenger.
    expect(isWorse(challenger, [...equal, [10, 50], [10, 50]])).toBe(false);
    // Beyond its limit here, though not on the whole list: the challenger costs less.
    const spender = challenger.map(([score], index) => [score! - 1 + 0.1 * index, 5]);
    expect(isWorse(challenger, [...spender, [9, -50]])).toBe(false);
    expect(isWorse([...spender, [9, -50]], challenger)).toBe(true);
  });
});

describe('the final race', () => {
  const candidates = Array.from({ length: 16 }, (_, index) => [index / 4]);

  test('finds the best, on whole rows, for about the trials it was given', async () => {
    const evaluation = createEvaluation(noisy(), nothing);
    const race = { candidates, protected: [], trials: 800, tailWeight: 0.1, scenarios: select };
    const finalists = await finalRace(evaluation, race);
    expect(finalists[0]!.genome).toEqual([0]);
    expect(new Set(finalists.map(({ row }) => row.length)).size).toBe(1);
    expect(evaluation.trials).toBeLessThan(1000);
  });

  test('keeps the best of the protected to the end, so that nothing worse can win', async () => {
    const evaluation = createEvaluation(noisy(), nothing);
    const race = { candidates, protected: [[30], [20]], trials: 800, tailWeight: 0.1, scenarios: select };
    const finalists = await finalRace(evaluation, race);
    expect(finalists.map(({ genome }) => genome[0])).toContain(20);
    expect(finalists.map(({ genome }) => genome[0])).not.toContain(30);
    expect(finalists[0]!.genome).toEqual([0]);
  });

  test('prefers a hand-written genome to a bred one that is ahead of it by no more than luck', async () => {
    // Private noise for every genome, so that among many equals one always looks good.
    const evaluate = async (tasks: readonly Task[]): Promise<number[][]> =>
      tasks.map(({ genome, scenarios }) =>
        scenarios.map((name) => 100 * hash(`${genome[0]} ${name}`) + genome[0]! / 1e6),
      );
    const equals = Array.from({ length: 16 }, (_, index) => [index + 1]);
    let kept = 0;
    for (let round = 0; round < 20; round++) {
      const race = {
        candidates: equals.map(([value]) => [value! + 100 * round]),
        protected: [[100_000 + round]],
        trials: 400,
        tailWeight: 0,
        scenarios: select,
      };
      const finalists = await finalRace(createEvaluation({ evaluate }, nothing), race);
      if (finalists[0]!.genome[0] === 100_000 + round) kept += 1;
    }
    // By merit alone it would win one round in seventeen; on scenarios that nobody was chosen by, chance lets one in six past it.
    expect(kept).toBeGreaterThanOrEqual(13);
  });

  test('is not taken in by genomes that are a little better in most hours and ruinous in a few', async () => {
    const evaluate = async (tasks: readonly Task[]): Promise<number[][]> =>
      tasks.map(({ genome, scenarios }) =>
        scenarios.map((name) => (genome[0]! < 0 ? 10 : hash(`${genome[0]} ${name}`) < 0.04 ? 110 : 9)),
      );
    let kept = 0;
    for (let round = 0; round < 20; round++) {
      const race = {
        candidates: Array.from({ length: 16 }, (_, index) => [100 * round + index]),
        protected: [[-1 - round]],
        trials: 250,
        tailWeight: 0,
        scenarios: select,
      };
      const finalists = await finalRace(createEvaluation({ evaluate }, nothing), race);
      if (finalists[0]!.genome[0]! < 0) kept += 1;
    }
    expect(kept).toBeGreaterThanOrEqual(16);
  });

  test('seldom drops the best hand-written genome on the little that a first rung tells', async () => {
    const evaluate = async (tasks: readonly Task[]): Promise<number[][]> =>
      tasks.map(({ genome, scenarios }) =>
        scenarios.map((name) => 100 * hash(`${genome[0]} ${name}`) + (genome[0]! % 10)),
      );
    let kept = 0;
    for (let round = 0; round < 20; round++) {
      const best = 10 * round;
      const race = {
        candidates: Array.from({ length: 8 }, (_, index) => [10_000 + 10 * (8 * round + index) + 9]),
        protected: [[best], [best + 1], [best + 2]],
        trials: 100,
        tailWeight: 0,
        scenarios: select,
      };
      const finalists = await finalRace(createEvaluation({ evaluate }, nothing), race);
      if (finalists.some(({ genome }) => genome[0] === best)) kept += 1;
    }
    // To keep only the leader of the first rung among them would keep it in about one round of three.
    expect(kept).toBeGreaterThanOrEqual(15);
  });

  test('gives the same answer whatever the order of the candidates', async () => {
    const race = { protected: [], trials: 100, tailWeight: 0.1, scenarios: select };
    const one = await finalRace(createEvaluation(noisy(), nothing), { ...race, candidates });
    const other = await finalRace(createEvaluation(noisy(), nothing), { ...race, candidates: candidates.toReversed() });
    expect(other).toEqual(one);
  });

  test('with a single candidate scores it and stops', async () => {
    const race = { candidates: [[1]], protected: [], trials: 10, tailWeight: 0.1, scenarios: select };
    expect(await finalRace(createEvaluation(noisy(), nothing), race)).toHaveLength(1);
  });
});

describe('the elite archive', () => {
  let next = 0;
  const fresh = (count: number): readonly string[] => {
    next += count;
    return scenarioNames('s', 'train', next - count, count);
  };

  test('keeps whole rows on one common list, best first, and no more than its capacity', async () => {
    const evaluation = createEvaluation(noisy(), nothing);
    let archive = emptyArchive();
    for (let turn = 12; turn > 0; turn--) {
      archive = await challenge(evaluation, archive, [[turn]], 0.1, fresh);
      archive = await grow(evaluation, archive, 1, 0.1, fresh);
    }
    expect(archive.entries.map(({ genome }) => genome[0])).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const { row } of archive.entries) expect(row).toHaveLength(archive.scenarios.length);
    expect(archive.scenarios).toHaveLength(20);
    expect(leaderScore(archive, 0)).toBeCloseTo(mean(costs(archive.entries[0]!.row)));
  });

  test('drops a hopeless challenger after few trials and does not try it again', async () => {
    const problem = noisy();
    const evaluation = createEvaluation(problem, nothing);
    const archive = await challenge(evaluation, emptyArchive(), [[0]], 0.1, fresh);
    const before = evaluation.trials;
    const after = await challenge(evaluation, archive, [[40]], 0.1, fresh);
    expect(evaluation.trials - before).toBe(2);
    expect(after.entries).toEqual(archive.entries);
    await challenge(evaluation, after, [[40], [0]], 0.1, fresh);
    expect(evaluation.trials - before).toBe(2);
  });
});
