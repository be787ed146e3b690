/** Takes away what a kill or a power cut left unfinished at the end of a journal, and keeps it aside for whoever wants to look. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type Disk, placeFile, UNFINISHED } from './disk.ts';
import { LINE_BYTES_MAX } from './line.ts';
import { listFolder, segmentName } from './segments.ts';
import type { Survey } from './survey.ts';

/** Most files of cut bytes that are kept. */
export const TORN_MAX = 8;

export interface Repair {
  readonly file: string;
  readonly line: number;
  readonly bytes: number;
  /** Name of the file that holds the cut bytes; null when the disk would not take them. */
  readonly keptIn: string | null;
}

const TORN = /^(journal-\d{8,15}\.jsonl)\.(\d{1,15})\.torn$/;
/** Files of ours only: others may have put their own into the folder. */
const OURS = /^(?:head\.json|journal-\d{8,15}\.jsonl(?:\.\d{1,15}\.torn)?)$/;

/**
 * Cuts the newest segment back to its last whole record, or takes it away when not even its header is whole. What is cut off was
 * promised to nobody, so a disk too full to keep it aside does not keep a runtime from starting.
 */
export async function repairTorn(disk: Disk, folder: string, torn: NonNullable<Survey['torn']>): Promise<Repair> {
  const file = segmentName(torn.segment);
  const path = join(folder, file);
  const cut = readFrom(path, torn.offset);
  const keptIn = await keepAside(disk, folder, `${file}.${torn.offset}.torn`, cut);
  if (torn.offset === 0) {
    await disk.remove(path);
    await disk.syncFolder(folder);
  } else {
    const open = await disk.open(path, 'continue');
    try {
      await open.truncate(torn.offset);
      await open.sync();
    } finally {
      await open.close();
    }
  }
  return { file, line: torn.fault.line, bytes: cut.length, keptIn };
}

/** Removes files that were begun and never put in their place, and the oldest cut bytes when there are too many. */
export async function tidyFolder(disk: Disk, folder: string): Promise<void> {
  const names = listFolder(folder);
  const torn = names.filter((name) => TORN.test(name)).sort(byPlace);
  const unfinished = names.filter((name) => name.endsWith(UNFINISHED) && OURS.test(name.slice(0, -UNFINISHED.length)));
  for (const name of [...unfinished, ...torn.slice(0, -TORN_MAX)]) await disk.remove(join(folder, name));
}

async function keepAside(disk: Disk, folder: string, name: string, bytes: Buffer): Promise<string | null> {
  if (bytes.length === 0) return null;
  try {
    await (await placeFile(disk, join(folder, name), bytes)).close();
    return name;
  } catch {
    return null;
  }
}

function byPlace(a: string, b: string): number {
  const [, fileA = '', offsetA] = TORN.exec(a) ?? [];
  const [, fileB = '', offsetB] = TORN.exec(b) ?? [];
  if (fileA !== fileB) return fileA.length - fileB.length || (fileA < fileB ? -1 : 1);
  return Number(offsetA) - Number(offsetB);
}

function readFrom(path: string, offset: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(Math.min(fstatSync(file).size - offset, 2 * LINE_BYTES_MAX));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, offset));
  } finally {
    closeSync(file);
  }
}
