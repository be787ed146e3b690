/**
 * pm2 as it comes from the package registry, in a cache folder of its own: it is under the AGPL and no dependency of healix. Its
 * version is pinned, its install scripts are not run.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const PM2_VERSION = '7.0.4';
const INSTALL_MS = 180_000;

export type Installed =
  | { readonly kind: 'installed'; readonly program: string; readonly version: string }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Installs it, unless it is there already. */
export async function installPm2(): Promise<Installed> {
  const folder = join(tmpdir(), `healix-pm2-${PM2_VERSION}`);
  const home = join(folder, 'node_modules', 'pm2');
  try {
    if (!existsSync(join(home, 'package.json'))) {
      mkdirSync(folder, { recursive: true });
      const options = ['--no-audit', '--no-fund', '--ignore-scripts'];
      await promisify(execFile)('npm', ['install', '--prefix', folder, `pm2@${PM2_VERSION}`, ...options], {
        timeout: INSTALL_MS,
      });
    }
    const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
    return { kind: 'installed', program: join(home, 'bin', 'pm2'), version };
  } catch (error) {
    return { kind: 'unavailable', reason: String(error instanceof Error ? error.message : error).split('\n')[0]! };
  }
}
