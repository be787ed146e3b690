/** What opening reads of a long journal: inputs and memories of old segments are only checked, and a start finds all it needs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HealixError } from '../../../src/errors.ts';
import { HistoryLog, historyOf } from '../../../src/runtime/history.ts';
import type { JournalEntry } from '../../../src/runtime/ports.ts';
import { resume } from '../../../src/runtime/resume.ts';
import { strategyHealer } from '../../../strategies/heal.ts';
import { makeRoster, makeSignal, makeStrategy, WELL } from '../../heal/signals.ts';
import { action, newFolder, open, processRecord, segmentsIn } from './harness.ts';

/** A memory of two services takes about 4 KB, an input half of one: inputs since the last memory span several segments. */
const LIMITS = { segmentBytes: 6000, segmentsMax: 60 } as const;
const healer = strategyHealer('test', makeStrategy());
const identity = { version: '1', pack: 'p', services: 's' };

/** A journal as a runtime writes it: a memory after so many inputs, actions now and then. */
async function grown(inputs: number, memoryEvery: number): Promise<string> {
  const folder = newFolder();
  const journal = await open(folder, LIMITS);
  const memory = healer.start(makeRoster([{}, {}]));
  const write = (entry: JournalEntry): Promise<void> => journal.append(entry);
  await write({ kind: 'started', atMs: 0, config: 'c', ...identity });
  await write({ kind: 'memory', atMs: 0, memory: structuredClone(memory) });
  for (let at = 1; at <= inputs; at++) {
    const input = {
      ...makeSignal(5000 * at, [{ ...WELL, calls: 100 + (at % 7), p95Ms: 30 + (at % 11) }]),
      service: at % 2,
    };
    await write({ kind: 'input', atMs: input.atMs, input });
    healer.heal(memory, input);
    if (at % memoryEvery === 0) await write({ kind: 'memory', atMs: input.atMs, memory: structuredClone(memory) });
    if (at % 10 === 0) await write({ kind: 'intent', atMs: input.atMs, service: 'a', action: action(at) });
    if (at % 20 === 0) await write({ kind: 'effect', atMs: input.atMs, action: at, effect: { kind: 'done' } });
    if (at % 15 === 0) await write({ kind: 'process', atMs: input.atMs, process: processRecord(at) });
  }
  await journal.close();
  return folder;
}

describe('a start from a journal of many segments', () => {
  it.each([
    ['fit into a segment', 5],
    ['span several segments', 60],
  ])('is the same from what is read of it as from all of it, when inputs since a memory %s', async (_, memoryEvery) => {
    const folder = await grown(150, memoryEvery);
    expect(segmentsIn(folder).length).toBeGreaterThan(4);
    const journal = await open(folder, LIMITS);
    const all = [...journal.read()];
    const recent = [...journal.readRecent()];
    await journal.close();
    expect(recent.length).toBeLessThan(all.length);
    const { entries: _all, ...expected } = resume(all, healer, identity);
    const { entries: _recent, ...found } = resume(recent, healer, identity);
    expect(expected.memory).not.toBeNull();
    expect(found).toEqual(expected);
  });

  it('hands on every entry that tells what was done, each once, and then those that are appended', async () => {
    const folder = await grown(150, 25);
    const told: JournalEntry[] = [];
    const log = new HistoryLog();
    const journal = await open(folder, {
      ...LIMITS,
      onEntry(entry) {
        told.push(entry);
        log.note(entry);
      },
    });
    const bulk = (entry: JournalEntry): boolean => entry.kind === 'input' || entry.kind === 'memory';
    expect(told.filter((entry) => !bulk(entry))).toEqual([...journal.read()].filter((entry) => !bulk(entry)));
    expect(told.filter(bulk).length).toBeLessThan([...journal.read()].filter(bulk).length);
    await journal.append({ kind: 'intent', atMs: 1e6, service: 'b', action: action(999) });
    expect(log.last(50)).toEqual(historyOf(journal.read(), 50));
    expect(log.last(1)).toMatchObject([{ service: 'b', result: 'open' }]);
    await journal.close();
  });

  it('is refused when one byte of an old input is another', async () => {
    const folder = await grown(60, 25);
    const old = segmentsIn(folder)
      .slice(0, -1)
      .map((name) => join(folder, name));
    const file = old.find((name) => readFileSync(name, 'utf8').includes('"p95Ms":3'));
    expect(file).toBeDefined();
    writeFileSync(file!, readFileSync(file!, 'utf8').replace('"p95Ms":3', '"p95Ms":4'));
    const opening = open(folder, LIMITS);
    await expect(opening).rejects.toThrow(HealixError);
    await expect(opening).rejects.toThrow(/line \d+: record \d+ is not as it was written \(bad-hash\)/);
  });
});
