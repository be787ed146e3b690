/** The results of the root-cause bench, and their tables. */
import type { RecordedScore } from './recorded.ts';
import { interval, type Score } from './tally.ts';

type Rows = readonly (readonly [string, Score])[];

export interface Results {
  readonly seeds: string;
  readonly rows: Rows;
  /** Of the cascades. */
  readonly byKind: Rows;
  readonly byFleet: Rows;
  readonly byHops: Rows;
  readonly byDelay: Rows;
  readonly healedByKind: Rows;
  readonly healedByDelay: Rows;
  /** Incidents left out, by reason. */
  readonly left: Readonly<Record<'observed' | 'healed' | 'refereed', Readonly<Record<string, number>>>>;
  readonly recorded: readonly RecordedScore[];
  /** Cascades whose cause was not named first. */
  readonly wrong: readonly {
    readonly seed: string;
    readonly fleet: string;
    readonly kind: string;
    readonly hops: number;
    readonly delayS: number;
    readonly truth: readonly string[];
    readonly told: readonly string[];
  }[];
}

export function tables(results: Results): string {
  const { rows, byKind, byFleet, byHops, byDelay, healedByKind, healedByDelay, recorded, left } = results;
  const parts = [
    `Seeds: ${results.seeds}.`,
    scoreTable('incidents', rows),
    'Cascades, by kind of fault:',
    scoreTable('kind', byKind),
    'Cascades, by fleet, by hops, and by the time from the first sign to the diagnosis:',
    scoreTable('', [...byFleet, ...byHops.map(([hops, score]) => [`${hops} hops`, score] as const), ...byDelay]),
    'Cascades with healing active:',
    scoreTable('', [...healedByKind, ...healedByDelay]),
    `Left out, observing: ${reasons(left.observed)}. Healing: ${reasons(left.healed)}. Every request simulated: ${reasons(left.refereed)}.`,
  ];
  if (recorded.length > 0) parts.push('Recorded telemetry:', recordedTable(recorded));
  return parts.join('\n\n');
}

function scoreTable(head: string, rows: Rows): string {
  return table(
    [head, 'n', 'top-1', '95 %', 'top-3', 'forgiven', 'latency rule', 'top-3', 'errors rule', 'top-3'],
    rows.map(([name, { n, top1, top3 }]) => {
      const [low, high] = interval(top1.ranking, n);
      const range = `${low.toFixed(2)}-${high.toFixed(2)}`;
      const shares = [top3.ranking, top1.forgiven, top1.latency, top3.latency, top1.errors, top3.errors];
      return [name, String(n), `**${three(top1.ranking)}**`, range, ...shares.map(three)];
    }),
  );
}

function recordedTable(scores: readonly RecordedScore[]): string {
  return table(
    [
      'data',
      'faults',
      'n',
      'top-1',
      'top-3',
      'or connection',
      'top-3',
      'silent',
      'rule',
      'top-3',
      'rule, calls too',
      'top-3',
    ],
    scores.map((score) => [
      score.data,
      score.group,
      String(score.n),
      `**${two(score.top1)}**`,
      two(score.top3),
      two(score.connection1),
      two(score.connection3),
      String(score.silent),
      two(score.podRule1),
      two(score.podRule3),
      two(score.rule1),
      two(score.rule3),
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function reasons(left: Readonly<Record<string, number>>): string {
  return Object.entries(left)
    .sort(([a], [b]) => a.localeCompare(b, 'en'))
    .map(([why, number]) => `${why} ${number}`)
    .join('; ');
}

const three = (share: number): string => share.toFixed(3);
const two = (share: number): string => share.toFixed(2);
