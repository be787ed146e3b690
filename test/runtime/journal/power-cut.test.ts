/** A power cut at any moment: what was not synced may be gone or half there, names too; what was acknowledged is there. */
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Disk, type DiskFile, realDisk } from '../../../src/runtime/journal/disk.ts';
import { verifyJournal } from '../../../src/runtime/journal/index.ts';
import { newFolder, note, open, systemError, texts } from './harness.ts';

interface Cut {
  /** Operation at which the power goes; everything after it fails. */
  readonly at: number;
  /** Share of what was not synced that reached the disk. */
  readonly kept: number;
  /** Whether names that were not synced reached it. */
  readonly keptNames: boolean;
}

/** A disk that forgets what was not synced, once the power is cut. */
function forgetfulDisk(cut: Cut): { disk: Disk; forget(): void; operations: () => number } {
  let operations = 0;
  const synced = new Map<string, number>();
  let renames: { readonly to: string; readonly before: Buffer | null }[] = [];
  const step = (): void => {
    operations += 1;
    if (operations > cut.at) throw systemError('EIO');
  };
  const wrap = (file: DiskFile, path: { now: string }): DiskFile => ({
    async write(bytes, at) {
      if (operations + 1 === cut.at + 1) await file.write(bytes, at);
      step();
      await file.write(bytes, at);
    },
    async sync() {
      step();
      await file.sync();
      synced.set(path.now, statSync(path.now).size);
    },
    async truncate(length) {
      step();
      await file.truncate(length);
    },
    close: () => file.close(),
  });
  const paths = new Map<string, { now: string }>();
  const disk: Disk = {
    async open(path, mode) {
      step();
      if (mode === 'create') synced.set(path, 0);
      const place = { now: path };
      paths.set(path, place);
      return wrap(await realDisk.open(path, mode), place);
    },
    async rename(from, to) {
      step();
      renames.push({ to, before: read(to) });
      await realDisk.rename(from, to);
      synced.set(to, synced.get(from) ?? 0);
      synced.delete(from);
      paths.get(from)!.now = to;
    },
    async remove(path) {
      step();
      await realDisk.remove(path);
      synced.delete(path);
    },
    async syncFolder(path) {
      step();
      await realDisk.syncFolder(path);
      renames = renames.filter(({ to }) => dirname(to) !== path);
    },
  };
  return {
    disk,
    operations: () => operations,
    forget() {
      for (const [path, length] of synced) {
        const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
        if (size > length) truncateSync(path, length + Math.floor((size - length) * cut.kept));
      }
      if (cut.keptNames) return;
      for (const { to, before } of renames.reverse()) {
        if (before === null) rmSync(to);
        else writeFileSync(to, before);
      }
    },
  };
}

function read(path: string): Buffer | null {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? null : readFileSync(path);
}

/** Appends, loses power, starts again, twice over; how many operations the first run took. */
async function survive(cut: Cut): Promise<number> {
  const folder = newFolder();
  const limits = { segmentBytes: 900, segmentsMax: 50, anchorEvery: 3 };
  const told: string[] = [];
  let operations = 0;
  for (const run of ['a', 'b']) {
    const forgetful = forgetfulDisk(cut);
    const journal = await open(folder, { ...limits, disk: forgetful.disk }).catch(() => null);
    for (let at = 0; journal !== null && at < 12; at += 1) {
      // Two at a time, so that there is more than one in a batch.
      const pair = [`${run}${at}`, `${run}${at}${'y'.repeat(at * 9)}`];
      const outcomes = await Promise.allSettled(pair.map((text) => journal.append(note(text))));
      told.push(...pair.filter((_, index) => outcomes[index]!.status === 'fulfilled'));
    }
    await journal?.close();
    operations = Math.max(operations, forgetful.operations());
    forgetful.forget();
  }
  const journal = await open(folder, limits);
  expect(journal.opening.findings).toEqual([]);
  const found = texts(journal.read()).filter((text) => /^[ab]\d/.test(text));
  expect(found.filter((text) => told.includes(text))).toEqual(told);
  // As every start of the runtime does; where all was lost there would be no journal to verify.
  await journal.append(note('started'));
  await journal.close();
  expect(verifyJournal(folder)).toMatchObject({ kind: 'good' });
  return operations;
}

it('loses nothing that was acknowledged', async () => {
  const operations = await survive({ at: Number.POSITIVE_INFINITY, kept: 1, keptNames: true });
  expect(operations).toBeGreaterThan(80);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: operations }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      async (at, kept, keptNames) => void (await survive({ at, kept, keptNames })),
    ),
    { numRuns: 150 },
  );
}, 180_000);

it('is told of by the fake: what is not synced does not survive it', async () => {
  const folder = newFolder();
  await (await open(folder)).close();
  const { disk, forget } = forgetfulDisk({ at: Number.POSITIVE_INFINITY, kept: 0, keptNames: false });
  const file = await disk.open(join(folder, 'x'), 'create');
  await file.write(Buffer.from('synced'), 0);
  await file.sync();
  await file.write(Buffer.from(' or not'), 6);
  await file.close();
  const other = await disk.open(join(folder, 'y.new'), 'create');
  await other.close();
  await disk.rename(join(folder, 'y.new'), join(folder, 'y'));
  forget();
  expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('synced');
  expect(read(join(folder, 'y'))).toBeNull();
});
