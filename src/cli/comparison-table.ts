/** A comparison as a human reads it: every strategy with its interval, then the champion against each of the others. */
import type { Comparison } from '../../strategies/pack.ts';
import type { Disagreement } from '../disagreement.ts';
import { type Column, clip, number, type Paint, printable, table } from './output.ts';

type Score = Comparison['strategies'][number];
type Pair = Comparison['paired'][number];
type Estimate = Score['lostUserMinutes'];

/** Where nobody says how wide the terminal is. */
const COLUMNS = 100;
/** Names are clipped no shorter than this, however narrow the terminal. */
const NAME_WIDTH_MIN = 18;

/** Names are clipped where `columns` are too few for them; sorted by loss, the best pack marked as champion. */
export function comparisonTable(comparison: Comparison, paint: Paint, columns = COLUMNS): string {
  const scores = comparison.strategies.toSorted((a, b) => a.lostUserMinutes.mean - b.lostUserMinutes.mean);
  const champion = scores.find((score) => score.kind === 'pack')?.name;
  const against = comparison.paired.filter((pair) => pair.a === champion);
  const blocks = [
    `fleet ${comparison.fleet}, ${comparison.scenarios} scenarios of seed ${printable(comparison.seed)}, tier: ${comparison.tier}`,
    table(
      fitting((width) => SCORE_COLUMNS(champion, width), scores, columns),
      scores,
      (line, score) => (score.name === champion ? paint(line, 'bold') : line),
    ).trimEnd(),
    '* champion. Means per simulated hour with 95 % intervals, seconds to recover (mean/95th percentile),',
    '  actions, those on replicas that had nothing, replica-hours, incidents not recovered.',
  ];
  if (champion !== undefined && against.length > 0) {
    blocks.push(
      '',
      `champion minus each other, lost user-minutes, scenario by scenario; tier: ${comparison.tier}`,
      table(fitting(PAIR_COLUMNS, against, columns), against, (line, pair) =>
        paint(line, verdictColour(pair)),
      ).trimEnd(),
    );
  }
  return `${blocks.join('\n')}\n`;
}

/** How to see one of the scenarios again. */
export function replayHint(comparison: Comparison): string {
  const scenario = (index: number): string => `${comparison.seed}/test/${index}`;
  const seeds = comparison.scenarios === 1 ? scenario(0) : `${scenario(0)} to ${scenario(comparison.scenarios - 1)}`;
  return printable(`scenario seeds: ${seeds} (see one with healix simulate --scenario-seed)\n`);
}

/** What the two tiers disagree about, in words and strategy by strategy. */
export function disagreementTable(disagreement: Disagreement, columns = COLUMNS): string {
  const { kendallTau, availabilityError, reversed } = disagreement;
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  return [
    `fluid against requests: orders agree with Kendall tau ${kendallTau.toFixed(3)}; availability differs by ${percent(availabilityError.mean)} on average,`,
    `${percent(availabilityError.max)} at most; pairs that stand the other way round beyond doubt: ${reversed.length === 0 ? 'none' : reversed.map(({ a, b }) => `${printable(a)} and ${printable(b)}`).join(', ')}`,
    table(fitting(DISAGREEMENT_COLUMNS, disagreement.strategies, columns), disagreement.strategies),
  ].join('\n');
}

/** The columns with names as long as they are, or as the terminal has room for. */
function fitting<Row>(
  columnsAt: (nameWidth: number) => readonly Column<Row>[],
  rows: readonly Row[],
  columns: number,
): readonly Column<Row>[] {
  const widthAt = (nameWidth: number): number =>
    Math.max(
      ...table(columnsAt(nameWidth), rows)
        .split('\n')
        .map(({ length }) => length),
    );
  let nameWidth = columns;
  while (nameWidth > NAME_WIDTH_MIN && widthAt(nameWidth) > columns) nameWidth--;
  return columnsAt(nameWidth);
}

type Row = Disagreement['strategies'][number];

const right = <Row>(title: string, cell: (row: Row) => string): Column<Row> => ({ title, align: 'right', cell });

const SCORE_COLUMNS = (champion: string | undefined, nameWidth: number): Column<Score>[] => [
  {
    title: '  strategy',
    align: 'left',
    cell: ({ name }) => `${name === champion ? '*' : ' '} ${clip(printable(name), nameWidth)}`,
  },
  right('lost user-min', ({ lostUserMinutes }) => estimate(lostUserMinutes)),
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

const PAIR_COLUMNS = (nameWidth: number): readonly Column<Pair>[] => [
  { title: '  champion minus', align: 'left', cell: ({ b }) => `  ${clip(printable(b), nameWidth)}` },
  right('difference', ({ difference }) => estimate(difference)),
  right('wins/losses/ties', ({ wins, losses, ties }) => `${wins}/${losses}/${ties}`),
  { title: 'verdict', align: 'left', cell: verdict },
];

/** Better or worse only when the whole interval is on one side. */
function verdict({ difference: { ci95 } }: Pair): string {
  if (ci95[1] < 0) return 'loses less';
  if (ci95[0] > 0) return 'loses more';
  return 'undecided';
}

function verdictColour(pair: Pair): 'green' | 'red' | 'yellow' {
  if (pair.difference.ci95[1] < 0) return 'green';
  return pair.difference.ci95[0] > 0 ? 'red' : 'yellow';
}

function estimate({ mean, ci95: [lo, hi] }: Estimate): string {
  const scale = Math.max(Math.abs(lo), Math.abs(hi));
  return `${number(mean, scale)} [${number(lo, scale)}, ${number(hi, scale)}]`;
}

const short = (value: number): string => value.toFixed(value >= 100 ? 0 : 1);
const orDash = (value: number | null): string => (value === null ? '-' : value.toFixed(0));
