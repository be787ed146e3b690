/** One of the processes that worker threads are held against (threads.ts): scores the tasks it is sent. */
import type { TrialEvaluator } from '../../src/evolve/problem.ts';
import { createEvaluator } from '../../src/evolve/trial-evaluator.ts';
import { scoreBatch } from '../../src/evolve/worker-task.ts';
import type { ToChild } from './threads.ts';

let evaluate: TrialEvaluator | undefined;

process.on('message', (message: ToChild) => {
  if ('setup' in message) {
    evaluate = createEvaluator(message.setup);
    return;
  }
  process.send!(scoreBatch(evaluate!, [message.task]).length);
});
