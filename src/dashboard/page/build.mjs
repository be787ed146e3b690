/** Builds the page into dist/dashboard, unless nothing that it is made of has changed. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..', '..');
const out = join(root, 'dist', 'dashboard');
const mark = join(root, 'dist', '.dashboard-digest');

const digest = digestOf();
if (!isBuilt()) await bundle();

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
