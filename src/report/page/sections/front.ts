/** Harm against what it costs to avoid it. */
import { FRONT_SIZE, frontChart } from '../../charts/front.ts';
import type { Draw } from '../../charts/library.ts';
import { type FrontPoint, undominated } from '../../data/front.ts';
import type { View } from '../../data/gather.ts';
import { amount, short } from '../../words.ts';
import { figureOf } from '../figure.ts';
import { type Html, html } from '../html.ts';
import { tableOf } from '../table.ts';

export function frontOf({ front, field, title }: View, draw: Draw, id: string): Html {
  const [acting, holding] = (['actions', 'replicaHours'] as const).map((cost) => undominated(front, cost));
  const on = (points: readonly FrontPoint[]): string => points.map(({ name }) => name).join(', ');
  return figureOf(draw, {
    id: `${id}-front`,
    size: FRONT_SIZE,
    title: `Lost user-minutes against actions and against replica-hours, ${title}`,
    finding: `Beaten by nobody in both harm and actions: ${on(acting!)}. In both harm and replica-hours: ${on(holding!)}. Tier: ${field.contest.comparison.tier}.`,
    option: frontChart(front),
    legend: legendOf(front),
    data: tableOf({
      caption: 'Means per simulated hour on the test scenarios',
      columns: [
        { title: 'Strategy', cell: ({ name }: FrontPoint) => name },
        { title: 'Lost user-minutes', align: 'number', cell: ({ lostUserMinutes }) => amount(lostUserMinutes) },
        { title: 'Actions', align: 'number', cell: ({ actions }) => short(actions) },
        { title: 'Replica-hours', align: 'number', cell: ({ replicaHours }) => short(replicaHours) },
        {
          title: 'Not beaten',
          cell: (point) =>
            [acting!.includes(point) ? 'in actions' : '', holding!.includes(point) ? 'in replica-hours' : '']
              .filter(Boolean)
              .join(' and '),
        },
      ],
      rows: front,
    }),
  });
}

function legendOf(front: readonly FrontPoint[]): Html {
  const others = front.some(({ role }) => role === 'finalist') ? html`<li>\u25c7 finalists of the same run</li>` : '';
  return html`<ul class="legend"><li>\u25c6 <b>champion</b></li>${others}<li>\u25b2 <b>best of today</b></li><li>\u25a0 oracle</li><li>\u25cf others</li><li>dotted: beaten by nobody in both (the oracle, which nobody can run, aside)</li></ul>`;
}
