/** `kill -9`, for real and again and again: no acknowledged record is lost. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { verifyJournal } from '../../../src/runtime/journal/index.ts';
import { newFolder, open, texts } from './harness.ts';

const CHILD = join(import.meta.dirname, 'appending-child.ts');
const KILLS = 20;

/** Runs the child until it has acknowledged so many more records, then kills it. */
async function runAndKill(folder: string, toldFile: string, records: number): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, folder, toldFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let seen = 0;
  child.stdout.on('data', (bytes: Buffer) => {
    seen += bytes.toString().split('\n').length - 1;
    if (seen >= records) child.kill('SIGKILL');
  });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
}

it(`after each of ${KILLS} kills every acknowledged record is there, once and in order`, async () => {
  const folder = newFolder();
  const toldFile = `${folder}.told`;
  let repairs = 0;
  for (let kill = 1; kill <= KILLS; kill += 1) {
    await runAndKill(folder, toldFile, (kill * 53) % 200);
    const told = readFileSync(toldFile, 'utf8').split('\n').filter(Boolean);
    const verdict = verifyJournal(folder);
    if (verdict.kind === 'broken') expect(verdict).toMatchObject({ reason: 'torn' });
    const journal = await open(folder);
    if (journal.opening.repair !== null) repairs += 1;
    expect(journal.opening.findings).toEqual([]);
    const found = texts(journal.read()).filter((text) => /^\d/.test(text));
    const numbers = found.map((text) => text.slice(0, text.indexOf(' ')));
    expect(new Set(numbers).size, `kill ${kill}`).toBe(numbers.length);
    const acknowledged = new Set(told);
    expect(
      numbers.filter((number) => acknowledged.has(number)),
      `kill ${kill}`,
    ).toEqual(told);
    await journal.close();
    expect(verifyJournal(folder)).toMatchObject({ kind: 'good' });
  }
  expect(repairs).toBeLessThanOrEqual(KILLS);
}, 300_000);
