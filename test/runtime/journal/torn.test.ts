/** Whatever a crash leaves at the end: the acknowledged records are there, the rest is kept aside, and the journal says so. */
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { realDisk } from '../../../src/runtime/journal/disk.ts';
import { verifyJournal } from '../../../src/runtime/journal/index.ts';
import { TORN_MAX } from '../../../src/runtime/journal/repair.ts';
import {
  EVERY_KIND,
  note,
  open,
  questionedDisk,
  segmentsIn,
  snapshot,
  systemError,
  texts,
  written,
} from './harness.ts';

const FIRST = 'journal-00000001.jsonl';
const entries = [...EVERY_KIND, note('ä🚀é'), note('end')];
let folder = '';
let whole: ReturnType<typeof snapshot>;
let bytes: Buffer = Buffer.alloc(0);

beforeAll(async () => {
  folder = await written(entries);
  whole = snapshot(folder);
  bytes = whole.files.get(FIRST)!;
});

/** Lines that are whole in the first `length` bytes. */
const wholeLines = (length: number): number => bytes.subarray(0, length).toString('latin1').split('\n').length - 1;

describe('a journal cut at any byte', () => {
  it('opens with exactly the records before the cut, keeps the cut bytes, and goes on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length }), fc.boolean(), async (length, hasHead) => {
        whole.restore();
        if (!hasHead) rmSync(join(folder, 'head.json'));
        truncateSync(join(folder, FIRST), length);
        const lines = wholeLines(length);
        const good = bytes.subarray(0, length).lastIndexOf('\n') + 1;
        const journal = await open(folder);
        const read = [...journal.read()];
        expect(read.filter(({ kind }) => kind !== 'note')).toEqual(
          entries.slice(0, Math.max(0, lines - 1)).filter(({ kind }) => kind !== 'note'),
        );
        expect(read.slice(0, Math.max(0, lines - 1))).toEqual(entries.slice(0, Math.max(0, lines - 1)));
        const { repair, findings } = journal.opening;
        // An empty file held nothing: there is nothing to keep, but it was not finished all the same.
        expect(repair === null).toBe(good === length && length > 0);
        const kept = repair?.keptIn ?? null;
        if (kept !== null) expect(readFileSync(join(folder, kept))).toEqual(bytes.subarray(good, length));
        expect(kept === null).toBe(good === length);
        const lost = hasHead ? lines <= entries.length : lines > 1;
        expect(findings.map(({ reason }) => reason)).toEqual(
          lost ? [hasHead ? 'missing-records' : 'missing-head'] : [],
        );
        const told = (repair === null ? 0 : 1) + findings.length;
        expect(read.length - Math.max(0, lines - 1)).toBe(told);
        await journal.append(note('goes on'));
        await journal.close();
        expect(verifyJournal(folder)).toMatchObject({ kind: 'good' });
        const again = await open(folder);
        expect([...again.read()]).toEqual([...read, note('goes on')]);
        expect(again.opening).toMatchObject({ repair: null, findings: [] });
        await again.close();
      }),
      {
        numRuns: 150,
        examples: [
          [0, true],
          [0, false],
          [bytes.length, true],
          [bytes.length - 1, true],
        ],
      },
    );
  });

  it('is told of by verify, which changes nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (length) => {
        whole.restore();
        rmSync(join(folder, 'head.json'));
        truncateSync(join(folder, FIRST), length);
        const lines = wholeLines(length);
        const isWhole = bytes[length - 1] === 10;
        const verdict = verifyJournal(folder);
        if (lines > 1) expect(verdict).toMatchObject({ kind: 'broken', reason: 'missing-head', good: lines });
        else if (isWhole) expect(verdict).toMatchObject({ kind: 'good', records: 1 });
        else expect(verdict).toMatchObject({ kind: 'broken', reason: 'torn', line: lines + 1, sequence: lines + 1 });
        expect(readFileSync(join(folder, FIRST))).toEqual(bytes.subarray(0, length));
      }),
      { numRuns: 50 },
    );
  });
});

