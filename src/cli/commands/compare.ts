/** `healix compare`: packs beside what people run today, on test scenarios, with intervals. */
import type { Command } from 'commander';
import { loadFleet } from '../../fleets.ts';
import type { CompareOptions } from '../../run-types.ts';
import { comparisonTable, replayHint } from '../comparison-table.ts';
import { type Context, printJson, withExamples } from '../context.ts';
import * as option from '../options.ts';
import { loadPack } from '../pack-argument.ts';
import { startProgress } from '../progress.ts';

interface Raw {
  readonly pack?: readonly string[];
  readonly baselines: string;
  readonly fleet: string;
  readonly scenarios: string;
  readonly seed: string;
  readonly tier: string;
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
    .option('--tier <tier>', 'how exactly to simulate: fluid', 'fluid')
    .addOption(option.laterOption('--report [file]', 'use --json and keep its output'))
    .addOption(option.laterOption('--watch', 'run it again instead'))
    .action(async (raw: Raw) => run(raw, context));
  option.withCommonOptions(command, 'any text; decides the scenarios');
  withExamples(command, [
    'healix compare --pack online-boutique.pack.json --fleet online-boutique --scenarios 200 --seed friday',
    'healix compare --pack a.json --pack b.json --baselines kubernetes,sre-runbook --fleet my-fleet.yaml --json',
  ]);
}

async function run(raw: Raw, context: Context): Promise<void> {
  const options = await check(raw, context);
  const progress = startProgress(context.io);
  try {
    const comparison = await context.runners.compare(options, ({ done, total }) => {
      progress.update(done / total, `comparing  ${done} of ${total} trials`);
    });
    progress.close();
    if (raw.json) printJson(context, comparison);
    else context.io.stdout.write(`${comparisonTable(comparison, context.paint)}${replayHint(comparison)}`);
  } finally {
    progress.close();
  }
}

async function check(raw: Raw, context: Context): Promise<CompareOptions> {
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
  const seed = option.seed(problems, '--seed', raw.seed);
  const tier = option.fluidTier(problems, raw.tier);
  problems.refuse();
  return {
    packs,
    baselines: [...new Set(names)],
    fleet: loaded!.fleet,
    scenarios,
    seed,
    tier,
    threads: option.defaultThreads(),
  };
}
