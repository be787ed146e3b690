/** A simulated fleet in fast motion: the same stream and page, and what is different about it. */
import { get } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { baselineContenders, packContender } from '../../src/contenders.ts';
import type { Changes, Whole } from '../../src/dashboard/frames.ts';
import { type WatchedSimulation, watchSimulation } from '../../src/dashboard/simulation/watch-simulation.ts';
import { loadFleet } from '../../src/fleets.ts';
import { patiently as until } from '../tools/patiently.ts';
import { buildPage, CHROMIUM, openBrowser, openPage } from './browser.ts';
import { loadPackNamed } from './packs.ts';

let browser: Browser;
let simulation: WatchedSimulation;
const { fleet } = loadFleet('teastore');
const scenarioSeed = 'cascade:watched/test/1';
const contender = packContender(loadPackNamed('default'), 'default', 'advanced');

beforeAll(async () => {
  if (CHROMIUM === null) return;
  buildPage();
  browser = await openBrowser();
}, 300_000);
afterAll(() => browser?.close());
afterEach(() => simulation.close());

const start = async (change: Partial<Parameters<typeof watchSimulation>[0]> = {}): Promise<void> => {
  simulation = await watchSimulation({
    fleet,
    scenarioSeed,
    tier: 'fluid',
    contender,
    speed: 10_000,
    port: 0,
    ...change,
  });
};

/** Everything that the stream tells, put together as the page does. */
async function follow(): Promise<{ readonly now: () => Whole | null }> {
  let whole: Whole | null = null;
  const headers = { authorization: `Bearer ${simulation.token}` };
  get({ port: simulation.port, path: '/events', headers }, (response) => {
    let pending = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      pending += chunk;
      const blocks = pending.split('\n\n');
      pending = blocks.pop()!;
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data === undefined) continue;
        const body = JSON.parse(data) as Changes;
        whole = block.includes('event: snapshot') || whole === null ? (body as Whole) : merge(whole, body);
      }
    });
    response.on('error', () => {});
  });
  return { now: () => whole };
}

function merge(whole: Whole, changes: Changes): Whole {
  const put = <Row extends { key: string }>(before: readonly Row[], rows: readonly Row[] = []): Row[] => [
    ...new Map([...before, ...rows].map((row) => [row.key, row])).values(),
  ];
  return {
    ...whole,
    ...changes,
    services: whole.services,
    incidents: put(whole.incidents, changes.incidents),
    actions: put(whole.actions, changes.actions),
    talk: put(whole.talk, changes.talk),
    truth: put(whole.truth, changes.truth),
    notices: put(whole.notices, changes.notices),
  };
}

describe('a simulated fleet that is watched', () => {
  it('tells of faults, incidents, actions and what the agents said, to the end of the hour', async () => {
    await start();
    const { now } = await follow();
    await simulation.over;
    await until(
      'the end was told',
      () => now()?.clock.kind === 'simulated' && (now()!.clock as { isOver: boolean }).isOver,
    );
    const whole = now()!;
    expect(whole.clock).toMatchObject({ atMs: 3_600_000, horizonMs: 3_600_000 });
    expect(whole.fleet).toMatchObject({
      name: 'teastore',
      healedBy: 'default',
      level: 'advanced',
      simulation: { scenario: scenarioSeed },
    });
    expect(whole.truth.length).toBeGreaterThan(0);
    expect(whole.truth.every(({ endedMs, atMs }) => endedMs === null || endedMs >= atMs)).toBe(true);
    expect(whole.incidents.length).toBeGreaterThan(0);
    expect(whole.actions.some(({ result }) => result === 'done')).toBe(true);
    expect(whole.actions.some(({ task }) => task !== null && task.article !== '')).toBe(true);
    const said = new Set(whole.talk.map(({ kind }) => kind));
    for (const kind of ['diagnosis', 'call', 'bid', 'verdict', 'award']) expect(said).toContain(kind);
    expect(whole.figures.messages).toBeGreaterThan(0);
    expect(whole.notices.at(-1)!.words).toContain('the hour is over');
  }, 240_000);

  it('tells no fault before it has struck', async () => {
    await start({ speed: 200 });
    const { now } = await follow();
    await until('something broke', () => (now()?.truth.length ?? 0) > 0);
    const { clock, truth } = now()!;
    expect(Math.max(...truth.map(({ atMs }) => atMs))).toBeLessThanOrEqual(clock.atMs);
  }, 240_000);

  it('shows a rival that keeps no record of health, too', async () => {
    await start({ contender: baselineContenders(['kubernetes'])[0]! });
    const { now } = await follow();
    await simulation.over;
    await until('incidents were told', () => (now()?.incidents.length ?? 0) > 0);
    expect(now()!.fleet).toMatchObject({ healedBy: 'kubernetes', level: 'basic' });
    expect(now()!.agents).toBeNull();
  }, 240_000);

  it.skipIf(CHROMIUM === null)(
    'stops and goes on at will, and offers no order that nobody could carry out',
    async () => {
      await start({ speed: 60 });
      const { page, troubles } = await openPage(browser, simulation.url);
      await page.getByText(`simulated: ${scenarioSeed}`).waitFor();
      await page.getByRole('button', { name: 'Stop the clock' }).click();
      await page.getByRole('button', { name: 'Go on' }).waitFor();
      // What was on its way when it was stopped may come yet. At a minute a second, no second is like the one before while it goes.
      await until('the clock stands', async () => {
        const before = await page.locator('.clock time').innerText();
        await page.waitForTimeout(1500);
        return (await page.locator('.clock time').innerText()) === before;
      });
      await page.getByLabel('Simulated seconds a second').selectOption('3600');
      await page.getByRole('button', { name: 'Go on' }).click();
      await page.locator('#truth').getByText('known only in simulation').waitFor();
      await page.locator('#truth li').first().waitFor();
      await page.locator('.clock').getByText('over', { exact: true }).waitFor({ timeout: 200_000 });
      await page.locator('button[data-service]').first().click();
      for (const name of ['Heal now', 'Pause', 'Isolate']) {
        const button = page.locator('#service').getByRole('button', { name });
        expect(await button.getAttribute('aria-disabled')).toBe('true');
      }
      await page.locator('#service').getByText('This fleet is simulated', { exact: false }).last().waitFor();
      expect(troubles).toEqual([]);
    },
    300_000,
  );
});
