/** How a budget of trials becomes generations, islands and replications. Pure, so that every part of a run agrees on it. */
import { HealixError } from '../errors.ts';

export interface Wishes {
  /** Trials to spend in all, about; one trial is one genome on one scenario. */
  readonly trials?: number;
  readonly generations?: number;
  /** Genomes per generation, over all islands. */
  readonly population?: number;
  readonly islands?: number;
}

/** What of an engine decides how a budget is spent. */
export interface Needs {
  /** Whether a share of the trials goes to an archive. */
  readonly archive: boolean;
  /** Scenarios per genome throughout, instead of growing with the run. */
  readonly replications?: number;
  /** Islands unless others are wished for, instead of following from the trials. */
  readonly islands?: number;
}

export interface Plan {
  readonly trials: number;
  readonly generations: number;
  readonly islands: number;
  /** Genomes per island. */
  readonly population: number;
  /** Scenarios per genome, for each generation. */
  readonly replications: readonly number[];
}

const DEFAULT_TRIALS = 4_000;
const DEFAULT_POPULATION = 60;
/** Below this many trials islands only thin the population out. */
const ISLANDS_FROM_TRIALS = 5000;
const DEFAULT_ISLANDS = 4;
/**
 * Share of all trials for racing challengers against the archive, and for the final race on fresh scenarios. On the toy fleet
 * at 60,000 trials the archive leaves 0.40 of the hand-written regret, none 0.48 (12 runs each).
 */
export const ARCHIVE_SHARE = 0.12;
export const FINAL_SHARE = 0.1;
const REPLICATIONS_MAX = 64;
/** Smallest population an island can breed with. */
const POPULATION_MIN = 4;

/**
 * Turns wishes into a plan; what is not wished for follows from the trials, and these, when they are not wished for, from the
 * generations, or else they are 4,000. Throws `HealixError` when the wishes cannot all be met.
 */
export function plan(wishes: Wishes, needs: Needs = { archive: true }): Plan {
  for (const [name, value] of Object.entries(wishes)) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new HealixError('bad-plan', `${name} must be a whole number of at least 1, not ${value}`);
  }
  const evolving = 1 - FINAL_SHARE - (needs.archive ? ARCHIVE_SHARE : 0);
  const budget = wishes.trials ?? wishedTrials(wishes, needs, evolving);
  const islands = wishes.islands ?? needs.islands ?? (budget < ISLANDS_FROM_TRIALS ? 1 : DEFAULT_ISLANDS);
  const wholePopulation =
    wishes.population ?? (wishes.generations === undefined ? defaultPopulation(budget) : DEFAULT_POPULATION);
  const population = Math.floor(wholePopulation / islands);
  if (population < POPULATION_MIN) throw new HealixError('bad-plan', tooFew(wholePopulation, islands, wishes));
  // Sum of replications over all generations that the budget pays for.
  const affordable = (budget * evolving) / (population * islands);
  const { first, last } = growth(budget, needs);
  const generations = wishes.generations ?? Math.max(1, Math.floor(affordable / logarithmicMean(first, last)));
  const least = needs.replications ?? 1;
  if (affordable < generations * least) {
    const needed = Math.ceil((generations * population * islands * least) / evolving);
    throw new HealixError(
      'bad-plan',
      `${generations} generations need at least ${needed} trials, the budget is ${budget}`,
    );
  }
  return {
    trials: budget,
    generations,
    islands,
    population,
    replications:
      needs.replications === undefined
        ? spread(generations, affordable, last / first)
        : new Array<number>(generations).fill(needs.replications),
  };
}

/** Says which options do not go together, by their names on the command line, and what each could be instead. */
function tooFew(population: number, islands: number, wishes: Wishes): string {
  const needed = islands * POPULATION_MIN;
  const [ofIslands, ofPopulation] = [wishes.islands, wishes.population].map((wished) =>
    wished === undefined ? ' (which follows from the other options)' : '',
  );
  const fewer = Math.floor(population / POPULATION_MIN);
  return (
    `--islands ${islands}${ofIslands} needs a --population of at least ${needed}, not ${population}${ofPopulation}: ` +
    `say --population ${needed} or more${fewer < 1 || islands === 1 ? '' : `, or --islands ${fewer}${fewer > 1 ? ' or fewer' : ''}`}`
  );
}

/**
 * Replications at the start and the end of a run: few early, more when the better ones differ by little. Measured on the toy
 * fleet (12-30 runs each): one throughout is best at 4,000 trials (share of the hand-written regret left 0.77, against 0.80
 * for 2 to 4); at 20,000 anything from 1-8 to 8-8 is equal; at 60,000 growth to 8 leaves 0.40, one throughout 0.51.
 */
function growth(trials: number, { replications }: Needs): { readonly first: number; readonly last: number } {
  if (replications !== undefined) return { first: replications, last: replications };
  if (trials < 5000) return { first: 1, last: 1 };
  return trials < 10_000 ? { first: 1, last: 4 } : { first: 2, last: 8 };
}

/** The budget that lets the wished generations grow their replications as usual. */
function wishedTrials(
  { generations, population = DEFAULT_POPULATION }: Wishes,
  needs: Needs,
  evolving: number,
): number {
  if (generations === undefined) return DEFAULT_TRIALS;
  const least = (generations * population) / evolving;
  const { first, last } = growth(2 * least, needs);
  return Math.ceil(least * logarithmicMean(first, last)) + population;
}

function defaultPopulation(trials: number): number {
  return Math.max(POPULATION_MIN, Math.min(DEFAULT_POPULATION, Math.floor(Math.sqrt(trials))));
}

/** Mean of a quantity that grows exponentially from `first` to `last`. */
function logarithmicMean(first: number, last: number): number {
  return first === last ? first : (last - first) / Math.log(last / first);
}

/** Replications per generation, growing by `ratio` over the run, at least 1 each, with a sum of at most `affordable`. */
function spread(generations: number, affordable: number, ratio: number): number[] {
  const shape = Array.from({ length: generations }, (_, index) => ratio ** (index / Math.max(1, generations - 1)));
  const at = (scale: number): number[] =>
    shape.map((height) => Math.min(REPLICATIONS_MAX, Math.max(1, Math.floor(scale * height))));
  let low = 0;
  let high = REPLICATIONS_MAX + 1;
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (at(middle).reduce((sum, count) => sum + count, 0) <= affordable) low = middle;
    else high = middle;
  }
  return at(low);
}
