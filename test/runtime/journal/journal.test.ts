/** What goes into a journal comes out of it, in order, and only what can come out goes in. */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyJournal } from '../../../src/runtime/journal/index.ts';
import type { JournalEntry } from '../../../src/runtime/ports.ts';
import { action, EVERY_KIND, newFolder, note, open, segmentsIn, texts, written } from './harness.ts';

describe('a journal', () => {
  it('reads back every kind of entry as it was appended, what was not measured as NaN', async () => {
    const folder = newFolder();
    const journal = await open(folder);
    for (const entry of EVERY_KIND) await journal.append(entry);
    expect([...journal.read()]).toEqual(EVERY_KIND);
    await journal.close();
    const again = await open(folder);
    expect([...again.read()]).toEqual(EVERY_KIND);
    expect(again.opening).toEqual({ records: EVERY_KIND.length + 1, keyed: false, repair: null, findings: [] });
    await again.close();
    expect(verifyJournal(folder)).toEqual({ kind: 'good', records: EVERY_KIND.length + 1, segments: 1, keyed: false });
  });

  it('holds any text, and any memory that JSON holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary' })), fc.jsonValue(), async (notes, memory) => {
        // JSON has one zero.
        const entries: JournalEntry[] = [...notes.map(note), { kind: 'memory', atMs: 0, memory }];
        const journal = await open(await written(entries));
        expect(JSON.parse(JSON.stringify([...journal.read()]))).toEqual(JSON.parse(JSON.stringify(entries)));
        await journal.close();
      }),
      { numRuns: 25 },
    );
  });

  it('takes an entry as it is when it is handed in, not as it becomes', async () => {
    const journal = await open(newFolder());
    const memory = { attempts: 1 };
    const appended = journal.append({ kind: 'memory', atMs: 0, memory });
    memory.attempts = 2;
    await appended;
    expect([...journal.read()]).toEqual([{ kind: 'memory', atMs: 0, memory: { attempts: 1 } }]);
    await journal.close();
  });

  it.each([
    ['a number that JSON does not have', { kind: 'note', atMs: Number.NaN, text: '' }],
    ['no memory', { kind: 'memory', atMs: 0, memory: undefined }],
    ['an unknown key', { kind: 'note', atMs: 0, text: '', extra: 1 }],
    [
      'a broken share',
      { kind: 'intent', atMs: 0, service: 'a', action: { ...action(1), kind: 'circuit-break', admit: 2 } },
    ],
    ['a broken input', { kind: 'input', atMs: 0, input: { kind: 'tick', atMs: -1 } }],
  ])('refuses an entry with %s before it is written, as a bug, and stays healthy', async (_, entry) => {
    const journal = await open(newFolder());
    await expect(journal.append(entry as unknown as JournalEntry)).rejects.toThrow(TypeError);
    await journal.append(note('after'));
    expect([journal.isHealthy, texts(journal.read())]).toEqual([true, ['after']]);
    await journal.close();
  });

  it('refuses an entry longer than a line may be', async () => {
    const journal = await open(newFolder());
    await expect(journal.append(note('x'.repeat(16 * 1024 * 1024)))).rejects.toThrow(RangeError);
    await journal.append(note('y'.repeat(3_000_000)));
    expect(texts(journal.read())[0]).toHaveLength(3_000_000);
    await journal.close();
  });

  it('refuses what comes after closing, and closing twice is closing once', async () => {
    const journal = await open(newFolder());
    const last = journal.append(note('last'));
    await Promise.all([journal.close(), journal.close()]);
    await last;
    await expect(journal.append(note('late'))).rejects.toThrow('closed');
    expect(texts(journal.read())).toEqual(['last']);
  });

  it('is nobody else’s to read', async () => {
    const folder = await written([note('secret')]);
    expect(statSync(folder).mode & 0o077).toBe(0);
    for (const name of [...segmentsIn(folder), 'head.json']) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
  });
});

describe('a key beside the folder', () => {
  const KEY = 'k'.repeat(64);

  it('is needed to go on and to verify', async () => {
    const folder = newFolder();
    const key = `${folder}.key`;
    writeFileSync(key, KEY, { mode: 0o600 });
    const journal = await open(folder);
    await journal.append(note('keyed'));
    await journal.close();
    expect(verifyJournal(folder)).toMatchObject({ kind: 'good', keyed: true });
    writeFileSync(key, KEY.replace('k', 'x'));
    expect(verifyJournal(folder)).toMatchObject({ kind: 'broken', line: 1, reason: 'bad-hash' });
    await expect(open(folder)).rejects.toMatchObject({ code: 'bad-journal', exitCode: 2 });
  });

  it('does not fit a journal that was written without it', async () => {
    const folder = await written([note('open')]);
    writeFileSync(`${folder}.key`, KEY, { mode: 0o600 });
    await expect(open(folder)).rejects.toThrow(/line 1: record 1 .*bad-hash/);
  });

  it.each([
    ['that others may read', KEY, 0o640, 'chmod 600'],
    ['that is short', 'short', 0o600, 'openssl rand -hex 32'],
  ])('%s is refused with what to do', async (_, key, mode, advice) => {
    const folder = newFolder();
    writeFileSync(`${folder}.key`, key, { mode });
    await expect(open(folder)).rejects.toMatchObject({ code: 'journal-key', message: expect.stringContaining(advice) });
  });
});

it('a folder that is not there cannot be verified', () => {
  expect(() => verifyJournal(newFolder())).toThrow(/there is no journal/);
});
