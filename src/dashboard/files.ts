/** The files of the page, as the build left them. They hold nothing of any fleet. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { PACKAGE_ROOT } from '../package-root.ts';
import type { ShownFile } from '../runtime/control/shown.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const UNBUILT = '<!doctype html><title>healix</title><p>The page was not built. Run: npm run build';

/** Looks a file up by the path of a request. Read once: nothing that a request says becomes a path on the disk. */
export function pageFiles(folder = join(PACKAGE_ROOT, 'dist', 'dashboard')): (path: string) => ShownFile | null {
  let files: ReadonlyMap<string, ShownFile> | null = null;
  return (path) => {
    files ??= readFiles(folder);
    return files.get(path) ?? null;
  };
}

function readFiles(folder: string): ReadonlyMap<string, ShownFile> {
  const files = new Map<string, ShownFile>();
  let names: string[] = [];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    // Told to who asks for it.
  }
  for (const name of names) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const path = `/${name.split(sep).join('/')}`;
    files.set(path, { type, body: readFileSync(join(folder, name)), isLasting: path.startsWith('/assets/') });
  }
  const index = files.get('/index.html') ?? { type: TYPES['.html']!, body: Buffer.from(UNBUILT), isLasting: false };
  files.set('/', index);
  return files;
}
