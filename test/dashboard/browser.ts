/** A real Chromium for the tests of the page: whatever goes wrong in it fails the test. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { debianTool } from '../tools/debian.ts';

export const CHROMIUM = debianTool('chromium', 'chromium');

const ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  // Without these it asks the network for its own ends, all through a test.
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** The page as it is in the sources: built now, unless it has been. */
export function buildPage(): void {
  execFileSync(process.execPath, [join(PACKAGE_ROOT, 'src', 'dashboard', 'page', 'build.mjs')], { stdio: 'inherit' });
}

export const openBrowser = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM!, args: ARGS });

export interface Watched {
  readonly page: Page;
  /** What went wrong so far, in words. */
  readonly troubles: string[];
}

type Settings = Parameters<Browser['newPage']>[0];

/** A page of which every error of its own, of its console and of its requests is noted. */
export async function openPage(browser: Browser, url: string, settings: Settings = {}): Promise<Watched> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, ...settings });
  page.setDefaultTimeout(90_000);
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(`console: ${message.text()}`);
  });
  page.on('requestfailed', (request) => {
    // The stream never ends by itself: leaving the page cuts it off.
    const reason = request.failure()?.errorText ?? '';
    if (!(request.url().endsWith('/events') && reason === 'net::ERR_ABORTED'))
      troubles.push(`${request.url()}: ${reason}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`${response.url()}: ${response.status()}`);
  });
  await page.goto(url);
  return { page, troubles };
}
