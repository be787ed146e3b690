import { describe, expect, test } from 'vitest';
import { type EngineState, engineStateSchema, type Search } from '../../src/evolve/engines/engine.ts';
import { ENGINES, engineNamed } from '../../src/evolve/engines/engines.ts';
import type { Task } from '../../src/evolve/problem.ts';
import { canonical, genomeKey } from '../../src/evolve/space.ts';
import type { Genome } from '../../strategies/gene.ts';
import { toyFleet } from './toy-fleet.ts';

const fleet = toyFleet('contract', 6, 5);
const seeds = fleet.seeds.map((genome) => canonical(fleet.space, genome));
const search: Search = {
  space: fleet.space,
  seeds,
  founders: seeds,
  repair: (genome) => genome,
  seed: 's',
  population: 16,
  tailWeight: 0.1,
};

/** Plays `generations` generations; `save` is applied to the state between any two calls. */
function play(
  engine: (typeof ENGINES)[number],
  generations: number,
  save: (state: EngineState) => EngineState = (state) => state,
  guests: readonly Genome[] = [],
  searched: Search = search,
): { state: EngineState; asked: Task[][] } {
  let next = 0;
  const fresh = (count: number): string[] => Array.from({ length: count }, () => `s/train/${next++}`);
  let state = save(engine.start(searched));
  const asked: Task[][] = [];
  for (let generation = 0; generation < generations; generation++) {
    const scenarios = fresh(2);
    const progress = generation / generations;
    const tasks = engine.ask(searched, state, { scenarios, guests: generation === 0 ? [] : guests, progress, fresh });
    asked.push([...tasks]);
    state = save(state);
    engine.tell(
      searched,
      state,
      tasks.map((task) => task.scenarios.map((scenario) => fleet.evaluate(task.genome, scenario))),
    );
    state = save(state);
  }
  return { state, asked };
}

test('at least three engines stand behind the contract, and names find them', () => {
  expect(ENGINES.length).toBeGreaterThanOrEqual(3);
  for (const engine of ENGINES) expect(engineNamed(engine.name)).toBe(engine);
  expect(engineNamed('none')).toBeUndefined();
});

describe.each(ENGINES)('engine $name', (engine) => {
  test('asks every hand-written genome in generation 0, as it is', () => {
    const asked = new Set(play(engine, 1).asked[0]!.map((task) => genomeKey(task.genome)));
    for (const seed of seeds) expect(asked).toContain(genomeKey(seed));
  });

  test('keeps all founders even when they are more than the population', () => {
    const state = engine.start({ ...search, population: 2 });
    expect(state.pending).toHaveLength(seeds.length);
  });

  test('asks canonical genomes, as many as the population, on the same number of scenarios each', () => {
    for (const tasks of play(engine, 4).asked) {
      expect(tasks).toHaveLength(16);
      for (const { genome, scenarios } of tasks) {
        expect(genome).toEqual(canonical(fleet.space, genome));
        expect(scenarios).toHaveLength(2);
      }
    }
  });

  test('asks only for repaired genomes', () => {
    const evenFirst = { ...search, repair: ([first, ...rest]: Genome) => [first! - (first! % 2), ...rest] };
    for (const tasks of play(engine, 3, undefined, [], evenFirst).asked) {
      expect(tasks.every(({ genome }) => genome[0]! % 2 === 0)).toBe(true);
    }
  });

  test('never meets the scenarios of an earlier generation again', () => {
    const { asked } = play(engine, 4);
    const perGeneration = asked.map((tasks) => new Set(tasks.flatMap((task) => task.scenarios)));
    const all = perGeneration.flatMap((names) => [...names]);
    expect(new Set(all).size).toBe(all.length);
  });

  test('has a state that is plain JSON: saved and restored between any two calls it plays the same', () => {
    const throughJson = (state: EngineState): EngineState => engineStateSchema.parse(JSON.parse(JSON.stringify(state)));
    const straight = play(engine, 5);
    const restored = play(engine, 5, throughJson);
    expect(restored.asked).toEqual(straight.asked);
    expect(restored.state).toEqual(straight.state);
  });

  test('recommends different genomes of the space, no more than asked for, and no scores', () => {
    const { state } = play(engine, 3);
    const finalists = engine.recommend(search, state, 5);
    expect(finalists.length).toBeGreaterThan(0);
    expect(finalists.length).toBeLessThanOrEqual(5);
    expect(new Set(finalists.map(genomeKey)).size).toBe(finalists.length);
    for (const genome of finalists) expect(genome).toEqual(canonical(fleet.space, genome));
  });

  test('takes guests in the places of its last children and keeps its survivor', () => {
    const guest = canonical(fleet.space, fleet.best);
    const { asked } = play(engine, 2, undefined, [guest]);
    const alone = play(engine, 2).asked;
    expect(asked[1]!.at(-1)!.genome).toEqual(guest);
    expect(asked[1]![0]!.genome).toEqual(alone[1]![0]!.genome);
    expect(asked[1]).toHaveLength(16);
  });

  test('is told marks with limits, and recommends nobody who exceeds them by far, however good the score', () => {
    const state = engine.start(search);
    const fresh = (count: number): string[] => Array.from({ length: count }, (_, index) => `s/train/${index}`);
    const tasks = engine.ask(search, state, { scenarios: fresh(2), guests: [], progress: 0, fresh });
    // The fewer a task's place, the better its score; the first spends far more than it may.
    engine.tell(
      search,
      state,
      tasks.map((_, place) => [
        [place, place === 0 ? 100 : -100],
        [place, place === 0 ? 50 : 1],
      ]),
    );
    expect(state.members.every(({ score }) => Number.isFinite(score))).toBe(true);
    expect(engine.recommend(search, state, 1).map(genomeKey)).not.toContain(genomeKey(tasks[0]!.genome));
  });

  test('leaves Math.random alone and does not depend on it', () => {
    const original = Math.random;
    const first = play(engine, 3);
    Math.random = () => 0.5;
    try {
      expect(play(engine, 3).asked).toEqual(first.asked);
    } finally {
      Math.random = original;
    }
  });

  test('refuses rows that do not match what it asked', () => {
    const state = engine.start(search);
    expect(() => engine.tell(search, state, [[1, 2]])).toThrow('told 1 rows for 16 genomes');
  });
});

test('healix-ga and random search share scenarios within a generation, plain genetic-js never does', () => {
  const scenariosOf = (name: string): number =>
    new Set(play(engineNamed(name)!, 2).asked[1]!.flatMap((task) => task.scenarios)).size;
  expect(scenariosOf('healix-ga')).toBe(2);
  expect(scenariosOf('random')).toBe(2);
  expect(scenariosOf('genetic-js')).toBe(32);
});

test('healix-ga has no twins in a generation', () => {
  for (const tasks of play(engineNamed('healix-ga')!, 8).asked.slice(1)) {
    expect(new Set(tasks.map((task) => genomeKey(task.genome))).size).toBeGreaterThanOrEqual(15);
  }
});
