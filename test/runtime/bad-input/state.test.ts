/** A state folder that cannot be written, is full, or holds what is not ours: a clear error, or healing within limits; never a crash. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HealixError } from '../../../src/errors.ts';
import { loadConfig } from '../../../src/runtime/config.ts';
import { findControl, openControl } from '../../../src/runtime/control/open-control.ts';
import type { RuntimeEvent } from '../../../src/runtime/events.ts';
import { openJournal } from '../../../src/runtime/journal/index.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { ask, makeSite, type Site, until } from '../harness.ts';
import { pidOf, startOn } from './fleet.ts';

let site: Site;
let runtime: Runtime | null = null;
const events: RuntimeEvent[] = [];

beforeEach(async () => {
  site = await makeSite();
  events.length = 0;
});
afterEach(async () => {
  await runtime?.close({ leaveRunning: false });
  runtime = null;
  site.remove();
});

const state = (): string => join(site.folder, '.healix');
const answers = async (port = site.gateway): Promise<boolean> => (await ask(port, '/work'))?.status === 200;

/** Starts, and hands back why that was refused; nothing runs afterwards. */
async function refusal(): Promise<HealixError> {
  const error: unknown = await startOn(site).then(
    (started) => {
      runtime = started;
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HealixError);
  expect(await ask(site.port, '/health')).toBeNull();
  expect(await ask(site.gateway, '/health')).toBeNull();
  return error as HealixError;
}

describe('a state folder that is refused whole', () => {
  it.each<[string, () => void, string]>([
    [
      'has a file for a journal',
      () => [mkdirSync(state()), writeFileSync(join(state(), 'journal'), '')],
      'journal-unwritable',
    ],
    [
      'has a folder for a token',
      () => mkdirSync(join(state(), 'control.token'), { recursive: true }),
      'bad-token-file',
    ],
    [
      'has a token of no use',
      () => [mkdirSync(state()), writeFileSync(join(state(), 'control.token'), '', { mode: 0o600 })],
      'bad-token-file',
    ],
    [
      'has a folder for a control file',
      () => mkdirSync(join(state(), 'control.json', 'x'), { recursive: true }),
      'state-unwritable',
    ],
  ])('%s', async (_, prepare, code) => {
    prepare();
    expect((await refusal()).code).toBe(code);
  });

  it('is a file, or leads out of the folder of the config by a link, though the config does not name it', () => {
    writeFileSync(state(), 'a file');
    expect(() => loadConfig(site.config)).toThrow('.healix is not a folder');
    rmSync(state());
    symlinkSync(tmpdir(), state());
    expect(() => loadConfig(site.config)).toThrow('leads out of the folder of the config by a link');
    rmSync(state());
  });

  it('leaves nothing that keeps the process alive', async () => {
    mkdirSync(join(state(), 'control.json', 'x'), { recursive: true });
    const config = loadConfig(site.config);
    await expect(openControl(() => null, config)).rejects.toThrow();
    expect(await ask(config.control.port, '/status')).toBeNull();
  });
});

describe('what others left in the state folder', () => {
  it('does not disturb the journal, and is left alone', async () => {
    const folder = join(state(), 'journal');
    mkdirSync(join(folder, 'a folder.new'), { recursive: true });
    const foreign = ['notes.txt', 'notes.new', 'journal-1.jsonl', 'journal-00000001.jsonl.bak', '.DS_Store', 'lock-x'];
    for (const name of foreign) writeFileSync(join(folder, name), '\0\xff garbage');
    symlinkSync('/dev/zero', join(folder, 'endless'));
    runtime = await startOn(site);
    await until('the service answers', () => answers());
    await runtime.close({ leaveRunning: false });
    runtime = null;
    for (const name of foreign) expect(readFileSync(join(folder, name), 'utf8'), name).toContain('garbage');
    expect(existsSync(join(folder, 'a folder.new'))).toBe(true);
    await (await openJournal(folder, { clock: Date })).close();
  }, 240_000);

  it.each(['', '{', '[]', '{"port":"x"}', '\0\xff'])('a control file of %j is told as what it is', (text) => {
    mkdirSync(state());
    writeFileSync(join(state(), 'control.json'), text);
    expect(() => findControl(state())).toThrow(HealixError);
  });
});

/** A file system of one megabyte, and one that cannot be written: only root may make them. */
const place = mkdtempSync(join(tmpdir(), 'healix-disk-'));
const mounted: string[] = [];
function mount(name: string, options: string): string {
  const folder = join(place, name);
  mkdirSync(folder);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status === 0) mounted.push(folder);
  return folder;
}
let canMount = false;
beforeAll(() => {
  if (process.getuid?.() === 0) mount('try', 'size=64k');
  canMount = mounted.length > 0;
  if (!canMount) console.warn('skipped: tests on a full and on a read-only disk need root and mount(8)');
});
afterAll(() => {
  for (const folder of mounted) spawnSync('umount', ['-l', folder]);
  rmSync(place, { recursive: true, force: true });
});

