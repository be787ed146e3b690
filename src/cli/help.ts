/** The first screen of `healix --help`: the five jobs that people come for, by example, and the commands in groups. */
import type { Command } from 'commander';

const JOBS: readonly (readonly [command: string, words: string])[] = [
  ['healix evolve --fleet shop.yaml --out shop.pack.json', 'breed a strategy'],
  ['healix compare --pack shop.pack.json --fleet shop.yaml', 'set it beside others'],
  ['healix explain shop.pack.json', 'read it as a runbook'],
  ['healix run --config healix.yaml --pack shop.pack.json', 'heal services by it'],
  ['healix top --config healix.yaml', 'watch and step in'],
];

const WIDEST = Math.max(...JOBS.map(([command]) => command.length));

/** Wrapped by hand, for 80 columns: with lines that are indented, commander leaves all as it is. */
export const DESCRIPTION = [
  'Breeds recovery strategies for service fleets in simulation, proves them on',
  'failures they never saw, and heals real services with them.',
  '',
  'Examples:',
  ...JOBS.map(([command, words]) => `  $ ${command.padEnd(WIDEST)}  ${words}`),
].join('\n');

const GROUPS: readonly (readonly [title: string, commands: readonly string[]])[] = [
  ['Breed and prove:', ['evolve', 'compare', 'simulate', 'explain']],
  ['Fleets and packs:', ['init', 'fleet', 'pack']],
  ['Heal real services:', ['run', 'reload', 'journal']],
  ['Watch what runs:', ['top', 'tmux', 'status', 'history', 'metrics', 'monitoring']],
  ['Step in:', ['heal', 'pause', 'resume', 'isolate', 'release', 'approvals', 'approve', 'deny', 'override']],
];

/** To be called when all commands are there. What is in no group is told last. */
export function groupCommands(program: Command): void {
  const order = GROUPS.flatMap(([, names]) => names);
  for (const [title, names] of GROUPS)
    for (const command of program.commands) if (names.includes(command.name())) command.helpGroup(title);
  const place = (command: Command): number => {
    const at = order.indexOf(command.name());
    return at < 0 ? order.length : at;
  };
  // commander lists commands as they were added.
  (program.commands as Command[]).sort((a, b) => place(a) - place(b));
}
