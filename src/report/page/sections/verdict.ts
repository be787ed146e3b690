/** The top of the page: who wins, how surely, and the four numbers to remember. */
import type { Field, Score } from '../../data/field.ts';
import type { ReportData } from '../../data/gather.ts';
import { headline, refereeVerdict, verdictOf } from '../../data/verdict.ts';
import { amount } from '../../words.ts';
import { type Html, html } from '../html.ts';

/** One block for each fleet and tier; the tier that follows every request comes first. */
export function verdictSection({ views, refereed }: ReportData): Html {
  const blocks = views.map(({ field }, at) => {
    const { comparison } = field.contest;
    const seen = refereed[at];
    const main = verdictOf(
      comparison,
      field.champion,
      field.rival,
      seen !== undefined ||
        isRefereed(
          field,
          views.map((view) => view.field),
        ),
    );
    const referee = seen?.paired[0] === undefined ? null : refereeVerdict(seen, main);
    const { kind, words } = headline(main, referee, comparison.tier);
    const second = referee === null ? '' : html`<p>${referee.sentence}</p>`;
    return html`<div class="verdict ${kind}"><p><span class="word">${words}</span>${main.sentence}</p>${second}</div>${tiles(field)}`;
  });
  return html`<div id="verdict">${views.at(-1)!.field.contest.tier === 'requests' ? blocks.toReversed() : blocks}</div>`;
}

/** Whether the other tier is in the report as well. */
function isRefereed(field: Field, fields: readonly Field[]): boolean {
  return fields.some(({ contest }) => contest.tier === 'requests' && contest.fleet.name === field.contest.fleet.name);
}

function tiles({ champion, rival, ranked, contest }: Field): Html {
  const of = (kind: Score['kind']): Score | undefined => ranked.find((score) => score.kind === kind);
  const entries: readonly (readonly [string, Score | null | undefined])[] = [
    ['Champion', champion],
    ['Best of today', rival],
    ['Doing nothing', rival?.kind === 'nothing' ? undefined : of('nothing')],
    ['Who sees the truth', of('oracle')],
  ];
  return html`<p class="note unit">Lost user-minutes per simulated hour, on average (tier: ${contest.comparison.tier}):</p><dl class="tiles">${entries.map(
    ([title, score]) =>
      score === null || score === undefined
        ? ''
        : html`<div><dt>${title}</dt><dd>${amount(score.lostUserMinutes.mean)}<small>${score.name}</small></dd></div>`,
  )}</dl>`;
}
