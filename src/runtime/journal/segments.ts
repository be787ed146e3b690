/** The files of a journal: their names, and their lines read one by one in bounded memory. */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { LINE_BYTES_MAX } from './line.ts';

const NAME = /^journal-(\d{8,15})\.jsonl$/;
const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 10;

export const segmentName = (number: number): string => `journal-${String(number).padStart(8, '0')}.jsonl`;

/** Numbers of the segments in a folder, oldest first; none when there is no folder. */
export function listSegments(folder: string): number[] {
  return listFolder(folder)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((number) => number > 0)
    .sort((a, b) => a - b);
}

export function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A line as it lies in the file. */
export interface RawLine {
  /** From 1. */
  readonly line: number;
  readonly offset: number;
  /** Without the newline; valid until the next line is asked for. Cut short when the line is longer than may be. */
  readonly bytes: Buffer;
  readonly hasNewline: boolean;
  /** Nothing comes after it. */
  readonly isLast: boolean;
}

/** Lines of the file as long as it is now, or of its first `length` bytes. */
export function* linesOf(path: string, length = Number.POSITIVE_INFINITY): Generator<RawLine> {
  const file = openSync(path, 'r');
  try {
    const size = Math.min(fstatSync(file).size, length);
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let pieces: Buffer[] = [];
    let held = 0;
    let line = 1;
    let offset = 0;
    for (let at = 0; at < size; ) {
      const got = readSync(file, chunk, 0, Math.min(CHUNK_BYTES, size - at), at);
      if (got === 0) break;
      let begin = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1 && end < got; end = chunk.indexOf(NEWLINE, begin)) {
        const bytes = Buffer.concat([...pieces, chunk.subarray(begin, end)]);
        yield { line, offset, bytes, hasNewline: true, isLast: at + end + 1 === size };
        pieces = [];
        held = 0;
        line += 1;
        begin = end + 1;
        offset = at + begin;
      }
      if (begin < got) {
        pieces.push(Buffer.from(chunk.subarray(begin, got)));
        held += got - begin;
      }
      at += got;
      if (held > LINE_BYTES_MAX) break;
    }
    if (held > 0)
      yield { line, offset, bytes: Buffer.concat(pieces), hasNewline: false, isLast: offset + held === size };
  } finally {
    closeSync(file);
  }
}
