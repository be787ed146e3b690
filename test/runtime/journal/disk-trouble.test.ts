/** A full or broken disk: nobody is told what is not so, nothing half-written stays, and it heals by itself. */
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Disk, realDisk } from '../../../src/runtime/journal/disk.ts';
import { type FileJournal, verifyJournal } from '../../../src/runtime/journal/index.ts';
import { newFolder, note, open, questionedDisk, systemError, texts, written } from './harness.ts';

const FIRST = 'journal-00000001.jsonl';

/** A disk that fails in what `isBroken` names, and how often it was asked anything. */
function brittleDisk(isBroken: (operation: string, file: string, count: number) => string | null): {
  disk: Disk;
  count: () => number;
} {
  let count = 0;
  const disk = questionedDisk(realDisk, (operation, file) => {
    const code = isBroken(operation, file, count);
    count += 1;
    if (code !== null) throw systemError(code);
    return undefined;
  });
  return { disk, count: () => count };
}

async function isTaken(journal: FileJournal, text: string): Promise<boolean> {
  return journal.append(note(text)).then(
    () => true,
    () => false,
  );
}

describe('when the disk takes nothing more', () => {
  it.each([
    ['write', 'ENOSPC'],
    ['sync', 'EIO'],
  ])('a failed %s (%s) rejects, is seen, leaves no byte, and the next append heals it', async (broken, code) => {
    let isBroken = false;
    const { disk } = brittleDisk((operation, file) =>
      isBroken && operation === broken && file === FIRST ? code : null,
    );
    const folder = newFolder();
    const journal = await open(folder, { disk });
    await journal.append(note('before'));
    const size = statSync(join(folder, FIRST)).size;
    isBroken = true;
    const failed = journal.append(note('lost'));
    await expect(failed).rejects.toMatchObject({ name: 'HealixError', code: 'journal-unwritable', cause: { code } });
    expect(journal.isHealthy).toBe(false);
    expect(statSync(join(folder, FIRST)).size).toBe(size);
    expect(texts(journal.read())).toEqual(['before']);
    isBroken = false;
    await journal.append(note('after'));
    expect(journal.isHealthy).toBe(true);
    expect(texts(journal.read())).toEqual(['before', 'after']);
    await journal.close();
    expect(verifyJournal(folder)).toMatchObject({ kind: 'good', records: 3 });
  });

  it('what could not even be cut off is cut off before the next write', async () => {
    let isBroken = false;
    const { disk } = brittleDisk((operation, file) =>
      isBroken && file === FIRST && operation !== 'sync' ? 'EIO' : null,
    );
    const folder = newFolder();
    const journal = await open(folder, { disk });
    await journal.append(note('before'));
    const size = statSync(join(folder, FIRST)).size;
    isBroken = true;
    expect(await isTaken(journal, 'lost, and much longer than what comes after it')).toBe(false);
    expect(statSync(join(folder, FIRST)).size).toBeGreaterThan(size);
    isBroken = false;
    await journal.append(note('after'));
    await journal.close();
    expect(readFileSync(join(folder, FIRST), 'utf8')).not.toContain('lost');
    expect(verifyJournal(folder)).toMatchObject({ kind: 'good', records: 3 });
  });

  it('all who shared the write are told, and all who come later are tried', async () => {
    let left = 1;
    const { disk } = brittleDisk((operation, file) => {
      if (operation !== 'write' || file !== FIRST || left === 0) return null;
      left -= 1;
      return 'ENOSPC';
    });
    const journal = await open(newFolder(), { disk });
    const outcomes = await Promise.all(['a', 'b', 'c'].map((text) => isTaken(journal, text)));
    expect(outcomes).toEqual([false, false, false]);
    expect(await isTaken(journal, 'd')).toBe(true);
    expect(texts(journal.read())).toEqual(['d']);
    await journal.close();
  });

  it('a journal can be opened all the same, owes its notes, and writes them first', async () => {
    const folder = await written([note('before')]);
    appendFileSync(join(folder, FIRST), 'half');
    let isFull = true;
    const { disk } = brittleDisk((operation) => (isFull && operation === 'write' ? 'ENOSPC' : null));
    const journal = await open(folder, { disk });
    expect(journal.isHealthy).toBe(false);
    expect(await isTaken(journal, 'lost')).toBe(false);
    isFull = false;
    await journal.append(note('after'));
    expect(journal.isHealthy).toBe(true);
    expect(texts(journal.read())).toEqual(['before', expect.stringContaining('was not finished'), 'after']);
    await journal.close();
  });

  it('a head that cannot be anchored is trouble, and no reason to lose an entry', async () => {
    let isBroken = false;
    const { disk } = brittleDisk((_, file) => (isBroken && file.startsWith('head.json') ? 'ENOSPC' : null));
    const folder = newFolder();
    const journal = await open(folder, { disk, anchorEvery: 1 });
    await journal.append(note('1'));
    isBroken = true;
    await journal.append(note('2'));
    await journal.append(note('3'));
    await journal.close();
    expect(journal.isHealthy).toBe(false);
    expect(verifyJournal(folder)).toMatchObject({ kind: 'good', records: 4 });
  });
});

it('whatever operation fails, and for however long, exactly what was acknowledged is there', async () => {
  const run = async (from: number, failures: number): Promise<number> => {
    const { disk, count } = brittleDisk((_operation, _file, at) => (at >= from && at < from + failures ? 'EIO' : null));
    const folder = newFolder();
    const options = { disk, segmentBytes: 600, segmentsMax: 3, anchorEvery: 4 };
    const journal = await open(folder, options).catch(() => null);
    if (journal === null) return count();
    const taken: string[] = [];
    for (let at = 0; at < 14; at += 1) {
      const text = `${at} ${'x'.repeat(at * 7)}`;
      if (await isTaken(journal, text)) taken.push(text);
    }
    await journal.close();
    const read = texts(journal.read());
    expect(read.length).toBeGreaterThan(0);
    expect(read, `failing ${failures} from ${from}`).toEqual(taken.slice(-read.length));
    const again = await open(folder);
    // A disk that is broken to the last may keep a part that nobody was promised, or a segment that was to go.
    if (from + failures < count()) expect(again.opening.repair, `failing ${failures} from ${from}`).toBeNull();
    expect(again.opening.findings, `failing ${failures} from ${from}`).toEqual([]);
    expect(texts(again.read()).filter((text) => read.includes(text))).toEqual(read);
    await again.close();
    expect(verifyJournal(folder)).toMatchObject({ kind: 'good' });
    return count();
  };
  const operations = await run(Number.POSITIVE_INFINITY, 0);
  expect(operations).toBeGreaterThan(60);
  for (let from = 0; from < operations; from += 1) for (const failures of [1, 2, 5]) await run(from, failures);
}, 180_000);
