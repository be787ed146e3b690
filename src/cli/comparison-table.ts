/** A comparison as a human reads it: every strategy with its interval, then the champion against each of the others. */
import { hasInterval, sideOf } from '../../strategies/certainty.ts';
import type { Comparison } from '../../strategies/pack.ts';
import type { Disagreement } from '../disagreement.ts';
import { type Column, clip, number, type Paint, printable, table } from './output.ts';
import { wrapped } from './wrap.ts';

type Score = Comparison['strategies'][number];
type Pair = Comparison['paired'][number];
type Estimate = Score['lostUserMinutes'];

/** Where nobody says how wide the terminal is. */
const COLUMNS = 100;
/** Names are clipped no shorter than this, however narrow the terminal. */
const NAME_WIDTH_MIN = 16;

/** Columns that a narrow terminal does without, the first to go first, and what the footer says of each. */
const SPARED = [
  ['unrec', 'incidents not recovered'],
  ['repl-h', 'replica-hours'],
  ['collat', 'those on replicas that had nothing'],
] as const;

/**
 * Sorted by loss, the best pack marked as champion. Where `columns` are too few, names are clipped, then columns left out, and lines
 * of words broken.
 */
export function comparisonTable(comparison: Comparison, paint: Paint, columns = COLUMNS): string {
  const scores = comparison.strategies.toSorted((a, b) => a.lostUserMinutes.mean - b.lostUserMinutes.mean);
  const champion = scores.find((score) => score.kind === 'pack')?.name;
  const against = comparison.paired.filter((pair) => pair.a === champion);
  const { scenarios } = comparison;
  const shown = scoreColumns(champion, scenarios, scores, columns);
  const blocks = [
    ...wrapped(
      `fleet ${comparison.fleet}, ${scenarios} scenario${scenarios === 1 ? '' : 's'} of seed ${printable(comparison.seed)}, tier: ${comparison.tier}`,
      columns,
    ),
    table(shown, scores, (line, score) => (score.name === champion ? paint(line, 'bold') : line)).trimEnd(),
    ...footer(
      scenarios,
      shown.map(({ title }) => title),
      columns,
    ),
  ];
  if (champion !== undefined && against.length > 0) {
    blocks.push(
      '',
      ...wrapped(
        `champion minus each other, lost user-minutes, scenario by scenario; tier: ${comparison.tier}`,
        columns,
      ),
      table(
        fitting((width) => PAIR_COLUMNS(scenarios, width), against, columns),
        against,
        (line, pair) => paint(line, VERDICTS[sideOf(pair.difference.ci95, scenarios)].colour),
      ).trimEnd(),
    );
  }
  return `${blocks.join('\n')}\n`;
}

/** All columns, or as many as there is room for with clipped names. */
function scoreColumns(
  champion: string | undefined,
  scenarios: number,
  scores: readonly Score[],
  columns: number,
): readonly Column<Score>[] {
  const without = (spared: number): readonly Column<Score>[] => {
    const gone = SPARED.slice(0, spared).map(([title]): string => title);
    const columnsAt = (width: number) =>
      SCORE_COLUMNS(champion, scenarios, width).filter(({ title }) => !gone.includes(title));
    return fitting(columnsAt, scores, columns);
  };
  for (let spared = 0; spared < SPARED.length; spared++) {
    const shown = without(spared);
    if (widthOf(shown, scores) <= columns) return shown;
  }
  return without(SPARED.length);
}

/** What the columns are, and which were left out. */
function footer(scenarios: number, shown: readonly string[], columns: number): string[] {
  const means = hasInterval(scenarios)
    ? '* champion. Means per simulated hour with 95 % intervals, seconds to recover (mean/95th percentile),'
    : '* champion. One scenario has no interval and proves nothing. Seconds to recover (mean/95th pct.),';
  const gone = SPARED.filter(([title]) => !shown.includes(title)).map(([title]) => title);
  const words = SPARED.filter(([title]) => shown.includes(title)).map(([, meaning]) => meaning);
  const left =
    gone.length === 0 ? '' : ` Left out in so few columns: ${gone.toReversed().join(', ')} (--json has all).`;
  return wrapped(`${means} ${['actions', ...words.toReversed()].join(', ')}.${left}`, Math.min(columns, COLUMNS), '  ');
}

/** How to see one of the scenarios again. */
export function replayHint(comparison: Comparison, columns = Number.POSITIVE_INFINITY): string {
  const scenario = (index: number): string => `${comparison.seed}/test/${index}`;
  const seeds = comparison.scenarios === 1 ? scenario(0) : `${scenario(0)} to ${scenario(comparison.scenarios - 1)}`;
  const hint = printable(`scenario seeds: ${seeds} (see one with healix simulate --scenario-seed)`);
  return `${wrapped(hint, columns).join('\n')}\n`;
}

