/** The page on a real fleet, in a real browser. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { patiently as until } from '../tools/patiently.ts';
import { buildPage, CHROMIUM, openBrowser, openPage } from './browser.ts';
import { makeShownSite, type Shown, show } from './real.ts';

let browser: Browser;
let shown: Shown;

beforeAll(async () => {
  if (CHROMIUM === null) return;
  buildPage();
  browser = await openBrowser();
}, 300_000);
afterAll(() => browser?.close());
afterEach(async () => {
  await shown.close();
  shown.site.remove();
});

const service = (page: Page) => page.locator('#service');
const pidOf = (): number => shown.runtime.status()[0]!.replicas[0]!.pid!;
const live = (page: Page) => page.getByText('● live').waitFor();

describe.skipIf(CHROMIUM === null)('the page', () => {
  it('shows nothing without a token, refuses a wrong one, and takes one from the link out of sight', async () => {
    shown = await show(await makeShownSite(false));
    const bare = shown.url.replace(/#.*/, '');
    const { page, troubles } = await openPage(browser, bare);
    await page.getByRole('heading', { name: 'healix' }).waitFor();
    expect(await page.locator('body').innerText()).not.toContain('web');
    await page.getByLabel('Control token').fill('b'.repeat(64));
    await page.getByRole('button', { name: 'Show the fleet' }).click();
    await page.getByText('This token was not taken').waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    // The browser tells of the refusal, too.
    expect(troubles.splice(0)).toEqual([`${bare}events: 401`, expect.stringContaining('401')]);
    await page.goto(shown.url);
    await live(page);
    expect(page.url()).toBe(bare);
    await page.getByRole('button', { name: /^web: healthy/ }).waitFor();
    expect(await page.title()).toContain('test');
    expect(await page.context().cookies()).toEqual([]);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Control token').waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    expect(troubles).toEqual([]);
  }, 240_000);

  it('shows a crash, what is done about it and why, and that it helped, as it happens', async () => {
    shown = await show(await makeShownSite(false));
    const { page, troubles } = await openPage(browser, shown.url);
    await page.getByRole('button', { name: /^web: healthy/ }).waitFor();
    const before = pidOf();
    process.kill(before, 'SIGKILL');
    await page.locator('#incidents').getByText('web').first().waitFor();
    const done = page.locator('#actions li', { hasText: 'restart' });
    const action = done.filter({ hasText: '✓ verified' }).first();
    await action.locator('summary').click();
    const why = await action.innerText();
    expect(why).toContain('its process has exited');
    expect(why).toMatch(/rung 1 of the ladder for (unresponsive|crash-loop)/);
    expect(why).toContain('by a fresh window of probes and calls');
    await page
      .locator('#incidents')
      .getByText(/healthy again after/)
      .waitFor();
    await page.getByRole('button', { name: /^web: healthy/ }).waitFor();
    await page
      .locator('.figure', { hasText: 'Time to recover' })
      .getByText(/of \d+$/)
      .waitFor();
    expect(pidOf()).not.toBe(before);
    expect(troubles).toEqual([]);
  }, 240_000);

  it('pauses, resumes, isolates after a second word, releases and heals', async () => {
    shown = await show(await makeShownSite(false));
    const { page, troubles } = await openPage(browser, shown.url);
    await page.getByRole('button', { name: /^web:/ }).click();
    const press = (name: string) => service(page).getByRole('button', { name, exact: true }).click();
    await press('Pause');
    await page.getByText('web is left alone until it is resumed.').waitFor();
    await service(page).getByText('paused by an operator').waitFor();
    expect(shown.runtime.status()[0]!.paused).toBe(true);
    // What makes no sense now does nothing, and says why.
    const heal = service(page).getByRole('button', { name: /^Heal now/ });
    expect(await heal.getAttribute('aria-disabled')).toBe('true');
    await heal.click({ force: true });
    await press('Resume');
    await page.getByText('web is looked after again.').waitFor();
    expect(shown.runtime.status()[0]!.paused).toBe(false);
    await press('Isolate');
    expect(shown.runtime.status()[0]!.circuit).toBe('closed');
    await press('Keep it');
    await press('Isolate');
    await press('Isolate web');
    await service(page).getByText('circuit isolated').waitFor();
    await until('no calls are let through', () => shown.runtime.status()[0]!.circuit === 'isolated');
    await press('Release');
    await page.getByText('web is released: calls are let through again.').waitFor();
    await until('calls are let through', () => shown.runtime.status()[0]!.circuit === 'closed');
    const before = pidOf();
    // What is under way already is not begun again.
    await until('it is begun', async () => {
      await press('Heal now');
      await page.getByText(/web is being healed|^Not done/).waitFor();
      return page.getByText('web is being healed. Begun: restart.').isVisible();
    });
    await until('another process runs', () => pidOf() !== before && pidOf() !== null);
    expect(troubles).toEqual([]);
  }, 240_000);

  it.each([
    ['Approve', 'approved'],
    ['Deny', 'denied'],
  ])(
    'asks before a restart: %s',
    async (button, verdict) => {
      shown = await show(await makeShownSite(true));
      const { page, troubles } = await openPage(browser, shown.url);
      await page.getByRole('button', { name: /^web: healthy/ }).waitFor();
      const before = pidOf();
      process.kill(before, 'SIGKILL');
      const asked = page.getByRole('button', { name: new RegExp(`^${button} action \\d+, restart of web$`) });
      await asked.click();
      await page.getByText(new RegExp(`Action \\d+ was ${verdict}\\.`)).waitFor();
      if (verdict === 'approved') await until('it runs again', () => (pidOf() ?? before) !== before);
      else await page.locator('#actions').getByText('✕ denied').first().waitFor();
      const restarted = () =>
        shown.runtime.history(50).find((row) => row.kind === 'action' && row.action === 'restart');
      await until(
        'it ended',
        () => restarted()?.kind === 'action' && (restarted() as { result: string }).result !== 'open',
      );
      expect(restarted()).toMatchObject(
        verdict === 'approved'
          ? { result: 'done' }
          : { result: 'failed', detail: expect.stringContaining('denied by') },
      );
      expect(troubles).toEqual([]);
    },
    240_000,
  );

  it('says that the connection is lost, and goes on when healix is back', async () => {
    const site = await makeShownSite(false);
    shown = await show(site);
    const { page, troubles } = await openPage(browser, shown.url);
    await page.getByRole('button', { name: /^web: healthy/ }).waitFor();
    expect(troubles).toEqual([]);
    await shown.close({ leaveRunning: true });
    await page.locator('.banner').waitFor();
    expect(await page.locator('.banner').innerText()).toContain('What is shown may be out of date');
    shown = await show(site);
    await page
      .getByRole('button', { name: 'Try now' })
      .click({ timeout: 2000 })
      .catch(() => {});
    await live(page);
    await page.locator('.banner').waitFor({ state: 'detached' });
    // While nobody was there, nothing else went wrong than that nobody was there.
    expect(
      troubles.every((trouble) =>
        /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|events: 503|status of 503/.test(trouble),
      ),
    ).toBe(true);
    troubles.length = 0;
    process.kill(pidOf(), 'SIGKILL');
    await page.locator('#actions').getByText('✓ verified').first().waitFor();
    expect(troubles).toEqual([]);
  }, 240_000);
});
