/** `healix evolve`: breed a strategy for one fleet or several, prove it, write it as a pack. */
import { existsSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { mixOfSeed } from '../../../sim/mixes.ts';
import { refereeLines } from '../../../strategies/explain-referee.ts';
import { RUNBOOK_WIDTH } from '../../../strategies/explain-words.ts';
import { REPLICA_HOURS_ALLOWED } from '../../evolve/limits.ts';
import { type LoadedFleet, loadFleet, shippedFleets } from '../../fleets.ts';
import { loadNamedPack, type NamedPack, packFile } from '../../named-packs.ts';
import { writePack } from '../../packs.ts';
import type { EvolutionEvidence } from '../../report/evidence.ts';
import { checkpointOf, type EvolveOptions, type EvolveResult } from '../../run-types.ts';
import { comparisonTable, replayHint } from '../comparison-table.ts';
import { type Context, EXIT_INTERRUPTED, printJson, withExamples } from '../context.ts';
import { runChecked } from '../determinism.ts';
import { evolveProgress } from '../evolve-progress.ts';
import * as option from '../options.ts';
import { roomOn } from '../output.ts';
import { checkOwnFiles, isSameFile, type NamedFile } from '../own-files.ts';
import { checkReportFile, makeReport, withReport } from '../report-option.ts';
import { shellWord } from '../shell-word.ts';
import { rewrapped } from '../wrap.ts';

interface Raw {
  readonly fleet?: readonly string[];
  readonly from?: readonly string[];
  readonly seed: string;
  readonly out?: string;
  readonly threads?: string;
  readonly islands?: string;
  readonly generations?: string;
  readonly population?: string;
  readonly scenarios: string;
  readonly faults?: string;
  readonly level?: string;
  readonly engine?: string;
  readonly resume?: string;
  readonly replicaHours?: string;
  readonly budget?: string;
  readonly report?: string;
  readonly checkDeterminism?: true;
  readonly json?: true;
}

export function addEvolve(program: Command, context: Context): void {
  const command = program
    .command('evolve')
    .summary('breed a recovery strategy for a fleet and prove it')
    .description(
      'Breeds a recovery strategy against a simulated fleet, proves it on scenarios the run never used, has a second simulator ' +
        'referee it, and writes it as a pack.\n' +
        'The same fleet, seed and version give the same pack, whatever the number of threads. Ctrl-C saves a checkpoint.',
    )
    .option(
      '--fleet <file|name>',
      `fleet file or shipped fleet; repeats (default: ${option.DEFAULT_FLEET})`,
      option.repeated,
    )
    .option('--from <pack>', 'strategy to start from, beside the hand-written ones; repeats', option.repeated)
    .option('--out <file>', 'where the pack goes (default: ./FLEET.pack.json, ./FLEET.MIX.pack.json with --faults)')
    .option('--threads <n>', `worker threads, 1 to ${option.THREADS_MAX} (default: one per processor)`)
    .option('--islands <n>', 'populations that breed apart and exchange their best')
    .option('--generations <n>', 'generations to breed')
    .option('--population <n>', 'strategies per generation, over all islands')
    .option('--scenarios <n>', 'size of the test set', String(option.DEFAULT_SCENARIOS))
    .option(
      '--replica-hours <times>',
      `what the champion may spend, as a multiple of the runbook's replica-hours (default: ${REPLICA_HOURS_ALLOWED})`,
    )
    .option('--engine <name>', 'search engine (default: healix-ga)')
    .option('--resume <file>', 'go on from a checkpoint of the same run')
    .option('--budget <time>', 'stop breeding after this time, such as 60s or 5m, at the end of a generation')
    .option('--check-determinism', 'run everything twice and fail when the results differ')
    .addOption(option.laterOption('--watch', 'progress is shown anyway; leave it out'))
    .action(async (raw: Raw) => run(raw, context));
  withReport(command);
  option.withLevel(command, 'basic');
  option.withCommonOptions(option.withFaults(command), 'any text; decides everything random');
  withExamples(command, [
    'healix evolve',
    'healix evolve --fleet my-fleet.yaml --seed friday --out my.pack.json',
    'healix evolve --fleet online-boutique --fleet teastore --budget 10m --threads 4',
    'healix evolve --faults spread --level advanced --out spread.pack.json',
    'healix evolve --level advanced --replica-hours 1.1',
    'healix evolve --from my.pack.json --fleet my-fleet.yaml --seed next-month',
    'healix evolve --fleet my-fleet.yaml --report my-fleet.html',
    'healix evolve --resume ./online-boutique.pack.json.checkpoint',
  ]);
}

async function run(raw: Raw, context: Context): Promise<void> {
  const options = await check(raw, context);
  if (raw.report !== undefined) await context.runners.checkReport();
  const progress = evolveProgress(context.io);
  let kept: EvolutionEvidence | undefined;
  let packWritten = false;
  const abort = new AbortController();
  const ignoreInterrupts = context.io.onInterrupt(() => {
    if (abort.signal.aborted) context.io.exitNow(EXIT_INTERRUPTED);
    abort.abort();
    progress.close();
    context.io.stderr.write('stopping; the checkpoint is being saved (Ctrl-C again to leave at once)\n');
  });
  try {
    const result = await runChecked(raw.checkDeterminism === true, () =>
      context.runners.evolve(
        raw.report === undefined ? options : { ...options, keep: (evidence) => (kept = evidence) },
        { onProgress: progress.show, signal: abort.signal },
      ),
    );
    progress.close();
    writePack(options.out, result.pack);
    packWritten = true;
    report(raw, options, result, context);
    if (raw.report !== undefined && kept !== undefined) {
      const { pack, refereed } = result;
      const request = { kind: 'evolve', pack, refereed, evidence: kept, threads: options.threads } as const;
      await makeReport(context, { file: raw.report, isJson: raw.json === true, request, signal: abort.signal });
    }
    rmSync(checkpointOf(options.out), { force: true });
  } catch (error) {
    const isStop = error instanceof Error && ['Interrupted', 'AbortError'].includes(error.name);
    if (!abort.signal.aborted || !isStop) throw error;
    const checkpoint = checkpointOf(options.out);
    context.io.stderr.write(
      `stopped; ${packWritten ? `${options.out} was written, but no report` : 'no pack was written'}. Go on with the same command and --resume ${shellWord(checkpoint)}\n`,
    );
    if (raw.json && !packWritten) printJson(context, { interrupted: true, checkpoint });
    context.exitCode = EXIT_INTERRUPTED;
  } finally {
    ignoreInterrupts();
    progress.close();
  }
}

async function check(raw: Raw, context: Context): Promise<EvolveOptions> {
  const problems = new option.Problems();
  const engines = await context.runners.engines();
  const fleets = (raw.fleet ?? [option.DEFAULT_FLEET]).flatMap((name) => problems.attempt(() => loadFleet(name)) ?? []);
  const names = fleets.map(({ fleet }) => fleet.name);
  if (new Set(names).size < names.length) problems.add(`--fleet: two fleets share a name (${names.join(', ')})`);
  const from = (raw.from ?? []).flatMap((name) => problems.attempt(() => loadNamedPack(name)) ?? []);
  const whole = (name: string, text: string | undefined, lo: number, hi: number): number | undefined =>
    option.wholeNumber(problems, name, text, { lo, hi }, undefined);
  const islands = whole('--islands', raw.islands, 1, 64);
  const generations = whole('--generations', raw.generations, 1, 100_000);
  const population = whole('--population', raw.population, 4, 10_000);
  const scenarios = whole('--scenarios', raw.scenarios, 1, option.SCENARIOS_MAX) ?? option.DEFAULT_SCENARIOS;
  const engine = option.oneOf(problems, 'engine', raw.engine ?? engines[0] ?? '', engines);
  const replicaHours = option.multiple(problems, '--replica-hours', raw.replicaHours);
  const budgetS = option.seconds(problems, '--budget', raw.budget);
  if (budgetS !== undefined && raw.checkDeterminism === true)
    problems.add('--budget depends on the clock, so two runs may differ: leave it out to --check-determinism');
  if (raw.resume !== undefined && raw.checkDeterminism === true)
    problems.add('--resume repeats only the end of a run: leave it out to --check-determinism');
  const specs = fleets.map(({ fleet }) => fleet);
  const { seed, mix, name: seedName } = option.mixedSeed(problems, '--seed', raw.seed, raw.faults, specs);
  const faults = mix === 'all' ? undefined : mix;
  const level = option.level(problems, raw.level);
  const threads = option.threads(problems, raw.threads);
  if (raw.resume !== undefined && !existsSync(raw.resume)) problems.add(`--resume: there is no file ${raw.resume}`);
  const out = option.writable(problems, '--out', raw.out ?? defaultOut(names, faults));
  checkReportFile(problems, raw.report);
  checkFiles(problems, raw, out);
  problems.refuse();
  return {
    fleets: specs,
    seed: seedName,
    out,
    threads,
    scenarios,
    engine,
    ...(from.length === 0 ? {} : { from: from.map(({ pack }) => pack) }),
    ...(level === undefined ? {} : { level }),
    ...(islands === undefined ? {} : { islands }),
    ...(generations === undefined ? {} : { generations }),
    ...(population === undefined ? {} : { population }),
    ...(replicaHours === undefined ? {} : { replicaHours }),
    ...(budgetS === undefined ? {} : { budgetS }),
    ...(raw.resume === undefined ? {} : { resumeFile: raw.resume }),
    command: commandFor(fleets, from, {
      ...{ seed, faults, level, islands, generations, population, scenarios, engine },
      'replica-hours': replicaHours,
    }),
  };
}

/** A run goes on from its own checkpoint, and writes the next one there. */
function checkFiles(problems: option.Problems, raw: Raw, out: string): void {
  const checkpoint = checkpointOf(out);
  const isOwn = raw.resume !== undefined && isSameFile(raw.resume, checkpoint);
  const written: NamedFile[] = [
    ['--out', out],
    ['--out: its checkpoint', checkpoint],
    ['--report', raw.report],
  ];
  const from = (raw.from ?? []).map((name): NamedFile => ['--from', packFile(name)]);
  const fleets = (raw.fleet ?? []).map((name): NamedFile => ['--fleet', name]);
  checkOwnFiles(problems, written, [...fleets, ...from, ['--resume', isOwn ? undefined : raw.resume]]);
}

/** Packs bred on another mix of faults do not go into the same file. */
function defaultOut(names: readonly string[], faults: string | undefined): string {
  return `./${[names.join('+') || 'fleet', ...(faults === undefined ? [] : [faults])].join('.')}.pack.json`;
}

/** The command that makes the pack again. Folders and thread counts do not change it, so they are left out. */
function commandFor(
  fleets: readonly LoadedFleet[],
  from: readonly NamedPack[],
  values: Readonly<Record<string, string | number | undefined>>,
): string {
  const shipped = shippedFleets();
  const words = ['healix', 'evolve'];
  for (const { source } of fleets)
    words.push('--fleet', shellWord(shipped.includes(source) ? source : basename(source)));
  for (const { file, shipped: isShipped } of from)
    words.push('--from', shellWord(isShipped ? basename(file, '.json') : basename(file)));
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) words.push(`--${name}`, shellWord(String(value)));
  }
  return words.join(' ');
}

