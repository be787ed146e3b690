/** The journal on disk: batches of lines at its end, fresh segments when one is full, the head anchor, and old segments dropped. */
import { join } from 'node:path';
import type { Carry, CarryStep } from './carry.ts';
import { type Disk, placeFile } from './disk.ts';
import { writeHead } from './head.ts';
import type { Chain } from './key.ts';
import { type ChainPoint, entryLineAfter, GENESIS, headerLineAfter } from './line.ts';
import { segmentName } from './segments.ts';
import type { LogEnd } from './survey.ts';
import { Tail } from './tail.ts';

export interface LogPlace {
  readonly folder: string;
  readonly disk: Disk;
  readonly chain: Chain;
  /** A segment that has grown by so much is followed by a fresh one. */
  readonly segmentBytes: number;
  /** Segments that are kept. */
  readonly segmentsMax: number;
  /** The head anchor is at most so many records behind. */
  readonly anchorEvery: number;
}

/** An entry to be written. */
export interface LogEntry {
  readonly text: string;
  readonly step: CarryStep;
}

/** What the log begins with. */
export interface LogState {
  readonly segments: readonly number[];
  readonly end: LogEnd | null;
  /** How far the head anchor is; null when there is none, or none that fits. */
  readonly anchored: number | null;
  /** Findings that the first entries tell of; until those are written, the head anchor does. */
  readonly owed: readonly string[];
}

/** One call at a time: the caller waits for each. All reject with the error of the disk, and may then be called again. */
export class SegmentLog {
  readonly #place: LogPlace;
  readonly #carry: Carry;
  readonly #segments: number[];
  /** Segments that are no longer kept and may still be there, oldest first. */
  readonly #dropped: number[] = [];
  #point: ChainPoint;
  #anchored: number | null;
  #owed: readonly string[];
  #tail: Tail | null;
  #startLength: number;

  constructor(place: LogPlace, { segments, end, anchored, owed }: LogState, carry: Carry) {
    this.#place = place;
    this.#carry = carry;
    this.#segments = [...segments];
    this.#point = end?.point ?? GENESIS;
    this.#anchored = anchored;
    this.#owed = owed;
    this.#tail = end === null ? null : new Tail(place.disk, join(place.folder, segmentName(end.segment)), end.length);
    this.#startLength = end?.startLength ?? 0;
  }

  /** Segments that are kept, ascending. */
  get segments(): readonly number[] {
    return this.#segments;
  }

  /** Good bytes of the newest segment. */
  get length(): number {
    return this.#tail?.length ?? 0;
  }

  /** Writes the entries in their order behind all others. When it rejects, none of them is in the journal. */
  async commit(entries: readonly LogEntry[]): Promise<void> {
    await this.#tail?.settle();
    const grown = this.length - this.#startLength;
    const tail = this.#tail === null || grown >= this.#place.segmentBytes ? await this.#beginSegment() : this.#tail;
    // From the first record on a missing anchor is a finding, so it comes before that.
    if (this.#anchored === null) await this.#anchor();
    let point = this.#point;
    const lines: string[] = [];
    const sequences: number[] = [];
    for (const { text } of entries) {
      const line = entryLineAfter(point, text, this.#place.chain.digest);
      lines.push(line.text);
      point = line.point;
      sequences.push(point.sequence);
    }
    await tail.write(Buffer.from(lines.join('')));
    this.#point = point;
    // The anchor that told of it is due to be replaced.
    if (this.#owed.length > 0) this.#anchored = 0;
    this.#owed = [];
    entries.forEach(({ text, step }, at) => {
      this.#carry.note(step, { sequence: sequences[at]!, text });
    });
  }

  /** What can wait until everybody has their answer: the anchor when it is due, and segments that are too old. */
  async settle(): Promise<void> {
    const tooMany = Math.max(0, this.#segments.length - this.#place.segmentsMax);
    // Out of the list first: who reads meanwhile does not look for them.
    this.#dropped.push(...this.#segments.splice(0, tooMany));
    const { folder, disk } = this.#place;
    while (this.#dropped.length > 0) {
      await disk.remove(join(folder, segmentName(this.#dropped[0]!)));
      // One after the other, so that no power cut leaves an older one behind a gap.
      await disk.syncFolder(folder);
      this.#dropped.shift();
    }
    if (this.#point.sequence === 0) return;
    const anchored = this.#anchored ?? 0;
    if (anchored === 0 || this.#point.sequence - anchored >= this.#place.anchorEvery) await this.#anchor();
  }

  /** Anchors the end and lets go of the file. */
  async close(): Promise<void> {
    try {
      if (this.#point.sequence > (this.#anchored ?? 0)) await this.#anchor();
    } finally {
      await this.#tail?.close();
    }
  }

  /**
   * A fresh segment, whole with its header and all that is carried before it gets its name. When that fails the old one is not written
   * any more: the next try makes the same bytes again, so that it does not matter whether the name survived.
   */
  async #beginSegment(): Promise<Tail> {
    const { folder, disk, chain, segmentsMax } = this.#place;
    const number = (this.#segments.at(-1) ?? 0) + 1;
    const oldest = Math.max(this.#segments[0] ?? number, number - segmentsMax + 1);
    let { text, point } = headerLineAfter(this.#point, { number, oldest, keyed: chain.keyed }, chain.digest);
    const lines = [text];
    for (const kept of this.#carry.list()) {
      ({ text, point } = entryLineAfter(point, kept.text, chain.digest, kept.sequence));
      lines.push(text);
    }
    const bytes = Buffer.from(lines.join(''));
    const path = join(folder, segmentName(number));
    const file = await placeFile(disk, path, bytes);
    await this.#tail?.close().catch(() => {});
    this.#tail = new Tail(disk, path, bytes.length, file);
    this.#segments.push(number);
    this.#point = point;
    this.#startLength = bytes.length;
    return this.#tail;
  }

  async #anchor(): Promise<void> {
    const { folder, disk, chain } = this.#place;
    const point = this.#point;
    await writeHead(disk, folder, { point, owed: this.#owed }, chain.digest);
    this.#anchored = point.sequence;
  }
}
