/** Which release of a service is current and since when, and the switch to another in one step. Nothing outside the folder is touched. */
import { lstatSync, readFileSync, realpathSync, type Stats } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { isInside } from './confined.ts';
import { switchLink, writeWhole } from './durable.ts';
import type { Releases } from './managed-service.ts';
import { messageOf } from './process.ts';

/** A release and since when it is current (or was written). `name` is its path in the folder. */
export interface Release {
  readonly name: string;
  readonly sinceMs: number;
}

export type Found =
  | { readonly kind: 'found'; readonly release: Release }
  | { readonly kind: 'bad'; readonly reason: string };

export type Switched =
  | { readonly kind: 'switched'; readonly from: string | null; readonly to: string }
  /** `previous` is current already; nothing was changed. */
  | { readonly kind: 'already'; readonly release: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** The release that runs now; its age counts from when the link or file was last switched. */
export function currentRelease(releases: Releases): Found {
  return findRelease(releases.folder, releases.link ?? releases.current);
}

/** The release that an entry of the folder stands for: itself, what it links to, or the name that it holds. */
export function findRelease(folder: string, entry: string): Found {
  try {
    const root = realpathSync(folder);
    const path = entryOf(folder, entry);
    const stat = statOf(path);
    if (stat === null) return { kind: 'bad', reason: `${path} does not exist` };
    const target = stat.isFile() ? resolve(root, readFileSync(path, 'utf8').trim()) : path;
    const real = realpathSync(target);
    const name = relative(root, real);
    if (!isInside(root, real)) return { kind: 'bad', reason: `${path} leads to ${real}, outside ${root}` };
    if (!lstatSync(real).isDirectory()) return { kind: 'bad', reason: `${real} is no release: not a folder` };
    return { kind: 'found', release: { name, sinceMs: stat.mtimeMs } };
  } catch (error) {
    return { kind: 'bad', reason: messageOf(error) };
  }
}

/** Makes `previous` current. A link that leads nowhere is no obstacle: it may be what has to be cured. */
export function rollBack(releases: Releases): Switched {
  if (releases.link === null)
    return { kind: 'refused', reason: 'no link says which release is current, so none can be switched' };
  if (releases.previous === null) return { kind: 'refused', reason: 'no previous release is named' };
  const current = currentRelease(releases);
  const previous = findRelease(releases.folder, releases.previous);
  if (previous.kind === 'bad') return { kind: 'refused', reason: previous.reason };
  const to = previous.release.name;
  if (current.kind === 'found' && current.release.name === to) return { kind: 'already', release: to };
  try {
    makeCurrent(releases, releases.link, to);
  } catch (error) {
    return { kind: 'refused', reason: messageOf(error) };
  }
  return { kind: 'switched', from: current.kind === 'found' ? current.release.name : null, to };
}

/** A symlink is replaced by a symlink, a file by a file; where there is nothing, a symlink is made. */
function makeCurrent(releases: Releases, link: string, name: string): void {
  const path = entryOf(releases.folder, link);
  const before = statOf(path);
  if (before === null || before.isSymbolicLink())
    switchLink(path, relative(dirname(path), join(realpathSync(releases.folder), name)));
  else if (before.isFile()) writeWhole(path, Buffer.from(`${name}\n`), before);
  else throw new Error(`${path} is neither a symlink nor a file, so it cannot be switched`);
}

/** The entry itself, not what it leads to; its folder must lie in the root, links resolved. */
function entryOf(home: string, entry: string): string {
  const root = realpathSync(home);
  const path = resolve(root, relative(resolve(home), resolve(home, entry)));
  if (!isInside(root, path)) throw new Error(`${entry} lies outside ${root}`);
  const folder = realpathSync(dirname(path));
  if (folder !== root && !isInside(root, folder)) throw new Error(`${entry} lies in ${folder}, outside ${root}`);
  return path;
}

function statOf(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}
