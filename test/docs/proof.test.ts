/** What the proof says in words is what was measured: the Markdown is made from the JSON beside it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { asMarkdown, type Results } from '../../bench/proof/proof.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

const read = (name: string): string => readFileSync(join(PACKAGE_ROOT, 'bench', name), 'utf8');

it('bench/PROOF.md says what bench/proof.json holds, and no more', () => {
  expect(asMarkdown(JSON.parse(read('proof.json')) as Results)).toBe(read('PROOF.md'));
});
