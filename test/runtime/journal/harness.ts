/** Folders, entries and disks for the tests of the journal. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll } from 'vitest';
import { type Disk, type DiskFile, type FileJournal, openJournal } from '../../../src/runtime/journal/index.ts';
import type { JournalOptions } from '../../../src/runtime/journal/open.ts';
import type { JournalEntry, ProcessRecord } from '../../../src/runtime/ports.ts';
import type { Action, Signal } from '../../../strategies/contract.ts';

const root = mkdtempSync(join(tmpdir(), 'healix-journal-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
/** The path of a folder that nobody has made yet. */
export const newFolder = (): string => join(mkdtempSync(join(root, 'test-')), 'journal');

export const clock = { now: (): number => 1_700_000_000_000 };

export const open = (folder: string, options: Partial<JournalOptions> = {}): Promise<FileJournal> =>
  openJournal(folder, { clock, ...options });

export const note = (text: string | number): JournalEntry => ({ kind: 'note', atMs: 1, text: String(text) });

/** The texts of the notes among the entries. */
export const texts = (entries: Iterable<JournalEntry>): string[] =>
  [...entries].flatMap((entry) => (entry.kind === 'note' ? [entry.text] : []));

/** A finished journal with these entries, each acknowledged before the next. */
export async function written(
  entries: readonly JournalEntry[],
  options: Partial<JournalOptions> = {},
): Promise<string> {
  const folder = newFolder();
  const journal = await open(folder, options);
  for (const entry of entries) await journal.append(entry);
  await journal.close();
  return folder;
}

export const segmentsIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.jsonl'));

/** All files of a folder with their bytes, and the way back to them. */
export function snapshot(folder: string): { readonly files: ReadonlyMap<string, Buffer>; restore(): void } {
  const files = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
  return {
    files,
    restore() {
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
      for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
    },
  };
}

export const action = (id: number): Action => ({
  kind: 'restart',
  mode: 'hard',
  id,
  atMs: 5,
  service: 0,
  replica: 1,
  cause: 'unresponsive',
  rung: 0,
  reason: 'no answer for 30 s',
});

export const processRecord = (pid: number): ProcessRecord => ({
  service: 'api',
  replica: 0,
  pid,
  startTicks: 77,
  startedAtMs: 12,
  port: 8080,
  release: null,
});

/** Nothing but the replica's presence was measured. */
export const signal = (atMs: number): Signal => ({
  kind: 'signal',
  atMs,
  service: 0,
  windowMs: 5000,
  replicas: [
    {
      present: 1,
      live: 1,
      ready: 0,
      inRotation: Number.NaN,
      calls: 3,
      failed: 0,
      p50Ms: Number.NaN,
      p95Ms: Number.NaN,
      cpu: 0.5,
      memory: 0.25,
      queue: Number.NaN,
      exitCode: Number.NaN,
      uptimeS: 9,
    },
  ],
  deployAgeS: Number.NaN,
  configAgeS: 3,
  configDiffers: 0,
  dependencyFailed: [Number.NaN, 0.5],
});

/** One entry of every kind. */
export const EVERY_KIND: readonly JournalEntry[] = [
  { kind: 'started', atMs: 1, version: '1.0.0', config: 'c', pack: 'p', services: 's' },
  { kind: 'config', atMs: 2, config: 'c2', services: 's2', by: 'sighup' },
  { kind: 'process', atMs: 3, process: processRecord(40) },
  { kind: 'input', atMs: 4, input: signal(4) },
  { kind: 'input', atMs: 4, input: { kind: 'command', atMs: 4, service: 0, command: 'force-heal' } },
  { kind: 'intent', atMs: 5, service: 'a', action: action(1) },
  { kind: 'effect', atMs: 6, action: 1, effect: { kind: 'done', detail: 'pid 41' } },
  { kind: 'effect', atMs: 6, action: 1, effect: { kind: 'unsupported', reason: 'no' } },
  { kind: 'exit', atMs: 7, pid: 40, code: null },
  { kind: 'repair', atMs: 8, service: 'api', file: 'a.yaml', diff: '-a\n+ä \u2028 \ud83d\ude80' },
  { kind: 'memory', atMs: 9, memory: { services: [{ attempts: 2 }], on: true, none: null } },
  { kind: 'note', atMs: 10, text: 'line\nbreak, "quotes", \u0000 and \ud800' },
  { kind: 'stopped', atMs: 11, reason: 'asked to' },
];

/** An error as the system tells it. */
export const systemError = (code: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: injected`), { code, errno: -1, syscall: 'write' });

/** What a disk was asked to do, in short: `write journal-00000001.jsonl`. */
export type Step = (operation: string, file: string) => Promise<void> | undefined;

/**
 * A disk that asks before everything it does; what the question throws is what the operation throws. Of a write that fails, half is in
 * the file. An open file goes by the name it was given last.
 */
export function questionedDisk(disk: Disk, ask: Step): Disk {
  const named = new Map<string, { name: string }>();
  const wrap = (file: DiskFile, at: { readonly name: string }): DiskFile => ({
    async write(bytes, offset) {
      try {
        await ask('write', at.name);
      } catch (error) {
        await file.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), offset);
        throw error;
      }
      await file.write(bytes, offset);
    },
    async sync() {
      await ask('sync', at.name);
      await file.sync();
    },
    async truncate(length) {
      await ask('truncate', at.name);
      await file.truncate(length);
    },
    close: () => file.close(),
  });
  return {
    async open(path, mode) {
      await ask('open', basename(path));
      const at = { name: basename(path) };
      named.set(path, at);
      return wrap(await disk.open(path, mode), at);
    },
    async rename(from, to) {
      await ask('rename', basename(to));
      await disk.rename(from, to);
      named.get(from)!.name = basename(to);
    },
    async remove(path) {
      await ask('remove', basename(path));
      await disk.remove(path);
    },
    async syncFolder(path) {
      await ask('syncFolder', basename(path));
      await disk.syncFolder(path);
    },
  };
}
