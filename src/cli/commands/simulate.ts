/** `healix simulate`: one strategy through one scenario, to see what it does. */
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { scenarioSeed } from '../../../sim/scenario.ts';
import { SIMULATION_TIERS } from '../../../sim/tiers.ts';
import { nearest } from '../../../strategies/nearest.ts';
import { loadFleet } from '../../fleets.ts';
import type { SimulatedIncident, SimulatedStrategy, SimulateOptions, SimulateResult } from '../../run-types.ts';
import { type Context, printJson, withExamples } from '../context.ts';
import { runChecked } from '../determinism.ts';
import * as option from '../options.ts';
import { type Column, duration, number, printable, table } from '../output.ts';
import { checkOwnFiles } from '../own-files.ts';
import { loadPack, packFile } from '../pack-argument.ts';

/** Simulated seconds a second: an hour in a minute. */
const SPEED = 60;
const SPEED_MAX = 10_000;

interface Raw {
  readonly strategy?: string;
  readonly fleet: string;
  readonly scenarioSeed?: string;
  readonly faults?: string;
  readonly level?: string;
  readonly seed: string;
  readonly tier: string;
  readonly trace?: string;
  readonly watch?: true;
  readonly port?: string;
  readonly speed?: string;
  readonly checkDeterminism?: true;
  readonly json?: true;
}

export function addSimulate(program: Command, context: Context): void {
  const command = program
    .command('simulate')
    .summary('watch one strategy in one scenario')
    .description(
      'Runs one simulated hour of one scenario and prints what failed, what was done and what it cost the users.',
    )
    .option('--strategy <pack|baseline|oracle>', 'pack file, shipped pack, baseline or "oracle"')
    .option('--fleet <file|name>', 'fleet file or shipped fleet', option.DEFAULT_FLEET)
    .option('--scenario-seed <text>', 'the scenario, as compare prints it (default: SEED/test/0)')
    .option('--tier <tier>', 'calls as a "fluid", or all "requests" one by one', 'fluid')
    .option('--check-determinism', 'run everything twice and fail when the results differ')
    .option('--trace <file.jsonl>', 'write everything that happened, one JSON object a line')
    .addOption(option.laterOption('--report [file]', 'use --json and keep its output'))
    .option('--watch', 'show it as it happens, on a page in your browser, until Ctrl-C')
    .option('--port <n>', 'where the page of --watch is served (default: any that is free)')
    .option('--speed <x>', 'simulated seconds a second with --watch (default: 60)')
    .action(async (raw: Raw) => run(raw, context));
  option.withLevel(command, 'as the pack was bred');
  option.withCommonOptions(
    option.withFaults(command),
    'any text; its first test scenario is taken unless --scenario-seed is given',
  );
  withExamples(command, [
    'healix simulate --strategy kubernetes --fleet online-boutique --scenario-seed friday/test/7',
    'healix simulate --strategy default --faults spread --level advanced --seed friday',
    'healix simulate --strategy my.pack.json --trace hour.jsonl --json',
    'healix simulate --strategy default --fleet otel-demo --level advanced --watch --speed 30',
  ]);
}

async function run(raw: Raw, context: Context): Promise<void> {
  const { watched, ...options } = await check(raw, context);
  if (watched !== null) return watch(options, watched, raw, context);
  const { trace, ...result } = await runChecked(raw.checkDeterminism === true, () => context.runners.simulate(options));
  if (raw.trace !== undefined) writeFileSync(raw.trace, trace.map((event) => `${JSON.stringify(event)}\n`).join(''));
  if (raw.json) printJson(context, result);
  else context.io.stdout.write(summary(result));
}

/** Until Ctrl-C; the page stays when the hour is over. */
async function watch(options: SimulateOptions, watched: Watched, raw: Raw, { io }: Context): Promise<void> {
  const { watchSimulation } = await import('../../dashboard/simulation/watch-simulation.ts');
  const { contenderOf } = await import('../../run-simulate.ts');
  const { fleet, scenarioSeed: scenario, tier, strategy } = options;
  const interrupted = new Promise<void>((resolve) => {
    const stop = io.onInterrupt(() => {
      stop();
      resolve();
    });
  });
  const contender = contenderOf(strategy);
  const simulation = await watchSimulation({ fleet, scenarioSeed: scenario, tier, contender, ...watched });
  const { url, port, token, over } = simulation;
  try {
    if (raw.json) io.stdout.write(`${JSON.stringify({ url, port, token })}\n`);
    else {
      io.stdout.write(`${printable(`${contender.name} on ${fleet.name}, scenario ${scenario}, tier: ${tier}`)}\n`);
      io.stdout.write(`dashboard: ${url}\nCtrl-C ends it\n`);
    }
    const first = await Promise.race([interrupted, over.then(() => 'over' as const)]);
    if (first === 'over' && !raw.json) io.stdout.write('the hour is over; the page stays until Ctrl-C\n');
    await interrupted;
  } finally {
    await simulation.close();
  }
}

interface Watched {
  readonly port: number;
  readonly speed: number;
}

