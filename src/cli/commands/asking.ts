/** What commands that ask a running healix have in common. */
import { type Command, Option } from 'commander';
import type { Asked } from '../../runtime/control/client.ts';
import { askRunning } from '../ask-running.ts';

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
export const ask = (raw: Raw, asked: Asked): Promise<unknown> => askRunning(raw.config, asked);
