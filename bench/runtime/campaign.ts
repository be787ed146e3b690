/** Makes the runs that are missing, each in a process of its own, and keeps each as soon as it is done. */
import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PORTS_APART } from './ports.ts';
import { entrantOf } from './rivals.ts';
import type { RunReply, RunRequest } from './run-process.ts';
import type { RunsLedger } from './runs-ledger.ts';
import type { RunRecord } from './tally.ts';

export interface CampaignOptions {
  readonly contenders: readonly string[];
  readonly seeds: readonly string[];
  readonly lengthMs: number;
  /** Fleets at once, each on ports of its own. */
  readonly parallel: number;
  readonly firstPort: number;
  readonly ledger: RunsLedger;
  readonly print: (line: string) => void;
  /** Where the log of each run goes; left out, it is thrown away. */
  readonly keepLog?: (contender: string, seed: string, lines: readonly string[]) => void;
}

interface Job {
  readonly contender: string;
  readonly version: string;
  readonly seed: string;
}

const LANES_MAX = 4;
/** Share of users lost before the first fault from which a run is made once more. */
const QUIET_LOST_MAX = 0.05;

/** Seed by seed, so that what is cut short compares all contenders on the same faults. Contenders that cannot run are told of. */
export async function runCampaign(options: CampaignOptions): Promise<void> {
  const { contenders, seeds, ledger, print } = options;
  const versions = new Map<string, string>();
  for (const contender of contenders) {
    const entrant = await entrantOf(contender);
    if (entrant.kind === 'missing') print(`${contender} is left out: ${entrant.reason}`);
    else versions.set(contender, entrant.version);
  }
  const jobs = seeds.flatMap((seed) =>
    [...versions].map(([contender, version]): Job => ({ contender, version, seed })),
  );
  const missing = jobs.filter(({ contender, version, seed }) => ledger.find(contender, version, seed) === undefined);
  print(`${jobs.length - missing.length} of ${jobs.length} runs are there; ${missing.length} to be made`);
  let next = 0;
  const lane = async (number: number): Promise<void> => {
    while (next < missing.length) {
      const job = missing[next++]!;
      await runOne(job, number, options);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.parallel, LANES_MAX) }, (_, number) => lane(number)));
}

async function runOne({ contender, version, seed }: Job, lane: number, options: CampaignOptions): Promise<void> {
  const { lengthMs, parallel, ledger, print, keepLog } = options;
  const request = { contender, seed, lengthMs, firstPort: options.firstPort + lane * PORTS_APART };
  let reply = await inProcess(request);
  if (reply.kind === 'done' && wasDisturbed(reply.record)) {
    const { lost, asked } = reply.record.quiet;
    print(`${contender} ${seed}: ${lost} of ${asked} users were lost before any fault; once more, and that counts`);
    reply = await inProcess(request);
  }
  if (reply.kind === 'failed') {
    print(`${contender} ${seed}: ${reply.reason}`);
    return;
  }
  const { record, machine, told } = reply;
  ledger.add({ contender, version, seed, record, machine, parallel });
  keepLog?.(contender, seed, told);
  const lost = record.quiet.lost + record.faults.reduce((sum, fault) => sum + fault.lost, 0);
  const healed = record.faults.filter(({ rightAfterMs, byPeople }) => rightAfterMs !== null && !byPeople).length;
  print(`${contender} ${seed}: ${healed} of ${record.faults.length} faults healed, ${lost.toFixed(0)} users lost`);
}

/** Lost before anything failed: mostly a machine too busy to start a fleet. Who loses them again does so by its own fault. */
function wasDisturbed({ quiet }: RunRecord): boolean {
  return quiet.lost > QUIET_LOST_MAX * quiet.asked;
}

function inProcess(request: RunRequest): Promise<Exclude<RunReply, { kind: 'progress' }>> {
  const extension = extname(import.meta.url);
  const script = fileURLToPath(new URL(`./run-process${extension}`, import.meta.url));
  const child = fork(script, { execArgv: extension === '.ts' ? ['--import', 'tsx'] : [] });
  return new Promise((resolve) => {
    child.on('message', (reply: RunReply) => {
      if (reply.kind !== 'progress') resolve(reply);
    });
    child.on('exit', (code) => resolve({ kind: 'failed', reason: `the run's process ended with ${code}` }));
    child.send(request);
  });
}
