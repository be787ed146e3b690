/** Commands of later versions: hidden, and refused with what to use instead. */
import type { Command } from 'commander';
import { HealixError } from '../../errors.ts';

const LATER: Readonly<Record<string, string>> = {
  bench: 'use npm run bench in a clone of the repository',
};

export function addLaterCommands(program: Command): void {
  for (const [name, instead] of Object.entries(LATER)) {
    program
      .command(name, { hidden: true })
      .argument('[words...]')
      .allowUnknownOption()
      .helpOption(false)
      .action(() => {
        throw new HealixError('not-available', `healix ${name} is not available in this version: ${instead}`);
      });
  }
}
