import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acceptConfig, configWatch, digestOf, repairConfig } from '../../../src/runtime/actuators/config-file.ts';
import { confined } from '../../../src/runtime/actuators/confined.ts';
import { never, newPlace, order, textOf } from './harness.ts';

/** A config folder with a service's folder in it, and a file outside that only the runtime may read. */
function site() {
  const { folder } = newPlace();
  const root = join(folder, 'site');
  for (const name of ['site/app', 'outside']) mkdirSync(join(folder, name), { recursive: true });
  const precious = join(folder, 'outside', 'live.yaml');
  writeFileSync(precious, 'root:x:0\n');
  const file = { path: join(root, 'app', 'live.yaml'), knownGood: join(root, 'good.yaml'), root };
  writeFileSync(file.path, 'limit: 0\n');
  writeFileSync(file.knownGood, 'limit: 5\n');
  return { folder, root, precious, file, aside: join(folder, 'aside') };
}

/** What a service may do to its own folder while it runs. */
const PLANTED: readonly (readonly [string, (made: ReturnType<typeof site>) => void])[] = [
  [
    'the file is a link that leads out',
    ({ file, precious }) => {
      rmSync(file.path);
      symlinkSync(precious, file.path);
    },
  ],
  [
    'the file is a relative link that leads out',
    ({ file }) => {
      rmSync(file.path);
      symlinkSync('../../outside/live.yaml', file.path);
    },
  ],
  [
    'its folder is a link that leads out',
    ({ folder, root }) => {
      renameSync(join(root, 'app'), join(root, 'before'));
      symlinkSync(join(folder, 'outside'), join(root, 'app'));
    },
  ],
  [
    'its folder is a link that leads out and the file is missing there',
    ({ folder, root, precious }) => {
      renameSync(precious, join(folder, 'outside', 'other'));
      renameSync(join(root, 'app'), join(root, 'before'));
      symlinkSync(join(folder, 'outside'), join(root, 'app'));
    },
  ],
];

describe('a configuration file', () => {
  it.each(PLANTED)('is neither read nor written where %s', (_, plant) => {
    const made = site();
    plant(made);
    const { folder, file, aside } = made;
    const outside = () => readdirSync(join(folder, 'outside')).map((name) => textOf(join(folder, 'outside', name)));
    expect(repairConfig(file, aside, 0)).toEqual({
      kind: 'failed',
      reason: expect.stringMatching(/site\/app\/live\.yaml leads out of .*\/site, to /),
    });
    expect(() => acceptConfig(file)).toThrow('leads out of');
    expect(digestOf(file.path, file)).toBeNull();
    expect(configWatch(file)(0)).toMatchObject({ digest: null, differs: true });
    expect(outside()).toEqual(['root:x:0\n']);
    expect(textOf(file.knownGood)).toBe('limit: 5\n');
    expect(readdirSync(folder)).not.toContain('aside');
  });

  it.each(['.healix/control.token', 'healix.yaml'])('is neither read nor written where it is a link to %s', (name) => {
    const { root, file, aside } = site();
    const own = [join(root, '.healix'), join(root, 'healix.yaml')];
    mkdirSync(own[0]!);
    writeFileSync(join(root, name), 'mine\n');
    rmSync(file.path);
    symlinkSync(join(root, name), file.path);
    const confined = { ...file, own };
    const refused = { kind: 'failed', reason: expect.stringContaining(`${name}, which is healix's own`) };
    expect(repairConfig(confined, aside, 0)).toEqual(refused);
    expect(() => acceptConfig(confined)).toThrow("healix's own");
    expect(digestOf(confined.path, confined)).toBeNull();
    expect([textOf(join(root, name)), textOf(file.knownGood)]).toEqual(['mine\n', 'limit: 5\n']);
  });

  it('is not filled from, nor taken as, a known-good copy outside', () => {
    const { file, precious, aside } = site();
    rmSync(file.knownGood);
    symlinkSync(precious, file.knownGood);
    expect(repairConfig(file, aside, 0)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('leads out of'),
    });
    expect(() => acceptConfig(file)).toThrow('leads out of');
    expect([textOf(file.path), textOf(precious)]).toEqual(['limit: 0\n', 'root:x:0\n']);
  });

  it('may be a link as long as it stays inside', () => {
    const { root, file, aside } = site();
    renameSync(file.path, join(root, 'app', 'real.yaml'));
    symlinkSync('real.yaml', file.path);
    expect(repairConfig(file, aside, 0)).toMatchObject({ kind: 'repaired' });
    expect(lstatSync(file.path).isSymbolicLink()).toBe(true);
    expect(textOf(join(root, 'app', 'real.yaml'))).toBe('limit: 5\n');
    expect(digestOf(file.path, file)).toBe(digestOf(file.knownGood, file));
    writeFileSync(file.path, 'limit: 7\n');
    acceptConfig(file);
    expect(textOf(file.knownGood)).toBe('limit: 7\n');
  });

  it('that became a pipe or a link to nothing fails at once, in words about its own path', () => {
    const { file, aside } = site();
    rmSync(file.path);
    execFileSync('mkfifo', [file.path]);
    expect(repairConfig(file, aside, 0)).toEqual({ kind: 'failed', reason: `${file.path} is not a file` });
    rmSync(file.path);
    symlinkSync('/nowhere/at/all', file.path);
    expect(repairConfig(file, aside, 0)).toMatchObject({ kind: 'failed', reason: expect.stringContaining('ENOENT') });
  });

  it('is written where its folder was when it was looked at, though a link takes its place meanwhile', () => {
    const { folder, root, file, precious } = site();
    confined(file, file.path, (held) => {
      renameSync(join(root, 'app'), join(root, 'before'));
      symlinkSync(join(folder, 'outside'), join(root, 'app'));
      writeFileSync(held, 'limit: 5\n');
    });
    expect([textOf(precious), textOf(join(root, 'before', 'live.yaml'))]).toEqual(['root:x:0\n', 'limit: 5\n']);
  });

  it('is refused by the actuator with the reason, and nothing of it is told', async () => {
    const { file, precious } = site();
    rmSync(file.path);
    symlinkSync(precious, file.path);
    const place = newPlace();
    const { actuator, events } = place.actuator([place.service('shop', { configFile: file })]);
    const refused = { kind: 'failed', reason: expect.stringContaining('leads out of') };
    expect(await actuator.act(order('repair-config'), 'shop', never)).toEqual(refused);
    expect(actuator.acceptConfig('shop')).toEqual(refused);
    expect(events).toEqual([]);
    await actuator.close({ leaveRunning: false });
  });
});
