import { describe, expect, test } from 'vitest';
import { evolve, type RunHooks, type RunOptions } from '../../src/evolve/archipelago.ts';
import { parseCheckpoint } from '../../src/evolve/checkpoint.ts';
import { healixGa } from '../../src/evolve/engines/healix-ga.ts';
import { plan } from '../../src/evolve/plan.ts';
import { type Mark, type Problem, scenarioNames } from '../../src/evolve/problem.ts';
import type { Racer } from '../../src/evolve/race.ts';
import { refereed } from '../../src/evolve/referee.ts';
import { canonical } from '../../src/evolve/space.ts';
import { toyFleet, toyProblem } from './toy-fleet.ts';

const scenarios = scenarioNames('s', 'referee', 0, 8);
const racer = (gene: number, marks: readonly Mark[] = [1, 1]): Racer => ({ genome: [gene], row: marks });
/** Scores that the referee gives by gene, a little different in every scenario. */
const judging =
  (scores: Readonly<Record<number, number>>): NonNullable<Problem['referee']> =>
  async (tasks) =>
    tasks.map((task) =>
      task.scenarios.map((name, at) => scores[task.genome[0]!]! + 0.1 * ((at * 7) % 5) + name.length),
    );
const order = async (finalists: readonly Racer[], scores: Readonly<Record<number, number>>): Promise<number[]> =>
  (await refereed(finalists, judging(scores), scenarios, undefined)).map(({ genome }) => genome[0]!);

describe('the referee', () => {
  test('leaves the order of the race to those whom it cannot tell apart', async () => {
    expect(await order([racer(1), racer(2), racer(3)], { 1: 5, 2: 5, 3: 5 })).toEqual([1, 2, 3]);
  });

  test('sends back whoever it finds worse than another, behind all others', async () => {
    expect(await order([racer(1), racer(2), racer(3)], { 1: 9, 2: 5, 3: 5 })).toEqual([2, 3, 1]);
    expect(await order([racer(1), racer(2), racer(3)], { 1: 9, 2: 7, 3: 5 })).toEqual([3, 1, 2]);
  });

  test('sends nobody back for a difference within the noise of eight scenarios', async () => {
    const judge: NonNullable<Problem['referee']> = async (tasks) =>
      tasks.map(({ genome, scenarios: names }) => names.map((_, at) => (at % 2 === 0 ? genome[0]! : 2 - genome[0]!)));
    expect((await refereed([racer(1.9), racer(0.2)], judge, scenarios, undefined))[0]!.genome).toEqual([1.9]);
  });

  test('adds what the race found the finalists to pay for their limits', async () => {
    const spender = racer(2, [
      [1, 6],
      [1, 2],
    ]);
    // By its scores alone the spender would send the other back.
    expect(
      await order(
        [
          racer(1, [
            [1, -3],
            [1, -3],
          ]),
          spender,
        ],
        { 1: 5, 2: 3 },
      ),
    ).toEqual([1, 2]);
    expect(
      await order(
        [
          spender,
          racer(1, [
            [1, -3],
            [1, -3],
          ]),
        ],
        { 1: 5, 2: 3 },
      ),
    ).toEqual([1, 2]);
  });

  test('sees no lone finalist', async () => {
    const judge = (): never => {
      throw new Error('asked');
    };
    expect(await refereed([racer(1)], judge, scenarios, undefined)).toEqual([racer(1)]);
  });
});

describe('a run with a referee', () => {
  const fleet = toyFleet('referee', 8, 6);
  const seen = new Set<string>();
  /** A referee that finds every bred genome worse than the hand-written ones. */
  const strict: NonNullable<Problem['referee']> = async (tasks) =>
    tasks.map((task) => {
      const written = fleet.seeds.some((seed) => canonical(fleet.space, seed).join() === task.genome.join());
      return task.scenarios.map((name, at) => {
        seen.add(name);
        return (written ? 1 : 9) + 0.1 * (at % 3);
      });
    });
  const options = (referee?: Problem['referee']): RunOptions => ({
    problem: { ...toyProblem(fleet), ...(referee === undefined ? {} : { referee }) },
    problemDigest: 'toy',
    engine: healixGa,
    plan: plan({ trials: 600, generations: 8, population: 16, islands: 2 }),
    seed: 'referee',
  });

  test('exports the hand-written genome when the referee finds what was bred worse, on eight scenarios of its own', async () => {
    expect((await evolve(options())).handWritten).toBeNull();
    const { handWritten, finalists, scenarios: sets } = await evolve(options(strict));
    expect(handWritten).not.toBeNull();
    expect(finalists.length).toBeGreaterThan(1);
    expect(sets.referee).toBe(8);
    expect([...seen].toSorted()).toEqual([...scenarioNames('referee', 'referee', 0, 8)]);
  });

  test('killed before the referee has answered resumes to the same result', async () => {
    const whole = await evolve(options(strict));
    const abort = new AbortController();
    let saved = '';
    const hooks: RunHooks = { signal: abort.signal, save: (text) => (saved = text) };
    const killed = evolve(
      options(async (tasks) => {
        abort.abort();
        return strict(tasks);
      }),
      hooks,
    );
    await expect(killed).rejects.toThrow('interrupted after generation 8');
    expect(await evolve(options(strict), {}, parseCheckpoint(saved, 'saved'))).toEqual(whole);
  });
});
