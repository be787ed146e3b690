import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/runtime/config.ts';
import { configOf, makeFolder, problemsOf } from './folder.ts';

const folder = makeFolder();
symlinkSync('..', join(folder, 'up'));
symlinkSync('nothing', join(folder, 'dangling'));
symlinkSync('good', join(folder, 'fine'));
symlinkSync('../../outside.json', join(folder, 'cart', 'sneaky.json'));
symlinkSync('loop', join(folder, 'loop'));
mkdirSync(join(folder, 'cart', 'releases', 'v2', 'inner'));
symlinkSync('v2/inner', join(folder, 'cart', 'releases', 'deep'));
symlinkSync('../..', join(folder, 'cart', 'releases', 'away'));
writeFileSync(join(folder, 'cart', 'releases', 'notes'), '');

const service = (fields: object): object => ({ name: 'shop', services: [{ id: 'api', command: ['x'], ...fields }] });
const releases = (fields: object): object =>
  service({ releases: { folder: 'cart/releases', current: 'current', previous: 'v1', ...fields } });
const releaseFolder = (cwd: string): object =>
  service({ cwd, releases: { folder: 'cart/releases', current: 'current', previous: 'v1' } });
const configFile = (fields: object): object =>
  service({ configFile: { path: 'cart/config.json', knownGood: 'good/cart.json', ...fields } });

describe('a path of a config', () => {
  it.each<[string, object, string]>([
    ['climb out', service({ cwd: '../shop/../..' }), 'services[0].cwd: ../shop/../.. leads out of the folder'],
    ['be absolute', service({ cwd: '/tmp' }), 'services[0].cwd: /tmp is absolute'],
    ['leave by a link', service({ cwd: 'up' }), 'services[0].cwd: up leads out of the folder of the config by a link'],
    ['leave below a link', configFile({ path: 'up/outside.json' }), 'configFile.path: up/outside.json leads out'],
    ['be a file that leaves by a link', configFile({ path: 'cart/sneaky.json' }), 'cart/sneaky.json leads out'],
    [
      'follow a link to nothing',
      service({ cwd: 'dangling' }),
      'services[0].cwd: dangling is or follows a link to nothing',
    ],
    ['go round in circles', service({ cwd: 'loop' }), 'services[0].cwd: cannot look at loop'],
    ['be missing', service({ cwd: 'gone' }), 'services[0].cwd: gone does not exist'],
    ['be a folder for a file', configFile({ path: 'good' }), 'configFile.path: good is not a file'],
    ['be a file for a folder', service({ cwd: 'token.txt' }), 'services[0].cwd: token.txt is not a folder'],
    ['be its own good copy', configFile({ knownGood: 'cart/../cart/config.json' }), 'is the config file itself'],
    ['be a missing good copy', configFile({ knownGood: 'good/none.json' }), 'knownGood: good/none.json does not exist'],
    ['be a release that is missing', releases({ previous: 'v0' }), 'releases.previous: v0 does not exist'],
    ['be a release outside', releases({ current: 'away' }), 'releases.current: away leads out of the folder'],
    [
      'be a release in a release',
      releases({ current: 'deep' }),
      'releases.current: deep is not a release right inside',
    ],
    ['be a file among releases', releases({ current: 'notes' }), 'releases.current: notes is not a folder'],
    ['be the release that always runs', releases({ current: 'v1' }), 'releases.previous: v1 is the current release'],
    ['depend on the replica', service({ cwd: '{replica}' }), 'services[0].cwd: only {release} is filled in here'],
    [
      'be missing for a release',
      releaseFolder('cart/releases/{release}/inner'),
      'cwd: cart/releases/v1/inner does not',
    ],
    ['be a release with a slash', releases({ current: '../x' }), 'releases.current: letters, digits'],
    ['keep state outside', { ...service({}), stateDir: 'up/state' }, 'stateDir: up/state leads out'],
    [
      'keep state in a link to nothing',
      { ...service({}), stateDir: 'dangling/state' },
      'stateDir: dangling/state is or',
    ],
    ['keep state in a file', { ...service({}), stateDir: 'token.txt' }, 'stateDir: token.txt is not a folder'],
    [
      'be a missing token',
      { ...service({}), control: { tokenFile: 'none' } },
      'control.tokenFile: none does not exist',
    ],
  ])('may not %s', (_, config, problem) => {
    const problems = problemsOf(config, folder);
    expect(problems.filter((line) => line.includes(problem))).toHaveLength(1);
  });

  it('may be made later, go through links and hold .. while it stays inside', () => {
    expect(problemsOf({ ...service({ cwd: 'cart/../fine' }), stateDir: 'a/b/c' }, folder)).toEqual([]);
  });

  it('of a release is the name that the link stands for, with the link kept for a rollback', () => {
    const resolved = configOf(releases({}), folder).services[0]!.releases!;
    expect(resolved).toMatchObject({ current: 'v2', previous: 'v1' });
    expect(resolved.link).toBe('current');
    expect(configOf(releases({ current: 'v2' }), folder).services[0]!.releases!.link).toBe(null);
  });

  it('is still good after a rollback has moved the link to the previous release', () => {
    expect(problemsOf(releases({ previous: 'v2' }), folder)).toEqual([]);
  });

  it('may name a folder per release to run in', () => {
    const { cwd } = configOf(releaseFolder('cart/releases/{release}'), folder).services[0]!;
    expect(cwd.endsWith('/cart/releases/{release}')).toBe(true);
  });

  it("keeps a service's configuration away from what is healix's own", () => {
    const path = join(folder, 'healix.yaml');
    writeFileSync(path, JSON.stringify({ ...configFile({}), control: { tokenFile: 'token.txt' } }));
    const { configFile: file, ...rest } = loadConfig(path).services[0]!;
    expect(rest.id).toBe('api');
    const own = ['.healix', '.healix/control.token', 'healix.yaml', 'token.txt'].map((name) => join(file!.root, name));
    expect([...file!.own].sort()).toEqual(own);
  });

  it('may lie in the state folder, which is then no longer kept from it', () => {
    const ownOf = (stateDir: string) => {
      const path = join(folder, 'healix.yaml');
      writeFileSync(path, JSON.stringify({ ...configFile({}), stateDir }));
      const { root, own } = loadConfig(path).services[0]!.configFile!;
      return own.map((kept) => kept.slice(root.length + 1));
    };
    expect(ownOf('cart')).not.toContain('cart');
    expect(ownOf('.')).not.toContain('');
    expect(ownOf('.')).toContain('control.token');
    expect(ownOf('cart')).toContain('healix.yaml');
    expect(ownOf('elsewhere')).toContain('elsewhere');
  });

  it('is found when the folder itself is behind a link', () => {
    const behind = join(folder, '..', 'behind');
    symlinkSync(folder, behind);
    expect(problemsOf(configFile({}), behind)).toEqual([]);
  });
});
