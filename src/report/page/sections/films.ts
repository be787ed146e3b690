/** Chosen scenarios in full: what failed, when it was noticed, what each strategy did, and how users fared. */
import { ACTION_FACTS } from '../../../../strategies/contract.ts';
import { shellWord } from '../../../cli/shell-word.ts';
import type { Draw } from '../../charts/library.ts';
import { timelineChart, timelineSize } from '../../charts/timeline.ts';
import { RULE_WORDS } from '../../data/chosen.ts';
import { contenderOf, type Field } from '../../data/field.ts';
import type { Film, View } from '../../data/gather.ts';
import type { Retraced, RetracedAction, RetracedIncident } from '../../data/retrace.ts';
import { amount, clock, share, span } from '../../words.ts';
import { figureOf } from '../figure.ts';
import { type Content, type Html, html } from '../html.ts';
import { tableOf } from '../table.ts';

/** `rows` is the most that the table of one strategy's actions holds. */
export function filmsOf({ films, title, field }: View, draw: Draw, id: string, rows: number): Html {
  if (films.length === 0)
    return html`<p class="note">No rival took part, so there is no difference to choose scenarios by.</p>`;
  return html`${films.map((film, at) => filmOf(film, field, draw, `${id}-film-${at}`, title, rows))}`;
}

function filmOf(film: Film, field: Field, draw: Draw, id: string, title: string, rows: number): Html {
  const { scenario, chosen, retraced } = film;
  const where = `${title}, tier: ${field.contest.comparison.tier}`;
  const { difference, rules } = chosen;
  const failed = retraced[0]!.incidents;
  const outcome = `${amount(Math.abs(difference))} user-minutes ${difference <= 0 ? 'fewer' : 'more'} than ${retraced[1]!.strategy}`;
  return html`<h4>Scenario ${scenario}: ${rules.map((rule) => RULE_WORDS[rule].split(':')[0]!).join(', ')}</h4>
${figureOf(draw, {
  id,
  size: timelineSize(retraced),
  title: `Timeline of scenario ${scenario} on ${where}, strategy below strategy`,
  finding: `${failed.length === 0 ? 'Nothing fails in this hour' : `${failed.length} incident${failed.length === 1 ? '' : 's'} (${failed.map(({ kind }) => kind).join(', ')})`}. ${retraced[0]!.strategy} loses ${outcome}. ${retraced.map(summary).join(' ')}`,
  option: timelineChart(retraced, retraced.map(heading)),
  legend: LEGEND,
  data: [incidentTable(retraced, scenario), ...retraced.map((each) => actionTable(each, field, scenario, rows))],
})}`;
}

const heading = ({ strategy, result }: Retraced): string =>
  `${strategy}: ${amount(result.lostUserMinutes)} user-minutes lost, ${share(result.availability)} served, ${result.actions} actions`;

function summary({ strategy, result, incidents }: Retraced): string {
  const over = incidents.filter(({ recoveredS }) => recoveredS !== null).length;
  const recovered = incidents.length === 0 ? '' : `, ${over} of ${incidents.length} causes removed`;
  return `${strategy}: ${share(result.availability)} served, ${result.actions} actions${recovered}.`;
}

function incidentTable(cast: readonly Retraced[], scenario: string): Html {
  const after = ({ atS }: RetracedIncident, momentS: number | null, never: string): string =>
    momentS === null ? never : span(momentS - atS);
  return tableOf({
    caption: `Incidents of scenario ${scenario}: noticed and recovered after`,
    columns: [
      { title: 'Incident', cell: (at: number): Content => `${at + 1} ${cast[0]!.incidents[at]!.kind}` },
      { title: 'Services struck', align: 'words', cell: (at) => cast[0]!.incidents[at]!.services.join(', ') },
      { title: 'At (min:s)', align: 'number', cell: (at) => clock(cast[0]!.incidents[at]!.atS) },
      ...cast.flatMap(({ strategy, incidents }) => [
        {
          title: `${strategy}: noticed`,
          align: 'number' as const,
          cell: (at: number) => after(incidents[at]!, incidents[at]!.noticedS, 'never'),
        },
        {
          title: 'recovered',
          align: 'number' as const,
          cell: (at: number) => after(incidents[at]!, incidents[at]!.recoveredS, 'not in the hour'),
        },
      ]),
    ],
    rows: [...cast[0]!.incidents.keys()],
  });
}

function actionTable({ strategy, actions }: Retraced, field: Field, scenario: string, rows: number): Html {
  const left = actions.length - rows;
  const cut =
    left > 0 ? ` (the first ${rows}; all ${actions.length} by ${traceCommand(strategy, field, scenario)})` : '';
  return tableOf({
    caption: `What ${strategy} did in scenario ${scenario}${cut}`,
    columns: [
      { title: 'At (min:s)', cell: ({ atS }: RetracedAction): Content => clock(atS) },
      {
        title: 'Service',
        cell: ({ service, action }) => (action.replica < 0 ? service : `${service} #${action.replica}`),
      },
      { title: 'Action', align: 'words', cell: actionWords },
      { title: 'Because of', cell: ({ action }) => action.cause },
      { title: 'Evidence', align: 'words', cell: ({ action }) => action.reason },
    ],
    rows: actions.slice(0, rows),
  });
}

/** A pack is named by its file, which a report does not know; so is a fleet that does not ship. */
function traceCommand(strategy: string, field: Field, scenario: string): string {
  const { fleet, tier } = field.contest;
  const contender = contenderOf(field, strategy);
  const isPack = contender.kind === 'pack';
  const level =
    isPack && contender.level !== undefined && contender.level !== 'basic' ? ` --level ${contender.level}` : '';
  const what = `--strategy ${isPack ? 'PACK.json' : strategy}${level} --fleet ${shellWord(fleet.name)} --tier ${tier}`;
  return `healix simulate ${what} --scenario-seed ${shellWord(scenario)} --trace FILE.jsonl`;
}

function actionWords({ action, isTakeBack }: RetracedAction): string {
  if (isTakeBack) return `take back: ${ACTION_FACTS[action.kind].words}`;
  return action.kind === 'restart' ? `${action.mode} restart` : ACTION_FACTS[action.kind].words;
}

const LEGEND = html`<ul class="legend"><li>area: users served</li><li><b>|</b> fault strikes</li><li>hollow bar: not noticed yet</li><li>\u25c6 noticed</li><li>full bar: cause still there</li><li>\u25cf recovered (without it: not within the hour)</li><li>below: every action, by what it does</li></ul>`;

export const FILMS_NOTE = html`<p class="note">Three scenarios chosen by rule from the differences between the champion and the best of today: ${RULE_WORDS.median};
${RULE_WORDS.worst}; ${RULE_WORDS.best}. Each was simulated once more and watched, which changes nothing. Noticed is when the healer first
takes a struck service for unwell; of healers that keep no picture of health no more is known than their first action on one. Users are
counted in slices of ten seconds.</p>${LEGEND}`;