/** Null when nobody wants to watch. */
function checkWatch(raw: Raw, problems: option.Problems): Watched | null {
  const { watch: isWatched, port, speed } = raw;
  if (isWatched !== true) {
    if (port !== undefined) problems.add('--port is the port of the page: add --watch');
    if (speed !== undefined) problems.add('--speed is how fast the page shows it: add --watch');
    return null;
  }
  if (raw.trace !== undefined) problems.add('--trace and --watch do not go together: leave one of them out');
  if (raw.checkDeterminism === true)
    problems.add('--check-determinism runs twice, which nobody can watch: leave it or --watch out');
  return {
    port: option.wholeNumber(problems, '--port', port, { lo: 0, hi: 65_535 }, 0),
    speed: option.wholeNumber(problems, '--speed', speed, { lo: 1, hi: SPEED_MAX }, SPEED),
  };
}

async function check(raw: Raw, context: Context): Promise<SimulateOptions & { readonly watched: Watched | null }> {
  const problems = new option.Problems();
  const baselines = await context.runners.baselines();
  const strategy = problems.attempt(() => findStrategy(raw.strategy, baselines, problems));
  const loaded = problems.attempt(() => loadFleet(raw.fleet));
  const fleets = loaded === undefined ? [] : [loaded.fleet];
  const named = (flag: string, text: string): string => option.mixedSeed(problems, flag, text, raw.faults, fleets).name;
  const scenario =
    raw.scenarioSeed === undefined
      ? scenarioSeed(named('--seed', raw.seed), 'test', 0)
      : named('--scenario-seed', raw.scenarioSeed);
  const tier = option.tier(problems, raw.tier, SIMULATION_TIERS);
  const level = option.level(problems, raw.level);
  if (level !== undefined && strategy !== undefined && strategy.kind !== 'pack')
    problems.add('--level is for packs: baselines and the oracle heal as they do');
  const watched = checkWatch(raw, problems);
  if (raw.trace !== undefined) option.writable(problems, '--trace', raw.trace);
  checkOwnFiles(
    problems,
    [['--trace', raw.trace]],
    [
      ['--fleet', raw.fleet],
      ['--strategy', strategy?.kind === 'pack' ? packFile(strategy.file) : undefined],
    ],
  );
  problems.refuse();
  const subject = level !== undefined && strategy?.kind === 'pack' ? { ...strategy, level } : strategy!;
  const traced = raw.trace !== undefined;
  return { strategy: subject, fleet: loaded!.fleet, scenarioSeed: scenario, tier, traced, watched };
}

function findStrategy(
  text: string | undefined,
  baselines: readonly string[],
  problems: option.Problems,
): SimulatedStrategy | undefined {
  const names = [...baselines, 'oracle'];
  if (text === 'oracle') return { kind: 'oracle' };
  if (text !== undefined && baselines.includes(text)) return { kind: 'baseline', name: text };
  if (text !== undefined && packFile(text) !== undefined) return { kind: 'pack', ...loadPack(text) };
  const what =
    text === undefined
      ? '--strategy is missing'
      : `--strategy: no pack file, baseline or oracle is called ${JSON.stringify(text)}`;
  const guess = text === undefined ? undefined : nearest(text, names);
  problems.add(
    `${what}${guess === undefined ? '' : `; did you mean ${guess}?`}\nGive a pack file or one of: ${names.join(', ')}.`,
  );
  return undefined;
}

function summary(result: Omit<SimulateResult, 'trace'>): string {
  const { mean, p95 } = result.timeToRecoverS;
  const facts: readonly (readonly [string, string])[] = [
    ['lost user-minutes', number(result.lostUserMinutes)],
    ['availability', `${(100 * result.availability).toFixed(3)} %`],
    ['time to recover', mean === null ? '-' : `${duration(mean)} (p95 ${p95 === null ? '-' : duration(p95)})`],
    ['actions', `${result.actions}, ${result.collateral} of them on replicas that had nothing`],
    ...(result.messages > 0 ? [['messages', `${result.messages} between agents`] as const] : []),
    ['replica-hours', number(result.replicaHours)],
    ['unrecovered', String(result.unrecovered)],
  ];
  const incidents = result.incidents.length === 0 ? 'nothing failed\n' : table(INCIDENT_COLUMNS, result.incidents);
  return [
    printable(`${result.strategy} on ${result.fleet}, scenario ${result.scenarioSeed}, tier: ${result.tier}`),
    ...facts.map(([name, value]) => `  ${name.padEnd(18)} ${value}`),
    incidents,
  ].join('\n');
}

const INCIDENT_COLUMNS: readonly Column<SimulatedIncident>[] = [
  { title: 'at', align: 'right', cell: ({ atS }) => duration(atS) },
  { title: 'incident', align: 'left', cell: ({ kind }) => kind },
  { title: 'service', align: 'left', cell: ({ service }) => service },
  {
    title: 'serving after',
    align: 'right',
    cell: ({ atS, servingAtS }) => (servingAtS > atS ? duration(servingAtS - atS) : 'at once'),
  },
  {
    title: 'recovered after',
    align: 'right',
    cell: ({ atS, recoveredAtS }) => (recoveredAtS === null ? 'not within the hour' : duration(recoveredAtS - atS)),
  },
];
