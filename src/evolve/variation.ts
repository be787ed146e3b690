/** How children differ from their parents: mutation with self-adapted size, and crossover of mixed genomes. */
import type { Gene, Genome, Space } from '../../strategies/gene.ts';
import { below, gaussian } from './random.ts';
import { fromUnit, sampleGene, toUnit } from './space.ts';

/** Mutation habits a genome carries and passes on; they survive by the success of what they produce. */
export interface Habits {
  /** Mean number of genes a mutation changes, at least 1. */
  readonly strength: number;
  /** Standard deviation of a numeric step, as a share of the gene's range on its own scale. */
  readonly stepSize: number;
}

export const FIRST_HABITS: Habits = { strength: 2, stepSize: 0.15 };

const STRENGTH_BOUNDS = { lo: 1, hi: 24 };
const STEP_BOUNDS = { lo: 0.01, hi: 0.4 };
/** Learning rate of the log-normal self-adaptation (Beyer & Schwefel 2002 advise about 1/sqrt(2n) to 0.3). */
const LEARNING_RATE = 0.3;
/** A numeric gene is drawn anew this often instead of stepped, so that no region is cut off. */
const RESET_SHARE = 0.1;

/** Log-normal change of the habits, within bounds. */
export function adaptHabits(habits: Habits, random: () => number): Habits {
  return {
    strength: within(habits.strength * Math.exp(LEARNING_RATE * gaussian(random)), STRENGTH_BOUNDS),
    stepSize: within(habits.stepSize * Math.exp(LEARNING_RATE * gaussian(random)), STEP_BOUNDS),
  };
}

/** Changes at least one gene: a geometric number of distinct genes with mean `strength`, so that small changes are most common. */
export function mutate(space: Space, genome: Genome, habits: Habits, random: () => number): number[] {
  const count = Math.min(space.length, geometric(habits.strength, random));
  return mutateGenes(space, genome, count, habits.stepSize, random);
}

/** Changes exactly `count` distinct genes (a gene with a single value stays as it is). */
export function mutateGenes(
  space: Space,
  genome: Genome,
  count: number,
  stepSize: number,
  random: () => number,
): number[] {
  const child = [...genome];
  const chosen = new Set<number>();
  while (chosen.size < Math.min(count, space.length)) chosen.add(below(random, space.length));
  for (const index of chosen) child[index] = mutateGene(space[index]!, child[index]!, stepSize, random);
  return child;
}

/**
 * Two children of two parents. Half the time genes are exchanged one by one, half the time as one stretch, which keeps
 * neighbours in the gene table (the parts of a ladder or a rule) together. Reals that differ are blended in half of the cases.
 */
export function crossover(space: Space, a: Genome, b: Genome, random: () => number): [number[], number[]] {
  const left = [...a];
  const right = [...b];
  const oneByOne = random() < 0.5;
  const from = below(random, space.length);
  const length = 1 + below(random, space.length);
  for (let index = 0; index < space.length; index++) {
    if (left[index] === right[index]) continue;
    const inStretch = (index - from + space.length) % space.length < length;
    if (!(oneByOne ? random() < 0.5 : inStretch)) continue;
    const gene = space[index]!;
    if (gene.kind === 'real' && random() < 0.5) {
      [left[index], right[index]] = blend(gene, left[index]!, right[index]!, random);
    } else {
      [left[index], right[index]] = [right[index]!, left[index]!];
    }
  }
  return [left, right];
}

function mutateGene(gene: Gene, value: number, stepSize: number, random: () => number): number {
  if (gene.kind === 'categorical') {
    const others = gene.choices.length - 1;
    return others < 1 ? value : (value + 1 + below(random, others)) % gene.choices.length;
  }
  if (random() < RESET_SHARE) return sampleGene(gene, random);
  const step = stepSize * gaussian(random);
  const moved = fromUnit(gene, reflect(toUnit(gene, value) + step));
  if (moved !== value || gene.kind === 'real') return moved;
  // A small step of an integer would round back to where it was.
  const next = value + (step < 0 ? -1 : 1);
  return next < gene.lo ? Math.min(gene.hi, value + 1) : next > gene.hi ? Math.max(gene.lo, value - 1) : next;
}

/** Blend crossover with a small overshoot (BLX, Eshelman & Schaffer 1993, alpha 0.25), on the gene's own scale. */
function blend(
  gene: Exclude<Gene, { kind: 'categorical' }>,
  a: number,
  b: number,
  random: () => number,
): [number, number] {
  const left = toUnit(gene, a);
  const right = toUnit(gene, b);
  const weight = -0.25 + 1.5 * random();
  return [fromUnit(gene, left + weight * (right - left)), fromUnit(gene, right + weight * (left - right))];
}

/** Geometric number with the given mean, at least 1. */
function geometric(mean: number, random: () => number): number {
  const draw = 1 - random();
  return mean <= 1 ? 1 : 1 + Math.floor(Math.log(draw) / Math.log(1 - 1 / mean));
}

/** Folds a position back into 0..1, so that steps beyond a bound do not pile up on it. */
function reflect(position: number): number {
  const folded = Math.abs(position) % 2;
  return folded > 1 ? 2 - folded : folded;
}

function within(value: number, bounds: { readonly lo: number; readonly hi: number }): number {
  return Math.min(bounds.hi, Math.max(bounds.lo, value));
}
