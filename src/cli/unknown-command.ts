/** Finds the word of a command line that should be a command and is none. */
import type { Command } from 'commander';

/**
 * The words up to and with the first that is no command, without `help`; undefined where all are commands. Looks no further than to the
 * first option or the first command without commands of its own: what follows is for that command to judge.
 */
export function upToUnknownCommand(program: Command, argv: readonly string[]): string[] | undefined {
  const words: string[] = [];
  let command = program;
  for (const [at, word] of argv.entries()) {
    if (word.startsWith('-') || command.commands.length === 0) return undefined;
    if (word === 'help' && !argv.slice(0, at).includes('help')) continue;
    words.push(word);
    const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (next === undefined) return words;
    command = next;
  }
  return undefined;
}
