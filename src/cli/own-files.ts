/** Keeps a command from writing over a file that it reads, or two of its outputs over each other. */
import { realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Problems } from './options.ts';

/** A file of this command line, and the option or argument that it was named by; no file where that was left out. */
export type NamedFile = readonly [option: string, file: string | undefined];

/**
 * Notes every file of `written` that is one of `read`, or another of `written`, whatever path or link leads there. To be asked before
 * any work. What is read and written on purpose (a checkpoint, a pack signed in place) belongs to `written` alone.
 */
export function checkOwnFiles(problems: Problems, written: readonly NamedFile[], read: readonly NamedFile[]): void {
  for (const [at, [option, file]] of written.entries()) {
    if (file === undefined) continue;
    const others = [...read, ...written.slice(0, at)];
    const other = others.find(([, path]) => path !== undefined && isSameFile(path, file));
    if (other !== undefined)
      problems.add(`${option} ${file} is used for something else by the same command (${other[0]}): name another file`);
  }
}

/** Also through links, and where neither is there yet. */
export function isSameFile(a: string, b: string): boolean {
  const [one, other] = [lookAt(a), lookAt(b)];
  // Two ends of one terminal or pipe are the same device, but nothing that could be overwritten.
  if (one !== undefined && other !== undefined)
    return one.isFile() && other.isFile() && one.dev === other.dev && one.ino === other.ino;
  return one === undefined && other === undefined && realPath(a) === realPath(b);
}

/** Undefined for what is not there. */
function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Of a file that need not be there, in a folder that is; the path as it stands where the folder is missing, too. */
function realPath(path: string): string {
  const whole = resolve(path);
  try {
    return join(realpathSync(dirname(whole)), basename(whole));
  } catch {
    return whole;
  }
}
