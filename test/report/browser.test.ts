/** Reports of real runs in a real browser, from disk: nothing is asked for, nothing goes wrong, in both colour schemes and on paper. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { interval } from '../../src/report/words.ts';
import { checkpointOf } from '../../src/run-types.ts';
import type { Comparison } from '../../strategies/pack.ts';
import { debianTool } from '../tools/debian.ts';
import { compareRequest, evolveOptions, evolveRequest, reportOf } from './sample.ts';

const program = debianTool('chromium', 'chromium');
const IN_PAGE = readFileSync(new URL('./in-page.js', import.meta.url), 'utf8');
/** Contrast of text that WCAG 2.2 calls AA. */
const CONTRAST_MIN = 4.5;

interface Facts {
  readonly headings: readonly number[];
  readonly drawings: number;
  readonly tables: number;
  readonly captions: number;
  readonly unnamed: number;
}

describe.skipIf(program === null)('in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'healix-report-page-'));
  const comparisons: Record<string, Comparison> = {};
  let browser: Browser;

  beforeAll(async () => {
    const options = { ...evolveOptions('browser', 0) };
    const evolved = await evolveRequest(options);
    rmSync(checkpointOf(options.out), { force: true });
    const compared = await compareRequest(evolved.pack, ['nothing', 'kubernetes']);
    comparisons['evolve'] = evolved.evidence.contests[0]!.comparison;
    comparisons['compare'] = compared.comparison;
    writeFileSync(join(folder, 'evolve.html'), await reportOf(evolved));
    writeFileSync(join(folder, 'compare.html'), await reportOf(compared.request));
    browser = await chromium.launch({
      executablePath: program!,
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
    });
  }, 480_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  /** The page, and everything that a user would not want to happen on it. */
  async function open(
    name: string,
    colorScheme: 'light' | 'dark',
    width = 1280,
  ): Promise<{ page: Page; bad: string[] }> {
    const url = pathToFileURL(join(folder, `${name}.html`)).href;
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
    const bad: string[] = [];
    page.on('console', (message) => bad.push(`console ${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => bad.push(`page error: ${error.message}`));
    page.on('requestfailed', (request) => bad.push(`failed: ${request.url()}`));
    page.on('request', (request) => {
      if (request.url() !== url) bad.push(`request: ${request.url()}`);
    });
    await page.goto(url);
    await page.evaluate(`{ ${IN_PAGE}; look.openAll(); }`);
    return { page, bad };
  }

  const cases = ['evolve', 'compare'].flatMap((name) =>
    (['light', 'dark'] as const).map((scheme) => [name, scheme] as const),
  );

  it.each(cases)(
    'the report of %s opens from disk in %s without an error or a request, and can be read',
    async (name, scheme) => {
      const { page, bad } = await open(name, scheme);
      const background = await page.evaluate('look.background()');
      expect(background).toBe(scheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(18, 21, 26)');
      expect(await page.evaluate(`look.faintText(${CONTRAST_MIN})`)).toEqual([]);
      await page.close();
      expect(bad).toEqual([]);
    },
  );

  it.each(['evolve', 'compare'])('the table of %s has the numbers of --json', async (name) => {
    const { page } = await open(name, 'light');
    const rows = await page.locator('#strategies table').first().locator('tbody tr').allTextContents();
    const { strategies, scenarios } = comparisons[name]!;
    expect(rows).toHaveLength(strategies.length);
    for (const score of strategies) {
      const row = rows.find((text) => text.startsWith(`${score.name} `))!;
      expect(row).toContain(interval(score.lostUserMinutes, scenarios));
      expect(row).toContain(`${(100 * score.availability).toFixed(2)} %`);
      expect(row).toContain(score.unrecovered.toFixed(2));
    }
    await page.close();
  });

  it.each(['evolve', 'compare'])('%s is fit for a screen reader and for keys', async (name) => {
    const { page } = await open(name, 'light');
    const found = await page.evaluate<Facts>('look.facts()');
    expect(found.headings[0]).toBe(1);
    expect(found.headings.filter((level) => level === 1)).toHaveLength(1);
    const steps = found.headings.slice(1).map((level, at) => level - found.headings[at]!);
    expect(Math.max(...steps)).toBe(1);
    expect(found.drawings).toBeGreaterThan(5);
    expect(found.captions).toBe(found.tables);
    expect({ ...found, headings: [], drawings: 0, tables: 0, captions: 0 }).toEqual({
      headings: [],
      unnamed: 0,
      drawings: 0,
      unscoped: 0,
      tables: 0,
      captions: 0,
      landmarks: 4,
      deadLinks: 0,
      language: 'en',
    });
    await page.keyboard.press('Tab');
    expect(await page.evaluate('look.focused()')).toBe('skip');
    await page.close();
  });

  it('does not scroll sideways as a whole on a phone, and prints in light colours', async () => {
    const { page } = await open('evolve', 'dark', 390);
    expect(await page.evaluate<number>('look.width()')).toBeLessThanOrEqual(390);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.evaluate('look.background()')).toBe('rgb(255, 255, 255)');
    // The width of A4 between its margins.
    await page.setViewportSize({ width: 688, height: 980 });
    expect(await page.evaluate<number>('look.width()')).toBeLessThanOrEqual(688);
    const paper = await page.pdf({ format: 'A4' });
    expect(paper.subarray(0, 5).toString()).toBe('%PDF-');
    expect(paper.length).toBeGreaterThan(50_000);
    await page.close();
  });
});
