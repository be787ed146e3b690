/** The toy fleet's evaluator as a pool builds it from plain data, with failures on order. */
import { appendFileSync, existsSync } from 'node:fs';
import type { TrialEvaluator } from '../../src/evolve/problem.ts';
import { toyFleet } from './toy-fleet.ts';

export interface ToySetup {
  readonly fleet: readonly [name: string, cells: number, numbers: number];
  /** Longest random delay of a batch. */
  readonly delayMsMax: number;
  /** On a scenario whose name ends so: throw always, or end the worker's process the first time (a file remembers). */
  readonly failure?: { readonly suffix: string; readonly kind: 'throw' } | CrashOnce;
}

interface CrashOnce {
  readonly suffix: string;
  readonly kind: 'crash-once';
  readonly memory: string;
}

export function createToyEvaluator(setup: ToySetup): TrialEvaluator {
  const { evaluate } = toyFleet(...setup.fleet);
  const { failure } = setup;
  return (genome, scenario) => {
    if (failure !== undefined && scenario.endsWith(failure.suffix)) {
      if (failure.kind === 'throw') throw new Error('the simulator broke');
      if (!existsSync(failure.memory)) {
        appendFileSync(failure.memory, 'crashed');
        process.exit(1);
      }
    }
    return evaluate(genome, scenario);
  };
}
