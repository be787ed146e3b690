/** Who waits together shares one sync, keeps the order, and is told nothing before the disk has it. */
import { describe, expect, it } from 'vitest';
import { type Disk, realDisk } from '../../../src/runtime/journal/disk.ts';
import { WAITING_MAX } from '../../../src/runtime/journal/journal.ts';
import { CommitQueue } from '../../../src/runtime/journal/queue.ts';
import { newFolder, note, open, questionedDisk, texts } from './harness.ts';

const FIRST = 'journal-00000001.jsonl';

/** A disk whose syncs of the journal wait until they are let go. */
function gatedDisk(): { disk: Disk; asked(): Promise<void>; release(): void; syncs: () => number } {
  let syncs = 0;
  let tell = (): void => {};
  let release = (): void => {};
  let asked = new Promise<void>((resolve) => (tell = resolve));
  const disk = questionedDisk(realDisk, (operation, file) => {
    if (operation !== 'sync' || file !== FIRST) return undefined;
    syncs += 1;
    tell();
    return new Promise((resolve) => (release = resolve));
  });
  return {
    disk,
    asked: () => asked,
    release() {
      asked = new Promise((resolve) => (tell = resolve));
      release();
    },
    syncs: () => syncs,
  };
}

describe('group commit', () => {
  it('lets all who came during a sync share the next one, in their order', async () => {
    const { disk, asked, release, syncs } = gatedDisk();
    const journal = await open(newFolder(), { disk });
    const told: number[] = [];
    const add = (at: number): Promise<void> => journal.append(note(at)).then(() => void told.push(at));
    const first = add(0);
    await asked();
    const rest = Array.from({ length: 50 }, (_, at) => add(at + 1));
    expect([told, texts(journal.read())]).toEqual([[], []]);
    release();
    await first;
    await asked();
    expect(told).toEqual([0]);
    expect(texts(journal.read())).toEqual(['0']);
    release();
    await Promise.all(rest);
    expect(syncs()).toBe(2);
    expect(told).toEqual(Array.from({ length: 51 }, (_, at) => at));
    expect(texts(journal.read())).toEqual(told.map(String));
    await journal.close();
  });

  it('acknowledges nothing before file and folder are synced', async () => {
    const steps: string[] = [];
    const disk = questionedDisk(realDisk, (operation, file) => void steps.push(`${operation} ${file}`));
    const journal = await open(newFolder(), { disk });
    steps.length = 0;
    await journal.append(note(1)).then(() => steps.push('told'));
    expect(steps).toEqual([
      `open ${FIRST}.new`,
      `write ${FIRST}.new`,
      `sync ${FIRST}.new`,
      `rename ${FIRST}`,
      'syncFolder journal',
      'open head.json.new',
      'write head.json.new',
      'sync head.json.new',
      'rename head.json',
      'syncFolder journal',
      `write ${FIRST}`,
      `sync ${FIRST}`,
      'told',
    ]);
    steps.length = 0;
    await journal.append(note(2)).then(() => steps.push('told'));
    expect(steps).toEqual([`write ${FIRST}`, `sync ${FIRST}`, 'told']);
    await journal.close();
  });

  it('closes only when all that was appended is written', async () => {
    const { disk, asked, release } = gatedDisk();
    const journal = await open(newFolder(), { disk });
    const appended = journal.append(note(1));
    await asked();
    const closed = journal.close();
    release();
    await Promise.all([appended, closed]);
    expect(texts(journal.read())).toEqual(['1']);
  });

  it('refuses who would wait behind too many', async () => {
    const { disk, asked, release } = gatedDisk();
    const journal = await open(newFolder(), { disk });
    const first = journal.append(note('first'));
    await asked();
    const waiting = Array.from({ length: WAITING_MAX }, () => journal.append(note('')));
    await expect(journal.append(note('one more'))).rejects.toMatchObject({ code: 'journal-behind' });
    const all = Promise.all([first, ...waiting]);
    for (let batch = 0; batch <= WAITING_MAX / 1000; batch += 1) {
      await asked();
      release();
    }
    await all;
    expect(texts(journal.read())).toHaveLength(WAITING_MAX + 1);
    await journal.close();
  });
});

describe('a commit queue', () => {
  const queued = async (sizes: readonly number[], itemsMax: number, sizeMax: number): Promise<number[][]> => {
    const batches: number[][] = [];
    const queue = new CommitQueue<number>({
      commit: async (items) => void batches.push([...items]),
      afterwards: async () => {},
      itemsMax,
      sizeMax,
    });
    await Promise.all(sizes.map((size) => queue.add(size, size)));
    await queue.idle();
    return batches;
  };

  it.each([
    [[1, 2, 3, 4, 5], 2, 100, [[1, 2], [3, 4], [5]]],
    [[5, 5, 5], 9, 10, [[5, 5], [5]]],
    [[50, 1, 1], 9, 10, [[50], [1, 1]]],
    [[1, 50, 1], 9, 10, [[1], [50], [1]]],
    [[], 9, 10, []],
  ])('of sizes %j takes at most %i items and size %i at once: %j', async (sizes, itemsMax, sizeMax, batches) => {
    expect(await queued(sizes, itemsMax, sizeMax)).toEqual(batches);
  });
});
