/**
 * CMA-ES with margin (Hamano, Saito, Nomura and Shirakawa, CMA-ES with Margin: Lower-Bounding Marginal Probability for
 * Mixed-Integer Black-Box Optimization, GECCO 2022) on the relaxed encoding: whatever the distribution shrinks to, every discrete
 * gene keeps a chance to change.
 *
 * The covariance is diagonal (Ros and Hansen, A Simple Modification in CMA-ES Achieving Linear Time and Space Complexity, PPSN
 * 2008): a run has a few hundred generations at most, in which a full one of 190 genes would learn next to nothing at its rate of
 * 2/190^2 and cost 36,100 numbers in every checkpoint. Choices are taken as ordered. Genomes from outside enter with their step cut
 * to a usual length (Hansen, Injecting External Solutions Into CMA-ES, 2011).
 */
import type { Gene } from '../../../strategies/gene.ts';
import { gaussian, resumeStream } from '../random.ts';
import { compareScored } from '../score.ts';
import { FIRST_HABITS } from '../variation.ts';
import type { Engine, ScoredMember, Search } from './engine.ts';
import type { CmaEsModel } from './models.ts';
import { normalQuantile, normalTail } from './normal.ts';
import { distinctGenomes, scored, startPopulation, withGuests } from './population.ts';
import { agreeing, cell, fromPosition, fromPositions, toPositions } from './relaxed.ts';

/**
 * First step, as a share of a gene's range: small, because the start is good and a usual 0.2 would redraw every choice. Measured on a
 * toy of 190 genes (20,000 trials, 4 runs): 0.01 and 0.02 leave 0.8 of the hand-written regret; 0.05 and 0.1 all of it.
 */
const FIRST_SIGMA = 0.02;
const SIGMA_MAX = 0.5;

export const cmaEs: Engine = {
  name: 'cma-es',
  words: 'CMA-ES with margin on relaxed genes, shared scenarios',
  archive: false,
  islands: 1,
  start: startPopulation,
  ask(search, state, generation) {
    if (state.members.length > 0) {
      const stream = resumeStream(state.random);
      const model = state.model as CmaEsModel;
      const deviations = deviationsOf(model);
      const positions = Array.from({ length: search.population }, () =>
        // Steps beyond a bound count as far as the bound: with their full length they would make the distribution grow for ever.
        model.mean.map((mean, gene) => within01(mean + deviations[gene]! * gaussian(stream))),
      );
      const bred = positions.map((place) => ({ genome: fromPositions(search.space, place), ...FIRST_HABITS }));
      state.pending = withGuests(search, bred, generation.guests);
      model.asked = state.pending.map(({ genome }, index) => agreeing(search.space, positions[index]!, genome));
      state.random = stream.state();
    }
    return state.pending.map(({ genome }) => ({ genome, scenarios: generation.scenarios }));
  },
  tell(search, state, rows) {
    const told = scored(state.pending, rows, search.tailWeight);
    state.members = told.toSorted(compareScored);
    if (state.model === undefined) state.model = firstModel(search, state.members[0]!);
    else learn(search, state.model as CmaEsModel, told);
    state.pending = [];
  },
  /** The mean of the distribution first: it has forgotten what luck the single genomes had. */
  recommend(search, state, count) {
    const { mean } = state.model as CmaEsModel;
    const middle = { genome: search.repair(fromPositions(search.space, mean)) };
    return distinctGenomes([middle, ...state.members], count);
  },
};

/** Starts at the best of generation 0. */
function firstModel(search: Search, best: ScoredMember): CmaEsModel {
  const all = (value: number): number[] => search.space.map(() => value);
  const model: CmaEsModel = {
    kind: 'cma-es',
    asked: [],
    mean: toPositions(search.space, best.genome),
    sigma: FIRST_SIGMA,
    variances: all(1),
    factors: all(1),
    sigmaPath: all(0),
    variancePath: all(0),
    updates: 0,
  };
  keepMargin(search, model);
  return model;
}

function deviationsOf({ sigma, factors, variances }: CmaEsModel): number[] {
  return variances.map((variance, gene) => sigma * factors[gene]! * Math.sqrt(variance));
}

