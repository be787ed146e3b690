/** Files and links that change in one step and stay changed after a power cut: temporary name, fsync, rename, fsync of the folder. */
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Readers see the old content or the new, never a part. `as`: whose file it shall be and who may read it. */
export function writeWhole(path: string, content: Buffer, as: Ownership): void {
  const temporary = besides(path);
  rmSync(temporary, { force: true });
  const file = openSync(temporary, 'wx', 0o600);
  try {
    for (let at = 0; at < content.length; ) at += writeSync(file, content, at);
    if (as.uid !== process.getuid?.() || as.gid !== process.getgid?.()) giveTo(file, as);
    fchmodSync(file, as.mode & 0o7777);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Points the symlink somewhere else without a moment in which it is missing. */
export function switchLink(path: string, target: string): void {
  const temporary = besides(path);
  rmSync(temporary, { force: true });
  symlinkSync(target, temporary);
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Always the same name, so that what a crash leaves behind is used up by the next attempt. */
function besides(path: string): string {
  return join(dirname(path), `.${basename(path)}.healix`);
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Only root may give files away; whoever is not keeps the file and the service reads it by its mode. */
function giveTo(file: number, as: Ownership): void {
  try {
    fchownSync(file, as.uid, as.gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}
