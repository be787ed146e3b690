/** What a gene is: the one place where a bound is written. Sampling, mutation, schema, docs and runbook read it. */

interface GeneBase {
  readonly name: string;
  /** One sentence for a reader who has never seen the code. */
  readonly meaning: string;
}

export interface RealGene extends GeneBase {
  readonly kind: 'real';
  readonly lo: number;
  readonly hi: number;
  readonly scale: 'linear' | 'log';
  readonly unit: string;
  readonly default: number;
}

export interface IntegerGene extends GeneBase {
  readonly kind: 'integer';
  readonly lo: number;
  readonly hi: number;
  readonly scale: 'linear' | 'log';
  readonly unit: string;
  readonly default: number;
}

export interface CategoricalGene extends GeneBase {
  readonly kind: 'categorical';
  readonly choices: readonly string[];
  /** Index into `choices`. */
  readonly default: number;
}

export type Gene = RealGene | IntegerGene | CategoricalGene;

/** A space is an ordered gene table. */
export type Space = readonly Gene[];

/** One number per gene: a real or integer gene's value in its own unit, a categorical gene's index into `choices`. */
export type Genome = readonly number[];
