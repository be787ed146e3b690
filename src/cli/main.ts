#!/usr/bin/env node
/** The command line: words in, exit code out. */
import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { nearest } from '../../strategies/nearest.ts';
import { HealixError } from '../errors.ts';
import { packageVersion } from '../package-root.ts';
import type { Runners } from '../run-types.ts';
import { addApprovals } from './commands/approvals.ts';
import { addCompare } from './commands/compare.ts';
import { addEvolve } from './commands/evolve.ts';
import { addExplain } from './commands/explain.ts';
import { addFleet } from './commands/fleet.ts';
import { addInit } from './commands/init.ts';
import { addJournal } from './commands/journal.ts';
import { addLaterCommands } from './commands/later.ts';
import { addMetrics } from './commands/metrics.ts';
import { addMonitoring } from './commands/monitoring.ts';
import { addOverride } from './commands/override.ts';
import { addPack } from './commands/pack.ts';
import { addRun } from './commands/run.ts';
import { addRunning } from './commands/running.ts';
import { addSimulate } from './commands/simulate.ts';
import { addTmux } from './commands/tmux.ts';
import { addTop } from './commands/top.ts';
import { type Context, createContext, EXIT_BAD_INPUT, EXIT_DONE, EXIT_FAILED, printJson } from './context.ts';
import { DESCRIPTION, groupCommands } from './help.ts';
import { type Io, processIo } from './io.ts';
import { refuseRepeated } from './once.ts';
import { errorBlock, painter } from './output.ts';
import { runners as realRunners } from './runners.ts';
import { upToUnknownCommand } from './unknown-command.ts';

/**
 * Runs one command and returns its exit code: 0 done, 1 failed (a bug or the machine), 2 bad input, 130 interrupted.
 * `argv` holds the words after `healix`. Never throws.
 */
export async function main(argv: readonly string[], io: Io, runners: Runners = realRunners): Promise<number> {
  const context = createContext(io, runners);
  try {
    const program = createProgram(context);
    // What follows an unknown command, such as --help, would be answered for the command above it.
    await program.parseAsync(upToUnknownCommand(program, argv) ?? [...argv], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    return fail(error, argv, context);
  }
}

function createProgram(context: Context): Command {
  const { io } = context;
  const program = new Command('healix')
    .description(DESCRIPTION)
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .commandsGroup('Other:')
    .helpCommand('help [command]', 'print help of a command')
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
  addInit(program, context);
  addFleet(program, context);
  addPack(program, context);
  addRun(program, context);
  addJournal(program, context);
  addTop(program, context);
  addTmux(program, context);
  addRunning(program, context);
  addMetrics(program, context);
  addOverride(program, context);
  addMonitoring(program, context);
  addApprovals(program, context);
  addLaterCommands(program);
  groupCommands(program);
  refuseRepeated(program);
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
    .filter((word) => !word.startsWith('-') && word !== 'help')
    .slice(0, ['fleet', 'pack', 'journal'].includes(argv.find((word) => word !== 'help') ?? '') ? 2 : 1);
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
    // What is unknown has no help of its own; what it was looked for in has.
    const known =
      error.code === 'commander.unknownCommand' ? ['healix', ...commands.slice(0, -1)] : ['healix', ...commands];
    const message = withGuess(error.message.replace(/^error: /, ''));
    return { code: 'bad-usage', message, hint: `Try: ${[...known, '--help'].join(' ')}`, exitCode: EXIT_BAD_INPUT };
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: 'failed',
    message: `healix failed, which should not happen.\n${trace}`,
    hint: 'If the disk is not full and the memory not short, this is a bug: please report it with these lines.',
    exitCode: EXIT_FAILED,
  };
}

/** commander guesses at mistyped commands and options; here at mistyped values of those with a list of choices. */
function withGuess(message: string): string {
  const [, word, choices] = /argument '(.*)' is invalid\. Allowed choices are (.*)\.$/s.exec(message) ?? [];
  const guess = word === undefined || choices === undefined ? undefined : nearest(word, choices.split(', '));
  return guess === undefined ? message : `${message}\n(Did you mean ${guess}?)`;
}

/** Started as a program, by path or through the link that npm makes, rather than imported. */
function isEntryPoint(): boolean {
  const started = process.argv[1];
  return started !== undefined && existsSync(started) && realpathSync(started) === fileURLToPath(import.meta.url);
}

if (isEntryPoint()) process.exitCode = await main(process.argv.slice(2), processIo());
