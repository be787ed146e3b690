/** The words and number formats of a runbook. */
import { ACTION_FACTS, HEALTH_STATUSES, type Issue, type Remedy } from './contract.ts';
import { FEATURES, type Feature } from './features.ts';
import type { Condition, Rule } from './strategy.ts';

/** Widest line of a runbook, in characters. */
export const RUNBOOK_WIDTH = 100;

/** What a symptom looks like to the person on call; completes "when ...". */
export const ISSUE_WORDS: Readonly<Record<Issue, string>> = {
  'bad-deploy-suspected': 'trouble starts soon after a release',
  'config-drift-suspected': 'trouble starts while the configuration is not the known-good one',
  'crash-loop': 'it crashes again and again',
  unresponsive: 'it does not answer or its process has exited',
  'dependency-down': 'it fails because a dependency is down',
  'error-burst': 'its calls fail',
  'resource-exhausted': 'it is about to run out of memory or processor',
  saturated: 'it has more work than it can do',
  slow: 'it is slow',
  'memory-growth': 'its memory grows steadily',
  'predicted-failure': 'its memory is forecast to run out',
  anomaly: 'its numbers are unusual, nothing more',
};

/** What a remedy is, as an order to a person. */
export function remedyWords(remedy: Remedy): string {
  switch (remedy) {
    case 'wait':
      return 'leave it alone';
    case 'restart-graceful':
      return 'drain the affected replica and restart it';
    case 'restart-hard':
      return 'kill the affected replica and start it again';
    case 'reroute':
      return 'take the affected replica out of rotation';
    default:
      return ACTION_FACTS[remedy].words;
  }
}

/** Keeps a number and its unit on one line; `paragraph` turns it into a blank. */
const GLUE = '\u00a0';

/** 0.034 -> "3.4 %", 0.769 -> "77 %". */
export const percent = (share: number): string =>
  `${share < 0.1 ? Number((share * 100).toPrecision(2)) : Math.round(share * 100)}${GLUE}%`;

/** Seconds as a person says them: "2.5 s", "45 s", "7 min 30 s", "25 min". */
export function duration(seconds: number): string {
  if (seconds < 10) return `${Number(seconds.toFixed(1))}${GLUE}s`;
  if (seconds >= 600) return `${Math.round(seconds / 60)}${GLUE}min`;
  const whole = Math.round(seconds);
  if (whole < 120) return `${whole}${GLUE}s`;
  const rest = whole % 60;
  return `${Math.floor(whole / 60)}${GLUE}min${rest === 0 ? '' : `${GLUE}${rest}${GLUE}s`}`;
}

/** Three significant digits, or all the digits of a larger number, and thousands set apart. */
export function plain(value: number): string {
  const rounded = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  const [whole, decimals] = String(rounded).split('.');
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',');
  return decimals === undefined ? grouped : `${grouped}.${decimals}`;
}

/** "1 replica", "3 replicas". */
export const counted = (count: number, thing: string): string => `${plain(count)} ${thing}${count === 1 ? '' : 's'}`;

/** "a", "a and b", "a, b and c". */
export const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join() : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;

/** A paragraph broken to the runbook's width: the first line after `bullet`, the others set in as far. */
export function paragraph(text: string, bullet = ''): string[] {
  const room = RUNBOOK_WIDTH - bullet.length;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((long) => pieces(long, room))) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((each, at) => (at === 0 ? bullet : ' '.repeat(bullet.length)) + each.replaceAll(GLUE, ' '));
}

/** A word that fits no line, such as a very long seed, is cut. */
function pieces(word: string, room: number): string[] {
  return word.length <= room ? [word] : [word.slice(0, room), ...pieces(word.slice(room), room)];
}

/** Text from a file, without the control characters by which it could play with the reader's terminal. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, '?');

/** How a rule reads: `off` is left out of a runbook, `never` is worth a warning. */
export type RuleReading =
  | { readonly kind: 'off' }
  | { readonly kind: 'never'; readonly words: string }
  | { readonly kind: 'fires'; readonly words: string; readonly remedy: Remedy };

export function readRule({ first, second, remedy }: Rule): RuleReading {
  if (remedy === 'wait') return { kind: 'off' };
  const words = listed(conditionsOf(first, second).map(conditionWords));
  const possible = satisfiable(first) && satisfiable(second) && !contradict(first, second);
  return possible ? { kind: 'fires', words, remedy } : { kind: 'never', words };
}

/** Two conditions of the same kind on the same thing are one: the stricter. */
function conditionsOf(first: Condition, second: Condition): Condition[] {
  if (first.feature !== second.feature || first.op !== second.op) return [first, second];
  const firstIsStricter =
    first.op === 'above' ? first.threshold >= second.threshold : first.threshold <= second.threshold;
  return [firstIsStricter ? first : second];
}

function contradict(first: Condition, second: Condition): boolean {
  if (first.feature !== second.feature || first.op === second.op) return false;
  const [above, below] = first.op === 'above' ? [first, second] : [second, first];
  return isCount(featureOf(above)) ? countAbove(above) > countBelow(below) : above.threshold >= below.threshold;
}

/** Nothing measured is below 0, and a share, a rank or a yes is never above its top. */
function satisfiable(condition: Condition): boolean {
  const { lo, hi, unit } = featureOf(condition);
  if (condition.op === 'below') return lo > 0 || condition.threshold > 0;
  return condition.threshold < hi || !['share', 'rank', 'yes/no'].includes(unit);
}

function conditionWords(condition: Condition): string {
  const { feature, op, threshold } = condition;
  const { words, unit } = featureOf(condition);
  if (feature === 'configDiffers') {
    return `the configuration ${op === 'above' ? 'differs from' : 'equals'} the known-good copy`;
  }
  if (feature === 'dependencyStatus') {
    const rank = op === 'above' ? countAbove(condition) : countBelow(condition);
    const name = HEALTH_STATUSES[Math.min(Math.max(rank, 0), HEALTH_STATUSES.length - 1)];
    return `its worst dependency is ${name} or ${op === 'above' ? 'worse' : 'better'}`;
  }
  if (isCount(featureOf(condition))) {
    const number = op === 'above' ? `at least ${countAbove(condition)}` : `at most ${countBelow(condition)}`;
    return `${words} are ${number}`;
  }
  return `${words} is ${op} ${quantity(threshold, unit)}`;
}

function quantity(value: number, unit: string): string {
  if (unit === 'share') return percent(value);
  if (unit === 'share/min') return `${percent(value)} of the limit a minute`;
  if (unit === 'times') return `a factor of ${plain(value)}`;
  if (unit === 'min') return duration(value * 60);
  if (unit === 's') return duration(value);
  return `${plain(value)}${GLUE}${unit}`;
}

const featureOf = (condition: Condition): Feature => FEATURES.find(({ name }) => name === condition.feature)!;
const isCount = ({ unit }: Feature): boolean => ['restarts', 'attempts', 'rank', 'yes/no'].includes(unit);
/** The least whole number above a threshold, and the largest below one. */
const countAbove = ({ threshold }: Condition): number => Math.floor(threshold) + 1;
const countBelow = ({ threshold }: Condition): number => Math.ceil(threshold) - 1;
