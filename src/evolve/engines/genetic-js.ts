/** genetic-js as a breeder that is stepped one generation at a time, and the engine that uses it as it comes. */
import genetic from 'genetic-js';
import type { Genome } from '../../../strategies/gene.ts';
import { resumeStream } from '../random.ts';
import { crossover, FIRST_HABITS, mutateGenes } from '../variation.ts';
import type { Engine } from './engine.ts';
import { distinctGenomes, rank, startPopulation, withGuests } from './population.ts';

export interface Breeding {
  /** Parents, and children bred from them. */
  readonly size: number;
  /** Chance that two children come from a crossover, and that a child is mutated. */
  readonly crossover: number;
  readonly mutation: number;
  readonly tournament: 'Tournament2' | 'Tournament3';
}

/** Operators on handles; a handle below `size` is the parent of that rank (0 = best). They return handles of their own choice. */
export interface Operators {
  cross(mother: number, father: number): [number, number];
  mutate(handle: number): number;
}

/**
 * One generation of genetic-js: selection, crossover, mutation and survival of the best, on integer handles.
 *
 * `start()` with two iterations scores the parents (a look-up: the rank is the fitness), breeds once, scores the children
 * with a dummy and stops, which leaves the unscored children in `entities`. That is bit-identical to one long run
 * (test/evolve/genetic-js.test.ts). Handles cost nothing, because genetic-js clones only objects; ranks keep NaN and ties
 * away from its comparator. `evolve()` is never called: it turns functions into text.
 */
export function breed(breeding: Breeding, operators: Operators, random: () => number): readonly number[] {
  const run = genetic.create();
  Object.assign(run.configuration, {
    size: breeding.size,
    crossover: breeding.crossover,
    mutation: breeding.mutation,
    iterations: 2,
  });
  run.optimize = genetic.Optimize.Minimize;
  run.select1 = genetic.Select1[breeding.tournament];
  run.select2 = genetic.Select2[breeding.tournament];
  let seeded = 0;
  let scored = 0;
  run.seed = () => seeded++;
  run.fitness = (handle) => (scored++ < breeding.size ? handle : 0);
  run.crossover = operators.cross;
  run.mutate = operators.mutate;
  withMathRandom(random, () => run.start());
  return run.entities;
}

/** Runs a synchronous function with `Math.random` replaced; genetic-js has no other source of chance. */
export function withMathRandom<Result>(random: () => number, action: () => Result): Result {
  const original = Math.random;
  Math.random = random;
  try {
    return action();
  } finally {
    Math.random = original;
  }
}

/**
 * genetic-js as its users run it: tournaments of two, one in five children mutated, one fresh scenario of its own for every
 * evaluation. Kept as the baseline that shared scenarios and racing are measured against.
 */
export const geneticJs: Engine = resampled(
  1,
  'genetic-js',
  'plain genetic-js: private scenarios, no archive (baseline)',
);

/** The same, each genome scored on the mean of five scenarios of its own: the usual remedy for noise. */
export const geneticJs5: Engine = resampled(5, 'genetic-js-5', 'plain genetic-js on five private scenarios per genome');

function resampled(replications: number, name: string, words: string): Engine {
  return {
    name,
    words,
    archive: false,
    islands: 1,
    replications,
    start: startPopulation,
    ask(search, state, generation) {
      if (state.members.length > 0) {
        const stream = resumeStream(state.random);
        const arena: Genome[] = state.members.map((member) => member.genome);
        const handles = breed(
          { size: search.population, crossover: 0.9, mutation: 0.2, tournament: 'Tournament2' },
          {
            cross(mother, father) {
              const [left, right] = crossover(search.space, arena[mother]!, arena[father]!, stream);
              return [arena.push(left) - 1, arena.push(right) - 1];
            },
            mutate: (handle) => arena.push(mutateGenes(search.space, arena[handle]!, 1, 0.15, stream)) - 1,
          },
          stream,
        );
        const children = handles.map((handle) => ({ genome: [...arena[handle]!], ...FIRST_HABITS }));
        state.pending = withGuests(search, children, generation.guests);
        state.random = stream.state();
      }
      return state.pending.map(({ genome }) => ({ genome, scenarios: generation.fresh(generation.scenarios.length) }));
    },
    tell(search, state, rows) {
      state.members = rank(state.pending, rows, search.tailWeight);
      state.pending = [];
    },
    recommend: (_search, state, count) => distinctGenomes(state.members, count),
  };
}
