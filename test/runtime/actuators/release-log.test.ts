/** Where a rollback leads to, while releases come and go. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ManagedService, Releases } from '../../../src/runtime/actuators/managed-service.ts';
import { ReleaseLog } from '../../../src/runtime/actuators/release-log.ts';

let folder: string;
let trouble: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'healix-releases-'));
  trouble = [];
  for (const name of ['v1', 'v2', 'v3', 'v4']) mkdirSync(join(folder, name));
  link('v2');
});
afterEach(() => rmSync(folder, { recursive: true }));

function link(release: string): void {
  const path = join(folder, 'current');
  rmSync(path, { force: true });
  symlinkSync(release, path);
}

const releasesOf = (previous: string | null): Releases => ({ folder, link: 'current', current: 'v2', previous });
const serviceOf = (previous: string | null) => ({ id: 'shop', releases: releasesOf(previous) }) as ManagedService;
const newLog = () => new ReleaseLog(folder, (reason) => trouble.push(reason));
const target = (log: ReleaseLog, previous: string | null = 'v1') => log.of('shop', releasesOf(previous)).previous;

function deploy(log: ReleaseLog, release: string, previous: string | null = 'v1'): void {
  link(release);
  log.started(serviceOf(previous), release);
}

describe('the release to go back to', () => {
  it('is what the config names until a deploy is seen, and then what ran before it', () => {
    const log = newLog();
    expect(target(log)).toBe('v1');
    deploy(log, 'v2');
    expect(target(log)).toBe('v1');
    deploy(log, 'v3');
    expect(target(log)).toBe('v2');
    deploy(log, 'v4');
    expect(target(log)).toBe('v3');
  });

  it('is what runs when the next is deployed and not started yet', () => {
    const log = newLog();
    deploy(log, 'v2');
    link('v3');
    expect(target(log)).toBe('v2');
  });

  it('is never the release that was left by going back, by healix or by hand', () => {
    const log = newLog();
    deploy(log, 'v2');
    deploy(log, 'v3');
    deploy(log, 'v2');
    expect(target(log)).toBe('v2');
    deploy(log, 'v4');
    expect(target(log)).toBe('v2');
  });

  it('is known across restarts, also where the config names none', () => {
    deploy(newLog(), 'v2', null);
    deploy(newLog(), 'v3', null);
    expect(target(newLog(), null)).toBe('v2');
  });

  it("is the user's new word as soon as there is one", () => {
    deploy(newLog(), 'v2');
    deploy(newLog(), 'v3');
    expect(target(newLog(), 'v4')).toBe('v4');
    deploy(newLog(), 'v2', 'v4');
    expect(target(newLog(), 'v4')).toBe('v3');
  });

  it('is not learnt anew from processes that were taken over', () => {
    const log = newLog();
    log.adopted(serviceOf('v1'), 'v2');
    deploy(log, 'v3');
    log.adopted(serviceOf('v1'), 'v2');
    expect(target(log)).toBe('v2');
  });

  it.each(['', '{', '[]', '{"services":{"shop":{"ran":1}}}', '\0\xff'])(
    'is what the config names when the file holds %j',
    (text) => {
      writeFileSync(join(folder, 'releases.json'), text);
      expect(target(newLog())).toBe('v1');
    },
  );

  it('is remembered by the run that saw it when the file cannot be written, which is told', () => {
    mkdirSync(join(folder, 'releases.json'));
    const log = newLog();
    deploy(log, 'v2');
    deploy(log, 'v3');
    expect(target(log)).toBe('v2');
    expect(trouble[0]).toContain('cannot be written');
    unlinkSync(join(folder, 'current'));
    expect(target(log)).toBe('v2');
  });
});
