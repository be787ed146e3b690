/**
 * (mu + lambda) evolution strategy: mutation alone, the best of parents and children survive (Beyer and Schwefel, Evolution
 * Strategies: A Comprehensive Introduction, Natural Computing 1, 2002). Parents are scored anew with their children on the
 * generation's shared scenarios, so that nobody lives on an old stroke of luck.
 */
import { below, resumeStream } from '../random.ts';
import { adaptHabits, mutate } from '../variation.ts';
import type { Engine, Member } from './engine.ts';
import { distinctGenomes, rank, startPopulation, withGuests } from './population.ts';

/** Share of the population that survives; truncation to a quarter lies in the range the source advises (1/7 to 1/2). */
const SURVIVORS = 1 / 4;

export const muPlusLambda: Engine = {
  name: 'mu-plus-lambda',
  words: 'evolution strategy: mutation alone, on shared scenarios',
  archive: false,
  islands: 1,
  start: startPopulation,
  ask(search, state, generation) {
    if (state.members.length > 0) {
      const stream = resumeStream(state.random);
      const parents: Member[] = state.members
        .slice(0, Math.max(1, Math.floor(SURVIVORS * search.population)))
        .map(({ genome, strength, stepSize }) => ({ genome, strength, stepSize }));
      const children = Array.from({ length: search.population - parents.length }, () => {
        const parent = parents[below(stream, parents.length)]!;
        const habits = adaptHabits(parent, stream);
        return { genome: mutate(search.space, parent.genome, habits, stream), ...habits };
      });
      state.pending = withGuests(search, [...parents, ...children], generation.guests);
      state.random = stream.state();
    }
    return state.pending.map(({ genome }) => ({ genome, scenarios: generation.scenarios }));
  },
  tell(search, state, rows) {
    state.members = rank(state.pending, rows, search.tailWeight);
    state.pending = [];
  },
  recommend: (_search, state, count) => distinctGenomes(state.members, count),
};
