/** One journal, one writer; and no writer that is dead keeps the next one out. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { holderOf } from '../../../src/runtime/journal/lock.ts';
import { newFolder, note, open, texts, written } from './harness.ts';

const CHILD = join(import.meta.dirname, 'appending-child.ts');
const locks = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('lock-'));

it('a second writer in the same process is refused, and let in once the first has closed', async () => {
  const folder = newFolder();
  const journal = await open(folder);
  expect(holderOf(folder)).toBe(process.pid);
  await expect(open(folder)).rejects.toMatchObject({ code: 'journal-locked', exitCode: 2 });
  await journal.append(note('still mine'));
  await journal.close();
  expect([holderOf(folder), locks(folder)]).toEqual([null, []]);
  const next = await open(folder);
  expect(texts(next.read())).toEqual(['still mine']);
  await next.close();
});

it('another process that writes is named, and taken over from once it is dead', async () => {
  const folder = newFolder();
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, folder, `${folder}.told`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  try {
    await once(child.stdout, 'data');
    expect(holderOf(folder)).toBe(child.pid);
    await expect(open(folder)).rejects.toThrow(`process ${child.pid}`);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
  expect(locks(folder)).toHaveLength(1);
  const journal = await open(folder);
  expect(texts(journal.read()).length).toBeGreaterThan(0);
  expect(locks(folder)).toHaveLength(1);
  expect(holderOf(folder)).toBe(process.pid);
  await journal.close();
});

it.each([
  ['a pid that another process has by now', (mine: string) => mine.replace(/-(\d+)-/, '-1$1-')],
  ['a pid that nobody has', (mine: string) => mine.replace(/^lock-\d+/, 'lock-4194305')],
  ['the time before the last boot', (mine: string) => mine.replace(/[0-9a-f]{8}$/, '00000000')],
])('a lock from %s is stale', async (_, change) => {
  const folder = newFolder();
  const journal = await open(folder);
  const [mine] = locks(folder);
  await journal.close();
  const stale = change(mine!);
  expect(stale).not.toBe(mine);
  writeFileSync(join(folder, stale), '');
  expect(holderOf(folder)).toBeNull();
  const next = await open(folder);
  expect(locks(folder)).toEqual([mine]);
  await next.close();
});

it('a journal that cannot be opened is not kept locked', async () => {
  const folder = await written([note('a'), note('b')]);
  writeFileSync(join(folder, 'journal-00000001.jsonl'), 'dear\ndiary\n');
  await expect(open(folder)).rejects.toMatchObject({ code: 'bad-journal' });
  expect(locks(folder)).toEqual([]);
});
