/** Which genes matter: what is lost when one of them is set back. */
import { sideOf } from '../../../../strategies/certainty.ts';
import type { Draw } from '../../charts/library.ts';
import { INK } from '../../charts/style.ts';
import { whiskersChart, whiskersSize } from '../../charts/whiskers.ts';
import type { ReportData } from '../../data/gather.ts';
import type { GeneEffect } from '../../data/gene-trials.ts';
import { amount, interval } from '../../words.ts';
import { figureOf } from '../figure.ts';
import { type Html, html } from '../html.ts';
import { tableOf } from '../table.ts';

export function genesSection({ sensitivity, champion }: ReportData, draw: Draw): Html {
  const { effects, tried, genes, scenarios, trials } = sensitivity;
  const note = html`<p class="note">One gene of ${champion.name} at a time is set back to its default, or, where it has that, moved to a neighbour; both
strategies then meet the same failures (tier: fluid). ${tried} of ${genes} genes were screened on scenarios rich in faults (conditions of rules that are
switched off cannot matter), and those that changed most were measured on ${scenarios} others, ${amount(trials, 1000)} trials in all. Right of 0 the bred value saves harm. Genes act together: an effect
holds while the others stay as they are. Each interval stands for itself: of many, one in
twenty misses by chance. What came to nothing in the screening is not told apart from what matters rarely.</p>`;
  if (effects.length === 0) return html`${note}<p>No single gene changed anything in the screening.</p>`;
  const layout = {
    axis: 'change in lost user-minutes an hour',
    left: 450,
    row: 40,
  };
  const sure = effects.filter((effect) => certainty(effect, scenarios) !== 'undecided');
  return html`${note}${figureOf(draw, {
    id: 'genes',
    size: whiskersSize(effects.length, layout),
    title: `The ${effects.length} genes that change most, with 95 % intervals`,
    finding: findingOf(sensitivity, sure),
    option: whiskersChart(
      effects.map((each) => ({
        name: each.meaning,
        mean: each.effect.mean,
        ci95: each.effect.ci95,
        color: COLORS[certainty(each, scenarios)],
      })),
      layout,
    ),
    data: tableOf({
      caption: `Effect of setting one gene back, lost user-minutes an hour on ${scenarios} scenarios`,
      columns: [
        { title: 'Gene', cell: ({ meaning }: GeneEffect) => html`<span class="break">${meaning}</span>` },
        { title: 'Bred', cell: ({ from }) => from },
        { title: 'Set to', cell: ({ to, toDefault }) => `${to}${toDefault ? ' (default)' : ''}` },
        { title: 'Effect', align: 'number', cell: ({ effect }) => interval(effect, scenarios) },
        { title: 'The bred value', cell: (each) => certainty(each, scenarios) },
        { title: 'Name', cell: ({ name }) => name },
      ],
      rows: effects,
    }),
  })}`;
}

const COLORS = { 'saves harm': INK.oracle, 'does harm': INK.alarm, undecided: INK.muted } as const;

const WORDS = { above: 'saves harm', below: 'does harm', undecided: 'undecided' } as const;

const certainty = ({ effect: { ci95 } }: GeneEffect, scenarios: number): keyof typeof COLORS =>
  WORDS[sideOf(ci95, scenarios)];

function findingOf({ effects, scenarios }: ReportData['sensitivity'], sure: readonly GeneEffect[]): string {
  const [top] = effects;
  const words = `The largest change: ${top!.meaning.replace(/\.$/, '')} (bred ${top!.from}, set to ${top!.to}): ${interval(top!.effect, scenarios)} lost user-minutes an hour.`;
  return `${words} In ${sure.length} of ${effects.length} the whole interval is on one side of 0${sure.length === 0 ? ': single genes matter less than chance in so few scenarios' : ''}.`;
}
