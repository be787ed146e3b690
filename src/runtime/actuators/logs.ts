/**
 * Output files that never grow without end. A child holds its file open for as long as it lives and few programs reopen it on request,
 * so a file is copied and cut short (copytruncate) instead of renamed: the child, which appends, goes on at the new end. The price is
 * that lines written between the last byte copied and the cut are lost; the two follow each other directly.
 */
import { constants, ftruncateSync, readSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';

export interface LogLimits {
  /** A file this long is rotated; a copy holds its end, longer at most by what was written before and while it was made (1 MiB each). */
  readonly bytesMax: number;
  /** Copies kept: `FILE.1` is the latest. */
  readonly copies: number;
}

export const LOG_LIMITS: LogLimits = { bytesMax: 10 * 2 ** 20, copies: 3 };

const CHUNK_BYTES = 256 * 1024;
/** What a child may write between reaching the limit and the copy, and again while it is made, and still have copied; a faster one loses some. */
const SLACK_BYTES = 4 * CHUNK_BYTES;
/** A service that may write into its log folder must not point us at another file. */
const NO_LINK = constants.O_NOFOLLOW;

/** Rotates the file if it has reached its limit; answers whether it did. A missing file is none of its business. */
export async function rotate(path: string, limits: LogLimits = LOG_LIMITS): Promise<boolean> {
  const file = await openIfThere(path, constants.O_RDWR | NO_LINK);
  if (file === null) return false;
  try {
    const { size } = await file.stat();
    if (size < limits.bytesMax) return false;
    for (let copy = limits.copies; copy > 1; copy -= 1) await renameIfThere(`${path}.${copy - 1}`, `${path}.${copy}`);
    if (limits.copies > 0)
      await copyEnd(file, `${path}.1`, Math.max(0, size - limits.bytesMax - SLACK_BYTES), limits.bytesMax);
    else ftruncateSync(file.fd, 0);
    return true;
  } finally {
    await file.close();
  }
}

/** The last `bytesMax` bytes as text; the first line is left out if only a part of it is read. Empty for a missing file. */
export async function readTail(path: string, bytesMax: number, from = 0): Promise<string> {
  const file = await openIfThere(path, constants.O_RDONLY | NO_LINK);
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    // Shorter than where we began: it was rotated since, and what we want begins at its start.
    const begin = Math.max(from <= size ? from : 0, size - bytesMax);
    const bytes = Buffer.alloc(Math.min(bytesMax, size - begin));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, begin);
    const text = bytes.toString('utf8', 0, bytesRead);
    const isCut = begin > from && from <= size;
    return isCut ? text.slice(text.indexOf('\n') + 1) : text;
  } finally {
    await file.close();
  }
}

/** Copies from `begin` on and cuts the original; what is written meanwhile comes along up to `SLACK_BYTES`. */
async function copyEnd(file: FileHandle, to: string, begin: number, bytesMax: number): Promise<void> {
  const copy = await open(to, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | NO_LINK, 0o640);
  const chunk = Buffer.alloc(CHUNK_BYTES);
  try {
    for (let left = bytesMax + 2 * SLACK_BYTES, at = begin; ; ) {
      // Synchronous, so that nothing of ours comes between the read that finds the end and the cut.
      const read = readSync(file.fd, chunk, 0, Math.min(CHUNK_BYTES, left), at);
      if (read === 0) break;
      await copy.write(chunk, 0, read);
      at += read;
      left -= read;
    }
    ftruncateSync(file.fd, 0);
  } finally {
    await copy.close();
  }
}

async function openIfThere(path: string, flags: number): Promise<FileHandle | null> {
  try {
    return await open(path, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