describe('what stands unfinished behind the last record', () => {
  it.each([
    ['half a line', '{"sequence":17,"entry":{"kind":"no'],
    ['half a character', Buffer.from([...Buffer.from('{"sequence":17,"entry":{"text":"'), 0xf0, 0x9f])],
    ['a block of zeros', Buffer.alloc(5000)],
    ['a line of which a block never reached the disk', Buffer.from(`{"sequence":17${'\0'.repeat(600)}"}\n`)],
  ])('is cut off: %s', async (_, rest) => {
    whole.restore();
    appendFileSync(join(folder, FIRST), rest);
    expect(verifyJournal(folder)).toMatchObject({ kind: 'broken', reason: 'torn', line: 17, good: 16 });
    const journal = await open(folder);
    expect(journal.opening.repair).toMatchObject({ file: FIRST, line: 17, bytes: rest.length });
    const read = [...journal.read()];
    expect(read.slice(0, -1)).toEqual(entries);
    expect(texts(read).at(-1)).toMatch(/^journal-00000001\.jsonl, line 17 was not finished .* kept in .*\.torn$/);
    await journal.close();
  });

  it('is cut off even when the disk is too full to keep it', async () => {
    whole.restore();
    appendFileSync(join(folder, FIRST), 'half');
    const disk = questionedDisk(realDisk, (operation, file) => {
      if (operation === 'open' && file.includes('.torn')) throw systemError('ENOSPC');
      return undefined;
    });
    const journal = await open(folder, { disk });
    expect(journal.opening.repair).toEqual({ file: FIRST, line: 17, bytes: 4, keptIn: null });
    expect(texts(journal.read()).at(-1)).toContain('could not be kept aside');
    await journal.close();
    expect(verifyJournal(folder)).toMatchObject({ kind: 'good' });
  });

  it('is kept aside a bounded number of times', async () => {
    whole.restore();
    for (let round = 0; round < TORN_MAX + 4; round += 1) {
      appendFileSync(join(folder, FIRST), `half ${round}`);
      await (await open(folder)).close();
    }
    await (await open(folder)).close();
    const kept = readdirSync(folder).filter((name) => name.endsWith('.torn'));
    expect(kept).toHaveLength(TORN_MAX);
    expect(kept.map((name) => readFileSync(join(folder, name), 'utf8'))).toContain(`half ${TORN_MAX + 3}`);
  });
});

it('a newest segment without a whole header is taken away, and the one before goes on', async () => {
  const rotated = await written(
    Array.from({ length: 40 }, (_, at) => note(`${at} ${'x'.repeat(60)}`)),
    { segmentBytes: 2000 },
  );
  const names = segmentsIn(rotated);
  expect(names.length).toBeGreaterThan(2);
  truncateSync(join(rotated, names.at(-1)!), 10);
  const journal = await open(rotated, { segmentBytes: 2000 });
  expect(journal.opening.repair).toMatchObject({ file: names.at(-1), line: 1, bytes: 10 });
  await journal.append(note('next'));
  const read = texts(journal.read());
  expect(read.at(-1)).toBe('next');
  expect(read.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, at) => `${at} ${'x'.repeat(60)}`));
  await journal.close();
  expect(verifyJournal(rotated)).toMatchObject({ kind: 'good' });
});

it('files that were begun and never put in their place are removed', async () => {
  whole.restore();
  writeFileSync(join(folder, 'head.json.new'), '{');
  writeFileSync(join(folder, 'journal-00000002.jsonl.new'), '{"sequence"');
  expect(verifyJournal(folder)).toMatchObject({ kind: 'good' });
  const journal = await open(folder);
  expect([...journal.read()]).toEqual(entries);
  await journal.close();
  expect(existsSync(join(folder, 'head.json.new'))).toBe(false);
  expect(existsSync(join(folder, 'journal-00000002.jsonl.new'))).toBe(false);
});
