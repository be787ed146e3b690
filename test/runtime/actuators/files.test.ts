import {
  appendFileSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acceptConfig,
  configWatch,
  digestOf,
  KEPT_ASIDE,
  repairConfig,
} from '../../../src/runtime/actuators/config-file.ts';
import { lineEdits, unifiedDiff } from '../../../src/runtime/actuators/diff.ts';
import { readTail, rotate } from '../../../src/runtime/actuators/logs.ts';
import { currentRelease, rollBack } from '../../../src/runtime/actuators/releases.ts';
import { newPlace, textOf } from './harness.ts';

describe('output files', () => {
  const limits = { bytesMax: 100, copies: 2 };

  it('are rotated under a writer that goes on, with a bounded number of bounded copies', async () => {
    const path = join(newPlace().folder, 'out.log');
    const writer = openSync(path, 'a');
    for (const letter of 'abcd') {
      writeSync(writer, letter.repeat(120));
      expect(await rotate(path, limits)).toBe(true);
      expect(statSync(path).size).toBe(0);
    }
    writeSync(writer, 'end');
    closeSync(writer);
    expect(await rotate(path, limits)).toBe(false);
    expect([path, `${path}.1`, `${path}.2`].map(textOf)).toEqual(['end', 'd'.repeat(120), 'c'.repeat(120)]);
    expect(readdirSync(join(path, '..')).filter((name) => name.startsWith('out.log'))).toHaveLength(3);
  });

  it('keep the end of what a flood wrote before it was noticed, and no more than a bounded piece of it', async () => {
    const path = join(newPlace().folder, 'out.log');
    writeFileSync(path, `${'x'.repeat(5 * 2 ** 20)}end`);
    expect(await rotate(path, limits)).toBe(true);
    const copy = textOf(`${path}.1`);
    expect(copy.endsWith('xend')).toBe(true);
    expect(copy.length).toBeLessThanOrEqual(2 ** 20 + limits.bytesMax);
  });

  it('may be missing, and links are not followed', async () => {
    const { folder } = newPlace();
    expect(await rotate(join(folder, 'none'), limits)).toBe(false);
    expect(await readTail(join(folder, 'none'), 10)).toBe('');
    writeFileSync(join(folder, 'precious'), 'x'.repeat(500));
    symlinkSync(join(folder, 'precious'), join(folder, 'link'));
    await expect(rotate(join(folder, 'link'), limits)).rejects.toThrow();
    expect(statSync(join(folder, 'precious')).size).toBe(500);
  });

  it('are read from the end, by whole lines', async () => {
    const path = join(newPlace().folder, 'out.log');
    writeFileSync(path, 'one\ntwo\nthree\n');
    expect(await readTail(path, 100)).toBe('one\ntwo\nthree\n');
    expect(await readTail(path, 8)).toBe('three\n');
    expect(await readTail(path, 100, 4)).toBe('two\nthree\n');
    expect(await readTail(path, 100, 4000)).toBe('one\ntwo\nthree\n');
  });
});

function releaseFolder(how: 'link' | 'file') {
  const { folder: root } = newPlace();
  const folder = join(root, 'releases');
  for (const name of ['v1', 'v2']) mkdirSync(join(folder, name), { recursive: true });
  const link = join(folder, 'current');
  if (how === 'link') symlinkSync('v2', link);
  else writeFileSync(link, 'v2\n');
  return { root, folder, releases: { folder, link, current: 'v2', previous: 'v1' } };
}

