/** Refuses an option that takes one value and was given several: the earlier ones would be lost without a word. */
import type { Command } from 'commander';
import { HealixError } from '../errors.ts';
import { repeated } from './options.ts';

/** To be called when all commands and their options are there. Options that may repeat gather their values with `repeated`. */
export function refuseRepeated(program: Command): void {
  for (const command of program.commands) {
    refuseRepeated(command);
    const values = new Map<string, string[]>();
    for (const option of command.options) {
      if ((!option.required && !option.optional) || option.variadic || option.parseArg === repeated) continue;
      command.on(`option:${option.name()}`, (value: string | null) => {
        const name = option.long ?? option.flags;
        values.set(name, [...(values.get(name) ?? []), value ?? '']);
      });
    }
    command.hook('preAction', () => refuse(values));
  }
}

/** @throws HealixError `bad-option` naming all of them. */
function refuse(values: ReadonlyMap<string, readonly string[]>): void {
  const problems = [...values]
    .filter(([, given]) => given.length > 1)
    .map(
      ([name, given]) =>
        `${name} can be given once here, not as ${given.map((value) => JSON.stringify(value)).join(' and ')}`,
    );
  if (problems.length > 0) throw new HealixError('bad-option', problems.join('\n'));
}
