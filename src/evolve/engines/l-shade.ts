/**
 * L-SHADE: differential evolution that remembers which step factors and crossover rates succeeded, mutates towards one of the
 * best, and shrinks its population linearly (Tanabe and Fukunaga, Improving the Search Performance of SHADE Using Linear
 * Population Size Reduction, CEC 2014), on the relaxed encoding.
 *
 * Made for functions without noise, it is fitted to the contract in two ways. Parents are scored anew beside their trials, on the
 * same scenarios, since an old score is luck. And as a generation always has the same number of genomes, the places of those who
 * left go to further trials of the best who stay; a parent gives way to the best of its trials.
 */
import { below, gaussian, resumeStream, type Stream } from '../random.ts';
import { compareScored } from '../score.ts';
import { genomeKey } from '../space.ts';
import { FIRST_HABITS } from '../variation.ts';
import type { Engine, EngineState, ScoredMember, Search } from './engine.ts';
import type { LShadeModel } from './models.ts';
import { distinctGenomes, scored, startPopulation, withGuests } from './population.ts';
import { agreeing, fromPositions, toPositions } from './relaxed.ts';

/** The paper's settings: memory places, beaten parents kept per parent, share of the best to move towards, last population. */
const MEMORY = 6;
const BEATEN_RATE = 2.6;
const BEST_SHARE = 0.11;
const PARENTS_MIN = 4;
/** Spread of the factors and rates drawn around a place of the memory, and their first value. */
const SPREAD = 0.1;
const FIRST = { f: 0.5, cr: 0.5 };

type Drawn = typeof FIRST;

export const lShade: Engine = {
  name: 'l-shade',
  words: 'L-SHADE: adaptive differential evolution on relaxed genes, shared scenarios',
  archive: false,
  islands: 1,
  start: startPopulation,
  ask(search, state, generation) {
    if (state.members.length > 0) {
      const stream = resumeStream(state.random);
      const model = state.model as LShadeModel;
      shrink(model, search, generation.progress);
      const trials = Array.from({ length: search.population - model.parents.length }, (_, index) => {
        const target = index % model.parents.length;
        const drawn = drawFrom(model.memory, stream);
        return { target, drawn, positions: trialOf(model, target, drawn, stream) };
      });
      const positions = [...model.parents, ...trials.map((trial) => trial.positions)];
      const bred = positions.map((place) => ({ genome: fromPositions(search.space, place), ...FIRST_HABITS }));
      state.pending = withGuests(search, bred, generation.guests);
      model.asked = state.pending.map(({ genome }, index) => agreeing(search.space, positions[index]!, genome));
      model.trials = trials.map(({ target, drawn }, index) => {
        const place = model.parents.length + index;
        const own = genomeKey(search.repair(bred[place]!.genome)) === genomeKey(state.pending[place]!.genome);
        return { target, drawn: own ? drawn : null };
      });
      state.random = stream.state();
    }
    return state.pending.map(({ genome }) => ({ genome, scenarios: generation.scenarios }));
  },
  tell(search, state, rows) {
    const told = scored(state.pending, rows, search.tailWeight);
    state.members = told.toSorted(compareScored);
    if (state.model === undefined) state.model = firstModel(search, state.members);
    else learn(state, told);
    state.pending = [];
  },
  recommend: (_search, state, count) => distinctGenomes(state.members, count),
};

function firstModel(search: Search, ranked: readonly ScoredMember[]): LShadeModel {
  return {
    kind: 'l-shade',
    parents: ranked.slice(0, parentsMax(search)).map(({ genome }) => toPositions(search.space, genome)),
    asked: [],
    trials: [],
    memory: Array.from({ length: MEMORY }, () => ({ ...FIRST })),
    next: 0,
    beaten: [],
  };
}

/** Every parent has at least one trial. */
function parentsMax(search: Search): number {
  return Math.max(1, Math.floor(search.population / 2));
}

