/** What a worker does with a batch: scores each trial and names the one that fails. */
import type { Genome } from '../../strategies/gene.ts';
import type { Mark, TrialEvaluator } from './problem.ts';

/** Consecutive trials of one or more genomes. Plain data: it is cloned to the worker. */
export type Batch = readonly { readonly genome: Genome; readonly scenarios: readonly string[] }[];

/** Marks of all trials of a batch, in order. Throws an error that names the scenario when the evaluator throws. */
export function scoreBatch(evaluate: TrialEvaluator, batch: Batch): Mark[] {
  const marks: Mark[] = [];
  for (const { genome, scenarios } of batch) {
    for (const scenario of scenarios) {
      try {
        marks.push(evaluate(genome, scenario));
      } catch (error) {
        throw new Error(`scenario ${scenario} failed: ${(error as Error).message}`, { cause: error });
      }
    }
  }
  return marks;
}
