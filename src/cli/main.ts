#!/usr/bin/env node
/** The command line: words in, exit code out. */
import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { HealixError } from '../errors.ts';
import { packageVersion } from '../package-root.ts';
import type { Runners } from '../run-types.ts';
import { addApprovals } from './commands/approvals.ts';
import { addCompare } from './commands/compare.ts';
import { addEvolve } from './commands/evolve.ts';
import { addExplain } from './commands/explain.ts';
import { addFleet } from './commands/fleet.ts';
import { addJournal } from './commands/journal.ts';
import { addLaterCommands } from './commands/later.ts';
import { addPack } from './commands/pack.ts';
import { addRun } from './commands/run.ts';
import { addRunning } from './commands/running.ts';
import { addSimulate } from './commands/simulate.ts';
import {
  type Context,
  createContext,
  EXIT_BAD_INPUT,
  EXIT_DONE,
  EXIT_FAILED,
  printJson,
  withExamples,
} from './context.ts';
import { type Io, processIo } from './io.ts';
import { errorBlock, painter } from './output.ts';
import { runners as realRunners } from './runners.ts';

/**
 * Runs one command and returns its exit code: 0 done, 1 failed (a bug or the machine), 2 bad input, 130 interrupted.
 * `argv` holds the words after `healix`. Never throws.
 */
export async function main(argv: readonly string[], io: Io, runners: Runners = realRunners): Promise<number> {
  const context = createContext(io, runners);
  try {
    await createProgram(context).parseAsync([...argv], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    return fail(error, argv, context);
  }
}

function createProgram(context: Context): Command {
  const { io } = context;
  const program = new Command('healix')
    .description(
      'Breeds recovery strategies for service fleets in simulation and proves them on failures they never saw.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // Errors are told once, by `fail`; only the help that a lone `healix` gets comes this way too.
      writeErr: (text) => io.stderr.write(text),
      outputError: () => {},
      getOutHelpWidth: () => io.stdout.columns,
      getErrHelpWidth: () => io.stderr.columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  addEvolve(program, context);
  addCompare(program, context);
  addSimulate(program, context);
  addExplain(program, context);
  addFleet(program, context);
  addPack(program, context);
  addRun(program, context);
  addJournal(program, context);
  addRunning(program, context);
  addApprovals(program, context);
  addLaterCommands(program);
  withExamples(program, [
    'healix fleet check my-fleet.yaml',
    'healix evolve --fleet my-fleet.yaml --out my.pack.json',
    'healix explain my.pack.json',
  ]);
  return program;
}

function fail(error: unknown, argv: readonly string[], context: Context): number {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT_DONE;
  const { code, message, hint, exitCode } = told(error, argv);
  const paint = painter(context.io.stderr, context.io.env);
  if (message !== undefined) context.io.stderr.write(errorBlock(message, hint, paint));
  if (argv.includes('--json')) printJson(context, { error: { code, message: message ?? 'no command was given' } });
  return exitCode;
}

interface Told {
  readonly code: string;
  /** Undefined when the help that was printed says it all. */
  readonly message: string | undefined;
  readonly hint?: string;
  readonly exitCode: number;
}

function told(error: unknown, argv: readonly string[]): Told {
  const commands = argv
    .filter((word) => !word.startsWith('-'))
    .slice(0, ['fleet', 'pack', 'journal'].includes(argv[0] ?? '') ? 2 : 1);
  const hint = `Try: ${['healix', ...commands, '--help'].join(' ')}`;
  if (error instanceof HealixError) {
    return {
      code: error.code,
      message: error.message,
      exitCode: error.exitCode,
      ...(error.code === 'bad-option' ? { hint } : {}),
    };
  }
  if (error instanceof CommanderError) {
    if (error.code === 'commander.help') return { code: 'no-command', message: undefined, exitCode: EXIT_BAD_INPUT };
    const known = error.code === 'commander.unknownCommand' ? 'Try: healix --help' : hint;
    return { code: 'bad-usage', message: error.message.replace(/^error: /, ''), hint: known, exitCode: EXIT_BAD_INPUT };
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: 'failed',
    message: `healix failed, which should not happen.\n${trace}`,
    hint: 'If the disk is not full and the memory not short, this is a bug: please report it with these lines.',
    exitCode: EXIT_FAILED,
  };
}

/** Started as a program, by path or through the link that npm makes, rather than imported. */
function isEntryPoint(): boolean {
  const started = process.argv[1];
  return started !== undefined && existsSync(started) && realpathSync(started) === fileURLToPath(import.meta.url);
}

if (isEntryPoint()) process.exitCode = await main(process.argv.slice(2), processIo());
