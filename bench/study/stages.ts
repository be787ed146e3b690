/** Which runs the study wants, the most informative first. */
import { shippedFleets } from '../../src/fleets.ts';
import { isReference, REFERENCE, VARIANTS, type Variant } from './variants.ts';

/** One run of the study. */
export interface Job {
  readonly variant: string;
  readonly fleet: string;
  readonly trials: number;
  readonly seed: number;
}

export interface Stage {
  readonly name: string;
  readonly jobs: readonly Job[];
}

const FIRST_FLEET = 'online-boutique';
const FEW = 5;
const MANY = 15;

/** In this order; within a stage seed by seed, so that a study cut short compares all variants on the same seeds. */
export function stages(): readonly Stage[] {
  const first = [FIRST_FLEET];
  const others = shippedFleets().filter((fleet) => fleet !== FIRST_FLEET);
  const engines = VARIANTS.filter(({ kind }) => kind === 'engine');
  const ablations = VARIANTS.filter(({ kind }) => kind === 'ablation');
  const only = (name: string): Variant[] => VARIANTS.filter((variant) => variant.name === name);
  return [
    stage('engines at 2,000', engines, first, 2000, 0, FEW),
    stage('engines at 5,000', engines, first, 5000, 0, FEW),
    stage('other fleets at 2,000', engines, others, 2000, 0, FEW),
    stage('other fleets at 5,000', engines, others, 5000, 0, FEW),
    stage('more seeds at 2,000', engines, first, 2000, FEW, MANY),
    stage('more seeds at 5,000', engines, first, 5000, FEW, MANY),
    stage('ablations at 5,000', ablations, first, 5000, 0, MANY),
    stage('engines at 20,000', engines, first, 20_000, 0, FEW),
    stage('genetic-js-5 at 100,000', only('genetic-js-5'), [...first, ...others], 100_000, 0, 3),
    stage('the best known', only(REFERENCE), [...first, ...others], 400_000, 0, 1),
    stage('ablations at 20,000', ablations, first, 20_000, 0, FEW),
    stage('other fleets at 20,000', engines, others, 20_000, 0, FEW),
    stage('more seeds at 20,000', engines, first, 20_000, FEW, MANY),
  ];
}

export function stage(
  name: string,
  variants: readonly Variant[],
  fleets: readonly string[],
  trials: number,
  fromSeed: number,
  toSeed: number,
): Stage {
  const jobs: Job[] = [];
  for (let seed = fromSeed; seed < toSeed; seed++) {
    for (const fleet of fleets) {
      for (const variant of variants) {
        if (!isReference(variant, trials)) jobs.push({ variant: variant.name, fleet, trials, seed });
      }
    }
  }
  return { name, jobs };
}
