/** Programs of Debian that tests use: found, or installed once by root; else null, with the reason printed. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const LOCK = join(tmpdir(), 'healix-apt.lock');
const INSTALL_MS = 300_000;
const LOOK_MS = 500;

const known = new Map<string, string | null>();

/** Path of a binary, or null when it is not here and cannot be installed. `packageName` is Debian's. */
export function debianTool(binary: string, packageName: string): string | null {
  const before = known.get(binary);
  if (before !== undefined) return before;
  const found = find(binary) ?? install(binary, packageName);
  known.set(binary, found);
  return found;
}

function install(binary: string, packageName: string): string | null {
  const without = (reason: string): null => {
    process.stdout.write(`tests that need ${binary} are skipped: ${reason}\n`);
    return null;
  };
  if (process.getuid?.() !== 0) return without(`not root, so Debian's ${packageName} is not installed`);
  if (find('apt-get') === null) return without(`there is no apt-get to install ${packageName} with`);
  if (!lock()) return without(`another test has been installing for ${INSTALL_MS / 1000} s`);
  try {
    const installed = find(binary);
    if (installed !== null) return installed;
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (...words: string[]): void =>
      void execFileSync('apt-get', ['-qq', '-y', ...words], { env, timeout: INSTALL_MS, stdio: 'ignore' });
    try {
      apt('install', '--no-install-recommends', packageName);
    } catch {
      // The lists of packages may be old, or not there at all.
      apt('update');
      apt('install', '--no-install-recommends', packageName);
    }
    return find(binary) ?? without(`${packageName} brought no ${binary}`);
  } catch (error) {
    return without(`installing ${packageName} failed: ${(error as Error).message.split('\n')[0]}`);
  } finally {
    rmdirSync(LOCK);
  }
}

/** A folder can be made by one process alone. One that is older than any installation was left by a test that was killed. */
function lock(): boolean {
  for (let waitedMs = 0; waitedMs < INSTALL_MS; waitedMs += LOOK_MS) {
    try {
      mkdirSync(LOCK);
      return true;
    } catch {
      const madeMs = statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (Date.now() - madeMs > 2 * INSTALL_MS) rmdirQuietly();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
    }
  }
  return false;
}

function rmdirQuietly(): void {
  try {
    rmdirSync(LOCK);
  } catch {
    // Somebody else was faster.
  }
}

function find(binary: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/bin', '/sbin'];
  return (
    folders.map((folder) => join(folder, binary)).find((path) => statSync(path, { throwIfNoEntry: false })?.isFile()) ??
    null
  );
}
