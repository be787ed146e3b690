/** The page's one style sheet: light, dark and print. Colours are told apart by colour-blind readers and have contrast AA. */

const LIGHT = `
  --page: #ffffff; --surface: #f5f6f8; --text: #171a1f; --muted: #525a66; --line: #d5d9df; --faint: #eef0f3;
  --champion: #0060b0; --rival: #b04a00; --oracle: #00724f; --other: #767f8c; --alarm: #c0392b;
  --good: #00724f; --bad: #b3261e; --open: #8a5a00;
  --heat-0: #f1f5fa; --heat-1: #cfe0f0; --heat-2: #9fc3e2; --heat-3: #5f97c8; --heat-4: #2b659f; --heat-5: #0b3566;
  --heat-ink-0: #171a1f; --heat-ink-1: #171a1f; --heat-ink-2: #171a1f; --heat-ink-3: #0a0f16; --heat-ink-4: #ffffff; --heat-ink-5: #ffffff;
  --act-0: #0060b0; --act-1: #8a3a9e; --act-2: #00724f; --act-3: #b04a00; --act-4: #171a1f;`;
const DARK = `
  --page: #12151a; --surface: #1b2028; --text: #e9ecf1; --muted: #a8b1bf; --line: #3a424e; --faint: #20262f;
  --champion: #6cb4ff; --rival: #ffa05a; --oracle: #4fd0a4; --other: #8d98a7; --alarm: #ff7a6b;
  --good: #4fd0a4; --bad: #ff8a7d; --open: #e8b84a;
  --heat-0: #1d2530; --heat-1: #21405f; --heat-2: #28608f; --heat-3: #3f8cc6; --heat-4: #86bbe4; --heat-5: #d3e6f7;
  --heat-ink-0: #e9ecf1; --heat-ink-1: #e9ecf1; --heat-ink-2: #ffffff; --heat-ink-3: #0a0f16; --heat-ink-4: #0a0f16; --heat-ink-5: #0a0f16;
  --act-0: #6cb4ff; --act-1: #d79bea; --act-2: #4fd0a4; --act-3: #ffa05a; --act-4: #e9ecf1;`;

export const STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media screen and (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif; }
.wrap { max-width: 1080px; margin: 0 auto; padding: 2.5rem 2.5rem 4rem; }
header { margin-bottom: 2.5rem; }
.kicker { margin: 0 0 .25rem; color: var(--muted); font-size: .875rem; letter-spacing: .02em; }
h1 { margin: 0 0 1.25rem; font-size: 2rem; line-height: 1.2; letter-spacing: -.015em; text-wrap: balance; }
h2 { margin: 0 0 .5rem; font-size: 1.4rem; line-height: 1.25; letter-spacing: -.01em; }
h3 { margin: 2rem 0 .5rem; font-size: 1.08rem; }
h4 { margin: 1.6rem 0 .3rem; font-size: 1rem; }
p { margin: .5rem 0 1rem; max-width: 48rem; }
.note { color: var(--muted); font-size: .9375rem; }
section { margin-top: 3.25rem; }
a { color: var(--champion); }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--champion); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--page); padding: .5rem 1rem; }
.verdict { margin: 0 0 1rem; padding: 1.1rem 1.4rem 1.15rem; border-left: 6px solid var(--open); background: var(--surface); border-radius: 0 10px 10px 0; }
.verdict.win { border-color: var(--good); } .verdict.loss { border-color: var(--bad); }
.verdict p { margin: 0; font-size: 1.2rem; line-height: 1.45; max-width: none; }
.verdict p + p { margin-top: .6rem; font-size: 1rem; color: var(--text); }
.verdict .word { display: block; margin-bottom: .35rem; font-size: .875rem; font-weight: 700; color: var(--open); }
.verdict.win .word { color: var(--good); } .verdict.loss .word { color: var(--bad); }
.tiles { display: flex; flex-wrap: wrap; gap: 1px; margin: 0; background: var(--line); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.tiles div { flex: 1 1 9rem; background: var(--page); padding: .8rem 1.1rem .9rem; }
.tiles dt { color: var(--muted); font-size: .875rem; }
.tiles dd { margin: 0; font-size: 1.55rem; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.tiles dd small { display: block; font-size: .8125rem; font-weight: 400; letter-spacing: 0; color: var(--muted); }
.unit { margin: 1.4rem 0 .5rem; }
nav ol { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; margin: 1.5rem 0 0; padding: 0; list-style: none; font-size: .9375rem; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); font-size: .9rem; padding: 0 0 .5rem; }
th, td { padding: .38rem .7rem .38rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { font-size: .8125rem; font-weight: 600; color: var(--muted); vertical-align: bottom; border-bottom: 1.5px solid var(--muted); line-height: 1.3; }
tbody th { font-weight: 500; min-width: 8rem; }
.n { text-align: right; } td.n { white-space: nowrap; }
tr.champion th, tr.champion td { font-weight: 700; background: var(--surface); }
tr.champion th { color: var(--champion); } tr.rival th { color: var(--rival); } tr.oracle th { color: var(--oracle); }
.tag { font-size: .78rem; font-weight: 400; color: var(--muted); white-space: nowrap; }
.less { color: var(--good); } .more { color: var(--bad); } .open { color: var(--open); }
figure { margin: 1rem 0 .5rem; }
figure svg { display: block; width: 100%; height: auto; min-width: 760px; font-family: inherit; }
figcaption { margin-top: .6rem; font-size: .9375rem; max-width: 48rem; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.3rem; margin: .4rem 0 .6rem; padding: 0; list-style: none; font-size: .875rem; color: var(--muted); }
.legend b { color: var(--text); font-weight: 600; }
.swatch { display: inline-block; width: 1.5em; height: .85em; border-radius: 3px; border: 1px solid var(--line); vertical-align: -.05em; }
${Array.from({ length: 6 }, (_, shade) => `.heat-${shade} { background: var(--heat-${shade}); }`).join(' ')}
details { margin: .6rem 0 1rem; border: 1px solid var(--line); border-radius: 8px; }
summary { cursor: pointer; padding: .45rem .9rem; font-size: .9375rem; color: var(--muted); }
details[open] > summary { border-bottom: 1px solid var(--line); }
details > .scroll { padding: .6rem .9rem .8rem; max-height: 32rem; overflow: auto; }
pre { margin: 0; font: .8125rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre.runbook { padding: 1.1rem 1.3rem; background: var(--surface); border-radius: 10px; max-height: 44rem; overflow: auto; }
pre.command { padding: .8rem 1.1rem; background: var(--surface); border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
.break { overflow-wrap: anywhere; white-space: normal; }
td.words { min-width: 16rem; }
footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--muted); font-size: .875rem; }
@media screen and (max-width: 720px) { .wrap { padding: 1.25rem 1rem 3rem; } h1 { font-size: 1.5rem; } }
@media print {
  body { font-size: 10.5pt; } .wrap { max-width: none; padding: 0; } nav, .skip { display: none; }
  section { margin-top: 1.6rem; } figure svg { min-width: 0; } figure, .verdict, .tiles, tr { break-inside: avoid; } h2, h3, caption { break-after: avoid; }
  .scroll, pre.runbook { overflow: visible; max-height: none; } pre.runbook { white-space: pre-wrap; font-size: 7.5pt; padding: 0; background: none; }
  table { font-size: 7pt; } thead th { font-size: 6.5pt; } th, td { padding-right: .35rem; } tbody th { white-space: normal; } .tag { display: block; font-size: 6.5pt; } caption { font-size: 8pt; }
  details { display: none; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
@page { margin: 14mm; }
`;
