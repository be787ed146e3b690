/** Appends until it is killed. Usage: FOLDER FILE; each acknowledged number is a line of the file, then one of the output. */
import { openSync, readFileSync, writeSync } from 'node:fs';
import { openJournal } from '../../../src/runtime/journal/index.ts';

/** Appends under way at once, so that syncs are shared. */
const LANES = 6;

const [, , folder = '', toldFile = ''] = process.argv;
const journal = await openJournal(folder, {
  clock: { now: () => 0 },
  segmentBytes: 20_000,
  segmentsMax: 10_000,
  anchorEvery: 5,
});
const told = openSync(toldFile, 'a');
let next = readFileSync(toldFile, 'utf8').split('\n').length * 1000;

await Promise.all(
  Array.from({ length: LANES }, async () => {
    for (;;) {
      const number = next;
      next += 1;
      await journal.append({ kind: 'note', atMs: 0, text: `${number} ${'é'.repeat((number * 37) % 900)}` });
      writeSync(told, `${number}\n`);
      writeSync(1, `${number}\n`);
    }
  }),
);
