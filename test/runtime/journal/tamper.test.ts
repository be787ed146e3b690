/** Nothing that was written changes, comes or goes unseen; and what is broken is never mended silently. */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyJournal } from '../../../src/runtime/journal/index.ts';
import { EVERY_KIND, note, open, segmentsIn, snapshot, texts, written } from './harness.ts';

const FIRST = 'journal-00000001.jsonl';
let folder = '';
let whole: ReturnType<typeof snapshot>;
let names: readonly string[] = [];

beforeAll(async () => {
  folder = await written([...EVERY_KIND, ...Array.from({ length: 30 }, (_, at) => note(`ä${at}`))], {
    segmentBytes: 1500,
  });
  whole = snapshot(folder);
  names = segmentsIn(folder);
  expect(names.length).toBeGreaterThan(3);
});
beforeEach(() => whole.restore());

const lines = (name: string): string[] => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1);
const rewrite = (name: string, to: readonly string[]): void =>
  writeFileSync(join(folder, name), to.map((line) => `${line}\n`).join(''));

describe('a changed byte', () => {
  it('is named by verify: file, line and record', () => {
    const places = names.flatMap((name) =>
      whole.files
        .get(name)!
        .toString('latin1')
        .split('')
        .map((_, at) => ({ name, at })),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.integer({ min: 1, max: 255 }), ({ name, at }, change) => {
        whole.restore();
        const bytes = Buffer.from(whole.files.get(name)!);
        const line = bytes.subarray(0, at).toString('latin1').split('\n').length;
        bytes[at] = bytes[at]! ^ change;
        writeFileSync(join(folder, name), bytes);
        const text = whole.files.get(name)!.toString('utf8').split('\n')[line - 1]!;
        const sequence = (JSON.parse(text) as { sequence: number }).sequence;
        const verdict = verifyJournal(folder);
        // The first line of all says itself which record it is.
        const isFirst = name === FIRST && line === 1;
        expect(verdict).toMatchObject({
          kind: 'broken',
          file: name,
          line,
          sequence: isFirst ? 1 : sequence,
          good: sequence - 1,
        });
      }),
      { numRuns: 400 },
    );
  });

  it('keeps the journal from opening, with file, line, what is wrong and what to do; nothing is changed', async () => {
    const changed = lines(FIRST);
    changed[4] = changed[4]!.replace('"atMs":4', '"atMs":3');
    rewrite(FIRST, changed);
    const before = snapshot(folder);
    const opened = open(folder);
    await expect(opened).rejects.toMatchObject({ name: 'HealixError', code: 'bad-journal', exitCode: 2 });
    await expect(opened).rejects.toThrow(
      /journal-00000001\.jsonl, line 5: record 5 is not as it was written \(bad-hash\): .*\n.*Restore the folder from a copy/,
    );
    expect(snapshot(folder).files).toEqual(before.files);
  });

  it('in the last record is no torn line', async () => {
    const name = names.at(-1)!;
    rewrite(name, [...lines(name).slice(0, -1), lines(name).at(-1)!.replace('ä29', 'ä28')]);
    await expect(open(folder)).rejects.toThrow(/bad-hash/);
  });
});

