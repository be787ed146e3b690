/** Files in folders that somebody else may write to, reached without leaving a root, though links may change at any moment. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type { Confines } from './managed-service.ts';
import { messageOf } from './process.ts';

/**
 * Calls `use` with a path of the file, links followed, that leads through a folder held open: where that folder lies has been looked at,
 * and exchanging it or a folder above it for a link changes nothing any more. The file need not exist. Throws when
 * it lies outside of the root, or is healix's own. The path holds only during the call, and its last part must not be followed if it is
 * a link.
 */
export function confined<T>({ root, own = [] }: Confines, path: string, use: (held: string) => T): T {
  const real = realOf(path);
  const folder = openSync(dirname(real), constants.O_RDONLY | constants.O_DIRECTORY);
  const held = `/proc/self/fd/${folder}`;
  try {
    const where = readlinkSync(held);
    if (where !== root && !isInside(root, where)) throw new Error(`${path} leads out of ${root}, to ${where}`);
    const target = join(where, basename(real));
    if (own.some((kept) => target === kept || isInside(kept, target)))
      throw new Error(`${path} leads to ${target}, which is healix's own`);
    return use(join(held, basename(real)));
  } catch (error) {
    throw new Error(messageOf(error).replaceAll(held, dirname(real)), { cause: error });
  } finally {
    closeSync(folder);
  }
}

/** Opens a file for reading: not through a link, and without waiting for the other end of a pipe. Throws if it is no file. */
export function openFile(path: string): { readonly descriptor: number; readonly stat: Stats } {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const stat = fstatSync(descriptor);
  if (stat.isFile()) return { descriptor, stat };
  closeSync(descriptor);
  throw new Error(`${path} is not a file`);
}

/** Both real paths; the root itself is not inside. */
export function isInside(root: string, path: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** A link to nothing is an entry too, and is refused: a file would be made wherever it points. */
function realOf(path: string): string {
  const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  return isThere ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));
}
