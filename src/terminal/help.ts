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

/** What can be pressed now. */
export function keyLine(screen: Screen): Line {
  switch (screen.mode.kind) {
    case 'browse':
      return keys(
        'h heal',
        'p pause',
        'i isolate',
        'a approve',
        'd deny',
        '/ filter',
        's sort',
        'enter details',
        '? help',
        'q quit',
      );
    case 'details':
      return keys('h heal', 'p pause', 'i isolate', 'a approve', 'd deny', 'j k scroll', 'esc back');
    case 'help':
      return keys('j k scroll', 'esc back');
    case 'filter':
      return keys('enter keep', 'esc undo');
    case 'confirm':
      return keys('y yes', 'any other key: no');
  }
}

function keys(...words: readonly string[]): Line {
  return line(
    ...words.flatMap((word, at) => {
      const [key = '', ...rest] = word.split(' ');
      const gap = at === 0 ? [] : [span('  ')];
      return [...gap, span(key, 'bold'), span(` ${rest.join(' ')}`, 'dim')];
    }),
  );
}
