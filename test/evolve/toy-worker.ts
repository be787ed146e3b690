/** Worker entry of the pool tests: the toy fleet, with delays and crashes on order. */
import { workerData } from 'piscina';
import type { Mark } from '../../src/evolve/problem.ts';
import { type Batch, scoreBatch } from '../../src/evolve/worker-task.ts';
import { createToyEvaluator, type ToySetup } from './toy-evaluator.ts';

const setup = workerData as ToySetup;
const evaluate = createToyEvaluator(setup);

// biome-ignore lint/style/noDefaultExport: piscina calls the default export of a worker
export default async (batch: Batch): Promise<Mark[]> => {
  // Batches overtake each other by chance; results must not notice.
  if (setup.delayMsMax > 0) await new Promise((resolve) => setTimeout(resolve, Math.random() * setup.delayMsMax));
  return scoreBatch(evaluate, batch);
};
