/** `healix run` on files that are none: one block that says what is wrong, exit code 2, and nothing was started. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/runtime/config.ts';
import { packText, parsePack } from '../../../strategies/pack.ts';
import { fakePack, healix } from '../../cli/fakes.ts';
import { ask, makeSite, type Site } from '../harness.ts';
import { change } from './fleet.ts';

let site: Site;
beforeEach(async () => {
  site = await makeSite();
});
afterEach(() => site.remove());

async function isRefused(words: string | RegExp, ...more: readonly string[]): Promise<void> {
  const { code, out, err } = await healix(['run', '--config', site.config, ...more]);
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(words);
  expect(err).not.toContain('    at ');
  expect(await ask(site.port, '/health')).toBeNull();
  expect(existsSync(join(site.folder, '.healix'))).toBe(false);
}

describe('healix run refuses a config of', () => {
  it.each<[string, string | Buffer, string]>([
    ['nothing', '', 'the file: it is empty; healix init writes a config'],
    ['nothing but a comment', '# later\n', 'the file: it is empty'],
    [
      'two documents',
      'name: x\n---\nname: y\n',
      'the file (line 2): column 1: a second document begins here; one config per',
    ],
    [
      'binary garbage',
      Buffer.from(Array.from({ length: 65_536 }, (_, at) => (at * 7919 + (at >> 8)) % 256)),
      'not a config',
    ],
    ['zeros', Buffer.alloc(100_000), 'not a config'],
    ['ten aliases of ten aliases of ten', bomb(10), 'aliases'],
    ['an alias of itself', 'name: x\nservices: &a [*a]', 'services'],
    ['lists in lists in lists', '['.repeat(50_000), 'problems'],
    ['an ELF program', Buffer.from('\x7fELF\x02\x01\x01\0\0\0', 'latin1'), 'not a config'],
    ['more than a megabyte', `name: ${'x'.repeat(1_100_000)}`, 'larger than'],
  ])('%s', async (_, text, words) => {
    writeFileSync(site.config, text);
    await isRefused(words);
  });

  it.each([
    ['with a path that leads out', { cwd: '../..' }, 'leads out of the folder of the config'],
    ['with an absolute path', { cwd: '/etc' }, 'is absolute'],
    ['with a link that leads out', { cwd: 'away' }, 'by a link'],
    ['with a link to nothing', { configFile: { path: 'nowhere', knownGood: 'good/config.json' } }, 'a link to nothing'],
    ['with a link that leads to itself', { cwd: 'loop' }, 'cannot look at loop'],
    ['with a path too long for a disk', { cwd: 'x'.repeat(300) }, 'cannot look at'],
    [
      'without its known-good copy',
      { configFile: { path: 'config.json', knownGood: 'good/none.json' } },
      'does not exist',
    ],
  ])('a service %s', async (_, more, words) => {
    symlinkSync('/etc', join(site.folder, 'away'));
    symlinkSync('nothing', join(site.folder, 'nowhere'));
    symlinkSync('loop', join(site.folder, 'loop'));
    change(site, (known) => ({ ...known, services: [{ ...known.services[0], ...more }] }));
    await isRefused(words);
  });
});

describe('healix run refuses a pack', () => {
  const pack = (): Record<string, unknown> => JSON.parse(packText(fakePack())) as Record<string, unknown>;

  it.each<[string, () => string | Buffer, RegExp]>([
    ['of another schema version', () => JSON.stringify({ ...pack(), schemaVersion: 99 }), /version/],
    [
      'of another gene table',
      () => JSON.stringify({ ...pack(), geneTable: 'f'.repeat(64) }),
      /its genes mean something else here/,
    ],
    [
      'in which one gene was changed',
      () => JSON.stringify(pack()).replace(/("breaker.openS":\s*)[\d.]+/, '$17.5'),
      /hash|content|changed/,
    ],
    ['that was cut off', () => packText(fakePack()).slice(0, -100), /JSON/],
    ['with a key that nobody knows', () => JSON.stringify({ ...pack(), run: 'rm -rf' }), /run/],
    ['of garbage', () => Buffer.from([0, 255, 254, 0x7b]), /JSON/],
    ['of nested lists', () => '['.repeat(1_000_000), /JSON|stack|pack/],
  ])('%s', async (_, bytes, words) => {
    const file = join(site.folder, 'bad.pack.json');
    writeFileSync(file, bytes());
    await isRefused(words, '--pack', file);
  });

  it('but not the one that these were made from', () => {
    expect(
      parsePack(packText(fakePack()), (text) => createHash('sha256').update(text, 'utf8').digest('hex')).kind,
    ).toBe('pack');
  });
});

describe('any text', () => {
  it('is a config or a list of problems, never an exception', () => {
    const good = readFileSync(site.config, 'utf8');
    const spoilt = fc
      .tuple(
        fc.nat(good.length),
        fc.nat(40),
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.constantFrom('!!set', '&a', '*a', '<<: ', '.nan', '? ', '1e999', '{', '- ', '\n'),
        ),
      )
      .map(([at, cut, text]) => good.slice(0, at) + text + good.slice(at + cut));
    let bad = 0;
    fc.assert(
      fc.property(fc.oneof(spoilt, fc.string({ unit: 'binary', maxLength: 200 }), fc.json()), (text) => {
        const parsed = parseConfig(text, site.folder);
        if (parsed.kind === 'bad') bad += 1;
        if (parsed.kind === 'bad') expect(parsed.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
    expect(bad).toBeGreaterThan(100);
  });
});

/** Each line is `width` times the one before. */
function bomb(width: number): string {
  const lines = Array.from({ length: 9 }, (_, at) => {
    const item = at === 0 ? 'x' : `*a${at - 1}`;
    return `a${at}: &a${at} [${Array(width).fill(item).join(', ')}]`;
  });
  return `${lines.join('\n')}\nname: bomb\nservices: *a8\n`;
}
