/** The whole page: one file without any script, and a policy that lets it load nothing. */
import { createHash } from 'node:crypto';
import type { Draw } from '../charts/library.ts';
import type { ReportData, View } from '../data/gather.ts';
import { type Content, type Html, html, trusted } from './html.ts';
import { convergenceSection } from './sections/convergence.ts';
import { FAULTS_NOTE, faultsOf } from './sections/faults.ts';
import { FILMS_NOTE, filmsOf } from './sections/films.ts';
import { frontOf } from './sections/front.ts';
import { genesSection } from './sections/genes.ts';
import { strategiesOf } from './sections/strategies.ts';
import { verdictSection } from './sections/verdict.ts';
import { STYLE } from './style.ts';
import { tableOf } from './table.ts';

/** Only this style sheet, by its digest. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;

interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Content;
}

/** `rows` is the most that tables of single actions hold. */
export function pageOf(data: ReportData, draw: Draw, rows: number): string {
  const sections = sectionsOf(data, draw, rows);
  const fleets = [...new Set(data.views.map(({ field }) => field.contest.comparison.fleet))].join(', ');
  const what = data.kind === 'evolve' ? 'Report of an evolution' : 'Report of a comparison';
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${data.champion.name} on ${fleets}: healix report</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<a class="skip" href="#strategies">Skip to the table of strategies</a>
<div class="wrap">
<header>
<p class="kicker">healix ${data.views[0]!.field.contest.comparison.versions.healix} \u00b7 ${what} \u00b7 fleet ${fleets}</p>
<h1>The pack ${data.champion.name}</h1>
${verdictSection(data)}
<nav aria-label="Sections"><ol>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ol></nav>
</header>
<main>
${sections.map(({ id, title, body }) => html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>\n${body}</section>\n`)}</main>
<footer>Everything here was simulated; nothing is measured on real services. Made by healix, without any script: this file loads nothing.</footer>
</div>
</body>
</html>
`;
  return page.markup;
}

function sectionsOf(data: ReportData, draw: Draw, rows: number): readonly Section[] {
  const each = (part: (view: View, id: string) => Html): Html[] =>
    data.views.map((view, at) => html`<h3>${view.title}</h3>${part(view, `view-${at}`)}`);
  return [
    { id: 'strategies', title: 'Strategies', body: each((view, id) => strategiesOf(view, draw, id)) },
    { id: 'convergence-section', title: 'How the search went', body: convergenceSection(data, draw) },
    { id: 'front', title: 'Harm against effort', body: each((view, id) => frontOf(view, draw, id)) },
    { id: 'faults', title: 'Where it hurts', body: [FAULTS_NOTE, each((view, id) => faultsOf(view, draw, id))] },
    {
      id: 'films',
      title: 'Three hours in full',
      body: [FILMS_NOTE, each((view, id) => filmsOf(view, draw, id, rows))],
    },
    { id: 'genes-section', title: 'Which genes matter', body: genesSection(data, draw) },
    {
      id: 'runbook',
      title: 'The runbook',
      body: html`<p class="note">What ${data.champion.name} does, in words that a person on call can follow.</p><pre class="runbook" tabindex="0" role="region" aria-label="Runbook">${data.champion.runbook}</pre>`,
    },
    {
      id: 'repeat',
      title: 'Repeat this run',
      body: html`<p class="note">The same command with the same fleet and version gives the same numbers, byte for byte, on any number of threads.</p><pre class="command">${data.origin.command}</pre>${tableOf(
        {
          caption: 'What the numbers depend on',
          columns: [
            { title: 'What', cell: ([what]: readonly [string, string]) => what },
            { title: 'Value', align: 'words', cell: ([, value]) => html`<span class="break">${value}</span>` },
          ],
          rows: data.origin.rows,
        },
      )}`,
    },
  ];
}
