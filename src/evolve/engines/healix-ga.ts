/** The default engine: genetic-js as breeder, shared scenarios, self-adapting mutation. */
import { resumeStream, type Stream } from '../random.ts';
import { genomeKey } from '../space.ts';
import { adaptHabits, crossover, FIRST_HABITS, mutate } from '../variation.ts';
import type { Engine, Member, Search } from './engine.ts';
import { type Breeding, breed } from './genetic-js.ts';
import { distinctGenomes, rank, startPopulation, withGuests } from './population.ts';

/**
 * Measured on the toy fleet (20,000 trials, 30 runs): tournaments of 3 leave 0.57 of the hand-written regret, of 2 0.63;
 * mutation between 0.25 and 0.5 and crossover between 0.5 and 0.9 make no difference that could be told from noise.
 */
const BREEDING: Omit<Breeding, 'size'> = { crossover: 0.9, mutation: 0.5, tournament: 'Tournament3' };

/** What it is made of, each part to be left out when its worth is measured (`npm run bench -- study`). */
export interface Parts {
  /** All genomes of a generation meet the same scenarios. */
  readonly sharedScenarios: boolean;
  /** Racing against an archive that keeps whole rows. */
  readonly archive: boolean;
  /** Mutation habits are inherited and change, instead of staying what they were at first. */
  readonly selfAdaptation: boolean;
}

export const healixGa: Engine = healixGaOf(
  'healix-ga',
  'genetic algorithm on shared scenarios with a racing archive (default)',
  { sharedScenarios: true, archive: true, selfAdaptation: true },
);

export function healixGaOf(name: string, words: string, parts: Parts): Engine {
  return {
    name,
    words,
    archive: parts.archive,
    start: startPopulation,
    ask(search, state, generation) {
      if (state.members.length > 0) {
        const stream = resumeStream(state.random);
        const children = nextGeneration(search, state.members, parts, stream);
        state.pending = withGuests(search, children, generation.guests);
        state.random = stream.state();
      }
      const { scenarios } = generation;
      return state.pending.map(({ genome }) => ({
        genome,
        scenarios: parts.sharedScenarios ? scenarios : generation.fresh(scenarios.length),
      }));
    },
    tell(search, state, rows) {
      state.members = rank(state.pending, rows, search.tailWeight);
      state.pending = [];
    },
    recommend: (_search, state, count) => distinctGenomes(state.members, count),
  };
}

function nextGeneration(search: Search, parents: readonly Member[], parts: Parts, stream: Stream): Member[] {
  const { space } = search;
  const arena: Member[] = parents.map(({ genome, strength, stepSize }) => ({ genome, strength, stepSize }));
  const mutant = (parent: Member): Member => {
    const habits = parts.selfAdaptation ? adaptHabits(parent, stream) : FIRST_HABITS;
    return { genome: mutate(space, parent.genome, habits, stream), ...habits };
  };
  const handles = breed(
    { size: search.population, ...BREEDING },
    {
      cross(mother, father) {
        const [left, right] = crossover(space, arena[mother]!.genome, arena[father]!.genome, stream);
        return [
          arena.push({ ...arena[mother]!, genome: left }) - 1,
          arena.push({ ...arena[father]!, genome: right }) - 1,
        ];
      },
      mutate: (handle) => arena.push(mutant(arena[handle]!)) - 1,
    },
    stream,
  );
  return withoutTwins(
    handles.map((handle) => arena[handle]!),
    mutant,
  );
}

/** A second copy of a genome would cost a place and tell nothing new, so it is mutated instead. */
function withoutTwins(children: readonly Member[], mutant: (parent: Member) => Member): Member[] {
  const seen = new Set<string>();
  return children.map((child) => {
    const unique = seen.has(genomeKey(child.genome)) ? mutant(child) : child;
    seen.add(genomeKey(unique.genome));
    return unique;
  });
}
