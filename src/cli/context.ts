/** What every command is given, and how it ends. */
import type { Command } from 'commander';
import type { Runners } from '../run-types.ts';
import type { Io } from './io.ts';
import { type Paint, painter } from './output.ts';

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_BAD_INPUT = 2;
/** 128 + SIGINT, as shells have it. */
export const EXIT_INTERRUPTED = 130;

export interface Context {
  readonly io: Io;
  readonly runners: Runners;
  /** For standard output. */
  readonly paint: Paint;
  /** What `main` returns; a command that ends well leaves it alone. */
  exitCode: number;
}

export function createContext(io: Io, runners: Runners): Context {
  return { io, runners, paint: painter(io.stdout, io.env), exitCode: EXIT_DONE };
}

/** The one object of `--json`. */
export function printJson(context: Context, value: unknown): void {
  context.io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Examples below a command's help. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`);
}
