/** Worker entry: one run of the study after another, each whole on this thread. */

import type { Line } from './lines.ts';
import { poolFor, runJob } from './run-job.ts';
import type { Job } from './stages.ts';

export interface Order {
  readonly job: Job;
  readonly digest: string;
  readonly checkpointFile: string;
  /** When to stop, in milliseconds since 1970; the run goes on from its checkpoint another time. */
  readonly untilMs: number;
}

// biome-ignore lint/style/noDefaultExport: piscina calls the default export of a worker
export default async ({ job, digest, checkpointFile, untilMs }: Order): Promise<Line | undefined> => {
  const leftMs = Math.max(1, Math.min(2 ** 31 - 1, untilMs - Date.now()));
  const pool = poolFor(job.fleet);
  try {
    return await runJob(job, digest, checkpointFile, pool.evaluate, AbortSignal.timeout(leftMs));
  } finally {
    await pool.close();
  }
};
