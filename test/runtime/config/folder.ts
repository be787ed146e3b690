/** A folder for a config, with the files and releases that the example names. Removed again when the test file is done. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { formatProblem, parseConfig, type RuntimeConfig } from '../../../src/runtime/config.ts';

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

export function makeFolder(): string {
  const outer = mkdtempSync(join(tmpdir(), 'healix-config-'));
  made.push(outer);
  const folder = join(outer, 'shop');
  for (const release of ['v1', 'v2']) mkdirSync(join(folder, 'cart', 'releases', release), { recursive: true });
  mkdirSync(join(folder, 'good'));
  symlinkSync('v2', join(folder, 'cart', 'releases', 'current'));
  writeFileSync(join(folder, 'cart', 'config.json'), '{}');
  writeFileSync(join(folder, 'good', 'cart.json'), '{}');
  writeFileSync(join(folder, 'token.txt'), 'secret');
  writeFileSync(join(folder, 'constitution.yaml'), '');
  writeFileSync(join(outer, 'outside.json'), '{}');
  return folder;
}

/** `path: message` of every problem, without lines; none when the config is good. */
export function problemsOf(config: unknown, folder: string): string[] {
  const parsed = parseConfig(typeof config === 'string' ? config : JSON.stringify(config), folder);
  return parsed.kind === 'ok' ? [] : parsed.problems.map((problem) => formatProblem({ ...problem, line: null }));
}

export function configOf(config: unknown, folder: string): RuntimeConfig {
  const parsed = parseConfig(typeof config === 'string' ? config : JSON.stringify(config), folder);
  if (parsed.kind === 'bad') throw new Error(parsed.problems.map(formatProblem).join('\n'));
  return parsed.config;
}
