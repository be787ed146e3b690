/** No command writes over what it reads, nor one of its outputs over another: refused before any work, with everything left as it was. */
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writePack } from '../../src/packs.ts';
import { type Calls, fakePack, fakeRunners, healix } from './fakes.ts';

const FLEET = 'name: shop\nservices: [{id: web, entry: {ratePerS: 10}}]\n';
const CONFIG = 'name: shop\nservices: [{id: web, command: ["true"]}]\n';
const COMPOSE = 'services: {web: {image: a, ports: ["80:80"]}}\n';

let folder: string;
let calls: Calls;
/** `@name` stands for a file of the test. */
const words = (text: string): string[] => text.split(' ').map((word) => word.replaceAll('@', `${folder}/`));
const run = (text: string) => healix(words(text), fakeRunners({}, calls));
/** What every file holds; folders are listed by name, as a link leads back up. */
const texts = (): Record<string, string> =>
  Object.fromEntries(
    ['.', 'below', 'init']
      .flatMap((at) => readdirSync(join(folder, at)).map((name) => join(at, name)))
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'healix-own-files-'));
  calls = { evolve: [], compare: [], simulate: [] };
  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  put('fleet-file', FLEET);
  put('pack.checkpoint', FLEET);
  put('key.pem', 'a private key');
  put('old.checkpoint', 'a checkpoint');
  mkdirSync(join(folder, 'init'));
  put('init/healix.yaml', COMPOSE);
  put('alerts.yaml', CONFIG);
  writePack(join(folder, 'pack'), fakePack());
  mkdirSync(join(folder, 'below'));
  symlinkSync(join(folder, 'fleet-file'), join(folder, 'link'));
  symlinkSync(folder, join(folder, 'below', 'up'));
  linkSync(join(folder, 'fleet-file'), join(folder, 'second-name'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a command refuses', () => {
  it.each([
    ['evolve --fleet @fleet-file --out @fleet-file', '--out', '--fleet'],
    ['evolve --fleet @fleet-file --out @below/../fleet-file', '--out', '--fleet'],
    ['evolve --fleet @fleet-file --out @link', '--out', '--fleet'],
    ['evolve --fleet @link --out @fleet-file', '--out', '--fleet'],
    ['evolve --fleet @fleet-file --out @second-name', '--out', '--fleet'],
    ['evolve --fleet @below/up/fleet-file --out @fleet-file', '--out', '--fleet'],
    ['evolve --from @pack --out @pack', '--out', '--from'],
    ['evolve --fleet @pack.checkpoint --out @pack', '--out: its checkpoint', '--fleet'],
    ['evolve --resume @old.checkpoint --out @old.checkpoint', '--out', '--resume'],
    ['evolve --from @pack --out @new --report @pack', '--report', '--from'],
    ['evolve --out @new --report @below/up/new', '--report', '--out'],
    ['evolve --out @new --report @new.checkpoint', '--report', '--out: its checkpoint'],
    ['compare --pack @pack --resume @pack', '--resume', '--pack'],
    ['compare --pack @pack --fleet @fleet-file --resume @link', '--resume', '--fleet'],
    ['compare --pack @pack --resume @new --report @new', '--report', '--resume'],
    ['compare --pack @pack --report @pack', '--report', '--pack'],
    ['simulate --strategy nothing --fleet @fleet-file --trace @fleet-file', '--trace', '--fleet'],
    ['simulate --strategy @pack --trace @pack', '--trace', '--strategy'],
    ['pack sign @pack --key @key.pem --out @key.pem', '--out', '--key'],
    ['init --from @init/healix.yaml --out @init --yes --force', '--out', '--from'],
    ['monitoring @ --config @alerts.yaml --force', '<folder>:', '--config'],
  ])('%s', async (text, option, other) => {
    const before = texts();
    const { code, out, err } = await run(text);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`error: ${option} ${folder}`);
    expect(err).toContain(`is used for something else by the same command (${other}): name another file\n`);
    expect(err.match(/used for something else/g)).toHaveLength(1);
    expect(texts()).toEqual(before);
    expect(calls).toEqual({ evolve: [], compare: [], simulate: [] });
  });
});

describe('a command takes', () => {
  it.each([
    ['an older pack in the place of the new one', 'evolve --out @pack'],
    ['the checkpoint that it goes on from', 'evolve --out @old --resume @old.checkpoint'],
    ['trials that it goes on from', 'compare --pack @pack --resume @old.checkpoint'],
    ['a trace that is there already', 'simulate --strategy @pack --fleet @fleet-file --trace @old.checkpoint'],
  ])('%s', async (_, text) => {
    expect(await run(text)).toMatchObject({ code: 0 });
  });
});
