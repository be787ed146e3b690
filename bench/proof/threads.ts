/**
 * Do two worker threads get as much done as two processes? Trials of tier 1 on the pool that the search uses, against the same trials
 * in two child processes (`worker-process.ts`) that share nothing; rounds take turns, each with scenarios of its own.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { createPool, workerUrl } from '../../src/evolve/pool.ts';
import type { Task } from '../../src/evolve/problem.ts';
import { createEvaluator, type TrialSetup } from '../../src/evolve/trial-evaluator.ts';
import { loadFleet } from '../../src/fleets.ts';
import { packGenome } from '../../strategies/pack.ts';
import { shipped } from '../table.ts';

const WORKERS = 2;
const ROUNDS = 5;
const TRIALS = 128;
const FLEET = 'online-boutique';

export interface Threads {
  readonly workers: number;
  /** Trials per second of real time, medians of the rounds; a trial new to a worker costs the reference's, too. */
  readonly threads: number;
  readonly processes: number;
  /** Median of the rounds' ratios. */
  readonly ratio: number;
}

/** What a child process is told: the setup once, then tasks, each of which it answers when it is done. */
export type ToChild = { readonly setup: TrialSetup } | { readonly task: Task };

export async function threads(): Promise<Threads> {
  const genome = packGenome(shipped(FLEET));
  const setup: TrialSetup = { fleets: [loadFleet(FLEET).fleet], reference: genome };
  const pool = createPool({ threads: WORKERS, workerUrl, setup, createEvaluator });
  const children = Array.from({ length: WORKERS }, () => startChild(setup));
  const taskOf = (set: number, part: number, parts: number): Task => ({
    genome,
    scenarios: Array.from({ length: TRIALS / parts }, (_, i) => `threads/${set}/${part + parts * i}`),
  });
  const rates = { threads: [] as number[], processes: [] as number[] };
  const rateOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = process.hrtime.bigint();
    await work();
    return TRIALS / (Number(process.hrtime.bigint() - before) / 1e9);
  };
  try {
    for (let round = 0; round <= ROUNDS; round += 1) {
      const onThreads = await rateOf(() => pool.evaluate([taskOf(round, 0, 1)]));
      const inProcesses = await rateOf(() =>
        Promise.all(children.map((child, part) => ask(child, taskOf(round, part, WORKERS)))),
      );
      // The first round warms up.
      if (round === 0) continue;
      rates.threads.push(onThreads);
      rates.processes.push(inProcesses);
    }
  } finally {
    await pool.close();
    for (const child of children) child.kill();
  }
  const ratios = rates.threads.map((rate, round) => rate / rates.processes[round]!);
  return {
    workers: WORKERS,
    threads: median(rates.threads),
    processes: median(rates.processes),
    ratio: median(ratios),
  };
}

function startChild(setup: TrialSetup): ChildProcess {
  const entry = new URL(`./worker-process${extname(import.meta.url)}`, import.meta.url);
  const child = fork(entry, { execArgv: [] });
  child.send({ setup } satisfies ToChild);
  return child;
}

function ask(child: ChildProcess, task: Task): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('error', reject);
    child.send({ task } satisfies ToChild);
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