describe('verify says why', () => {
  it.each([
    ['a line that is gone', (all: string[]) => all.toSpliced(3, 1), 'gap', 4],
    ['a line that came', (all: string[]) => all.toSpliced(3, 0, all[2]!), 'gap', 4],
    ['two lines that changed places', (all: string[]) => all.toSpliced(2, 2, all[3]!, all[2]!), 'gap', 3],
    ['half a line in the middle', (all: string[]) => all.toSpliced(2, 1, all[2]!.slice(0, 30)), 'bad-json', 3],
    ['an empty line', (all: string[]) => all.toSpliced(2, 0, ''), 'bad-json', 3],
    ['a blank more', (all: string[]) => all.toSpliced(2, 1, all[2]!.replace(':', ': ')), 'bad-hash', 3],
    ['no header', (all: string[]) => all.slice(1), 'gap', 1],
    ['a line of anything else', (all: string[]) => all.toSpliced(2, 1, '{"dear":"diary"}'), 'schema', 3],
    ['another version', (all: string[]) => all.with(0, all[0]!.replace('"version":1', '"version":9')), 'schema', 1],
  ] as const)('%s', (_, change, reason, line) => {
    rewrite(FIRST, change(lines(FIRST)));
    expect(verifyJournal(folder)).toMatchObject({ kind: 'broken', file: FIRST, line, reason });
  });

  it('an entry that no healix writes, though its hash fits', () => {
    const all = lines(FIRST).slice(0, 1);
    const { hash } = JSON.parse(all[0]!) as { hash: string };
    const body = '{"sequence":2,"entry":{"kind":"note","atMs":1,"text":7}';
    const made = createHash('sha256').update(hash).update(body).digest('hex');
    rewrite(FIRST, [...all, `${body},"hash":"${made}"}`]);
    expect(verifyJournal(folder)).toMatchObject({
      reason: 'schema',
      line: 2,
      problem: expect.stringContaining('text'),
    });
  });

  it.each([
    ['in the middle', 1, 'missing-segment'],
    ['at the beginning', 0, 'missing-segment'],
    ['at the end', -1, 'missing-records'],
  ])('a segment that is gone %s', (_, at, reason) => {
    rmSync(join(folder, names.at(at)!));
    expect(verifyJournal(folder)).toMatchObject({ kind: 'broken', reason });
  });

  it('all segments that are gone', () => {
    for (const name of names) rmSync(join(folder, name));
    expect(verifyJournal(folder)).toMatchObject({
      kind: 'broken',
      reason: 'missing-records',
      file: FIRST,
      line: 1,
      good: 0,
    });
  });

  it('whole lines that are gone at the end', () => {
    const name = names.at(-1)!;
    const kept = lines(name).slice(0, -2);
    rewrite(name, kept);
    expect(verifyJournal(folder)).toMatchObject({ reason: 'missing-records', file: name, line: kept.length + 1 });
  });

  it('a head that was edited, or is gone', () => {
    const head = join(folder, 'head.json');
    writeFileSync(head, readFileSync(head, 'utf8').replace(/"sequence":\d+/, '"sequence":3'));
    expect(verifyJournal(folder)).toMatchObject({ reason: 'bad-head', file: 'head.json' });
    rmSync(head);
    expect(verifyJournal(folder)).toMatchObject({ reason: 'missing-head', file: 'head.json' });
  });

  it('a journal that was written anew under an old head', async () => {
    const other = snapshot(await written([...EVERY_KIND, note('other')]));
    const long = await written([...EVERY_KIND, note('one'), note('two')]);
    writeFileSync(join(long, 'head.json'), other.files.get('head.json')!);
    expect(verifyJournal(long)).toMatchObject({ reason: 'bad-head', problem: expect.stringContaining('rewritten') });
    await expect(open(long)).rejects.toThrow(/delete head\.json/);
  });
});

describe('opening goes on, and says so for good,', () => {
  it.each([
    ['when records are gone at the end', () => rmSync(join(folder, names.at(-1)!)), 'missing-records'],
    ['when the oldest segment is gone', () => rmSync(join(folder, FIRST)), 'missing-segment'],
    ['when the head is gone', () => rmSync(join(folder, 'head.json')), 'missing-head'],
  ])('%s', async (_, harm, reason) => {
    harm();
    const journal = await open(folder);
    expect(journal.opening.findings).toMatchObject([{ reason }]);
    expect(texts(journal.read()).at(-1)).toContain(`(${reason})`);
    await journal.close();
    const again = await open(folder);
    expect(texts(again.read()).filter((text) => text.includes(`(${reason})`)).length).toBeGreaterThan(0);
    await again.close();
  });
});