/** Linear population size reduction: the worst parents and some of the beaten leave. */
function shrink(model: LShadeModel, search: Search, progress: number): void {
  const most = parentsMax(search);
  const least = Math.min(PARENTS_MIN, most);
  model.parents = model.parents.slice(0, Math.round(most + (least - most) * progress));
  model.beaten = model.beaten.slice(-Math.round(BEATEN_RATE * model.parents.length));
}

/** A step factor (Cauchy, drawn anew until positive, at most 1) and a crossover rate (normal, within 0..1). */
function drawFrom(memory: LShadeModel['memory'], stream: Stream): Drawn {
  const place = memory[below(stream, memory.length)]!;
  let f = 0;
  while (f <= 0) f = place.f + SPREAD * Math.tan(Math.PI * (stream() - 0.5));
  const cr = place.cr === null ? 0 : Math.min(1, Math.max(0, place.cr + SPREAD * gaussian(stream)));
  return { f: Math.min(1, f), cr };
}

/** current-to-pbest/1/bin: from the target towards one of the best, plus a difference; a position beyond a bound goes half way to it. */
function trialOf(model: LShadeModel, target: number, { f, cr }: Drawn, stream: Stream): number[] {
  const { parents, beaten } = model;
  const current = parents[target]!;
  const best = parents[below(stream, Math.min(parents.length, Math.max(2, Math.round(BEST_SHARE * parents.length))))]!;
  const others = [...parents, ...beaten];
  const first = other(stream, parents.length, [target]);
  const second = other(stream, others.length, [target, first]);
  const certain = below(stream, current.length);
  return current.map((from, gene) => {
    if (gene !== certain && stream() >= cr) return from;
    const to = from + f * (best[gene]! - from) + f * (parents[first]![gene]! - others[second]![gene]!);
    return to < 0 ? from / 2 : to > 1 ? (1 + from) / 2 : to + 0;
  });
}

/** An index that is none of those, unless there is no other. */
function other(stream: Stream, count: number, taken: readonly number[]): number {
  const free = Array.from({ length: count }, (_, index) => index).filter((index) => !taken.includes(index));
  return free.length === 0 ? 0 : free[below(stream, free.length)]!;
}

/** Lets trials that are no worse take their targets' places, and remembers how those that are better were made. */
function learn(state: EngineState, told: readonly ScoredMember[]): void {
  const model = state.model as LShadeModel;
  const from = told.length - model.trials.length;
  const heirs = Array.from({ length: from }, (_, parent) => parent);
  const successes: (Drawn & { readonly weight: number })[] = [];
  model.trials.forEach(({ target, drawn }, index) => {
    const trial = from + index;
    const gain = told[target]!.score - told[trial]!.score;
    if (gain > 0 && drawn !== null) successes.push({ ...drawn, weight: gain });
    if (told[trial]!.score <= told[heirs[target]!]!.score) heirs[target] = trial;
  });
  heirs.forEach((heir, parent) => {
    if (told[heir]!.score < told[parent]!.score) model.beaten.push(model.asked[parent]!);
  });
  const order = heirs.toSorted((a, b) => compareScored(told[a]!, told[b]!));
  model.parents = order.map((heir) => model.asked[heir]!);
  if (successes.length > 0) remember(model, successes);
}

/** Writes the weighted Lehmer means into the next place. A rate that has come to 0 stays there: the paper's terminal value. */
function remember(model: LShadeModel, successes: readonly (Drawn & { readonly weight: number })[]): void {
  const lehmer = (of: (drawn: Drawn) => number): number => {
    const sum = (power: number): number => successes.reduce((all, one) => all + one.weight * of(one) ** power, 0);
    return sum(2) / sum(1);
  };
  const before = model.memory[model.next]!;
  const ended = before.cr === null || successes.every(({ cr }) => cr === 0);
  model.memory[model.next] = { f: lehmer(({ f }) => f), cr: ended ? null : lehmer(({ cr }) => cr) };
  model.next = (model.next + 1) % model.memory.length;
}
