/** What the study says in words is what was measured: the Markdown is made from the JSON beside it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { asMarkdown } from '../../bench/study/markdown.ts';
import type { Results } from '../../bench/study/summary.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

const read = (name: string): string => readFileSync(join(PACKAGE_ROOT, 'bench', name), 'utf8');

it('bench/STUDY.md says what bench/study.json holds, and no more', () => {
  expect(asMarkdown(JSON.parse(read('study.json')) as Results)).toBe(read('STUDY.md'));
});
