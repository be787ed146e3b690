/** A journal stays bounded, and whatever is dropped, a start finds what it needs. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CARRIED_MAX, Carry } from '../../../src/runtime/journal/carry.ts';
import { type FileJournal, verifyJournal } from '../../../src/runtime/journal/index.ts';
import type { JournalEntry } from '../../../src/runtime/ports.ts';
import { action, newFolder, note, open, processRecord, segmentsIn, texts } from './harness.ts';

const LIMITS = { segmentBytes: 3000, segmentsMax: 3 } as const;
/** Longest text of inputs that is carried, half a segment; a tick takes less than this. */
const TICK_LENGTH_MAX = 80;
const TICKS_CARRIED = Math.floor(LIMITS.segmentBytes / 2 / TICK_LENGTH_MAX);

const tick = (atMs: number): JournalEntry => ({ kind: 'input', atMs, input: { kind: 'tick', atMs } });
const memory = (value: number): JournalEntry => ({ kind: 'memory', atMs: 0, memory: { value } });
const started = (pack: string): JournalEntry => ({
  kind: 'started',
  atMs: 0,
  version: '1',
  config: 'c',
  pack,
  services: 's',
});

describe('a journal that has rotated many times', () => {
  it('has no more segments than are kept, none larger than it may be, and a whole chain', async () => {
    const folder = newFolder();
    let journal = await open(folder, LIMITS);
    for (let at = 0; at < 300; at += 1) {
      await journal.append(note(`${at} ${'x'.repeat(100)}`));
      expect(segmentsIn(folder).length).toBeLessThanOrEqual(LIMITS.segmentsMax + 1);
      if (at % 50 === 49) {
        await journal.close();
        expect(segmentsIn(folder).length).toBeLessThanOrEqual(LIMITS.segmentsMax);
        journal = await open(folder, LIMITS);
        expect(journal.opening).toMatchObject({ repair: null, findings: [] });
      }
    }
    await journal.close();
    const names = segmentsIn(folder);
    expect(names).toHaveLength(LIMITS.segmentsMax);
    expect(names[0]! > 'journal-00000010.jsonl').toBe(true);
    for (const name of names) expect(statSync(join(folder, name)).size).toBeLessThan(LIMITS.segmentBytes + 1000);
    expect(verifyJournal(folder)).toMatchObject({ kind: 'good', segments: LIMITS.segmentsMax });
    const read = texts(journal.read());
    expect(read.at(-1)).toMatch(/^299 /);
    expect(read.map((text) => Number.parseInt(text, 10))).toEqual(read.map((_, at) => 300 - read.length + at));
  });

  it('names in every header the hash that the segment before ends with', async () => {
    const folder = newFolder();
    const journal = await open(folder, LIMITS);
    for (let at = 0; at < 100; at += 1) await journal.append(note('x'.repeat(100)));
    await journal.close();
    const segments = segmentsIn(folder).map((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'));
    expect(segments).toHaveLength(3);
    segments.slice(1).forEach(([header], at) => {
      const { hash } = JSON.parse(segments[at]!.at(-1)!) as { hash: string };
      expect(JSON.parse(header!)).toMatchObject({ segment: { previous: hash } });
    });
  });

  it('still knows the run, the memory, what it was told since, what runs, and what is unsettled', async () => {
    const folder = newFolder();
    const needed: JournalEntry[] = [
      started('p'),
      { kind: 'config', atMs: 0, config: 'new', services: 'list', by: 'me' },
      { kind: 'process', atMs: 0, process: processRecord(7) },
      memory(2),
      started('p'),
      tick(5),
      { kind: 'intent', atMs: 0, service: 'a', action: action(2) },
    ];
    const journal = await open(folder, LIMITS);
    await journal.append({ kind: 'process', atMs: 0, process: processRecord(6) });
    await journal.append({ kind: 'exit', atMs: 0, pid: 6, code: 1 });
    await journal.append(started('gone'));
    await journal.append(memory(1));
    await journal.append(tick(1));
    for (const entry of needed) await journal.append(entry);
    await journal.append({ kind: 'intent', atMs: 0, service: 'a', action: action(3) });
    await journal.append({ kind: 'effect', atMs: 0, action: 3, effect: { kind: 'done' } });
    for (let at = 0; at < 200; at += 1) await journal.append(note('x'.repeat(100)));
    expect([...journal.read()].filter(({ kind }) => kind !== 'note')).toEqual(needed);
    await journal.close();
  });

  it('gives a start the same, whatever was appended and dropped, and however often it was opened', async () => {
    const small = fc.integer({ min: 0, max: 5 });
    const entry = fc.oneof(
      { weight: 6, arbitrary: fc.constant(note('x'.repeat(200))) },
      { weight: 3, arbitrary: small.map(tick) },
      small.map(memory),
      small.map((id): JournalEntry => ({ kind: 'intent', atMs: 0, service: 'a', action: action(id) })),
      small.map((id): JournalEntry => ({ kind: 'effect', atMs: 0, action: id, effect: { kind: 'done' } })),
      small.map((pid): JournalEntry => ({ kind: 'process', atMs: 0, process: processRecord(pid) })),
      small.map((pid): JournalEntry => ({ kind: 'exit', atMs: 0, pid, code: 0 })),
      small.map((pack) => started(String(pack))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(entry, { maxLength: 60 }), { maxLength: 5 }), async (runs) => {
        const folder = newFolder();
        for (const run of runs) {
          const journal = await open(folder, LIMITS);
          await Promise.all(run.map((one) => journal.append(one)));
          await journal.close();
        }
        const journal = await open(folder, LIMITS);
        expect(neededOf([...journal.read()])).toEqual(neededOf(runs.flat()));
        await journal.close();
        // One in which nothing was ever written is none yet.
        if (runs.flat().length > 0) expect(verifyJournal(folder)).toMatchObject({ kind: 'good' });
      }),
      { numRuns: 40 },
    );
  });

  it('can be read slowly while segments are dropped', async () => {
    const journal = await open(newFolder(), LIMITS);
    for (let at = 0; at < 30; at += 1) await journal.append(note(`${at} ${'x'.repeat(100)}`));
    const reading = journal.read();
    const first = reading.next();
    for (let at = 30; at < 300; at += 1) await journal.append(note(`${at} ${'x'.repeat(100)}`));
    const numbers = texts([first.value as JournalEntry, ...reading]).map((text) => Number.parseInt(text, 10));
    expect(numbers[0]).toBe(0);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
    await journal.close();
  });
});

it('what is carried is bounded', () => {
  const carry = new Carry(1000);
  for (let sequence = 1; sequence <= CARRIED_MAX + 500; sequence += 1) {
    carry.note({ kind: 'started' }, { sequence, text: 's' });
    carry.note({ kind: 'process', pid: sequence }, { sequence, text: 'p' });
    carry.note({ kind: 'intent', action: sequence }, { sequence, text: 'i' });
    carry.note({ kind: 'input' }, { sequence, text: 'x'.repeat(10) });
  }
  const list = carry.list();
  for (const text of ['s', 'p', 'i']) expect(list.filter((kept) => kept.text === text)).toHaveLength(CARRIED_MAX);
  expect(list.filter(({ text }) => text.startsWith('x'))).toHaveLength(100);
  expect(list.at(-1)?.sequence).toBe(CARRIED_MAX + 500);
});

/** What a start takes from a journal, in order. */
function neededOf(entries: Parameters<FileJournal['append']>[0][]): unknown {
  const at = entries.findLastIndex(({ kind }) => kind === 'memory');
  const before = entries.slice(0, Math.max(0, at)).findLast(({ kind }) => kind === 'started');
  const since = entries.slice(at + 1);
  const processes = new Map<number, JournalEntry>();
  const intents = new Map<number, JournalEntry>();
  for (const entry of entries) {
    if (entry.kind === 'process') put(processes, entry.process.pid, entry);
    if (entry.kind === 'exit') processes.delete(entry.pid);
    if (entry.kind === 'intent') put(intents, entry.action.id, entry);
    if (entry.kind === 'effect') intents.delete(entry.action);
  }
  return {
    run: before,
    memory: entries[at],
    starts: since.filter(({ kind }) => kind === 'started'),
    inputs: since.filter(({ kind }) => kind === 'input').slice(-TICKS_CARRIED),
    processes: [...processes.values()],
    intents: [...intents.values()],
  };
}

function put(map: Map<number, JournalEntry>, key: number, entry: JournalEntry): void {
  map.delete(key);
  map.set(key, entry);
}
