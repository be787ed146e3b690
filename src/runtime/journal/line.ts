/**
 * One line of a journal: a record, its sequence number, and a hash over the hash of the line before and the bytes of this one, so
 * that no byte can change, and no line go or come, unseen (Schneier and Kelsey 1999, "Secure audit logs to support computer forensics").
 */
import { z } from 'zod';
import type { JournalEntry } from '../ports.ts';
import { readEntry } from './entry.ts';
import type { Digest } from './key.ts';

export const JOURNAL_VERSION = 1;
/** Longest line that is written or read. */
export const LINE_BYTES_MAX = 16 * 1024 * 1024;
/** What the first line of all is chained to. */
export const GENESIS: ChainPoint = { sequence: 0, hash: '0'.repeat(64) };

/** A place in the chain: the last line before whatever comes next. */
export interface ChainPoint {
  readonly sequence: number;
  readonly hash: string;
}

/** First line of every segment. */
export interface SegmentHeader {
  readonly version: number;
  readonly number: number;
  /** Hash of the last line of the segment before; zeros when this is the first of all. */
  readonly previous: string;
  /** The oldest segment that was to be kept when this one was begun: those before it may be gone. */
  readonly oldest: number;
  readonly keyed: boolean;
}

export type LineContent =
  | { readonly kind: 'header'; readonly header: SegmentHeader }
  /** `carried`: the sequence number it was first written with, when this is the copy at the beginning of a segment. */
  | {
      readonly kind: 'entry';
      readonly entry: JournalEntry;
      /** Its text, as it was written. */
      readonly text: string;
      readonly carried: number | null;
    }
  /** An entry of which only the place in the chain was looked at. */
  | { readonly kind: 'link'; readonly of: 'input' | 'memory'; readonly carried: number | null };

export const REASONS = [
  'bad-json',
  'bad-hash',
  'gap',
  'schema',
  'torn',
  'missing-segment',
  'missing-records',
  'bad-head',
  'missing-head',
] as const;
export type Reason = (typeof REASONS)[number];

export type LineReading =
  | { readonly kind: 'line'; readonly point: ChainPoint; readonly content: LineContent }
  | { readonly kind: 'bad'; readonly reason: Reason; readonly problem: string };

const TAIL = /^,"hash":"([0-9a-f]{64})"\}$/;
const ENTRY = ',"entry":';
const TAIL_LENGTH = ',"hash":""}'.length + 64;

const sequence = z.int().min(1);
const hash = z.string();
const headerLine = z.strictObject({
  sequence,
  segment: z.strictObject({
    version: z.literal(JOURNAL_VERSION),
    number: z.int().min(1),
    previous: z.string().regex(/^[0-9a-f]{64}$/),
    oldest: z.int().min(1),
    keyed: z.boolean(),
  }),
  hash,
});
const entryLine = z.strictObject({ sequence, carried: sequence.exactOptional(), entry: z.unknown(), hash });

/** A line for an entry's text, with its newline, and the point of the chain that it makes. */
export function entryLineAfter(after: ChainPoint, entry: string, digest: Digest, carried?: number): SealedLine {
  return seal(after, `${carried === undefined ? '' : `,"carried":${carried}`}${ENTRY}${entry}`, digest);
}

export function headerLineAfter(
  after: ChainPoint,
  header: Omit<SegmentHeader, 'version' | 'previous'>,
  digest: Digest,
): SealedLine {
  const { number, oldest, keyed } = header;
  const segment: SegmentHeader = { version: JOURNAL_VERSION, number, previous: after.hash, oldest, keyed };
  return seal(after, `,"segment":${JSON.stringify(segment)}`, digest);
}

export interface SealedLine {
  readonly text: string;
  readonly point: ChainPoint;
}

/**
 * Reads a line (without its newline) that stands after this point of the chain; null for the first line that is kept, which says
 * itself what it follows. The hash is taken of the bytes as they are, before anything is made of them.
 */
