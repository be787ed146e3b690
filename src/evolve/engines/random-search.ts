/** Random search: the floor that any other engine has to beat. */
import { resumeStream } from '../random.ts';
import { compareScored, mean } from '../score.ts';
import { sampleGenome } from '../space.ts';
import { FIRST_HABITS } from '../variation.ts';
import type { Engine } from './engine.ts';
import { distinctGenomes, rank, startPopulation, withGuests } from './population.ts';

/**
 * Every generation is drawn anew. Its genomes are remembered by how far they beat the mean of their own generation, because
 * generations meet different scenarios; the best `population` of all are kept as candidates.
 */
export const randomSearch: Engine = {
  name: 'random',
  words: 'random search: every genome drawn anew (floor)',
  archive: false,
  islands: 1,
  start: startPopulation,
  ask(search, state, generation) {
    if (state.members.length > 0) {
      const stream = resumeStream(state.random);
      const drawn = Array.from({ length: search.population }, () => ({
        genome: sampleGenome(search.space, stream),
        ...FIRST_HABITS,
      }));
      state.pending = withGuests(search, drawn, generation.guests);
      state.random = stream.state();
    }
    return state.pending.map(({ genome }) => ({ genome, scenarios: generation.scenarios }));
  },
  tell(search, state, rows) {
    const ranked = rank(state.pending, rows, search.tailWeight);
    const level = mean(ranked.map((member) => member.score));
    const margins = ranked.map((member) => ({ ...member, score: member.score - level }));
    state.members = [...state.members, ...margins].sort(compareScored).slice(0, search.population);
    state.pending = [];
  },
  recommend: (_search, state, count) => distinctGenomes(state.members, count),
};