/** What the two tiers disagree about, in words and strategy by strategy. */
export function disagreementTable(disagreement: Disagreement, columns = COLUMNS): string {
  const { kendallTau, availabilityError, reversed } = disagreement;
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  const words = [
    `fluid against requests: orders agree with Kendall tau ${kendallTau.toFixed(3)}; availability differs by ${percent(availabilityError.mean)} on average,`,
    `${percent(availabilityError.max)} at most; pairs that stand the other way round beyond doubt: ${reversed.length === 0 ? 'none' : reversed.map(({ a, b }) => `${printable(a)} and ${printable(b)}`).join(', ')}`,
  ];
  return [
    ...(columns < COLUMNS ? wrapped(words.join(' '), columns) : words),
    table(fitting(DISAGREEMENT_COLUMNS, disagreement.strategies, columns), disagreement.strategies),
  ].join('\n');
}

/** The columns with names as long as they are, or as the terminal has room for. */
function fitting<Row>(
  columnsAt: (nameWidth: number) => readonly Column<Row>[],
  rows: readonly Row[],
  columns: number,
): readonly Column<Row>[] {
  let nameWidth = columns;
  while (nameWidth > NAME_WIDTH_MIN && widthOf(columnsAt(nameWidth), rows) > columns) nameWidth--;
  return columnsAt(nameWidth);
}

function widthOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): number {
  const lines = table(columns, rows).split('\n');
  return Math.max(...lines.map(({ length }) => length));
}

type Row = Disagreement['strategies'][number];

const right = <Row>(title: string, cell: (row: Row) => string): Column<Row> => ({ title, align: 'right', cell });

const SCORE_COLUMNS = (champion: string | undefined, scenarios: number, nameWidth: number): Column<Score>[] => [
  {
    title: '  strategy',
    align: 'left',
    cell: ({ name }) => `${name === champion ? '*' : ' '} ${clip(printable(name), nameWidth)}`,
  },
  right('lost user-min', ({ lostUserMinutes }) => estimate(lostUserMinutes, scenarios)),
  right('available', ({ availability }) => `${(100 * availability).toFixed(2)} %`),
  right('recover/p95', ({ timeToRecoverS: { mean, p95 } }) => `${orDash(mean)}/${orDash(p95)}`),
  right('acts', ({ actions }) => short(actions)),
  right('collat', ({ collateral }) => short(collateral)),
  right('repl-h', ({ replicaHours }) => short(replicaHours)),
  right('unrec', ({ unrecovered }) => unrecovered.toFixed(2)),
];

const DISAGREEMENT_COLUMNS = (nameWidth: number): readonly Column<Row>[] => [
  { title: '  strategy', align: 'left', cell: ({ name }) => `  ${clip(printable(name), nameWidth)}` },
  right('available: fluid', ({ availability }) => `${(100 * availability[0]).toFixed(2)} %`),
  right('requests', ({ availability }) => `${(100 * availability[1]).toFixed(2)} %`),
  right('lost user-min: fluid', ({ lostUserMinutes }) => number(lostUserMinutes[0])),
  right('requests', ({ lostUserMinutes }) => number(lostUserMinutes[1])),
];

const PAIR_COLUMNS = (scenarios: number, nameWidth: number): readonly Column<Pair>[] => [
  { title: '  champion minus', align: 'left', cell: ({ b }) => `  ${clip(printable(b), nameWidth)}` },
  right('difference', ({ difference }) => estimate(difference, scenarios)),
  right('wins/losses/ties', ({ wins, losses, ties }) => `${wins}/${losses}/${ties}`),
  { title: 'verdict', align: 'left', cell: ({ difference: { ci95 } }) => VERDICTS[sideOf(ci95, scenarios)].words },
];

/** Of the champion, by where its difference from another is. */
const VERDICTS = {
  below: { words: 'loses less', colour: 'green' },
  above: { words: 'loses more', colour: 'red' },
  undecided: { words: 'undecided', colour: 'yellow' },
} as const;

function estimate({ mean, ci95: [lo, hi] }: Estimate, scenarios: number): string {
  if (!hasInterval(scenarios)) return number(mean);
  const scale = Math.max(Math.abs(lo), Math.abs(hi));
  return `${number(mean, scale)} [${number(lo, scale)}, ${number(hi, scale)}]`;
}

const short = (value: number): string => value.toFixed(value >= 100 ? 0 : 1);
const orDash = (value: number | null): string => (value === null ? '-' : value.toFixed(0));
