/** One look at a whole journal: its chain, its head anchor, its oldest segment. What opening and verifying both go by. */

import { HEAD_FILE, type Head, type HeadReading, readHead } from './head.ts';
import type { Chain } from './key.ts';
import type { ChainPoint } from './line.ts';
import { type Depth, type Fault, type Scanned, scanJournal } from './scan.ts';
import { listSegments, segmentName } from './segments.ts';

/** Where the good part of a journal ends. */
export interface LogEnd {
  readonly segment: number;
  readonly point: ChainPoint;
  /** Lines of the file up to the end, and its length with them. */
  readonly lines: number;
  readonly length: number;
  /** Length of the header and the copies that the segment begins with. */
  readonly startLength: number;
}

export interface Survey {
  /** Segments that are there, ascending. */
  readonly segments: readonly number[];
  /** Good records, headers and copies among them. */
  readonly records: number;
  readonly end: LogEnd | null;
  readonly torn: Extract<Scanned, { kind: 'torn' }> | null;
  readonly broken: Fault | null;
  readonly head: Head | null;
  /** What the chain itself cannot show: records gone at the end, segments gone at the beginning, a head that does not fit. */
  readonly findings: readonly Fault[];
}

type ScannedRecord = Extract<Scanned, { kind: 'record' }>;

/** Reads everything once, oldest first, as deep as said; `onRecord` is told of every good record. Throws what reading the files throws. */
export function surveyJournal(
  folder: string,
  chain: Chain,
  depth: Depth,
  onRecord?: (record: ScannedRecord) => void,
): Survey {
  // The head first: who writes while we read moves it on only after the records.
  const head = readHead(folder, chain.digest);
  const segments = listSegments(folder);
  const seen: Seen = { records: 0, entries: 0, end: null, oldest: 1, atHead: null };
  let torn: Survey['torn'] = null;
  let broken: Fault | null = null;
  for (const item of scanJournal(folder, segments, chain, depth)) {
    if (item.kind === 'torn') torn = item;
    else if (item.kind === 'broken') broken = item.fault;
    else {
      note(seen, item, head);
      onRecord?.(item);
    }
  }
  const findings = broken === null ? [...missingStart(segments, seen), ...headFindings(head, seen)] : [];
  const anchor = head.kind === 'head' ? head : null;
  return { segments, records: seen.records, end: seen.end, torn, broken, head: anchor, findings };
}

interface Seen {
  records: number;
  entries: number;
  end: LogEnd | null;
  /** Oldest segment that the newest header wants kept. */
  oldest: number;
  /** The hash that the journal has where the head anchor points. */
  atHead: string | null;
}

function note(seen: Seen, { segment, point, content, end }: ScannedRecord, head: HeadReading): void {
  const before = content.kind === 'header' ? null : seen.end;
  const isStart = content.kind === 'header' || content.carried !== null;
  seen.records += 1;
  if (content.kind === 'header') seen.oldest = content.header.oldest;
  else seen.entries += 1;
  if (head.kind === 'head' && head.point.sequence === point.sequence) seen.atHead = point.hash;
  const startLength = isStart ? end : (before?.startLength ?? 0);
  seen.end = { segment, point, lines: (before?.lines ?? 0) + 1, length: end, startLength };
}

function missingStart(segments: readonly number[], { oldest, end }: Seen): Fault[] {
  const first = segments[0];
  if (first === undefined || end === null || first <= oldest) return [];
  const problem = `it and the segments up to ${segmentName(first)} are gone, though they were to be kept`;
  return [{ file: segmentName(oldest), line: 1, sequence: 1, reason: 'missing-segment', problem }];
}

function headFindings(head: HeadReading, { end, entries, atHead }: Seen): Fault[] {
  const sequence = (end?.point.sequence ?? 0) + 1;
  const inHead = { file: HEAD_FILE, line: 1, sequence };
  switch (head.kind) {
    case 'none':
      return entries === 0
        ? []
        : [{ ...inHead, reason: 'missing-head', problem: 'it is gone: nobody knows how far the journal had come' }];
    case 'bad':
      return [{ ...inHead, reason: 'bad-head', problem: head.problem }];
    case 'head': {
      const { point } = head;
      if (point.sequence >= sequence) {
        const file = segmentName(end?.segment ?? 1);
        const problem = `records ${sequence} to ${point.sequence} are gone: ${HEAD_FILE} says that they were written`;
        return [{ file, line: (end?.lines ?? 0) + 1, sequence, reason: 'missing-records', problem }];
      }
      if (atHead === null || atHead === point.hash) return [];
      const problem = `record ${point.sequence} had the hash ${point.hash}, and has ${atHead}: the journal was rewritten`;
      return [{ ...inHead, sequence: point.sequence, reason: 'bad-head', problem }];
    }
  }
}
