/** Where each strategy loses: by kind of fault. */
import { faultMapChart, faultMapSize, shadesOf } from '../../charts/fault-map.ts';
import type { Draw } from '../../charts/library.ts';
import { axisNumber, INK } from '../../charts/style.ts';
import type { FaultLosses } from '../../data/fault-losses.ts';
import type { View } from '../../data/gather.ts';
import { amount, brief } from '../../words.ts';
import { figureOf } from '../figure.ts';
import { type Content, type Html, html } from '../html.ts';
import { tableOf } from '../table.ts';

type Kind = FaultLosses['columns'][number];

export function faultsOf({ faults, field, title }: View, draw: Draw, id: string): Html {
  return figureOf(draw, {
    id: `${id}-faults`,
    size: faultMapSize(faults),
    title: `Lost user-minutes by strategy and kind of fault, ${title}`,
    finding: findingOf(faults, field.champion.name, field.rival?.name),
    option: faultMapChart(faults, markedIn(field)),
    legend: legendOf(faults),
    data: [
      kindTable(
        faults,
        'Scenarios in which the kind struck, other faults in the same hour included: mean lost user-minutes',
        (kind) => kind,
      ),
      kindTable(
        faults,
        'Only scenarios in which nothing but this kind struck: mean lost user-minutes',
        ({ alone }) => alone,
      ),
    ],
  });
}

function markedIn({ champion, rival, ranked }: View['field']): ReadonlyMap<string, string> {
  const oracle = ranked.find(({ kind }) => kind === 'oracle');
  return new Map([
    ...(oracle === undefined ? [] : [[oracle.name, INK.oracle] as const]),
    ...(rival === null ? [] : [[rival.name, INK.rival] as const]),
    [champion.name, INK.champion] as const,
  ]);
}

function legendOf(faults: FaultLosses): Html {
  const from = shadesOf(faults);
  return html`<ul class="legend">${from.map(
    (lo, shade) =>
      html`<li><span class="swatch heat-${shade}"></span> ${shade + 1 < from.length ? `${axisNumber(lo)} to ${axisNumber(from[shade + 1]!)}` : `from ${axisNumber(lo)}`}</li>`,
  )}</ul>`;
}

function findingOf({ strategies, columns, absent }: FaultLosses, champion: string, rival: string | undefined): string {
  const [own, other] = [champion, rival ?? champion].map((name) => strategies.indexOf(name));
  const compared = columns.filter(({ losses }) => losses[own!] !== losses[other!]);
  const better = compared.filter(({ losses }) => losses[own!]! < losses[other!]!);
  const worse = compared.filter((column) => !better.includes(column)).map(wordOf);
  const gain = ({ losses }: Kind): number => losses[other!]! - losses[own!]!;
  const most = better.toSorted((a, b) => gain(b) - gain(a))[0];
  const parts = [
    rival === undefined
      ? ''
      : `${champion} loses less than ${rival} in ${better.length} of ${columns.length} kinds${most === undefined ? '' : `, most so where ${wordOf(most)} strikes (${brief(most.losses[own!]!)} against ${brief(most.losses[other!]!)})`}${worse.length === 0 ? '.' : `; more in ${worse.join(', ')}.`}`,
    absent.length === 0
      ? ''
      : `Struck in none: ${absent.map((kind) => (kind === 'none' ? 'hours without a fault' : kind)).join(', ')}.`,
  ];
  return parts.filter(Boolean).join(' ');
}

const wordOf = ({ kind }: Pick<Kind, 'kind'>): string => (kind === 'none' ? 'no fault' : kind);

function kindTable(
  { strategies, columns }: FaultLosses,
  caption: string,
  part: (kind: Kind) => { readonly scenarios: number; readonly losses: readonly number[] } | null,
): Html {
  return tableOf({
    caption,
    columns: [
      { title: 'Strategy', cell: (row: number): Content => strategies[row]! },
      ...columns.map((kind) => {
        const told = part(kind);
        return {
          title: `${wordOf(kind)} (${told?.scenarios ?? 0})`,
          align: 'number' as const,
          cell: (row: number): Content => (told === null ? '\u2013' : amount(told.losses[row]!)),
        };
      }),
    ],
    rows: [...strategies.keys()],
  });
}

export const FAULTS_NOTE = html`<p class="note">Lost user-minutes an hour of the scenarios in which each kind of fault struck; in brackets how many. Losses of
an hour cannot be divided among faults that overlap in it, so an hour counts whole in every kind that struck in it, whatever else did. The
numbers of the chart have the hours of one kind alone as well, as far as there are any.</p>`;