describe('releases', () => {
  it.each(['link', 'file'] as const)('are switched back in one step (%s), once', (how) => {
    const { folder, releases } = releaseFolder(how);
    expect(currentRelease(releases)).toMatchObject({ kind: 'found', release: { name: 'v2' } });
    expect(rollBack(releases)).toEqual({ kind: 'switched', from: 'v2', to: 'v1' });
    expect(how === 'link' ? readlinkSync(releases.link) : textOf(releases.link)).toBe(how === 'link' ? 'v1' : 'v1\n');
    expect(rollBack(releases)).toEqual({ kind: 'already', release: 'v1' });
    expect(readdirSync(folder).sort()).toEqual(['current', 'v1', 'v2']);
  });

  it('have the age of the switch', () => {
    const { releases } = releaseFolder('file');
    utimesSync(releases.link, 1000, 1000);
    expect(currentRelease(releases)).toEqual({ kind: 'found', release: { name: 'v2', sinceMs: 1_000_000 } });
    rollBack(releases);
    const now = currentRelease(releases);
    expect(now.kind === 'found' && Math.abs(Date.now() - now.release.sinceMs)).toBeLessThan(60_000);
  });

  it('can be named by a link to the previous one, and cure a link that leads nowhere', () => {
    const { folder, releases } = releaseFolder('file');
    symlinkSync('v1', join(folder, 'before'));
    writeFileSync(releases.link, 'v9');
    expect(currentRelease(releases).kind).toBe('bad');
    expect(rollBack({ ...releases, previous: 'before' })).toEqual({ kind: 'switched', from: null, to: 'v1' });
  });

  it.each([
    ['above', '../outside'],
    ['absolute', '/etc'],
    ['the folder itself', '.'],
    ['a link that leads out', 'way-out'],
    ['a file with a path that leads out', 'name-out'],
    ['missing', 'v0'],
  ])('outside the folder are refused: %s', (_, previous) => {
    const { root, folder, releases } = releaseFolder('link');
    mkdirSync(join(root, 'outside'));
    symlinkSync('../outside', join(folder, 'way-out'));
    writeFileSync(join(folder, 'name-out'), '../outside');
    expect(rollBack({ ...releases, previous })).toMatchObject({ kind: 'refused' });
    expect(rollBack({ ...releases, link: join(root, 'outside') })).toMatchObject({ kind: 'refused' });
    expect(readlinkSync(releases.link)).toBe('v2');
  });

  it('without a link or a previous one cannot be switched', () => {
    const { releases } = releaseFolder('link');
    expect(rollBack({ ...releases, link: null })).toMatchObject({ kind: 'refused' });
    expect(rollBack({ ...releases, previous: null })).toMatchObject({ kind: 'refused' });
    expect(currentRelease({ ...releases, link: null })).toMatchObject({ kind: 'found', release: { name: 'v2' } });
  });
});

