/** Scores trials on worker threads, in batches; what comes out does not depend on threads, batch sizes or delays. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Mark, Problem, Task, TrialEvaluator } from './problem.ts';
import { type Batch, scoreBatch } from './worker-task.ts';

export interface PoolOptions<Setup> {
  /** Worker threads; 0 scores in this thread. */
  readonly threads: number;
  /** The worker entry, as source (run by tsx) or compiled. Use `workerUrl` for the one in this folder. */
  readonly workerUrl: URL;
  /** Given to `createEvaluator` in each worker; must survive structured cloning. */
  readonly setup: Setup;
  /** Used in this thread when `threads` is 0; the worker entry must build the same evaluator. */
  readonly createEvaluator: (setup: Setup) => TrialEvaluator;
  /** Expected cost of a trial, to size batches by; results do not depend on it. Default 2 ms. */
  readonly msPerTrial?: number;
  /** Trials per batch, when it should not follow from `msPerTrial`. */
  readonly batchTrials?: number;
}

export interface Pool {
  /** See `Problem.evaluate`. Rejects with the scenario's name when a trial fails twice. */
  readonly evaluate: Problem['evaluate'];
  /** Ends the workers; pending evaluations reject. */
  close(): Promise<void>;
}

/** Shortest worthwhile batch: handing one over costs 0.1 to 0.15 ms. */
const BATCH_MS_MIN = 5;
/** Batches per thread and call, so that threads finish at about the same time. */
const BATCHES_PER_THREAD = 8;
const DEFAULT_MS_PER_TRIAL = 2;

/** The worker entry next to this file, in the form this file runs in. */
export const workerUrl = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);

export function createPool<Setup>(options: PoolOptions<Setup>): Pool {
  return options.threads === 0 ? inlinePool(options.createEvaluator(options.setup)) : threadPool(options);
}

function inlinePool(evaluate: TrialEvaluator): Pool {
  return {
    async evaluate(tasks, signal) {
      const rows: Mark[][] = [];
      for (const task of tasks) {
        signal?.throwIfAborted();
        rows.push(scoreBatch(evaluate, [task]));
        // Lets timers, signals and output have their turn.
        await new Promise(setImmediate);
      }
      return rows;
    },
    close: async () => {},
  };
}

function threadPool<Setup>(options: PoolOptions<Setup>): Pool {
  const piscina = new Piscina<Batch, Mark[]>({
    filename: fileURLToPath(options.workerUrl),
    minThreads: options.threads,
    maxThreads: options.threads,
    workerData: options.setup,
    execArgv: extname(options.workerUrl.pathname) === '.ts' ? ['--import', 'tsx'] : [],
  });
  // A worker that cannot even start rejects no batch; without this, its batches would wait for ever.
  const broken = new Promise<never>((_, reject) => piscina.on('error', reject));
  broken.catch(() => {});
  return {
    async evaluate(tasks, signal) {
      const batches = splitTrials(tasks, batchSize(options, tasks));
      const marks: Mark[][] = [];
      let next = 0;
      // Handing out one batch more than there are threads keeps the threads busy. Nothing queued has to be taken back when
      // the work is stopped, and what is under way then ends unnoticed.
      const lane = async (): Promise<void> => {
        while (next < batches.length) {
          const index = next++;
          try {
            marks[index] = await scoreTwice(piscina, batches[index]!);
            signal?.throwIfAborted();
          } catch (error) {
            next = batches.length;
            throw error;
          }
        }
      };
      signal?.throwIfAborted();
      await Promise.race([Promise.all(Array.from({ length: options.threads + 1 }, lane)), broken]);
      return joinRows(tasks, marks);
    },
    close: () => piscina.destroy(),
  };
}

/** A failed batch is repeated trial by trial; a trial that fails again is the culprit. */
async function scoreTwice(piscina: Piscina<Batch, Mark[]>, batch: Batch): Promise<Mark[]> {
  try {
    return await piscina.run(batch);
  } catch {
    const marks: Mark[] = [];
    for (const trial of splitTrials(batch, 1)) {
      try {
        marks.push((await piscina.run(trial))[0]!);
      } catch (error) {
        throw new Error(`failed twice: ${culprit(trial[0]!, error as Error)}`, { cause: error });
      }
    }
    return marks;
  }
}

function culprit({ genome, scenarios }: Task, { message }: Error): string {
  const named = message.includes(scenarios[0]!) ? message : `scenario ${scenarios[0]} failed: ${message}`;
  return `${named} (genome ${JSON.stringify(genome)})`;
}

function batchSize<Setup>(options: PoolOptions<Setup>, tasks: readonly Task[]): number {
  if (options.batchTrials !== undefined) return options.batchTrials;
  const trials = tasks.reduce((sum, task) => sum + task.scenarios.length, 0);
  const worthwhile = Math.ceil(BATCH_MS_MIN / (options.msPerTrial ?? DEFAULT_MS_PER_TRIAL));
  return Math.max(worthwhile, Math.ceil(trials / (options.threads * BATCHES_PER_THREAD)));
}

/** Cuts tasks into batches of `size` trials, in order; a task may be cut in the middle. */
function splitTrials(tasks: readonly Task[], size: number): Batch[] {
  const batches: Task[][] = [];
  let room = 0;
  for (const { genome, scenarios } of tasks) {
    for (let from = 0; from < scenarios.length; ) {
      if (room === 0) {
        batches.push([]);
        room = size;
      }
      const part = scenarios.slice(from, from + room);
      batches.at(-1)!.push({ genome, scenarios: part });
      from += part.length;
      room -= part.length;
    }
  }
  return batches;
}

function joinRows(tasks: readonly Task[], marks: readonly (readonly Mark[])[]): Mark[][] {
  const all = marks.flat();
  let from = 0;
  return tasks.map((task) => {
    from += task.scenarios.length;
    return all.slice(from - task.scenarios.length, from);
  });
}