export function readLine(bytes: Buffer, after: ChainPoint | null, digest: Digest): LineReading {
  const line = bytes.toString('utf8');
  const value = json(line);
  if (value === undefined) return bad('bad-json', 'it is not JSON');
  const shape = parseShape(value);
  if (shape.kind === 'bad') return bad('schema', shape.problem);
  const tail = TAIL.exec(line.slice(-TAIL_LENGTH));
  if (tail === null) return bad('schema', 'it does not end with its hash');
  const previous = after ?? previousOf(shape);
  if (previous === null) return bad('gap', 'a segment does not begin with its header');
  if (shape.sequence !== previous.sequence + 1) {
    return bad('gap', `record ${previous.sequence + 1} should be here, and ${shape.sequence} is`);
  }
  const expected = digest(previous.hash, bytes.subarray(0, bytes.length - TAIL_LENGTH));
  if (tail[1] !== expected)
    return bad('bad-hash', `its hash is ${tail[1]}, and its bytes and what went before give ${expected}`);
  const point: ChainPoint = { sequence: shape.sequence, hash: expected };
  if (shape.kind === 'header') return { kind: 'line', point, content: { kind: 'header', header: shape.header } };
  const reading = readEntry(shape.entry);
  if (reading.kind === 'bad') return bad('schema', reading.problems);
  return {
    kind: 'line',
    point,
    content: { kind: 'entry', entry: reading.entry, text: entryTextOf(line), carried: shape.carried },
  };
}

/** How the lines of inputs and memories begin: all but a few of a journal, and of no use once a later memory was written. */
const BULK =
  /^\{"sequence":(\d{1,15})(?:,"carried":(\d{1,15}))?,"entry":\{"atMs":[\d.e+-]{1,30},(?:"(input)":|"kind":"(memory)",)/;
const BULK_LENGTH = 128;

/**
 * Checks the hash of a line that holds an input or a memory, and makes nothing of what it holds: parsing it takes ten times as long.
 * Null for any other line, or where anything is odd: `readLine` says what.
 */
export function readLink(bytes: Buffer, after: ChainPoint, digest: Digest): LineReading | null {
  const begin = BULK.exec(bytes.toString('latin1', 0, BULK_LENGTH));
  const tail = TAIL.exec(bytes.toString('latin1', Math.max(0, bytes.length - TAIL_LENGTH)));
  if (begin === null || tail === null || Number(begin[1]) !== after.sequence + 1) return null;
  if (tail[1] !== digest(after.hash, bytes.subarray(0, bytes.length - TAIL_LENGTH))) return null;
  const content: LineContent = {
    kind: 'link',
    of: begin[3] === undefined ? 'memory' : 'input',
    carried: begin[2] === undefined ? null : Number(begin[2]),
  };
  return { kind: 'line', point: { sequence: after.sequence + 1, hash: tail[1] }, content };
}

type Shape =
  | { readonly kind: 'header'; readonly sequence: number; readonly header: SegmentHeader }
  | { readonly kind: 'entry'; readonly sequence: number; readonly carried: number | null; readonly entry: unknown }
  | { readonly kind: 'bad'; readonly problem: string };

function parseShape(value: unknown): Shape {
  if (typeof value === 'object' && value !== null && 'segment' in value) {
    const parsed = headerLine.safeParse(value);
    if (!parsed.success) return { kind: 'bad', problem: z.prettifyError(parsed.error) };
    return { kind: 'header', sequence: parsed.data.sequence, header: parsed.data.segment };
  }
  const parsed = entryLine.safeParse(value);
  if (!parsed.success) return { kind: 'bad', problem: z.prettifyError(parsed.error) };
  const { entry, carried = null } = parsed.data;
  return { kind: 'entry', sequence: parsed.data.sequence, carried, entry };
}

function previousOf(shape: Exclude<Shape, { kind: 'bad' }>): ChainPoint | null {
  return shape.kind === 'header' ? { sequence: shape.sequence - 1, hash: shape.header.previous } : null;
}

function seal(after: ChainPoint, rest: string, digest: Digest): SealedLine {
  const point = after.sequence + 1;
  const body = `{"sequence":${point}${rest}`;
  const made = digest(after.hash, body);
  return { text: `${body},"hash":"${made}"}\n`, point: { sequence: point, hash: made } };
}

/** Nothing but numbers comes before the entry, so the first place where it could begin is where it does. */
function entryTextOf(line: string): string {
  return line.slice(line.indexOf(ENTRY) + ENTRY.length, -TAIL_LENGTH);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const bad = (reason: Reason, problem: string): LineReading => ({ kind: 'bad', reason, problem });
