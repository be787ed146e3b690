/** `healix compare`: packs beside what people run today, on test scenarios, with intervals. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import type { FaultMix } from '../../../sim/mixes.ts';
import { SIMULATION_TIERS, type SimulationTier } from '../../../sim/tiers.ts';
import { RUNBOOK_WIDTH } from '../../../strategies/explain-words.ts';
import type { Comparison } from '../../../strategies/pack.ts';
import { disagreementOf } from '../../disagreement.ts';
import { loadFleet, shippedFleets } from '../../fleets.ts';
import type { CompareEvidence } from '../../report/evidence.ts';
import type { CompareOptions } from '../../run-types.ts';
import { comparisonTable, disagreementTable, replayHint } from '../comparison-table.ts';
import { type Context, printJson, withExamples } from '../context.ts';
import { runChecked } from '../determinism.ts';
import * as option from '../options.ts';
import { roomOn } from '../output.ts';
import { checkOwnFiles, type NamedFile } from '../own-files.ts';
import { loadPack, packFile } from '../pack-argument.ts';
import { startProgress } from '../progress.ts';
import { checkReportFile, makeReport, withReport } from '../report-option.ts';
import { shellWord } from '../shell-word.ts';
import { rewrapped } from '../wrap.ts';

interface Raw {
  readonly pack?: readonly string[];
  readonly baselines: string;
  readonly fleet: string;
  readonly scenarios: string;
  readonly faults?: string;
  readonly level?: string;
  readonly seed: string;
  readonly tier: string;
  readonly resume?: string;
  readonly report?: string;
  readonly checkDeterminism?: true;
  readonly json?: true;
}

export function addCompare(program: Command, context: Context): void {
  const command = program
    .command('compare')
    .summary('put packs beside what people run today')
    .description(
      'Runs packs, baselines, "nothing" and the oracle on the same test scenarios and prints them with 95 % intervals.',
    )
    .option('--pack <file|name>', 'strategy pack; repeats', option.repeated)
    .option('--baselines <names>', 'all, or names separated by commas', 'all')
    .option('--fleet <file|name>', 'fleet file or shipped fleet', option.DEFAULT_FLEET)
    .option('--scenarios <n>', 'test scenarios', String(option.DEFAULT_SCENARIOS))
    .option(
      '--tier <tier>',
      'calls as a "fluid", all "requests" one by one (hundreds of times slower), or "both"',
      'fluid',
    )
    .option('--resume <file>', 'keep finished trials in this file, and go on from those that it holds')
    .option('--check-determinism', 'run everything twice and fail when the results differ')
    .addOption(option.laterOption('--watch', 'run it again instead'))
    .action(async (raw: Raw) => run(raw, context));
  withReport(command);
  option.withLevel(command, 'as each pack was bred; several, separated by commas, put them side by side');
  option.withCommonOptions(option.withFaults(command), 'any text; decides the scenarios');
  withExamples(command, [
    'healix compare --pack online-boutique.pack.json --fleet online-boutique --scenarios 200 --seed friday',
    'healix compare --pack default --faults spread --level basic,advanced --seed friday',
    'healix compare --pack my.pack.json --fleet my-fleet.yaml --report my-fleet.html',
    'healix compare --pack default --tier requests --resume boutique.trials.jsonl',
    'healix compare --pack a.json --pack b.json --baselines kubernetes,sre-runbook --fleet my-fleet.yaml --json',
  ]);
}

async function run(raw: Raw, context: Context): Promise<void> {
  const { tiers, mix, ...options } = await check(raw, context);
  if (raw.report !== undefined) await context.runners.checkReport();
  const evidence: CompareEvidence[] = [];
  const progress = startProgress(context.io);
  try {
    const comparisons: Comparison[] = [];
    for (const tier of tiers) {
      let kept: CompareEvidence | undefined;
      const keep = raw.report === undefined ? {} : { keep: (each: CompareEvidence) => (kept = each) };
      const comparison = await runChecked(raw.checkDeterminism === true, () =>
        context.runners.compare({ ...options, ...keep, tier }, ({ done, total }) => {
          progress.update(done / total, `comparing on tier ${tier}  ${done} of ${total} trials`);
        }),
      );
      comparisons.push(comparison);
      if (kept !== undefined) evidence.push(kept);
    }
    progress.close();
    print(raw, comparisons as [Comparison, ...Comparison[]], option.faultsLine(mix, options.fleet), context);
    if (raw.report === undefined) return;
    const request = { kind: 'compare', evidence, command: commandFor(raw), threads: options.threads } as const;
    await makeReport(context, { file: raw.report, isJson: raw.json === true, request });
  } finally {
    progress.close();
  }
}

/** One tier, or both with what they disagree about. */
function print(raw: Raw, comparisons: readonly [Comparison, ...Comparison[]], faults: string, context: Context): void {
  const room = roomOn(context.io.stdout);
  const [first, second] = comparisons;
  const shares = rewrapped(faults, RUNBOOK_WIDTH, room);
  const tables = comparisons.map((comparison) => comparisonTable(comparison, context.paint, room));
  if (second === undefined) {
    if (raw.json) printJson(context, first);
    else context.io.stdout.write(`${tables[0]}${shares}${replayHint(first, room)}`);
    return;
  }
  const disagreement = disagreementOf(first, second);
  if (raw.json) printJson(context, { fluid: first, requests: second, disagreement });
  else
    context.io.stdout.write(
      `${tables.join('\n')}${shares}${replayHint(first, room)}\n${disagreementTable(disagreement, room)}`,
    );
}

