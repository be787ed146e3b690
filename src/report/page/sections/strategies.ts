/** The table of strategies with the numbers of the command line, and the champion against each of the others. */
import { hasInterval, sideOf } from '../../../../strategies/certainty.ts';
import type { Draw } from '../../charts/library.ts';
import { INK } from '../../charts/style.ts';
import { whiskersChart, whiskersSize } from '../../charts/whiskers.ts';
import type { Field, Score } from '../../data/field.ts';
import type { View } from '../../data/gather.ts';
import { amount, interval, secondsOrDash, share, short } from '../../words.ts';
import { figureOf } from '../figure.ts';
import { type Html, html } from '../html.ts';
import { type Column, tableOf } from '../table.ts';

type Pair = Field['contest']['comparison']['paired'][number];

export function strategiesOf({ field, title }: View, draw: Draw, id: string): Html {
  const { comparison } = field.contest;
  const { scenarios } = comparison;
  const table = tableOf({
    caption: `${title}, ${scenarios} test scenario${scenarios === 1 ? '' : 's'} of seed ${comparison.seed}, tier: ${comparison.tier}. Means per simulated hour; ${hasInterval(scenarios) ? 'in brackets the 95 % interval' : 'one scenario has no interval and proves nothing'}.`,
    columns: columnsOf(field),
    rows: field.ranked,
    className: ({ name, kind }) =>
      name === field.champion.name ? 'champion' : name === field.rival?.name ? 'rival' : kind,
  });
  const rank = field.ranked.map(({ name }) => name);
  const pairs = comparison.paired
    .filter(({ a }) => a === field.champion.name)
    .toSorted((a, b) => rank.indexOf(a.b) - rank.indexOf(b.b));
  return html`${table}${pairs.length === 0 ? '' : pairsFigure(field, pairs, draw, id)}`;
}

function columnsOf({ champion, rival, ranked, contest }: Field): Column<Score>[] {
  const { scenarios } = contest.comparison;
  const number = (title: string, cell: (score: Score) => string): Column<Score> => ({ title, align: 'number', cell });
  const tag = ({ name, kind }: Score): string => {
    if (name === champion.name) return 'champion';
    if (name === rival?.name) return 'best of today';
    return kind === 'oracle' ? 'sees the truth' : kind === 'pack' ? 'pack' : '';
  };
  return [
    { title: 'Strategy', cell: (score) => html`${score.name} <span class="tag">${tag(score)}</span>` },
    number('Lost user-minutes', ({ lostUserMinutes }) => interval(lostUserMinutes, scenarios)),
    number('Available', ({ availability }) => share(availability)),
    number(
      'Seconds to recover, mean / 95th percentile',
      ({ timeToRecoverS: { mean, p95 } }) => `${secondsOrDash(mean)} / ${secondsOrDash(p95)}`,
    ),
    number('Actions', ({ actions }) => short(actions)),
    number('On healthy replicas', ({ collateral }) => short(collateral)),
    number('Replica-hours', ({ replicaHours }) => short(replicaHours)),
    number('Not recovered', ({ unrecovered }) => unrecovered.toFixed(2)),
    ...(ranked.some(({ messages }) => messages !== undefined)
      ? [number('Messages', ({ messages }) => (messages === undefined ? '\u2013' : short(messages)))]
      : []),
  ];
}

function pairsFigure({ champion, contest, ranked }: Field, pairs: readonly Pair[], draw: Draw, id: string): Html {
  const layout = {
    axis: 'lost user-minutes an hour: champion minus the other (left of 0: the champion loses less)',
    left: 170,
    row: 24,
  };
  const { scenarios, tier } = contest.comparison;
  const verdict = ({ difference: { ci95 } }: Pair): keyof typeof COLORS => WORDS[sideOf(ci95, scenarios)];
  const oracle = ranked.find(({ kind }) => kind === 'oracle')?.name;
  const others = pairs.filter(({ b }) => b !== oracle);
  const beaten = others.filter((pair) => verdict(pair) === 'loses less').length;
  const worse = others.filter((pair) => verdict(pair) === 'loses more').map(({ b }) => b);
  const truth = pairs.find(({ b }) => b === oracle);
  return figureOf(draw, {
    id: `${id}-pairs`,
    size: whiskersSize(pairs.length, layout),
    title: `${champion.name} minus each other strategy${hasInterval(scenarios) ? ', with 95 % intervals' : ''}`,
    finding:
      (hasInterval(scenarios)
        ? `Scenario by scenario, ${champion.name} loses fewer user-minutes than ${beaten} of ${others.length} others, the whole interval below 0` +
          `${worse.length === 0 ? '' : `, and more than ${worse.join(', ')}`}.`
        : 'One scenario has no interval and proves nothing: undecided against each of them.') +
      `${truth === undefined ? '' : ` To the oracle, which sees the truth and acts at once, it lacks ${amount(Math.max(0, truth.difference.mean))}.`}` +
      ` Tier: ${tier}.`,
    option: whiskersChart(
      pairs.map((pair) => ({
        name: pair.b,
        mean: pair.difference.mean,
        ci95: pair.difference.ci95,
        color: pair.b === oracle ? INK.other : COLORS[verdict(pair)],
      })),
      layout,
    ),
    data: tableOf({
      caption: 'Champion minus each other, lost user-minutes an hour',
      columns: [
        { title: 'Champion minus', cell: ({ b }: Pair) => b },
        { title: 'Difference', align: 'number', cell: ({ difference }) => interval(difference, scenarios) },
        { title: 'Better in', align: 'number', cell: ({ wins }) => amount(wins, 1000) },
        { title: 'Worse in', align: 'number', cell: ({ losses }) => amount(losses, 1000) },
        { title: 'Equal in', align: 'number', cell: ({ ties }) => amount(ties, 1000) },
        { title: 'Verdict', cell: (pair) => verdict(pair) },
      ],
      rows: pairs,
    }),
  });
}

const COLORS = { 'loses less': INK.oracle, 'loses more': INK.alarm, undecided: INK.muted } as const;
const WORDS = { below: 'loses less', above: 'loses more', undecided: 'undecided' } as const;