describe('a configuration file', () => {
  function files(broken: string | null, good = 'a: 1\nb: 2\npassword: right\n') {
    const { folder } = newPlace();
    const file = { path: join(folder, 'live.yaml'), knownGood: join(folder, 'good.yaml'), root: folder };
    if (broken !== null) writeFileSync(file.path, broken, { mode: 0o640 });
    writeFileSync(file.knownGood, good);
    return { folder, file, aside: join(folder, 'aside') };
  }

  it('is repaired whole, the broken one kept, the difference told without secrets', () => {
    const { file, aside } = files('a: 1\nb: oops\npassword: wrong\n');
    const repair = repairConfig(file, aside, 0);
    expect(repair).toMatchObject({ kind: 'repaired', keptAt: join(aside, '1970-01-01T00-00-00.000Z.live.yaml') });
    if (repair.kind !== 'repaired') return;
    expect(repair.diff).toBe(
      `--- ${file.path}\n+++ ${file.knownGood}\n@@ -1,3 +1,3 @@\n a: 1\n-b: oops\n-password: ***\n+b: 2\n+password: ***\n`,
    );
    expect(textOf(repair.keptAt!)).toBe('a: 1\nb: oops\npassword: wrong\n');
    expect(digestOf(file.path, file)).toBe(digestOf(file.knownGood, file));
    expect(statSync(file.path).mode & 0o777).toBe(0o640);
    expect(repairConfig(file, aside, 1)).toEqual({ kind: 'same' });
  });

  it('that is missing is put back, and one behind a link is repaired where it is', () => {
    const { folder, file, aside } = files(null);
    expect(repairConfig(file, aside, 0)).toMatchObject({ kind: 'repaired', keptAt: null });
    expect(textOf(file.path)).toContain('b: 2');
    writeFileSync(join(folder, 'real.yaml'), 'broken');
    symlinkSync('real.yaml', join(folder, 'linked.yaml'));
    repairConfig({ ...file, path: join(folder, 'linked.yaml') }, aside, 0);
    expect(lstatSync(join(folder, 'linked.yaml')).isSymbolicLink()).toBe(true);
    expect(textOf(join(folder, 'real.yaml'))).toContain('b: 2');
  });

  it('keeps a bounded number of broken ones, the latest', () => {
    const { file, aside } = files('x');
    for (let at = 0; at < KEPT_ASIDE + 3; at += 1) {
      writeFileSync(file.path, `broken ${at}`);
      repairConfig(file, aside, at * 1000);
    }
    const kept = readdirSync(aside).sort();
    expect(kept).toHaveLength(KEPT_ASIDE);
    expect(textOf(join(aside, kept.at(-1)!))).toBe(`broken ${KEPT_ASIDE + 2}`);
  });

  it('without a known-good copy is left as it is', () => {
    const { folder, file, aside } = files('broken');
    expect(repairConfig({ ...file, knownGood: join(folder, 'none') }, aside, 0)).toMatchObject({ kind: 'failed' });
    expect(repairConfig({ ...file, knownGood: folder }, aside, 0)).toMatchObject({ kind: 'failed' });
    expect(textOf(file.path)).toBe('broken');
  });

  it('is watched by its content: touching it is no change', () => {
    const { file } = files('a: 1\n', 'a: 1\n');
    utimesSync(file.path, 5, 5);
    const look = configWatch(file);
    expect(look(10_000)).toMatchObject({ differs: false, changedAtMs: 5000 });
    utimesSync(file.path, 6, 6);
    expect(look(11_000)).toMatchObject({ differs: false, changedAtMs: 5000 });
    appendFileSync(file.path, 'b');
    expect(look(12_000)).toMatchObject({ differs: true, changedAtMs: 12_000 });
    expect(look(13_000)).toMatchObject({ differs: true, changedAtMs: 12_000 });
    acceptConfig(file);
    expect(look(14_000)).toMatchObject({ differs: false, changedAtMs: 12_000 });
    expect(readFileSync(file.knownGood, 'utf8')).toBe('a: 1\nb');
  });
});

describe('a diff', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });

  it('leads from the one to the other', () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const edits = lineEdits(before, after);
        const without = (kind: string) => edits.filter((edit) => edit.kind !== kind).map(({ line }) => line);
        expect(without('added')).toEqual(before);
        expect(without('removed')).toEqual(after);
      }),
    );
  });

  it('names the lines as diff -u does', () => {
    const before = Array.from({ length: 20 }, (_, at) => `line ${at + 1}`);
    const after = before.filter((_, at) => at !== 1).concat('new');
    expect(unifiedDiff(`${before.join('\n')}\n`, `${after.join('\n')}\n`, { from: 'a', to: 'b' })).toBe(
      [
        ...['--- a', '+++ b', '@@ -1,5 +1,4 @@', ' line 1', '-line 2', ' line 3', ' line 4', ' line 5'],
        ...['@@ -18,3 +17,4 @@', ' line 18', ' line 19', ' line 20', '+new', ''],
      ].join('\n'),
    );
    expect(unifiedDiff('', 'a\n', { from: 'a', to: 'b' })).toBe('--- a\n+++ b\n@@ -0,0 +1,1 @@\n+a\n');
    expect(unifiedDiff('same', 'same', { from: 'a', to: 'b' })).toBe('');
  });

  it('is bounded in size and in work', () => {
    const [before, after] = ['x', 'y'].map((letter) =>
      Array.from({ length: 3000 }, (_, at) => `${letter}${at}`).join('\n'),
    );
    const diff = unifiedDiff(before!, after!, { from: 'a', to: 'b', charsMax: 1000 });
    expect(diff.length).toBeLessThan(1100);
    expect(diff).toMatch(/\.\.\. \d+ more lines\n$/);
    expect(unifiedDiff('x'.repeat(10_000), 'y', { from: 'a', to: 'b' }).length).toBeLessThan(600);
  });
});
