/** Opens a journal: takes the lock, checks every record, mends what a crash left unfinished, and says in the journal what it mended. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { HealixError } from '../../errors.ts';
import type { Clock, JournalEntry } from '../ports.ts';
import { Carry, carryStep } from './carry.ts';
import { type Disk, realDisk } from './disk.ts';
import { OWED_MAX } from './head.ts';
import { FileJournal } from './journal.ts';
import { type Chain, chainOf } from './key.ts';
import { lockJournal } from './lock.ts';
import { type Repair, repairTorn, tidyFolder } from './repair.ts';
import type { Depth } from './scan.ts';
import { SegmentLog } from './segment-log.ts';
import { linesOf, listSegments, segmentName } from './segments.ts';
import { type Survey, surveyJournal } from './survey.ts';
import { describe, isDiskError, refusal, unwritable } from './trouble.ts';

export interface JournalOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** A segment that has grown by so many bytes is followed by a fresh one. Default 8 MiB. */
  readonly segmentBytes?: number;
  /** Segments that are kept. Default 16. */
  readonly segmentsMax?: number;
  /** The head anchor is at most so many records behind. Default 64. */
  readonly anchorEvery?: number;
  readonly disk?: Disk;
  /**
   * Told of the entries that are kept, oldest first and each once, while they are checked (of inputs and memories only the newest),
   * and of those that are appended, once they are written.
   */
  readonly onEntry?: (entry: JournalEntry) => void;
}

const DEFAULTS = { segmentBytes: 8 * 1024 * 1024, segmentsMax: 16, anchorEvery: 64, onEntry: () => {} } as const;

/**
 * Opens the journal in this folder, or begins one; its key, if there is one, is `FOLDER.key`. Throws `HealixError` when another
 * process writes it, when a record that is not the unfinished last one is broken (it is never mended), when its head anchor does not
 * fit, or when the folder cannot be read or written.
 */
export async function openJournal(folder: string, options: JournalOptions): Promise<FileJournal> {
  const path = resolve(folder);
  const { disk = realDisk } = options;
  try {
    await makeFolder(disk, path);
    const unlock = lockJournal(path);
    try {
      return await openLocked(path, { ...DEFAULTS, ...options, disk }, unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  } catch (error) {
    throw isDiskError(error) ? unwritable(path, error) : error;
  }
}

async function openLocked(folder: string, options: Required<JournalOptions>, unlock: () => void): Promise<FileJournal> {
  const { disk, clock, segmentBytes, segmentsMax, anchorEvery, onEntry } = options;
  assert(segmentBytes >= 1 && segmentsMax >= 1 && anchorEvery >= 1, 'limits of a journal are 1 or more');
  const chain = chainOf(folder);
  await tidyFolder(disk, folder);
  const carry = new Carry(Math.floor(segmentBytes / 2));
  const survey = surveyInto(carry, folder, chain, onEntry);
  const repair = survey.torn === null ? null : await repairTorn(disk, folder, survey.torn);
  const segments = survey.segments.filter((number) => number <= (survey.end?.segment ?? 0));
  const { findings, head, end, recent } = survey;
  const told = new Set([...(head?.owed ?? []), ...findings.map((finding) => describe(folder, finding))]);
  const owed = [...told].slice(-OWED_MAX);
  // A head that points beyond the end has to be written anew, or it would fit nothing that comes.
  const anchored = findings.length > 0 ? null : (head?.point.sequence ?? null);
  const place = { folder, disk, chain, segmentBytes, segmentsMax, anchorEvery };
  const log = new SegmentLog(place, { segments, end, anchored, owed }, carry);
  const notes = [...(repair === null ? [] : [describeRepair(repair)]), ...owed];
  const opening = { records: survey.records, keyed: chain.keyed, repair, findings };
  const journal = new FileJournal({ folder, chain, log, clock, unlock, notes, opening, recent, onEntry });
  if (notes.length > 0) await journal.writeNotes();
  return journal;
}

/** What opening learns of a journal beside what verifying does. */
interface Opened extends Survey {
  /** The segment in which the newest memory was written first, or the oldest that is kept: what comes before is not needed to go on. */
  readonly recent: number;
}

/**
 * Reads the whole journal once; throws when it cannot be gone on with. Inputs and memories of all but the newest segment are only
 * checked: the newest one begins with copies of what is still needed of them.
 */
function surveyInto(carry: Carry, folder: string, chain: Chain, onEntry: (entry: JournalEntry) => void): Opened {
  let first: number | null = null;
  let recent: number | null = null;
  const survey = surveyJournal(folder, chain, depthOf(folder), ({ segment, point, content }) => {
    first ??= segment;
    if (content.kind === 'header') return;
    const isMemory = content.kind === 'link' ? content.of === 'memory' : content.entry.kind === 'memory';
    if (isMemory && content.carried === null) recent = segment;
    if (content.kind === 'link') return;
    const { entry, text, carried } = content;
    carry.note(carryStep(entry), { sequence: carried ?? point.sequence, text });
    if (carried === null || segment === first) onEntry(entry);
  });
  const fatal = survey.broken ?? survey.findings.find(({ reason }) => reason === 'bad-head');
  if (fatal !== undefined) throw refusal(folder, fatal);
  return { ...survey, recent: recent ?? first ?? 1 };
}

/** A newest segment that was never finished holds no copies: then everything before it counts. */
function depthOf(folder: string): Depth {
  const newest = listSegments(folder).at(-1);
  if (newest === undefined) return 'entries';
  for (const line of linesOf(join(folder, segmentName(newest)))) {
    return line.hasNewline && !line.bytes.includes(0) ? 'links' : 'entries';
  }
  return 'entries';
}

function describeRepair({ file, line, bytes, keptIn }: Repair): string {
  const where = keptIn === null ? 'and could not be kept aside' : `and are kept in ${keptIn}`;
  return `${file}, line ${line} was not finished when healix last stopped: ${bytes} bytes were cut off ${where}`;
}

/** Makes the folder, for its owner only, and the names on the way to it lasting. */
async function makeFolder(disk: Disk, folder: string): Promise<void> {
  const first = makeAll(folder);
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await disk.syncFolder(dirname(made));
    if (made === first) return;
    if (dirname(made) === made) throw new HealixError('journal-unwritable', `cannot make the folder ${folder}.`);
  }
}

function makeAll(folder: string): string | undefined {
  try {
    return mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // What Node says of a disk that cannot be written; asked for the one folder, the system says why.
    mkdirSync(folder, { mode: 0o700 });
    return folder;
  }
}
