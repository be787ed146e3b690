/** Files and folders that a config names: inside its own folder, links followed, and there where they must be. */
import { lstatSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { placeholdersIn } from '../fill-in.ts';
import { STATE_DIR } from './bounds.ts';
import { asObject, type Loose, type LooseService } from './loose.ts';
import type { Finding, Path } from './problems.ts';

/** A path that may be used, or why not. `real` is undefined for what does not exist yet. */
export type CheckedPath =
  | { readonly kind: 'inside'; readonly path: string; readonly real: string | undefined }
  | { readonly kind: 'bad'; readonly reason: string };

type Wanted = 'file' | 'file or nothing' | 'folder' | 'folder or nothing';

export function checkPaths(config: Loose, services: readonly LooseService[], folder: string): Finding[] {
  const findings: Finding[] = [];
  const want = (value: unknown, wanted: Wanted, path: Path): string | undefined => {
    if (typeof value !== 'string' || value === '') return undefined;
    const checked = checkPath(folder, value);
    const reason = reasonAgainst(value, checked, wanted);
    if (reason === undefined) return checked.kind === 'inside' ? checked.real : undefined;
    findings.push({ path, message: reason });
    return undefined;
  };
  want(config.stateDir ?? STATE_DIR, 'folder or nothing', ['stateDir']);
  want(config.constitution, 'file', ['constitution']);
  want(asObject(config.control).tokenFile, 'file', ['control', 'tokenFile']);
  for (const { at, fields } of services) {
    const place = ['services', at];
    const configFile = asObject(fields.configFile);
    // Missing it has drifted, which is for the healer to mend, and no reason to leave all services alone.
    const live = want(configFile.path, 'file or nothing', [...place, 'configFile', 'path']);
    const good = want(configFile.knownGood, 'file', [...place, 'configFile', 'knownGood']);
    if (live !== undefined && live === good)
      findings.push({
        path: [...place, 'configFile', 'knownGood'],
        message: 'is the config file itself: keep a copy of its own',
      });
    const releases = asObject(fields.releases);
    const home = want(releases.folder, 'folder', [...place, 'releases', 'folder']);
    const names = home === undefined ? [] : badReleases(releases, home, [...place, 'releases'], findings);
    const path = [...place, 'cwd'];
    for (const cwd of namedFolders(fields.cwd, names)) want(cwd, 'folder', path);
    if (typeof fields.cwd === 'string' && placeholdersIn(fields.cwd).some((name) => name !== 'release'))
      findings.push({ path, message: 'only {release} is filled in here' });
  }
  return findings;
}

/**
 * Whether a path stays in `folder`, `..` and links resolved. What does not exist is judged by the nearest folder above it
 * that does, so that nothing can be made outside either.
 */
export function checkPath(folder: string, path: string): CheckedPath {
  const bad = (reason: string): CheckedPath => ({ kind: 'bad', reason });
  if (path.includes('\0')) return bad('holds a NUL character');
  if (isAbsolute(path)) return bad(`${path} is absolute: paths are relative to the folder of the config`);
  try {
    const root = realpathSync(folder);
    const full = join(root, path);
    if (!isInside(root, full)) return bad(`${path} leads out of the folder of the config`);
    const real = realOf(full);
    if (real === 'broken link') return bad(`${path} is or follows a link to nothing`);
    if (!isInside(root, real.deepest)) return bad(`${path} leads out of the folder of the config by a link`);
    return { kind: 'inside', path: full, real: real.whole ? real.deepest : undefined };
  } catch (error) {
    return bad(`cannot look at ${path}: ${(error as Error).message}`);
  }
}

/** A folder per release, where the folder's name depends on it. */
function namedFolders(cwd: unknown, releases: readonly string[]): unknown[] {
  if (typeof cwd !== 'string' || !cwd.includes('{release}')) return [cwd];
  return releases.map((release) => cwd.replaceAll('{release}', release));
}

/** Adds what is wrong with the releases to `findings`; returns the names of those that may run. */
function badReleases(releases: Loose, home: string, place: Path, findings: Finding[]): string[] {
  const nameOf = (key: 'current' | 'previous'): string | undefined => {
    const given = releases[key];
    if (typeof given !== 'string' || given === '') return undefined;
    const checked = checkPath(home, given);
    const reason = reasonAgainst(given, checked, 'folder');
    if (reason !== undefined) findings.push({ path: [...place, key], message: reason });
    else if (checked.kind === 'inside' && checked.real !== undefined) {
      if (dirname(checked.real) === home) return basename(checked.real);
      findings.push({ path: [...place, key], message: `${given} is not a release right inside of releases.folder` });
    }
    return undefined;
  };
  const current = nameOf('current');
  const previous = nameOf('previous');
  // A link that leads to `previous` is what a rollback leaves behind; a fixed name can never lead anywhere else.
  if (previous !== undefined && releases.current === previous)
    findings.push({
      path: [...place, 'previous'],
      message: `${previous} is the current release: nothing to go back to`,
    });
  return [current, previous].flatMap((name) => name ?? []);
}

function reasonAgainst(written: string, checked: CheckedPath, wanted: Wanted): string | undefined {
  if (checked.kind === 'bad') return checked.reason;
  if (checked.real === undefined) return wanted.endsWith('or nothing') ? undefined : `${written} does not exist`;
  const stats = statSync(checked.real);
  if (wanted.startsWith('file')) return stats.isFile() ? undefined : `${written} is not a file`;
  return stats.isDirectory() ? undefined : `${written} is not a folder`;
}

/** The real path of what exists, or of the deepest part of it that does. */
function realOf(full: string): { readonly deepest: string; readonly whole: boolean } | 'broken link' {
  for (let path = full; ; path = dirname(path)) {
    const entry = lstatSync(path, { throwIfNoEntry: false });
    if (entry === undefined) continue;
    try {
      return { deepest: realpathSync(path), whole: path === full };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'broken link';
      throw error;
    }
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}
