/** How the search went, generation by generation. */
import { CONVERGENCE_SIZE, convergenceChart } from '../../charts/convergence.ts';
import type { Draw } from '../../charts/library.ts';
import type { ReportData } from '../../data/gather.ts';
import { amount } from '../../words.ts';
import { figureOf } from '../figure.ts';
import { type Html, html } from '../html.ts';
import { tableOf } from '../table.ts';

export function convergenceSection({ history, kind }: ReportData, draw: Draw): Html {
  if (kind === 'compare')
    return html`<p class="note">Nothing was bred here: a comparison has no generations. The report of healix evolve shows them.</p>`;
  const [first, last] = [history[0], history.at(-1)];
  if (first === undefined || last === undefined) return html`<p class="note">No generation was bred.</p>`;
  const lead = history.find(({ best }) => best <= last.best)!;
  return html`<p class="note">A score is what a strategy costs per thousand user-minutes that the fleets could lose in an hour: losses, a tenth of
the worst tenth, and the price of limits that are exceeded. Every generation meets new failures. The mean is that of the generation on its own;
the best is scored on the growing list that the elite has in common, so either may lie above the other, and both rise when failures get harder.</p>${figureOf(
    draw,
    {
      id: 'convergence',
      size: CONVERGENCE_SIZE,
      title: 'Best and mean score, diversity and replications of each generation',
      finding:
        `In ${history.length} generations the best score went from ${amount(first.best)} to ${amount(last.best)}, the mean from ${amount(first.mean)} to ${amount(last.mean)}; ` +
        `the final best was first reached in generation ${lead.generation}. Diversity, 1 when neighbours in rank differ in everything, went from ${first.diversity.toFixed(3)} to ${last.diversity.toFixed(3)}; ` +
        `each strategy met ${first.replications === last.replications ? '' : `${first.replications} to `}${last.replications} scenario${last.replications === 1 ? '' : 's'}.`,
      option: convergenceChart(history),
      legend: LEGEND,
      data: tableOf({
        caption: 'Every generation',
        columns: [
          { title: 'Generation', cell: ({ generation }: (typeof history)[number]) => generation },
          { title: 'Best', align: 'number', cell: ({ best }) => amount(best) },
          { title: 'Mean', align: 'number', cell: ({ mean }) => amount(mean) },
          { title: 'Diversity', align: 'number', cell: ({ diversity }) => diversity.toFixed(3) },
          { title: 'Replications', align: 'number', cell: ({ replications }) => replications },
          { title: 'Trials so far', align: 'number', cell: ({ trials }) => amount(trials, 1000) },
        ],
        rows: history,
      }),
    },
  )}`;
}

const LEGEND = html`<ul class="legend"><li>thick line: <b>best</b></li><li>dashed line: <b>mean</b> of the generation</li><li>diversity: how far neighbours in rank differ, 0 to 1</li><li>replications: scenarios for each strategy</li></ul>`;