/** The site again, on a file system of its own: its state may then be full while the rest is not. */
async function onDisk(name: string, options: string): Promise<string> {
  const folder = mount(name, options);
  mkdirSync(state(), { recursive: true });
  expect(spawnSync('mount', ['--bind', folder, state()]).status).toBe(0);
  mounted.unshift(state());
  return folder;
}

function release(): void {
  const at = mounted.indexOf(state());
  if (at >= 0) spawnSync('umount', ['-l', mounted.splice(at, 1)[0]!]);
}

describe('a disk', () => {
  afterEach(async () => {
    await runtime?.close({ leaveRunning: false });
    runtime = null;
    release();
  });

  it('that cannot be written is told as such, with nothing left running', async (context) => {
    if (!canMount) return context.skip();
    await onDisk('read-only', 'size=1m,ro');
    const error = await refusal();
    expect([error.code, error.exitCode]).toEqual(['state-unwritable', 2]);
    expect(error.message).toContain('read-only');
  });

  it('that is full at the start is told as such, and a later start finds nothing in its way', async (context) => {
    if (!canMount) return context.skip();
    const disk = await onDisk('full', 'size=256k');
    fill(disk);
    const error = await refusal();
    expect(error.message).toMatch(/no space left/i);
    rmSync(join(disk, 'filler'));
    runtime = await startOn(site);
    await until('the service answers', () => answers());
  }, 240_000);

  it('that fills up meanwhile stops what is risky and nothing else, and healing goes on when there is room', async (context) => {
    if (!canMount) return context.skip();
    const disk = await onDisk('filling', 'size=4m');
    runtime = await startOn(site, (event) => events.push(event));
    await until('the service answers', () => answers());
    fill(disk);
    await until('it is told', () => events.some(({ kind }) => kind === 'journal-failed'));
    const pid = pidOf(runtime, 'web')!;
    process.kill(pid, 'SIGKILL');
    await until('a restart is refused', () =>
      events.some(
        (event) =>
          event.kind === 'acted' && event.effect.kind === 'failed' && /nothing risky/.test(event.effect.reason),
      ),
    );
    // A short record may still fit into the rest of the journal's last page, and the next one does not.
    await until('the journal is told to fail', () => !runtime!.fleetStatus().journalHealthy);
    rmSync(join(disk, 'filler'));
    // It would try again after its cool-down.
    expect(await runtime.order('web', 'force-heal')).toMatchObject({ kind: 'taken', actions: ['restart'] });
    await until('it is healed', async () => pidOf(runtime!, 'web') !== pid && (await answers()));
    expect(runtime.fleetStatus().journalHealthy).toBe(true);
  }, 240_000);
});

/** Takes every byte there is. */
function fill(disk: string): void {
  for (let size = 65_536; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(join(disk, 'filler'), Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
    }
  }
  expect(statfsSync(disk).bfree).toBe(0);
}
