/** What packs are called side by side. */
import { expect, it } from 'vitest';
import { namesOf } from '../../src/run-compare.ts';
import type { Pack } from '../../strategies/pack.ts';

const called = (...packs: readonly (readonly [file: string, name: string])[]) =>
  namesOf(packs.map(([file, name]) => ({ file, pack: { name } as Pack })));

it.each([
  [
    'by their own names',
    [
      ['mine.json', 'shop'],
      ['default', 'three fleets'],
    ],
    ['shop', 'three fleets'],
  ],
  [
    'as the user called them where they share one',
    [
      ['default', 'x'],
      ['together', 'x'],
      ['mine.json', 'shop'],
    ],
    ['default', 'together', 'shop'],
  ],
  [
    'by the name of the file, without its folder and endings',
    [
      ['a/old.pack.json', 'x'],
      ['b/new.json', 'x'],
    ],
    ['old', 'new'],
  ],
  [
    'by number where even that is the same',
    [
      ['a/x.json', 'x'],
      ['b/x.json', 'x'],
      ['a/x.json', 'x'],
    ],
    ['x', 'x (2)', 'x (3)'],
  ],
] as const)('packs are called %s', (_, packs, names) => {
  expect(called(...packs)).toEqual(names);
});
