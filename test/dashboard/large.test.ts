/** 131 services at 1,000 signals a second, in both colour schemes, by keyboard alone. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPage, CHROMIUM, openBrowser, openPage } from './browser.ts';
import { contrasts } from './contrast.ts';
import { type ShownBoard, showBoard } from './shown-board.ts';
import { health, type MadeUp, madeUp, restart, signal } from './source.ts';

const SERVICES = 131;
const EVERY_MS = 50;
const SIGNALS_PER_S = 1000;
const TREE = 6;

let browser: Browser;
let source: MadeUp;
let shown: ShownBoard;
let feeding: NodeJS.Timeout | undefined;

beforeAll(async () => {
  if (CHROMIUM === null) return;
  buildPage();
  browser = await openBrowser();
}, 300_000);
afterAll(() => browser?.close());
beforeEach(async () => {
  source = madeUp(SERVICES, (index) => Math.floor((index - 1) / TREE));
  shown = await showBoard(source);
});
afterEach(async () => {
  clearInterval(feeding);
  await shown.close();
});

/** Signals and health of one service after the other, as many as that. */
function feed(): void {
  let next = 0;
  let atMs = source.nowMs;
  feeding = setInterval(() => {
    atMs += EVERY_MS;
    source.nowMs = atMs;
    for (let times = 0; times < (SIGNALS_PER_S * EVERY_MS) / 1000; times += 1) {
      const index = next++ % SERVICES;
      const { id, status } = source.known[index]!;
      shown.board.tell({
        kind: 'signal',
        atMs,
        signal: signal(index, atMs, { calls: 50 + (next % 50), failed: next % 7 }),
      });
      shown.board.tell(health(id, status, atMs));
    }
  }, EVERY_MS);
}

function strike(id: string): void {
  source.set(id, { status: 'failed', reason: 'no replica is ready', circuit: 'open' });
  shown.board.tell(health(id, 'failed', source.nowMs, 'no replica is ready'));
  const service = source.known.findIndex((one) => one.id === id);
  shown.board.tell({ kind: 'decided', atMs: source.nowMs, service: id, action: restart(1, service, source.nowMs) });
}

describe.skipIf(CHROMIUM === null)('131 services', () => {
  it('are shown and stay live at 1,000 signals a second', async () => {
    feed();
    const { page, troubles } = await openPage(browser, shown.url);
    await page.getByText(`${SERVICES} of ${SERVICES}`).waitFor();
    expect(await page.locator('button[data-service]').count()).toBe(SERVICES);
    const signals = page.locator('.figure', { hasText: 'Signals' }).getByText(/^(\d{3}|[12],\d{3})\/s$/);
    await signals.waitFor();
    strike('s77');
    await page.getByRole('button', { name: /^s77: failed, no replica is ready.*circuit open/ }).waitFor();
    await page.getByText(`${SERVICES - 1} of ${SERVICES}`).waitFor();
    await page.locator('#incidents').getByText('s77').waitFor();
    // The whole graph is there without scrolling sideways.
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.getByRole('button', { name: 'Table' }).click();
    expect(await page.locator('tbody tr').first().innerText()).toContain('s77');
    await page.getByLabel('Filter').fill('s13');
    await page.getByText(`2 of ${SERVICES}`).waitFor();
    expect(troubles).toEqual([]);
  }, 240_000);

  it('can be found, chosen and asked why by keyboard alone', async () => {
    const { page, troubles } = await openPage(browser, shown.url.replace(/#.*/, ''));
    await page.getByLabel('Control token').focus();
    await page.keyboard.type('c'.repeat(64));
    await page.keyboard.press('Enter');
    await page.getByText(`${SERVICES} of ${SERVICES}`).waitFor();
    const focused = (): Promise<string> =>
      page.evaluate("document.activeElement.getAttribute('data-service') ?? document.activeElement.innerText");
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the services');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Graph');
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).toBe('solid');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Table');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('s0');
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toMatch(/^s[1-6]$/);
    const first = await focused();
    await page.keyboard.press('ArrowDown');
    const id = await focused();
    expect(id).toMatch(/^s[1-6]$/);
    expect(id).not.toBe(first);
    await page.keyboard.press('ArrowUp');
    expect(await focused()).toBe(first);
    await page.keyboard.press('ArrowDown');
    strike(id);
    await page.getByRole('button', { name: new RegExp(`^${id}: failed`) }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('#service').getByRole('heading', { name: id }).waitFor();
    // From the graph on, Tab comes by the action, which Enter opens.
    for (let steps = 0; steps < 12 && !(await focused()).startsWith('restart'); steps += 1)
      await page.keyboard.press('Tab');
    expect(await focused()).toContain('restart');
    await page.keyboard.press('Enter');
    await page.getByText('rung 2 of the ladder for unresponsive').waitFor();
    expect(troubles).toEqual([]);
  }, 240_000);

  it('are told of to those who listen: landmarks, names, and incidents in few words', async () => {
    const { page, troubles } = await openPage(browser, shown.url);
    await page.getByText(`${SERVICES} of ${SERVICES}`).waitFor();
    for (const name of ['Services', 'Service', 'Incidents', 'Actions', 'Agents'])
      await page.getByRole('region', { name, exact: true }).waitFor();
    for (const landmark of ['banner', 'main'] as const) expect(await page.getByRole(landmark).count()).toBe(1);
    const heard = page.getByRole('log').getByText('5 services became unwell.');
    // What it finds at its first look is no news, and that comes when it comes: then others are struck.
    for (let at = 1; at + 5 <= SERVICES && (await heard.count()) === 0; at += 5) {
      for (let more = 0; more < 5; more += 1) strike(`s${at + more}`);
      await heard.waitFor({ state: 'attached', timeout: 8000 }).catch(() => {});
    }
    expect(await heard.count()).toBe(1);
    expect(await page.getByRole('log').getAttribute('aria-live')).toBe('polite');
    expect(troubles).toEqual([]);
  }, 240_000);

  it.each(['light', 'dark'] as const)(
    'can be read in the %s scheme: every text by 4.5 to 1',
    async (colorScheme) => {
      for (const [at, status] of (['recovering', 'degraded', 'critical', 'failed'] as const).entries()) {
        source.set(`s${at + 1}`, { status, reason: 'calls are slow', isProtected: true });
        shown.board.tell(health(`s${at + 1}`, status, source.nowMs, 'calls are slow'));
      }
      shown.board.tell({ kind: 'trouble', atMs: source.nowMs, reason: 'something is wrong' });
      strike('s9');
      const { page, troubles } = await openPage(browser, shown.url, { colorScheme, reducedMotion: 'reduce' });
      await page.getByRole('button', { name: /^s9: failed/ }).click();
      await page.locator('#actions summary').first().click();
      const graph = await contrasts(page);
      await page.getByRole('button', { name: 'Table' }).click();
      const all = [...graph, ...(await contrasts(page))];
      expect(all.length).toBeGreaterThan(250);
      expect(all.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
      expect(await page.evaluate("getComputedStyle(document.querySelector('td')).transitionDuration")).toBe('0s');
      expect(troubles).toEqual([]);
    },
    240_000,
  );
});
