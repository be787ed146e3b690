import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const CASES = 52;
const folder = dirname(fileURLToPath(import.meta.url));

test('each of the 52 breaker cases has a test that goes through execute', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  expect(files.length).toBeGreaterThan(7);
  const sources = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  const named = new Set(
    [...sources.matchAll(/'case (\d\d): |"case (\d\d): /g)].map((match) => Number(match[1] ?? match[2])),
  );
  const missing = Array.from({ length: CASES }, (_, at) => at + 1).filter((number) => !named.has(number));
  expect(missing).toEqual([]);
});
