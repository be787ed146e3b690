import genetic from 'genetic-js';
import { describe, expect, test } from 'vitest';
import { breed, withMathRandom } from '../../src/evolve/engines/genetic-js.ts';
import { openStream, resumeStream } from '../../src/evolve/random.ts';

/** What genetic-js 0.1.14 really does: the wrapper relies on each of these. */

const SIZE = 20;
const GENERATIONS = 12;
/** Individuals are numbers themselves, so the run needs no arena; no two fitnesses are equal. */
const fitness = (value: number): number => Math.abs(value - 0.3) + value * 1e-9;
const cross = (a: number, b: number): [number, number] => [(2 * a + b) / 3, (a + 2 * b) / 3];
const shift = (value: number): number => value + 0.1 * (Math.random() - 0.5);

function newRun(generations: number): ReturnType<typeof genetic.create> {
  const run = genetic.create();
  Object.assign(run.configuration, { size: SIZE, crossover: 0.9, mutation: 0.5, iterations: generations });
  run.optimize = genetic.Optimize.Minimize;
  run.select1 = genetic.Select1.Tournament3;
  run.select2 = genetic.Select2.Tournament3;
  run.crossover = cross;
  run.mutate = shift;
  run.fitness = fitness;
  run.seed = () => Math.random();
  return run;
}

describe('genetic-js', () => {
  test('stepped by breed() on handles is bit-identical to one long start(), with the state going through JSON', () => {
    const whole = openStream('stepped');
    const long = newRun(GENERATIONS);
    withMathRandom(whole, () => long.start());

    let stream = openStream('stepped');
    let values = Array.from({ length: SIZE }, () => stream());
    for (let generation = 1; generation < GENERATIONS; generation++) {
      const arena = values.toSorted((a, b) => fitness(a) - fitness(b));
      const handles = breed(
        { size: SIZE, crossover: 0.9, mutation: 0.5, tournament: 'Tournament3' },
        {
          cross: (a, b) => {
            const [left, right] = cross(arena[a]!, arena[b]!);
            return [arena.push(left) - 1, arena.push(right) - 1];
          },
          mutate: (handle) => arena.push(shift(arena[handle]!)) - 1,
        },
        stream,
      );
      values = JSON.parse(JSON.stringify(handles.map((handle) => arena[handle]!)));
      stream = resumeStream(JSON.parse(JSON.stringify(stream.state())));
    }

    expect(values).toEqual(long.entities);
    expect(stream()).toBe(whole());
  });

  test('keeps the best parent, unmutated and first', () => {
    const handles = breed(
      { size: SIZE, crossover: 0, mutation: 1, tournament: 'Tournament2' },
      { cross: (a, b) => [a, b], mutate: () => 999 },
      openStream('elite'),
    );
    expect(handles).toEqual([0, ...Array.from({ length: SIZE - 1 }, () => 999)]);
  });

  test('returns Math.random to what it was, also when an operator throws', () => {
    const original = Math.random;
    const broken = { cross: (a: number, b: number): [number, number] => [a, b], mutate: () => fail('broken') };
    const breeding = { size: SIZE, crossover: 0.5, mutation: 1, tournament: 'Tournament2' as const };
    expect(() => breed(breeding, broken, openStream('x'))).toThrow('broken');
    expect(Math.random).toBe(original);
  });

  test('answers ties "a first" when maximising and "b first" when minimising, never "equal"', () => {
    expect(genetic.Optimize.Maximize(1, 1)).toBe(true);
    expect(genetic.Optimize.Minimize(1, 1)).toBe(false);
  });

  test('misplaces the true best when one fitness in ten is NaN, which is why NaN never reaches it', () => {
    let misplaced = 0;
    for (let turn = 0; turn < 100; turn++) {
      const run = newRun(1);
      run.fitness = (value) => (value < 0.1 ? Number.NaN : value);
      run.generation = (population) => {
        const best = Math.min(...population.map((scored) => scored.fitness).filter((score) => !Number.isNaN(score)));
        if (population[0]!.fitness !== best) misplaced++;
        return true;
      };
      withMathRandom(openStream(`nan/${turn}`), () => run.start());
    }
    expect(misplaced).toBeGreaterThan(0);
  });

  test('appends to its entities at every start(), which is why each generation gets a new instance', () => {
    const run = newRun(1);
    withMathRandom(openStream('append'), () => {
      run.start();
      run.start();
    });
    expect(run.entities).toHaveLength(2 * SIZE);
  });

  test('clones objects through JSON but returns numbers untouched', () => {
    expect(genetic.Clone({ a: Number.NaN, b: Number.POSITIVE_INFINITY })).toEqual({ a: null, b: null });
    expect(Array.isArray(genetic.Clone(new Float64Array(2)))).toBe(false);
    expect(Number.isNaN(genetic.Clone(Number.NaN))).toBe(true);
    expect(genetic.Clone(7)).toBe(7);
  });

  test('scores every entity again in every generation', () => {
    let scored = 0;
    const run = newRun(5);
    run.fitness = (value) => {
      scored++;
      return fitness(value);
    };
    withMathRandom(openStream('again'), () => run.start());
    expect(scored).toBe(5 * SIZE);
  });
});

function fail(message: string): never {
  throw new Error(message);
}
