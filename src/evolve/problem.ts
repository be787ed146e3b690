/** What is optimised: a space, hand-written starting points, and a noisy score per scenario. */
import type { Genome, Space } from '../../strategies/gene.ts';

/** One genome to be scored on some scenarios. One trial = one genome x one scenario. */
export interface Task {
  readonly genome: Genome;
  readonly scenarios: readonly string[];
}

/** A scenario is named `${seed}/${set}/${index}`; the name decides everything random in it. */
export type ScenarioSet = 'train' | 'select' | 'referee' | 'test';

export interface Problem {
  readonly space: Space;
  /** Hand-written genomes: always in generation 0 and in the final race. */
  readonly seeds: readonly Genome[];
  /** Places of genes that none of them was bred with: half of their relatives in generation 0 differ in these alone. */
  readonly unproven?: readonly number[];
  /**
   * The genome that stands for all that behave like this one (default: the genome itself). Only such genomes are scored,
   * kept and returned, so that equal ones are recognised. Doing it twice must change nothing.
   */
  readonly repair?: (genome: Genome) => Genome;
  /**
   * Marks each task on each of its scenarios, lower is better, results by index. Must be a pure function of genome and
   * scenario name. May reject once `signal` aborts.
   */
  evaluate(tasks: readonly Task[], signal?: AbortSignal): Promise<readonly Row[]>;
  /**
   * Scores, in the same units, by a simulator too slow to search with and more to be trusted. Without it the final race has
   * the last word.
   */
  referee?(tasks: readonly Task[], signal?: AbortSignal): Promise<readonly ArrayLike<number>[]>;
}

/**
 * What a trial is worth: its score, and by how much it exceeds each limit (below 0: by how much it stays within), priced in
 * units of score. A limit counts once it is exceeded on average over the scenarios. Without limits the score alone will do.
 */
export type Mark = number | readonly number[];
/** Marks of one genome on consecutive scenarios of a list. */
export type Row = ArrayLike<Mark>;

/** Marks a single trial: what a worker computes. Lower is better; must be pure. */
export type TrialEvaluator = (genome: Genome, scenario: string) => Mark;

/** Names of `count` scenarios from `first` on. Different sets never share a name. */
export function scenarioNames(seed: string, set: ScenarioSet, first: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, offset) => `${seed}/${set}/${first + offset}`);
}
