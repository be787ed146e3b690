/** Worker entry: builds the evaluator once from what the pool was given, then scores batches. */
import { workerData } from 'piscina';
import type { Mark } from './problem.ts';
import { createEvaluator } from './trial-evaluator.ts';
import { type Batch, scoreBatch } from './worker-task.ts';

const evaluate = createEvaluator(workerData);

// biome-ignore lint/style/noDefaultExport: piscina calls the default export of a worker
export default (batch: Batch): Mark[] => scoreBatch(evaluate, batch);
