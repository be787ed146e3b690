/** The page of `?`, and the line of keys at the bottom. Pure. */
import type { Screen } from './screen.ts';
import { type Line, line, NO_LINE, type Signs, span } from './spans.ts';

const KEYS: readonly (readonly [keys: string, words: string])[] = [
  ['up, down, j, k', 'choose a service; PgUp, PgDn, g and G go further'],
  ['enter', 'all that is known of it: issues, evidence, reasons, history; again or Esc: back'],
  ['/', 'show only services whose name, tier, status or circuit holds what you type; Esc: all'],
  ['s, S', 'order by the next column; the other way round'],
  ['h', 'heal the chosen service now, without waiting for cool-downs (asks first)'],
  ['p', 'pause it: leave it alone; again: resume'],
  ['i', 'isolate it: let no calls through (asks first); again: release'],
  ['tab', 'between the services and the actions that wait for a yes'],
  ['a, d', 'approve or deny the chosen action that waits (asks first)'],
  ['?', 'this page'],
  ['q, Ctrl-C', 'leave; healix goes on'],
];

export function helpLines(signs: Signs): readonly Line[] {
  const legend = (sign: string, words: string): Line => line('  ', span(sign.padEnd(16), 'bold'), words);
  return [
    line(span('Keys', 'bold')),
    ...KEYS.map(([keys, words]) => legend(keys, words)),
    NO_LINE,
    line(span('What the columns say', 'bold')),
    legend('READY', 'replicas that serve, of those there are'),
    legend('ERRORS, P95', 'failed calls and latency, as the strategy sees them: smoothed'),
    legend('TRY', 'attempts at the trouble that stands'),
    legend('LAST ACTION', `${signs.done} done   ${signs.failed} failed or not possible   ${signs.open} under way`),
    legend('AVAIL', 'share of its windows since healix started in which it was healthy'),
    NO_LINE,
    line('The guard holds for every order given here, too. What it refuses is said, with the reason.'),
  ];
}

interface KeyHint {
  readonly key: string;
  readonly words: string;
  /** The least important go first where the line is too narrow for all. */
  readonly rank: number;
}

const hint = (key: string, words: string, rank: number): KeyHint => ({ key, words, rank });
const ACTS: readonly KeyHint[] = [hint('h', 'heal', 1), hint('p', 'pause', 2), hint('i', 'isolate', 4)];
const ANSWERS: readonly KeyHint[] = [hint('a', 'approve', 1), hint('d', 'deny', 1)];

/** What can be pressed now. */
export function keyLine(screen: Screen, isWaiting: boolean, width: number): Line {
  const hints = hintsFor(screen, isWaiting);
  const wide = (shown: readonly KeyHint[]): number =>
    shown.reduce((sum, { key, words }) => sum + key.length + 1 + words.length + 2, -2);
  let shown = hints;
  for (let rank = 9; rank > 0 && wide(shown) > width; rank--) shown = shown.filter((one) => one.rank < rank);
  return line(
    ...shown.flatMap(({ key, words }, at) => [span(at === 0 ? '' : '  '), span(key, 'bold'), span(` ${words}`, 'dim')]),
  );
}

function hintsFor(screen: Screen, isWaiting: boolean): readonly KeyHint[] {
  const answers = isWaiting ? ANSWERS : [];
  switch (screen.mode.kind) {
    case 'browse':
      return [
        ...ACTS,
        ...answers,
        hint('/', 'filter', 3),
        hint('s', 'sort', 6),
        hint('enter', 'details', 5),
        hint('?', 'help', 1),
        hint('q', 'quit', 1),
      ];
    case 'details':
      return [...ACTS, ...answers, hint('j/k', 'scroll', 3), hint('esc', 'back', 1)];
    case 'help':
      return [hint('j/k', 'scroll', 2), hint('esc', 'back', 1)];
    case 'filter':
      return [hint('enter', 'keep', 1), hint('esc', 'undo', 1)];
    case 'confirm':
      return [hint('y', 'yes', 1), hint('n', 'no', 1)];
  }
}
