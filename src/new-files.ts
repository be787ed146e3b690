/** Writes several files into a folder: all of them or none, and never over what is there unless told to. */
import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { HealixError } from './errors.ts';

export interface NewFile {
  /** Within the folder, without subfolders. */
  readonly name: string;
  readonly text: string;
}

/**
 * Makes the folder if need be and returns the paths written. Each file is complete on disk before any takes its name; those that took
 * theirs go again when a later one cannot, but for what `force` has replaced by then.
 * @throws HealixError `file-exists` naming every file in the way, `unwritable-folder`.
 */
export function writeNewFiles(folder: string, files: readonly NewFile[], { force }: { force: boolean }): string[] {
  refuseTaken(folder, files, force);
  const paths = files.map(({ name }) => join(folder, name));
  const temporary = paths.map((path) => `${path}.${process.pid}.new`);
  const made: string[] = [];
  try {
    mkdirSync(folder, { recursive: true });
    files.forEach(({ text }, at) => {
      writeWhole(temporary[at]!, text);
    });
    for (const [at, path] of paths.entries()) {
      // Unlike a rename, a link takes nobody else's name, not even one that came up meanwhile.
      if (force) renameSync(temporary[at]!, path);
      else linkSync(temporary[at]!, path);
      if (!force) made.push(path);
    }
    return paths;
  } catch (error) {
    for (const path of made) rmSync(path, { force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw new HealixError('unwritable-folder', `Cannot write into ${resolve(folder)}: ${reason}.`, { cause: error });
  } finally {
    for (const path of temporary) if (lookAt(path) !== undefined) rmSync(path, { force: true });
  }
}

/** @throws HealixError when a file is in the way, before any work is done. */
export function refuseTaken(folder: string, files: readonly Pick<NewFile, 'name'>[], force: boolean): void {
  const found = files.flatMap(({ name }) => {
    const stat = lookAt(join(folder, name));
    if (stat === undefined || (force && !stat.isDirectory())) return [];
    return [`  - ${join(folder, name)}${stat.isDirectory() ? ' (a folder)' : ''}`];
  });
  if (found.length === 0) return;
  const advice = 'Nothing was written. Move them away, choose another folder, or overwrite them with --force.';
  throw new HealixError('file-exists', ['These are there already:', ...found, advice].join('\n'));
}

/** Undefined for what is not there; so is all that lies below a file, which is told when it is written. */
function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function writeWhole(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o644);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
