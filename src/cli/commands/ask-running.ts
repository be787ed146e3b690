/** How the command line asks a running healix: it is found by the state folder of its config. */
import { dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { parse } from 'yaml';
import { HealixError } from '../../errors.ts';

const DEFAULT_STATE = '.healix';

export interface Raw {
  readonly config: string;
  readonly json?: true;
}

/** A command that asks a running healix. */
export function asking(program: Command, name: string, summary: string, description: string): Command {
  return program
    .command(name)
    .summary(summary)
    .description(description)
    .option('--config <file>', 'the config that healix run was started with', 'healix.yaml')
    .option('--json', 'print one JSON object for machines')
    .addOption(new Option('--seed <text>', 'accepted everywhere; nothing here is random').hideHelp());
}

/** The answer of the healix that runs with this config. */
export async function ask(raw: Raw, asked: { method: 'GET' | 'POST'; path: string; body?: unknown }): Promise<unknown> {
  const { findControl } = await import('../../runtime/control/open-control.ts');
  const { askControl } = await import('../../runtime/control/client.ts');
  return askControl(findControl(await stateDirOf(raw.config)), asked);
}

/** Reads no more of the config than it must: a running healix can be asked while its config is being mended. */
async function stateDirOf(path: string): Promise<string> {
  const { readFileSync } = await import('node:fs');
  let named: unknown;
  try {
    named = (parse(readFileSync(path, 'utf8')) as { readonly stateDir?: unknown } | null)?.stateDir;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new HealixError('unreadable-config', `there is no ${path}. Name the config with --config`);
    throw new HealixError('unreadable-config', `${path} cannot be read: ${(error as Error).message}`);
  }
  return resolve(dirname(path), typeof named === 'string' ? named : DEFAULT_STATE);
}
