/** The whole page of real runs: the same bytes whatever the threads and kills, the numbers of --json, nothing from outside. */
import { rmSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { Interrupted } from '../../src/evolve/archipelago.ts';
import { makeReport, REPORT_BYTES_MAX } from '../../src/report/report.ts';
import { amount, interval, share, short } from '../../src/report/words.ts';
import { checkpointOf } from '../../src/run-types.ts';
import { explain } from '../../strategies/explain.ts';
import { compareRequest, evolveOptions, evolveRequest, quiet, reportOf } from './sample.ts';

const names = ['whole', 'threads', 'stopped'];
afterAll(() => {
  for (const name of names) rmSync(checkpointOf(evolveOptions(name, 0).out), { force: true });
});

let request: ReturnType<typeof evolveRequest> | undefined;
let page: Promise<string> | undefined;
const wholeRequest = () => (request ??= evolveRequest(evolveOptions('whole', 0)));
const wholePage = () => (page ??= wholeRequest().then(reportOf));

it('gives the same bytes for the same run on other threads', async () => {
  const first = await wholePage();
  expect((await reportOf(await evolveRequest(evolveOptions('threads', 2)))) === first).toBe(true);
}, 480_000);

it('gives the same bytes after a kill and resume', async () => {
  const abort = new AbortController();
  const stopped = evolveOptions('stopped', 0);
  let generations = 0;
  const hooks = {
    ...quiet(abort.signal),
    onProgress: ({ kind }: { readonly kind: string }) => {
      if (kind === 'evolving' && ++generations === 2) abort.abort();
    },
  };
  await expect(evolveRequest(stopped, hooks)).rejects.toThrow(Interrupted);
  const resumed = await evolveRequest({ ...stopped, resumeFile: checkpointOf(stopped.out) });
  expect(resumed.evidence.history.map(({ generation }) => generation)).toEqual([1, 2, 3]);
  expect((await reportOf(resumed)) === (await wholePage())).toBe(true);
}, 480_000);

it('has the numbers that --json prints in its tables', async () => {
  const { pack, evidence, refereed } = await wholeRequest();
  const text = (await wholePage()).replace(/<[^>]*>/g, '\u0001');
  const { comparison } = evidence.contests[0]!;
  for (const score of comparison.strategies) {
    const cells = [
      interval(score.lostUserMinutes, comparison.scenarios),
      share(score.availability),
      short(score.actions),
      short(score.collateral),
      short(score.replicaHours),
      score.unrecovered.toFixed(2),
    ];
    const row = text;
    for (const cell of cells) expect(row, `${score.name} ${cell}`).toContain(cell);
  }
  for (const pair of comparison.paired) expect(text).toContain(interval(pair.difference, comparison.scenarios));
  expect(refereed).toHaveLength(1);
  expect(text).toContain('The referee, which follows every request');
  expect(text).toContain(pack.hash);
  expect(text).toContain(amount(evidence.history.at(-1)!.trials, 1000));
}, 480_000);

it('holds every section in order, the runbook word for word, and stays small', async () => {
  const whole = await wholePage();
  const { pack } = await wholeRequest();
  const ids = [...whole.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
  expect(ids).toEqual([
    'strategies',
    'convergence-section',
    'front',
    'faults',
    'films',
    'genes-section',
    'runbook',
    'repeat',
  ]);
  expect(whole.indexOf('id="verdict"')).toBeLessThan(whole.indexOf('id="strategies"'));
  const plainOf = (text: string): string =>
    text.replace(
      /&(lt|gt|quot|#39|amp);/g,
      (_, name: string) => ({ lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' })[name]!,
    );
  expect(plainOf(/<pre class="runbook"[^>]*>([\s\S]*?)<\/pre>/.exec(whole)![1]!)).toBe(explain(pack));
  expect(Buffer.byteLength(whole)).toBeLessThan(REPORT_BYTES_MAX);
}, 480_000);

it('escapes what comes from outside, loads nothing and runs nothing', async () => {
  const whole = await wholePage();
  expect(whole).toContain('report &lt;test&gt; &amp; &quot;quotes&quot;');
  expect(whole.includes('<test>')).toBe(false);
  expect(/<script|<link|<img|<iframe|\ssrc=|\son\w+=|\sstyle=|url\((?!#)/i.exec(whole)).toBeNull();
  expect(
    whole.match(/https?:\/\/[^"\s<]+/g)?.filter((address) => address !== 'http://www.w3.org/2000/svg') ?? [],
  ).toEqual([]);
  expect(/Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-/.test(whole)).toBe(true);
}, 480_000);

it('gives every chart a text alternative and its numbers as tables, and every table scoped headings', async () => {
  const whole = await wholePage();
  const drawings = whole.match(/<svg[^>]*>/g)!;
  expect(drawings.length).toBeGreaterThanOrEqual(7);
  for (const drawing of drawings) expect(drawing).toMatch(/role="img" aria-label="[^"]{60,}"/);
  expect(whole.match(/<details>/g)).toHaveLength(drawings.length);
  for (const [, body] of whole.matchAll(/<details>([\s\S]*?)<\/details>/g)) expect(body).toContain('<table>');
  expect(whole.includes('<th>')).toBe(false);
  const ids = [...whole.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
}, 480_000);

it('reports on a comparison, which has no generations, and says that nothing was refereed', async () => {
  const { pack } = await wholeRequest();
  const { request: compared, comparison } = await compareRequest(pack, ['nothing', 'kubernetes', 'sre-runbook']);
  const text = await reportOf(compared);
  expect(text).toContain('not refereed');
  expect(text).toContain('Nothing was bred here');
  for (const { lostUserMinutes } of comparison.strategies)
    expect(text).toContain(interval(lostUserMinutes, comparison.scenarios));
}, 480_000);

it('stops where it is when it is aborted', async () => {
  const abort = new AbortController();
  const report = makeReport(await wholeRequest(), { onProgress: () => abort.abort(), signal: abort.signal });
  await expect(report).rejects.toThrow(/abort/i);
}, 480_000);
