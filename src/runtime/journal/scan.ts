/** Walks a journal from its oldest line to its end, checking every link of the chain, and stops at the first that does not hold. */
import { join } from 'node:path';
import type { Chain } from './key.ts';
import { type ChainPoint, type LineContent, type Reason, readLine, readLink } from './line.ts';
import { linesOf, type RawLine, segmentName } from './segments.ts';

/** What is wrong, and where: enough for a person to open the file at the line. */
export interface Fault {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Sequence number of the record that should be there. */
  readonly sequence: number;
  readonly reason: Reason;
  readonly problem: string;
}

export type Scanned =
  | {
      readonly kind: 'record';
      readonly segment: number;
      readonly point: ChainPoint;
      readonly content: LineContent;
      /** Length of the file up to and with this line. */
      readonly end: number;
    }
  /** The end of the newest segment was not finished; what was promised ends before it. */
  | { readonly kind: 'torn'; readonly segment: number; readonly offset: number; readonly fault: Fault }
  | { readonly kind: 'broken'; readonly fault: Fault };

/** Where a walk is. `point` is null before the first line that is kept. */
export interface Walk {
  point: ChainPoint | null;
}

/** How much is made of inputs and memories before the newest segment: `links` only checks that they are what was written. */
export type Depth = 'links' | 'entries';

/** All records of these segments (ascending); the last item tells of a torn or a broken line, if there is one. */
export function* scanJournal(
  folder: string,
  segments: readonly number[],
  chain: Chain,
  depth: Depth,
): Generator<Scanned> {
  const walk: Walk = { point: null };
  for (const [at, number] of segments.entries()) {
    const expected = at === 0 ? number : segments[at - 1]! + 1;
    if (number !== expected) {
      const problem = `it is gone, though ${segmentName(number)} is there`;
      yield broken(segmentName(expected), 1, walk, 'missing-segment', problem);
      return;
    }
    const isNewest = at === segments.length - 1;
    for (const item of scanSegment(folder, number, walk, chain, { isNewest, depth: isNewest ? 'entries' : depth })) {
      yield item;
      if (item.kind !== 'record') return;
    }
  }
}

/** The lines of one segment, or of its first `length` bytes; moves the walk on. Nothing comes after a torn or a broken one. */
export function* scanSegment(
  folder: string,
  number: number,
  walk: Walk,
  chain: Chain,
  {
    isNewest,
    length,
    depth = 'entries',
  }: { readonly isNewest: boolean; readonly length?: number; readonly depth?: Depth },
): Generator<Scanned> {
  const file = segmentName(number);
  let lines = 0;
  for (const raw of linesOf(join(folder, file), length)) {
    lines += 1;
    if (isNewest && isTorn(raw)) {
      const problem = `it was not finished: ${raw.bytes.length} bytes`;
      yield {
        kind: 'torn',
        segment: number,
        offset: raw.offset,
        fault: faultAt(file, raw.line, walk, 'torn', problem),
      };
      return;
    }
    if (!raw.hasNewline) {
      yield broken(file, raw.line, walk, 'bad-json', 'it has no end');
      return;
    }
    const link = depth === 'links' && walk.point !== null ? readLink(raw.bytes, walk.point, chain.digest) : null;
    const reading = link ?? readLine(raw.bytes, walk.point, chain.digest);
    if (reading.kind === 'bad') {
      yield broken(file, raw.line, walk, reading.reason, reading.problem);
      return;
    }
    const misplaced = misplacement(number, raw.line, walk, chain, reading.content);
    if (misplaced !== null) {
      yield broken(file, raw.line, walk, misplaced.reason, misplaced.problem);
      return;
    }
    walk.point = reading.point;
    const end = raw.offset + raw.bytes.length + 1;
    yield { kind: 'record', segment: number, point: reading.point, content: reading.content, end };
  }
  if (lines === 0) yield emptySegment(file, number, walk, isNewest);
}

/**
 * Whether a kill or a power cut left the line like this: it has no newline; or a block of it never reached the disk and reads as
 * zeros, which no line that was written holds.
 */
function isTorn(raw: RawLine): boolean {
  return raw.isLast && (!raw.hasNewline || raw.bytes.includes(0));
}

function emptySegment(file: string, segment: number, walk: Walk, isNewest: boolean): Scanned {
  const problem = 'the file is empty';
  return isNewest
    ? { kind: 'torn', segment, offset: 0, fault: faultAt(file, 1, walk, 'torn', problem) }
    : broken(file, 1, walk, 'missing-records', problem);
}

/** What is wrong with a line that is whole and linked, but in a place where it may not be. */
function misplacement(
  segment: number,
  line: number,
  walk: Walk,
  chain: Chain,
  content: LineContent,
): { readonly reason: Reason; readonly problem: string } | null {
  if ((content.kind === 'header') !== (line === 1)) {
    return { reason: 'schema', problem: 'a header is the first line of its segment, and only that' };
  }
  if (content.kind !== 'header') return null;
  const { number, previous, keyed } = content.header;
  if (number !== segment) return { reason: 'missing-segment', problem: `it says that it is ${segmentName(number)}` };
  if (walk.point !== null && previous !== walk.point.hash) {
    return {
      reason: 'bad-hash',
      problem: `it follows ${previous}, and the segment before ends with ${walk.point.hash}`,
    };
  }
  if (keyed !== chain.keyed) {
    const problem = keyed
      ? 'it was written with a key, and there is none'
      : 'it was written without the key that there is';
    return { reason: 'bad-hash', problem };
  }
  return null;
}

function broken(file: string, line: number, walk: Walk, reason: Reason, problem: string): Scanned {
  return { kind: 'broken', fault: faultAt(file, line, walk, reason, problem) };
}

function faultAt(file: string, line: number, walk: Walk, reason: Reason, problem: string): Fault {
  return { file, line, sequence: (walk.point?.sequence ?? 0) + 1, reason, problem };
}
