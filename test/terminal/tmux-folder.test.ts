/** The folder that `healix tmux` is run in is a name to tmux and nothing else. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { killSession, openSession } from '../../src/terminal/tmux.ts';
import { debianTool } from '../tools/debian.ts';
import { patiently } from '../tools/patiently.ts';

const hasTmux = debianTool('tmux', 'tmux') !== null;
const { TMUX, TMUX_TMPDIR } = process.env;
let place: string;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'healix-tmux-folder-'));
  Object.assign(process.env, { TMUX: '', TMUX_TMPDIR: place });
});

afterEach(async () => {
  await killSession('folder').catch(() => {});
  for (const [name, value] of Object.entries({ TMUX, TMUX_TMPDIR }))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  rmSync(place, { recursive: true, force: true });
});

it.skipIf(!hasTmux)('runs its panels where it was ordered from, whatever the folder is called', async () => {
  const made = `${basename(place)}-made`;
  const folder = join(place, `#(touch ${made}) #S 100%`);
  mkdirSync(folder);
  const told = join(place, 'told');
  await openSession({
    ...{ session: 'folder', config: join(place, 'healix.yaml'), env: process.env, size: null, folder },
    program: ['sh', '-c', 'pwd >> "$0"; sleep 600', told],
  });
  const lines = (): string[] => (existsSync(told) ? readFileSync(told, 'utf8').trim().split('\n') : []);
  await patiently('every panel has begun', () => lines().length === 4);
  expect(lines()).toEqual(Array(4).fill(folder));
  for (const at of [place, folder, process.cwd()]) expect(existsSync(join(at, made))).toBe(false);
});
