/** The journal that survives kills and power cuts: hash-chained JSON lines, synced before anybody is told that they are written. */
import { HealixError } from '../../errors.ts';
import type { Clock, Journal, JournalEntry } from '../ports.ts';
import { carryStep } from './carry.ts';
import { entryText } from './entry.ts';
import type { Chain } from './key.ts';
import { LINE_BYTES_MAX } from './line.ts';
import { CommitQueue } from './queue.ts';
import type { Repair } from './repair.ts';
import { type Fault, scanSegment, type Walk } from './scan.ts';
import type { LogEntry, SegmentLog } from './segment-log.ts';
import { isDiskError, refusal, unwritable } from './trouble.ts';

/** Most appends that wait for the disk. */
export const WAITING_MAX = 10_000;
/** Most entries, and most of their text, that share one sync. */
const BATCH_ENTRIES_MAX = 1000;
const BATCH_LENGTH_MAX = 1024 * 1024;
/** Room in a line for what is not the entry. */
const LINE_FRAME = 1024;

export interface FileJournalParts {
  readonly folder: string;
  readonly chain: Chain;
  readonly log: SegmentLog;
  readonly clock: Pick<Clock, 'now'>;
  readonly unlock: () => void;
  /** What the next entries have to be preceded by. */
  readonly notes: readonly string[];
  readonly opening: Opening;
  /** Where `readRecent` begins. */
  readonly recent: number;
  readonly onEntry: (entry: JournalEntry) => void;
}

/** What opening found. Everything in it is also a `note` in the journal. */
export interface Opening {
  /** Good records that were there, headers of segments and copies among them. */
  readonly records: number;
  readonly keyed: boolean;
  /** The unfinished line that was cut off. */
  readonly repair: Repair | null;
  /** Records or segments that are gone, or a head anchor: somebody took them, or the disk had promised too much. */
  readonly findings: readonly Fault[];
}

/** Made by `openJournal`. */
export class FileJournal implements Journal {
  /** What was found when it was opened. */
  readonly opening: Opening;
  readonly #parts: FileJournalParts;
  readonly #queue: CommitQueue<LogEntry>;
  /** Notes that the disk has not taken yet; they go before whatever is written next. */
  #owed: LogEntry[];
  #isHealthy = true;
  #closing: Promise<void> | null = null;

  constructor(parts: FileJournalParts) {
    this.#parts = parts;
    this.opening = parts.opening;
    const atMs = parts.clock.now();
    this.#owed = parts.notes.map((text) => logEntry({ kind: 'note', atMs, text }));
    this.#queue = new CommitQueue({
      commit: (entries) => this.#commit(entries),
      afterwards: (outcome) => this.#afterwards(outcome !== null),
      itemsMax: BATCH_ENTRIES_MAX,
      sizeMax: BATCH_LENGTH_MAX,
    });
  }

  /** Whether the last write, and the head anchor after it, were taken by the disk. */
  get isHealthy(): boolean {
    return this.#isHealthy;
  }

  /**
   * Resolves once the entry would survive a power cut. Rejects with a `HealixError` when the disk does not take it, and then nothing
   * of it is kept; the next append tries the disk again. The entry is read before the call returns and may change afterwards.
   */
  async append(entry: JournalEntry): Promise<void> {
    if (this.#closing !== null) throw new Error('append to a journal that is closed');
    if (this.#queue.length >= WAITING_MAX) {
      throw new HealixError('journal-behind', `${WAITING_MAX} entries wait for the disk of ${this.#parts.folder}.`);
    }
    const item = logEntry(entry);
    const size = Buffer.byteLength(item.text);
    if (size > LINE_BYTES_MAX - LINE_FRAME)
      throw new RangeError(`an entry (${entry.kind}) of ${size} bytes is too long`);
    await this.#queue.add(item, size);
    this.#parts.onEntry(entry);
  }

  /** Writes the notes of the opening before anything is appended. A disk that does not take them makes the journal unhealthy. */
  async writeNotes(): Promise<void> {
    let hasFailed = false;
    try {
      await this.#commit([]);
    } catch (error) {
      if (!(error instanceof HealixError)) throw error;
      hasFailed = true;
    }
    await this.#afterwards(hasFailed);
  }

  /**
   * Everything that is kept and was acknowledged, oldest first, line by line. Copies at the beginning of a segment are left out unless
   * what they were copied from is gone. Throws `HealixError` when a line is not what was written.
   */
  read(): Generator<JournalEntry> {
    return this.#read([...this.#parts.log.segments]);
  }

  /** As `read`, but only of the segments from that on which held the newest memory when it was opened: all that a start needs. */
  readRecent(): Generator<JournalEntry> {
    const { log, recent } = this.#parts;
    return this.#read(log.segments.filter((number) => number >= recent));
  }

  *#read(segments: readonly number[]): Generator<JournalEntry> {
    const { folder, chain, log } = this.#parts;
    const length = log.length;
    let walk: Walk = { point: null };
    let isFirst = true;
    for (const number of segments) {
      // Dropped while somebody reads slowly: go on with what is there.
      if (!log.segments.includes(number)) {
        walk = { point: null };
        continue;
      }
      const isNewest = number === segments.at(-1);
      for (const item of scanSegment(folder, number, walk, chain, isNewest ? { isNewest, length } : { isNewest })) {
        if (item.kind !== 'record') throw refusal(folder, item.fault);
        const { content } = item;
        if (content.kind === 'entry' && (content.carried === null || isFirst)) yield content.entry;
      }
      isFirst = false;
    }
  }

  /** Waits for what was appended, anchors the head and gives the lock back. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#queue.idle();
    try {
      await this.#parts.log.close();
    } catch (error) {
      // The journal itself is whole: only its anchor is behind, and the next start moves it on.
      if (!isDiskError(error)) throw error;
      this.#isHealthy = false;
    } finally {
      this.#parts.unlock();
    }
  }

  async #commit(entries: readonly LogEntry[]): Promise<void> {
    const owed = this.#owed;
    try {
      await this.#parts.log.commit([...owed, ...entries]);
    } catch (error) {
      throw isDiskError(error) ? unwritable(this.#parts.folder, error) : error;
    }
    this.#owed = [];
  }

  async #afterwards(hasFailed: boolean): Promise<void> {
    this.#isHealthy = !hasFailed;
    try {
      await this.#parts.log.settle();
    } catch (error) {
      if (!isDiskError(error)) throw error;
      this.#isHealthy = false;
    }
  }
}

function logEntry(entry: JournalEntry): LogEntry {
  return { text: entryText(entry), step: carryStep(entry) };
}
