/** What `npm run bench -- runtime` is asked for. */
import { parseArgs } from 'node:util';
import { FIRST_PORT } from './ports.ts';
import { allRivals } from './rivals.ts';

export interface RuntimeBenchOptions {
  readonly lengthMs: number;
  readonly seeds: readonly string[];
  readonly contenders: readonly string[];
  readonly parallel: number;
  readonly firstPort: number;
  /** Folder for a log of each run; null = none is kept. */
  readonly logs: string | null;
}

export const USAGE = `npm run bench -- runtime [options]: real services, real faults, everyone who could heal them

  --minutes M          length of a run (6); the fleet's start and end come on top
  --seeds N            schedules of faults (1); a seed more adds runs, it does not repeat any
  --contenders a,b     some of: ${allRivals().join(', ')}
  --parallel K         fleets at once (1)
  --first-port P       fleets take ports from here on (${FIRST_PORT})
  --logs FOLDER        keep what each manager said
Finished runs are kept in bench/runtime-runs.jsonl; started again it goes on where it was, then writes bench/runtime.json and RUNTIME.md.`;

const MINUTES = { least: 2, standard: 6, most: 120 } as const;
const SEEDS_MAX = 100;
const PARALLEL_MAX = 4;

/** Nobody was bred or tuned on these schedules. */
export const seedName = (index: number): string => `runtime-${index}`;

/** @throws Error that says what cannot be used. */
export function optionsFrom(args: readonly string[]): RuntimeBenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string' },
      seeds: { type: 'string' },
      contenders: { type: 'string' },
      parallel: { type: 'string' },
      'first-port': { type: 'string' },
      logs: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return 'help';
  const all = allRivals();
  const contenders = values.contenders?.split(',') ?? all;
  const unknown = contenders.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`unknown contender ${unknown.join(', ')}: use ${all.join(', ')}`);
  const minutes = numberFrom('minutes', values.minutes, MINUTES.standard, MINUTES.least, MINUTES.most);
  const seeds = numberFrom('seeds', values.seeds, 1, 1, SEEDS_MAX);
  return {
    lengthMs: Math.round(minutes * 60_000),
    seeds: Array.from({ length: seeds }, (_, index) => seedName(index)),
    contenders,
    parallel: numberFrom('parallel', values.parallel, 1, 1, PARALLEL_MAX),
    firstPort: numberFrom('first-port', values['first-port'], FIRST_PORT, 1024, 60_000),
    logs: values.logs ?? null,
  };
}

function numberFrom(name: string, text: string | undefined, standard: number, least: number, most: number): number {
  const value = text === undefined ? standard : Number(text);
  if (!(value >= least && value <= most)) throw new Error(`--${name} is ${least} to ${most}, not ${text}`);
  return value;
}
