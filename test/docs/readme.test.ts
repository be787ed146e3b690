/** Every command and every fleet that the README shows is run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { readFleet } from '../../src/fleets.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { parseConfig } from '../../src/runtime/config.ts';
import { fakeIo } from '../cli/fakes.ts';

const readme = readFileSync(join(PACKAGE_ROOT, 'README.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1]!);
const commands = blocks('sh')
  .flatMap((block) => block.split('\n'))
  .map((line) => line.replace(/#.*$/, '').trim())
  .filter((line) => line.startsWith('healix '));

describe('the README', () => {
  it('names the two commands that set a fresh machine up', () => {
    expect(readme).toContain('npm ci && npm run evolve');
    expect(readme).toContain('npm ci && npm test');
  });

  it('shows commands', () => {
    expect(commands.length).toBeGreaterThanOrEqual(6);
  });

  for (const command of commands) {
    it(`runs: ${command}`, async () => {
      const io = fakeIo();
      const code = await main(command.split(/\s+/).slice(1), io);
      expect(io.written.err).not.toMatch(/error/i);
      expect(code).toBe(0);
      expect(io.written.out.length).toBeGreaterThan(20);
    }, 60_000);
  }

  it('shows a fleet file that is valid', () => {
    const [yaml] = blocks('yaml');
    expect(readFleet(yaml!, 'README.md').fleet.services).toHaveLength(2);
  });

  it('shows a config of the runtime that is valid', () => {
    const [, yaml] = blocks('yaml');
    expect(parseConfig(yaml!, PACKAGE_ROOT)).toMatchObject({ kind: 'ok', config: { name: 'shop' } });
  });
});
