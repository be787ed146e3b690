/** `healix compare`: packs beside what people run today, on test scenarios, with intervals. */
import type { Command } from 'commander';
import type { FaultMix } from '../../../sim/mixes.ts';
import { SIMULATION_TIERS, type SimulationTier } from '../../../sim/tiers.ts';
import type { Comparison } from '../../../strategies/pack.ts';
import { disagreementOf } from '../../disagreement.ts';
import { loadFleet } from '../../fleets.ts';
import type { CompareOptions } from '../../run-types.ts';
import { comparisonTable, disagreementTable, replayHint } from '../comparison-table.ts';
import { type Context, printJson, withExamples } from '../context.ts';
import { runChecked } from '../determinism.ts';
import * as option from '../options.ts';
import { roomOn } from '../output.ts';
import { loadPack } from '../pack-argument.ts';
import { startProgress } from '../progress.ts';

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
    .addOption(option.laterOption('--report [file]', 'use --json and keep its output'))
    .addOption(option.laterOption('--watch', 'run it again instead'))
    .action(async (raw: Raw) => run(raw, context));
  option.withLevel(command, 'as each pack was bred; several, separated by commas, put them side by side');
  option.withCommonOptions(option.withFaults(command), 'any text; decides the scenarios');
  withExamples(command, [
    'healix compare --pack online-boutique.pack.json --fleet online-boutique --scenarios 200 --seed friday',
    'healix compare --pack default --faults spread --level basic,advanced --seed friday',
    'healix compare --pack default --tier requests --resume boutique.trials.jsonl',
    'healix compare --pack a.json --pack b.json --baselines kubernetes,sre-runbook --fleet my-fleet.yaml --json',
  ]);
}

async function run(raw: Raw, context: Context): Promise<void> {
  const { tiers, mix, ...options } = await check(raw, context);
  const progress = startProgress(context.io);
  try {
    const comparisons: Comparison[] = [];
    for (const tier of tiers) {
      const comparison = await runChecked(raw.checkDeterminism === true, () =>
        context.runners.compare({ ...options, tier }, ({ done, total }) => {
          progress.update(done / total, `comparing on tier ${tier}  ${done} of ${total} trials`);
        }),
      );
      comparisons.push(comparison);
    }
    progress.close();
    const faults = option.faultsLine(mix, options.fleet);
    const room = roomOn(context.io.stdout);
    const [first, second] = comparisons as [Comparison, ...Comparison[]];
    if (second === undefined) {
      if (raw.json) printJson(context, first);
      else context.io.stdout.write(`${comparisonTable(first, context.paint, room)}${faults}${replayHint(first)}`);
      return;
    }
    const disagreement = disagreementOf(first, second);
    if (raw.json) printJson(context, { fluid: first, requests: second, disagreement });
    else {
      const tables = comparisons.map((comparison) => comparisonTable(comparison, context.paint, room));
      context.io.stdout.write(
        `${tables.join('\n')}${faults}${replayHint(first)}\n${disagreementTable(disagreement, room)}`,
      );
    }
  } finally {
    progress.close();
  }
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