interface Checked extends Omit<CompareOptions, 'tier'> {
  readonly tiers: readonly SimulationTier[];
  readonly mix: FaultMix;
}

async function check(raw: Raw, context: Context): Promise<Checked> {
  const problems = new option.Problems();
  const known = await context.runners.baselines();
  const files = raw.pack ?? [];
  if (files.length === 0) problems.add('--pack is missing: name at least one pack file, as written by healix evolve');
  const packs = files.flatMap((file) => problems.attempt(() => loadPack(file)) ?? []);
  const names = raw.baselines === 'all' ? known : raw.baselines.split(',').map((name) => name.trim());
  for (const name of names) option.oneOf(problems, 'baseline', name, known);
  const loaded = problems.attempt(() => loadFleet(raw.fleet));
  const bounds = { lo: 1, hi: option.SCENARIOS_MAX };
  const scenarios = option.wholeNumber(problems, '--scenarios', raw.scenarios, bounds, option.DEFAULT_SCENARIOS);
  const fleets = loaded === undefined ? [] : [loaded.fleet];
  const { name: seed, mix } = option.mixedSeed(problems, '--seed', raw.seed, raw.faults, fleets);
  const tier = option.tier(problems, raw.tier, [...SIMULATION_TIERS, 'both'] as const);
  const levels = raw.level === undefined ? undefined : option.levels(problems, raw.level);
  if (raw.resume !== undefined) {
    option.writable(problems, '--resume', raw.resume);
    if (raw.checkDeterminism === true)
      problems.add('--resume repeats only what is missing: leave it out to --check-determinism');
  }
  checkReportFile(problems, raw.report);
  const written: NamedFile[] = [
    ['--resume', raw.resume],
    ['--report', raw.report],
  ];
  checkOwnFiles(problems, written, [
    ['--fleet', raw.fleet],
    ...files.map((name): NamedFile => ['--pack', packFile(name)]),
  ]);
  problems.refuse();
  return {
    packs,
    baselines: [...new Set(names)],
    fleet: loaded!.fleet,
    scenarios,
    seed,
    mix,
    ...(levels === undefined ? {} : { levels }),
    tiers: tier === 'both' ? SIMULATION_TIERS : [tier],
    threads: option.defaultThreads(),
    ...(raw.resume === undefined ? {} : { resumeFile: raw.resume }),
  };
}

/** The command that gives the same numbers again. Folders do not change them, so they are left out. */
function commandFor(raw: Raw): string {
  const { pack = [], baselines, fleet, scenarios, seed, tier, faults, level } = raw;
  const words = ['healix', 'compare', ...pack.flatMap((name) => ['--pack', shellWord(basename(name))])];
  const values = {
    baselines,
    fleet: shippedFleets().includes(fleet) ? fleet : basename(fleet),
    scenarios,
    seed,
    tier,
    faults,
    level,
  };
  for (const [name, value] of Object.entries(values))
    if (value !== undefined) words.push(`--${name}`, shellWord(value));
  return words.join(' ');
}
