/** L-SHADE and CMA-ES with margin do what their papers say, where there is no noise to blame. */
import { describe, expect, test } from 'vitest';
import { cmaEs } from '../../src/evolve/engines/cma-es.ts';
import type { Engine, EngineState, Search } from '../../src/evolve/engines/engine.ts';
import { lShade } from '../../src/evolve/engines/l-shade.ts';
import type { CmaEsModel, LShadeModel } from '../../src/evolve/engines/models.ts';
import { normalQuantile, normalTail } from '../../src/evolve/engines/normal.ts';
import { randomSearch } from '../../src/evolve/engines/random-search.ts';
import { agreeing, cell, fromPosition, fromPositions, toPositions } from '../../src/evolve/engines/relaxed.ts';
import { openStream } from '../../src/evolve/random.ts';
import { sampleGenome } from '../../src/evolve/space.ts';
import type { Gene, Genome, Space } from '../../strategies/gene.ts';

const real: Gene = { kind: 'real', name: 'r', meaning: '', unit: '', lo: -1, hi: 1, scale: 'linear', default: 0.9 };
const integer: Gene = { ...real, kind: 'integer', name: 'i', lo: 1, hi: 20, default: 15 };
const log: Gene = { ...integer, name: 'l', hi: 500, scale: 'log', default: 400 };
const choices = Array.from({ length: 6 }, (_, index) => `choice${index}`);
const category: Gene = { kind: 'categorical', name: 'c', meaning: '', choices, default: 5 };
const two: Gene = { ...category, name: 't', choices: ['no', 'yes'], default: 1 };

function searchOn(space: Space, population: number): Search {
  const seeds = [space.map((gene) => gene.default)];
  return { space, seeds, founders: seeds, repair: (genome) => genome, seed: 'p', population, tailWeight: 0 };
}

/** The state after so many generations, and the lowest value that any genome asked for had. */
function minimise(
  engine: Engine,
  search: Search,
  value: (genome: Genome) => number,
  generations: number,
): { state: EngineState; best: number; asked: Genome[][] } {
  const state = engine.start(search);
  const asked: Genome[][] = [];
  let best = Number.POSITIVE_INFINITY;
  for (let generation = 0; generation < generations; generation++) {
    const progress = generation / generations;
    const tasks = engine.ask(search, state, { scenarios: ['s'], guests: [], progress, fresh: () => ['f'] });
    const values = tasks.map(({ genome }) => value(genome));
    best = Math.min(best, ...values);
    asked.push(tasks.map(({ genome }) => [...genome]));
    engine.tell(
      search,
      state,
      values.map((one) => [one]),
    );
  }
  return { state, best, asked };
}

const sphere = (genome: Genome): number => genome.reduce((sum, x) => sum + (x - 0.123) ** 2, 0);

describe.each([lShade, cmaEs])('$name without noise', (engine) => {
  test('finds the bottom of a sphere of ten reals where random search does not come near', () => {
    const search = searchOn(new Array<Gene>(10).fill(real), 30);
    expect(minimise(engine, search, sphere, 150).best).toBeLessThan(1e-6);
    expect(minimise(randomSearch, search, sphere, 150).best).toBeGreaterThan(0.1);
  });

  test('finds integers and choices far from where it starts', () => {
    const space = [integer, integer, log, log, category, category, two, two];
    const wanted = [3, 5, 2, 30, 1, 2, 0, 0];
    const apart = (genome: Genome): number =>
      toPositions(space, genome).reduce(
        (sum, place, gene) => sum + Math.abs(place - toPositions(space, wanted)[gene]!),
        0,
      );
    const { state } = minimise(engine, searchOn(space, 30), apart, 150);
    expect(state.members[0]!.genome).toEqual(wanted);
  });
});

test('L-SHADE shrinks its population while it asks for as many genomes as before', () => {
  const search = searchOn([real, real, integer], 40);
  const { state, asked } = minimise(lShade, search, sphere, 50);
  expect(asked.every((genomes) => genomes.length === 40)).toBe(true);
  const model = state.model as LShadeModel;
  expect(model.parents.length).toBeLessThanOrEqual(5);
  expect(model.trials.length + model.parents.length).toBe(40);
  expect(model.beaten.length).toBeLessThanOrEqual(40 * 2.6);
  expect(model.memory.some(({ f, cr }) => f !== 0.5 || cr !== 0.5)).toBe(true);
});

test('CMA-ES keeps changing discrete genes when its distribution has shrunk to a point', () => {
  const space = [...new Array<Gene>(4).fill(real), integer, log, category, two];
  const search = searchOn(space, 20);
  const { state, asked } = minimise(cmaEs, search, (genome) => 1e6 * sphere(genome), 400);
  const { sigma, variances, factors, mean } = state.model as CmaEsModel;
  const margin = 1 / (space.length * search.population);
  for (const index of [4, 5, 6, 7]) {
    const gene = space[index] as Exclude<Gene, { kind: 'real' }>;
    const deviation = sigma * factors[index]! * Math.sqrt(variances[index]!);
    const [low, high] = cell(gene, fromPosition(gene, mean[index]!));
    const change = normalTail((mean[index]! - low) / deviation) + normalTail((high - mean[index]!) / deviation);
    expect(change, gene.name).toBeGreaterThan(0.99 * margin);
  }
  const late = asked.slice(-100).flat();
  for (const index of [4, 5, 6, 7]) expect(new Set(late.map((genome) => genome[index])).size).toBeGreaterThan(1);
});

describe('the relaxed encoding', () => {
  const space = [real, integer, log, category, two];

  test('goes there and back, and keeps positions that stand for the same genome', () => {
    const random = openStream('relaxed');
    for (let turn = 0; turn < 200; turn++) {
      const genome = sampleGenome(space, random);
      expect(fromPositions(space, toPositions(space, genome))).toEqual(genome);
      const positions = space.map(() => 1.4 * random() - 0.2);
      expect(agreeing(space, positions, fromPositions(space, positions))).toEqual(positions);
      expect(fromPositions(space, agreeing(space, positions, genome))).toEqual(genome);
    }
  });

  test('knows the cell of every discrete value', () => {
    for (const gene of [integer, category, two, log] as Exclude<Gene, { kind: 'real' }>[]) {
      for (let place = 0.001; place < 1; place += 0.0137) {
        const [low, high] = cell(gene, fromPosition(gene, place));
        expect(low).toBeLessThanOrEqual(place);
        expect(high).toBeGreaterThan(place);
      }
    }
  });
});

test.each([
  [0, 0.5],
  [1, 0.158655],
  [-1.644854, 0.95],
  [4, 3.167124e-5],
])('the chance of a normal number beyond %d is %d', (z, chance) => {
  expect(normalTail(z) / chance).toBeCloseTo(1, 5);
  expect(normalQuantile(1 - chance)).toBeCloseTo(z, 3);
});
