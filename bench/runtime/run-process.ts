/** Entry of the process that makes one run: told which by its parent, tells how it went, and ends. */

import { portsFrom } from './ports.ts';
import { entrantOf } from './rivals.ts';
import { type RunOutcome, runOnce } from './run.ts';
import { drawSchedule } from './schedule.ts';

export interface RunRequest {
  readonly contender: string;
  readonly seed: string;
  readonly lengthMs: number;
  /** First of the ports that the fleet takes. */
  readonly firstPort: number;
}

export type RunReply =
  | ({ readonly kind: 'done' } & RunOutcome)
  | { readonly kind: 'progress'; readonly line: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** Without its parent, or told to, it ends, and everything it started with it. */
const orphaned = new AbortController();
const end = (): void => orphaned.abort(new Error('the bench has ended'));
process.on('disconnect', end);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);

const send = (reply: RunReply): void => {
  if (process.connected) process.send?.(reply);
};

async function run({ contender, seed, lengthMs, firstPort }: RunRequest): Promise<RunReply> {
  const entrant = await entrantOf(contender);
  if (entrant.kind === 'missing') return { kind: 'failed', reason: entrant.reason };
  const outcome = await runOnce({
    schedule: drawSchedule(seed, lengthMs),
    lengthMs,
    make: entrant.make,
    ports: portsFrom(firstPort),
    signal: orphaned.signal,
    onProgress: (line) => send({ kind: 'progress', line }),
  });
  return { kind: 'done', ...outcome };
}

process.once('message', (request: RunRequest) => {
  run(request)
    .catch((error: unknown): RunReply => ({ kind: 'failed', reason: String(error) }))
    .then((reply) => {
      if (process.connected) process.send?.(reply, () => process.disconnect());
      else process.exit();
    });
});
