/**
 * `npm run bench -- study`: the engines and the ablations of the default one on equal budgets. Finished runs are added to
 * bench/study/runs.jsonl, and a study that was stopped goes on where it was; the report, bench/study.json and bench/STUDY.md, is
 * written anew at the end.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Piscina } from 'piscina';
import { PACKAGE_ROOT, packageVersion } from '../../src/package-root.ts';
import { fleetDigest, jobDigest, variantDigest } from './digest.ts';
import { addLine, keyOf, type Line, readLines } from './lines.ts';
import { asMarkdown } from './markdown.ts';
import { HORIZON_S, TEST_SCENARIOS } from './run-job.ts';
import { type Job, type Stage, stage, stages } from './stages.ts';
import { same, summarise } from './summary.ts';
import { VARIANTS, variantNamed } from './variants.ts';
import type { Order } from './worker.ts';

const HELP = `options of the study:
  --minutes <n>   stop after this time; runs under way go on from their checkpoints next time (default: until all is done)
  --threads <n>   runs at a time (default: 2)
  --stages <n>    run only the first n parts
  --trials <n>    instead of the study, all variants with this budget (at least 300), --seeds of them (default 1) on --fleet (default teastore)
  --folder <dir>  where runs and report go (default: bench)
  --report        write the report of the runs there are, and run nothing`;

export async function study(args: readonly string[], print: (line: string) => void): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: 'Infinity' },
      threads: { type: 'string', default: '2' },
      stages: { type: 'string', default: 'Infinity' },
      trials: { type: 'string' },
      seeds: { type: 'string', default: '1' },
      fleet: { type: 'string', default: 'teastore' },
      folder: { type: 'string', default: join(PACKAGE_ROOT, 'bench') },
      report: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    print(HELP);
    return;
  }
  const wanted =
    values.trials === undefined
      ? stages()
      : [stage('a try', VARIANTS, [values.fleet], Number(values.trials), 0, Number(values.seeds))];
  const folder = join(values.folder, 'study');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'runs.jsonl');
  const jobs = wanted.flatMap(({ jobs }) => jobs);
  print(`${jobs.length} runs are wanted; looking which are done`);
  const digests = await digestsOf(jobs);
  const all = readLines(file);
  const lines = all.filter((line) => digests.get(keyOf(line)) === line.digest);
  const stale = all.filter((line) => digests.has(keyOf(line))).length - lines.length;
  print(
    `${lines.length} are done${stale === 0 ? '' : `; ${stale} were made by other code or simulators and do not count`}`,
  );
  const untilMs = Date.now() + 60_000 * Number(values.minutes);
  const now = wanted.slice(0, Number(values.stages)).flatMap(({ jobs }) => jobs);
  const left = now.filter((job) => !lines.some((line) => same(line, job)));
  if (!values.report) {
    await runAll(left, Number(values.threads), untilMs, folder, digests, (line) => {
      addLine(file, line);
      lines.push(line);
      print(
        `${keyOf(line)}: ${line.quality.toFixed(1)} after ${line.spent} trials in ${line.seconds} s (${lines.length} of ${jobs.length})`,
      );
    });
  }
  report(values.folder, lines, wanted, print);
}

function report(folder: string, lines: readonly Line[], wanted: readonly Stage[], print: (line: string) => void): void {
  const about = { healix: packageVersion(), node: process.version, horizonS: HORIZON_S, testScenarios: TEST_SCENARIOS };
  const results = summarise(lines, wanted, about);
  writeFileSync(join(folder, 'study.json'), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(folder, 'STUDY.md'), asMarkdown(results));
  print(`${join(folder, 'STUDY.md')} is written`);
}

/** Runs the jobs in order, some at a time, until all are done or the time is over. */
async function runAll(
  jobs: readonly Job[],
  threads: number,
  untilMs: number,
  folder: string,
  digests: ReadonlyMap<string, string>,
  done: (line: Line) => void,
): Promise<void> {
  const entry = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
  const piscina = new Piscina<Order, Line | undefined>({
    filename: fileURLToPath(entry),
    minThreads: threads,
    maxThreads: threads,
    execArgv: extname(entry.pathname) === '.ts' ? ['--import', 'tsx'] : [],
  });
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < jobs.length && Date.now() < untilMs) {
      const job = jobs[next++]!;
      const checkpointFile = join(folder, `${keyOf(job)}.checkpoint`);
      const line = await piscina.run({ job, digest: digests.get(keyOf(job))!, checkpointFile, untilMs });
      if (line !== undefined) done(line);
    }
  };
  try {
    await Promise.all(Array.from({ length: threads }, lane));
  } finally {
    await piscina.destroy();
  }
}

async function digestsOf(jobs: readonly Job[]): Promise<Map<string, string>> {
  const fleets = new Map<string, string>();
  const variants = new Map<string, string>();
  const digests = new Map<string, string>();
  for (const job of jobs) {
    const budget = `${job.variant} ${job.trials}`;
    if (!fleets.has(job.fleet)) fleets.set(job.fleet, fleetDigest(job.fleet));
    if (!variants.has(budget)) variants.set(budget, await variantDigest(variantNamed(job.variant), job.trials));
    digests.set(keyOf(job), jobDigest(fleets.get(job.fleet)!, variants.get(budget)!));
  }
  return digests;
}
