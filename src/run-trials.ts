/** Runs whole trials on worker threads: results by index, whatever the threads; what a ledger remembers is not run again. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { TrialResult } from '../sim/score.ts';
import type { SimulationTier } from '../sim/tiers.ts';
import { abortable } from './evolve/abortable.ts';
import type { TrialLedger } from './trial-ledger.ts';
import { runBatch, type TrialBatch } from './trial-worker.ts';

export interface TrialPool {
  /** 0 works in this thread. */
  readonly threads: number;
  run(batch: TrialBatch): Promise<TrialResult[]>;
  /** Ends the workers; what is under way rejects. */
  close(): Promise<void>;
}

export interface TrialOptions {
  /** Workers, or how many to start for this alone; 0 works in this thread. */
  readonly threads: number | TrialPool;
  readonly signal?: AbortSignal;
  /** Told how many trials are done: at the start those that the ledger remembers, if any, then after every batch. */
  readonly onTrials?: (done: number) => void;
  readonly ledger?: TrialLedger;
}

/** Scenarios per task: tens of milliseconds to seconds of work. */
const BATCH: Readonly<Record<SimulationTier, number>> = { fluid: 10, requests: 1 };
const WORKER = new URL(`./trial-worker${extname(import.meta.url)}`, import.meta.url);

/** Workers to share between several calls of `runTrials`. They start when they are first needed. */
export function openTrialPool(threads: number): TrialPool {
  let piscina: Piscina<TrialBatch, TrialResult[]> | undefined;
  return {
    threads,
    async run(batch) {
      if (threads === 0) return runBatch(batch);
      piscina ??= startWorkers(threads);
      return piscina.run(batch);
    },
    async close() {
      await piscina?.destroy();
    },
  };
}

/** One row of results per job, one result per scenario. Rejects as soon as the signal aborts. */
export async function runTrials(jobs: readonly TrialBatch[], options: TrialOptions): Promise<TrialResult[][]> {
  const { ledger, signal } = options;
  const results = jobs.map((job) => job.scenarios.map((scenario) => ledger?.find(job, scenario)));
  const batches = jobs.flatMap((job, row) => missing(job, results[row]!).map((batch) => ({ row, ...batch })));
  let done = results.flat().filter((result) => result !== undefined).length;
  if (done > 0) options.onTrials?.(done);
  const pool = typeof options.threads === 'number' ? openTrialPool(options.threads) : options.threads;
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < batches.length) {
      signal?.throwIfAborted();
      const { row, places, batch } = batches[next++]!;
      const part = await pool.run(batch);
      signal?.throwIfAborted();
      places.forEach((place, at) => {
        results[row]![place] = part[at]!;
      });
      ledger?.add(batch, part);
      done += part.length;
      options.onTrials?.(done);
      await new Promise(setImmediate);
    }
  };
  try {
    await abortable(Promise.all(Array.from({ length: Math.max(1, pool.threads) + 1 }, lane)), signal);
  } finally {
    if (pool !== options.threads) await pool.close();
  }
  return results as TrialResult[][];
}

/** The scenarios of a job without a result, in batches, with their places in its row. */
function missing(
  job: TrialBatch,
  row: readonly (TrialResult | undefined)[],
): { readonly places: readonly number[]; readonly batch: TrialBatch }[] {
  const places = row.flatMap((result, place) => (result === undefined ? [place] : []));
  const size = BATCH[job.tier];
  return Array.from({ length: Math.ceil(places.length / size) }, (_, index) => {
    const own = places.slice(index * size, (index + 1) * size);
    return { places: own, batch: { ...job, scenarios: own.map((place) => job.scenarios[place]!) } };
  });
}

function startWorkers(threads: number): Piscina<TrialBatch, TrialResult[]> {
  return new Piscina<TrialBatch, TrialResult[]>({
    filename: fileURLToPath(WORKER),
    minThreads: threads,
    maxThreads: threads,
    execArgv: extname(WORKER.pathname) === '.ts' ? ['--import', 'tsx'] : [],
  });
}