function report(
  raw: Raw,
  { out, seed, fleets }: EvolveOptions,
  { pack, comparisons, refereed, trials }: EvolveResult,
  context: Context,
): void {
  if (raw.json) {
    const proof = comparisons.length === 1 ? comparisons[0] : { comparisons };
    printJson(context, { ...proof, refereed, pack: { path: out, hash: pack.hash }, trials });
    return;
  }
  const room = roomOn(context.io.stdout);
  for (const [index, comparison] of comparisons.entries()) {
    const faults = rewrapped(option.faultsLine(mixOfSeed(seed).mix, fleets[index]!), RUNBOOK_WIDTH, room);
    context.io.stdout.write(
      `${comparisonTable(comparison, context.paint, room)}${faults}${replayHint(comparison, room)}\n`,
    );
  }
  context.io.stdout.write(
    `${rewrapped(refereeLines(refereed).join('\n'), RUNBOOK_WIDTH, room)}\n\n${context.paint('wrote', 'green')} ${out}  ${trials} trials, hash ${pack.hash.slice(0, 12)}\n` +
      (raw.report === undefined
        ? ''
        : `${context.paint('wrote', 'green')} ${raw.report}  the report, for a browser\n`) +
      `Read it as a runbook: healix explain ${shellWord(out)}\n`,
  );
}
