/** What is no journal is refused, and where one is close by it is named. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { HealixError } from '../../../src/errors.ts';
import { verifyJournal } from '../../../src/runtime/journal/index.ts';
import { newFolder, note, open, segmentsIn, written } from './harness.ts';

function refusal(folder: string): HealixError {
  try {
    verifyJournal(folder);
  } catch (error) {
    expect(error).toBeInstanceOf(HealixError);
    return error as HealixError;
  }
  throw new Error('was taken for a journal');
}

it('names the journal in the folder that was named instead of it', async () => {
  const journal = await written([note('hello')]);
  const state = dirname(journal);
  const guess = `did you mean ${journal}?`;
  expect(refusal(state)).toMatchObject({ code: 'no-journal', exitCode: 2 });
  expect(refusal(state).message).toBe(`there is no journal in ${state}; ${guess}`);
  expect(refusal(join(journal, segmentsIn(journal)[0]!)).message).toContain(guess);
  expect(refusal(join(state, 'jurnal')).message).toContain(guess);
  expect(verifyJournal(journal)).toMatchObject({ kind: 'good', segments: 1 });
});

it('names the journal of the state folder in the folder of the config', async () => {
  const site = dirname(newFolder());
  const journal = await open(join(site, '.healix', 'journal'));
  await journal.append(note('hello'));
  await journal.close();
  expect(refusal(site).message).toBe(
    `there is no journal in ${site}; did you mean ${join(site, '.healix', 'journal')}?`,
  );
});

it('names none where there is none: in an empty folder, a file, a missing one, a folder of other things', () => {
  const empty = newFolder();
  mkdirSync(empty);
  mkdirSync(join(empty, 'journal'));
  const file = join(empty, 'file');
  writeFileSync(file, 'x');
  for (const folder of [empty, join(empty, 'journal'), file, join(file, 'below'), join(empty, 'none')]) {
    const { message } = refusal(folder);
    expect(message).toContain(`there is no journal in ${folder}: name the folder`);
    expect(message).toContain('.healix/journal unless the config says otherwise');
    expect(message).not.toContain('did you mean');
  }
  expect(readdirSync(empty).sort()).toEqual(['file', 'journal']);
});

it('calls a journal broken, and not missing, when all its records are gone', async () => {
  const folder = await written([note('hello')]);
  for (const name of segmentsIn(folder)) rmSync(join(folder, name));
  expect(verifyJournal(folder)).toMatchObject({ kind: 'broken', reason: 'missing-records' });
});
