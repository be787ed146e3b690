/** The one gate to the simulator: never runs the same trial twice, counts what it runs, and keeps bad numbers out. */

import type { Mark, Problem, Row, Task } from './problem.ts';
import { finiteMark } from './score.ts';
import { genomeKey } from './space.ts';

export interface Evaluation {
  /** Rows of finite marks by task index; equal trials are simulated once. */
  run(tasks: readonly Task[]): Promise<readonly (readonly Mark[])[]>;
  /** Forgets what was scored. Call between generations: fresh scenarios never meet again, and memory stays bounded. */
  forget(): void;
  /** Trials simulated so far. */
  readonly trials: number;
  /** Trials whose score was not a finite number; they count as the worst score. */
  readonly failures: number;
}

/** Continues counting from what a saved run had reached. */
export function createEvaluation(
  problem: Pick<Problem, 'evaluate'>,
  reached: { readonly trials: number; readonly failures: number },
  signal?: AbortSignal,
): Evaluation {
  const memo = new Map<string, Map<string, Mark>>();
  let trials = reached.trials;
  let failures = reached.failures;

  const known = (key: string): Map<string, Mark> => {
    const row = memo.get(key) ?? new Map<string, Mark>();
    memo.set(key, row);
    return row;
  };

  return {
    async run(tasks) {
      const keys = tasks.map((task) => genomeKey(task.genome));
      const missing = missingTrials(tasks, keys, known);
      const rows: readonly Row[] = missing.length > 0 ? await problem.evaluate(missing, signal) : [];
      // An abandoned generation must not go on, even when the problem does not listen to the signal.
      signal?.throwIfAborted();
      missing.forEach((task, index) => {
        const row = rows[index];
        if (row?.length !== task.scenarios.length) throw new Error(`evaluate gave no whole row for task ${index}`);
        const scores = known(genomeKey(task.genome));
        task.scenarios.forEach((scenario, at) => {
          if (!isNumber(row[at]!)) failures += 1;
          scores.set(scenario, finiteMark(row[at]!));
        });
        trials += row.length;
      });
      return tasks.map((task, index) => {
        const scores = known(keys[index]!);
        return task.scenarios.map((scenario) => scores.get(scenario)!);
      });
    },
    forget: () => memo.clear(),
    get trials() {
      return trials;
    },
    get failures() {
      return failures;
    },
  };
}

function isNumber(mark: Mark): boolean {
  return typeof mark === 'number' ? Number.isFinite(mark) : mark.every(Number.isFinite);
}

/** What has to be simulated: one task per different genome, each scenario once. */
function missingTrials(
  tasks: readonly Task[],
  keys: readonly string[],
  known: (key: string) => ReadonlyMap<string, Mark>,
): Task[] {
  const wanted = new Map<string, { genome: Task['genome']; scenarios: Set<string> }>();
  tasks.forEach((task, index) => {
    const key = keys[index]!;
    const scores = known(key);
    for (const scenario of task.scenarios) {
      if (scores.has(scenario)) continue;
      const entry = wanted.get(key) ?? { genome: task.genome, scenarios: new Set<string>() };
      wanted.set(key, entry);
      entry.scenarios.add(scenario);
    }
  });
  return [...wanted.values()].map(({ genome, scenarios }) => ({ genome, scenarios: [...scenarios] }));
}
