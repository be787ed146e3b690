/** Builds the page into dist/dashboard, unless nothing that it is made of has changed. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LOCK_MS = 120_000;
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..', '..');
const out = join(root, 'dist', 'dashboard');
const lockFolder = join(root, 'dist', '.dashboard-lock');
const mark = join(root, 'dist', '.dashboard-digest');

const digest = digestOf();
if (!isBuilt()) {
  await lock();
  try {
    if (!isBuilt()) await bundle();
  } finally {
    rmSync(lockFolder, { recursive: true, force: true });
  }
}

function digestOf() {
  const hash = createHash('sha256');
  const files = readdirSync(here, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const shared = [join(here, '..', 'frames.ts'), join(root, 'strategies', 'contract.ts')];
  for (const path of [...files, ...shared].sort()) hash.update(path).update(readFileSync(path));
  for (const name of ['vite', 'preact', '@dagrejs/dagre'])
    hash.update(readFileSync(join(root, 'node_modules', name, 'package.json')));
  return hash.digest('hex');
}

function isBuilt() {
  try {
    return readFileSync(mark, 'utf8') === digest && readdirSync(out).includes('index.html');
  } catch {
    return false;
  }
}

/** One build at a time: a folder can be made by one process alone. One that is old was left by a build that was killed. */
async function lock() {
  mkdirSync(join(root, 'dist'), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lockFolder);
      return;
    } catch {
      const madeMs = statSync(lockFolder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
      if (Date.now() - madeMs > LOCK_MS) rmSync(lockFolder, { recursive: true, force: true });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Beside its place first: who looks meanwhile sees the old page or the new one. */
async function bundle() {
  const { build } = await import('vite');
  const fresh = join(root, 'dist', `.dashboard-${process.pid}`);
  await build({
    ...{ root: here, configFile: false, logLevel: 'warn', publicDir: join(here, 'public') },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      ...{ outDir: fresh, emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0, sourcemap: false },
      // Scripts within the page are refused by its own policy.
      modulePreload: { polyfill: false },
    },
  });
  const licences = ['preact', '@dagrejs/dagre'].map((name) => {
    return `${name}\n\n${readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8')}`;
  });
  writeFileSync(join(fresh, 'licences.txt'), licences.join('\n\n'));
  mkdirSync(dirname(out), { recursive: true });
  rmSync(out, { recursive: true, force: true });
  renameSync(fresh, out);
  writeFileSync(mark, digest);
}
