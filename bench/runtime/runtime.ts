/**
 * `npm run bench -- runtime`: the same seeded faults on the real demo fleet under healix, under pm2 and under nobody; then the same
 * contenders in the simulator, and how far the two agree. Minutes of real time per run; goes on after a kill.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadFleet } from '../../src/fleets.ts';
import { PACKAGE_ROOT, packageVersion } from '../../src/package-root.ts';
import { runCampaign } from './campaign.ts';
import { optionsFrom, seedName, USAGE } from './options.ts';
import { markdownOf, type Report } from './report.ts';
import { kindsOf, standingsOf } from './results.ts';
import { allRivals, packHash, simulatedAs } from './rivals.ts';
import { type Campaign, digestOf, openRuns, type Run } from './runs-ledger.ts';
import { drawSchedule } from './schedule.ts';
import { agreementOnTwins, agreementOnUsual } from './simulated.ts';

const FOLDER = join(PACKAGE_ROOT, 'bench');
export const RUNS_FILE = join(FOLDER, 'runtime-runs.jsonl');
export const REPORT_FILE = join(FOLDER, 'runtime.json');
export const TEXT_FILE = join(FOLDER, 'RUNTIME.md');
/** Enough of them to notice that the law changed. */
const SCHEDULES_DIGESTED = 3;
/** A rank correlation of fewer says nothing. */
const LEAST_COMPARED = 3;

export async function runtimeBench(args: readonly string[], print: (line: string) => void): Promise<void> {
  const options = optionsFrom(args);
  if (options === 'help') return print(USAGE);
  const { lengthMs, logs } = options;
  const ledger = openRuns(RUNS_FILE, {
    lengthMs,
    schedules: digestOf(
      Array.from({ length: SCHEDULES_DIGESTED }, (_, index) => drawSchedule(seedName(index), lengthMs)),
    ),
    fleet: digestOf(loadFleet('demo').fleet),
    healix: packageVersion(),
  });
  await runCampaign({
    ...options,
    ledger,
    print,
    ...(logs === null
      ? {}
      : {
          keepLog: (contender, seed, lines) => {
            mkdirSync(logs, { recursive: true });
            writeFileSync(join(logs, `${contender.replace(':', '-')}-${seed}.log`), `${lines.join('\n')}\n`);
          },
        }),
  });
  const report = reportOf(ledger.runs, lengthMs);
  if (report === null) return print('no runs, no report');
  writeFileSync(REPORT_FILE, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(TEXT_FILE, markdownOf(report));
  print(markdownOf(report));
}

/** All runs on disk. */
export function keptRuns(): readonly Run[] {
  const [header = '{}'] = readFileSync(RUNS_FILE, 'utf8').split('\n', 1);
  const { runtimeRuns: _, ...campaign } = JSON.parse(header) as Campaign & { runtimeRuns: number };
  return openRuns(RUNS_FILE, campaign).runs;
}

/** Of the runs there are; contenders that never ran are left out, as are runs of packs that have changed since. */
export function reportOf(all: readonly Run[], lengthMs: number): Report | null {
  const runs = all.filter(
    ({ contender, version }) => !contender.startsWith('pack:') || version === packHash(contender),
  );
  if (runs.length === 0) return null;
  const contenders = allRivals().filter((name) => runs.some(({ contender }) => contender === name));
  const seeds = [...new Set(runs.map(({ seed }) => seed))].sort();
  const likenesses = contenders.filter((name) => simulatedAs(name) !== null);
  const isComparable = likenesses.length >= LEAST_COMPARED;
  return {
    command: `npm run bench -- runtime --minutes ${lengthMs / 60_000} --seeds ${seeds.length}`,
    versions: {
      healix: packageVersion(),
      node: process.versions.node,
      pm2: runs.find(({ contender }) => contender === 'pm2')?.version ?? null,
    },
    minutes: lengthMs / 60_000,
    seeds,
    faultsPlanned: seeds.reduce((sum, seed) => sum + drawSchedule(seed, lengthMs).length, 0),
    parallel: Math.max(...runs.map(({ parallel }) => parallel)),
    standings: standingsOf(runs, contenders),
    byKind: kindsOf(runs, contenders),
    twins: isComparable ? agreementOnTwins(runs, contenders) : null,
    usual: isComparable ? agreementOnUsual(runs, contenders) : null,
  };
}