/** One update of mean, step and variances; names and constants are Hansen's (The CMA Evolution Strategy: A Tutorial, 2016). */
function learn(search: Search, model: CmaEsModel, told: readonly ScoredMember[]): void {
  const n = search.space.length;
  const weights = weightsOf(told.length);
  const muEff = 1 / weights.reduce((sum, weight) => sum + weight ** 2, 0);
  const cSigma = (muEff + 2) / (n + muEff + 5);
  const dSigma = 1 + 2 * Math.max(0, Math.sqrt((muEff - 1) / (n + 1)) - 1) + cSigma;
  const cPath = (4 + muEff / n) / (n + 4 + (2 * muEff) / n);
  // A diagonal has n numbers to learn instead of n^2 / 2, and may learn faster by (n + 2) / 3.
  const faster = (n + 2) / 3;
  const cOne = Math.min(1, (faster * 2) / ((n + 1.3) ** 2 + muEff));
  const cMu = Math.min(1 - cOne, (faster * 2 * (muEff - 2 + 1 / muEff)) / ((n + 2) ** 2 + muEff));
  const usualLength = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n ** 2));

  const order = told.map((_, index) => index).sort((a, b) => compareScored(told[a]!, told[b]!));
  const steps = order.slice(0, weights.length).map((index) => stepTo(model, model.asked[index]!, usualLength));
  const moved = model.mean.map((_, gene) => steps.reduce((sum, step, rank) => sum + weights[rank]! * step[gene]!, 0));

  model.updates += 1;
  const sigmaGain = Math.sqrt(cSigma * (2 - cSigma) * muEff);
  model.sigmaPath = model.sigmaPath.map(
    (path, gene) => (1 - cSigma) * path + (sigmaGain * moved[gene]!) / Math.sqrt(model.variances[gene]!),
  );
  const length = Math.hypot(...model.sigmaPath);
  const stalled = length / Math.sqrt(1 - (1 - cSigma) ** (2 * model.updates)) >= (1.4 + 2 / (n + 1)) * usualLength;
  const pathGain = stalled ? 0 : Math.sqrt(cPath * (2 - cPath) * muEff);
  model.variancePath = model.variancePath.map((path, gene) => (1 - cPath) * path + pathGain * moved[gene]!);
  model.mean = model.mean.map((mean, gene) => within01(mean + model.sigma * model.factors[gene]! * moved[gene]!));
  const forgotten = stalled ? cOne * cPath * (2 - cPath) : 0;
  model.variances = model.variances.map((variance, gene) => {
    const spread = steps.reduce((sum, step, rank) => sum + weights[rank]! * step[gene]! ** 2, 0);
    return (1 - cOne - cMu + forgotten) * variance + cOne * model.variancePath[gene]! ** 2 + cMu * spread;
  });
  model.sigma = Math.min(SIGMA_MAX, model.sigma * Math.exp((cSigma / dSigma) * (length / usualLength - 1)));
  keepMargin(search, model);
}

/** Logarithmic weights of the better half. */
function weightsOf(asked: number): number[] {
  const raw = Array.from(
    { length: Math.max(1, Math.floor(asked / 2)) },
    (_, index) => Math.log((asked + 1) / 2) - Math.log(index + 1),
  );
  const sum = raw.reduce((all, weight) => all + weight, 0);
  return sum > 0 ? raw.map((weight) => weight / sum) : raw.map(() => 1 / raw.length);
}

/** The step from the mean in units of sigma and the margin's factors; one far longer than usual can only be a guest's and is cut. */
function stepTo(model: CmaEsModel, positions: readonly number[], usualLength: number): number[] {
  const step = positions.map((place, gene) => (place - model.mean[gene]!) / (model.sigma * model.factors[gene]!));
  const length = Math.hypot(...step.map((along, gene) => along / Math.sqrt(model.variances[gene]!)));
  const longest = usualLength + (2 * step.length) / (step.length + 2);
  return length > longest ? step.map((along) => (along * longest) / length) : step;
}

/**
 * The margin: moves the mean and widens the deviation of each discrete gene so far that its value keeps a chance of at least
 * 1/(genes x population) to change, half of it to either side where it has neighbours on both.
 */
function keepMargin(search: Search, model: CmaEsModel): void {
  const margin = 1 / (search.space.length * search.population);
  search.space.forEach((gene, index) => {
    if (gene.kind !== 'real') keepOne(gene, index, model, margin);
  });
}

function keepOne(gene: Exclude<Gene, { kind: 'real' }>, index: number, model: CmaEsModel, margin: number): void {
  const mean = model.mean[index]!;
  const unit = model.sigma * Math.sqrt(model.variances[index]!);
  const deviation = unit * model.factors[index]!;
  const [low, high] = cell(gene, fromPosition(gene, mean));
  const [first, last] = [low === Number.NEGATIVE_INFINITY, high === Number.POSITIVE_INFINITY];
  if (first || last) {
    const reach = -normalQuantile(margin) * deviation;
    if (!last) model.mean[index] = Math.max(mean, high - reach);
    if (!first) model.mean[index] = Math.min(mean, low + reach);
    return;
  }
  const below = normalTail((mean - low) / deviation);
  const above = normalTail((high - mean) / deviation);
  if (below >= margin / 2 && above >= margin / 2) return;
  const within = 1 - below - above;
  const [least, most] = [Math.max(margin / 2, below), Math.max(margin / 2, above)];
  // What was added is taken from the three parts in proportion to what they have above their least.
  const share = (1 - least - most - within) / (least + most + within - 1.5 * margin);
  const toLow = -normalQuantile(least + share * (least - margin / 2));
  const toHigh = -normalQuantile(most + share * (most - margin / 2));
  model.mean[index] = (high * toLow + low * toHigh) / (toLow + toHigh);
  model.factors[index] = (high - low) / (toLow + toHigh) / unit;
}

function within01(position: number): number {
  return Math.min(1, Math.max(0, position)) + 0;
}
