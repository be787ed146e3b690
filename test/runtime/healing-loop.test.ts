import { describe, expect, it } from 'vitest';
import { createHealingLoop, type HealingEvent, type HealingLoop } from '../../src/runtime/healing-loop.ts';
import type { Actuator, Effect, Journal, JournalEntry } from '../../src/runtime/ports.ts';
import { type Identity, resume } from '../../src/runtime/resume.ts';
import type { Action, ActionKind, HealInput } from '../../strategies/contract.ts';
import { strategyHealer } from '../../strategies/heal.ts';
import { parseHealInput } from '../../strategies/input.ts';
import type { FleetMemory } from '../../strategies/memory.ts';
import { DEAD, makeRoster, makeSignal, makeStrategy, WINDOW_MS } from '../heal/signals.ts';

const identity: Identity = { version: '1', pack: 'p', services: 's' };
const roster = makeRoster();
const ladder = ['restart-hard', 'restart-hard', 'rollback'] as const;
const healer = strategyHealer('test', makeStrategy({ ladders: { unresponsive: ladder, 'crash-loop': ladder } }));

class FakeJournal implements Journal {
  readonly entries: JournalEntry[] = [
    { kind: 'started', atMs: 0, version: '1', config: 'c', pack: identity.pack, services: identity.services },
    { kind: 'memory', atMs: 0, memory: JSON.parse(JSON.stringify(healer.start(roster))) },
  ];
  isHealthy = true;
  append(entry: JournalEntry): Promise<void> {
    if (!this.isHealthy) return Promise.reject(new Error('disk full'));
    const read = JSON.parse(JSON.stringify(entry)) as JournalEntry;
    this.entries.push(read.kind === 'input' ? { ...read, input: parsed(read.input) } : read);
    return Promise.resolve();
  }
  read(): Iterable<JournalEntry> {
    return this.entries;
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** As a journal reads it back: what was not measured is no number again. */
function parsed(input: unknown): HealInput {
  const reading = parseHealInput(input);
  if (reading.kind !== 'input') throw new Error(JSON.stringify(reading));
  return reading.input;
}

interface Bench {
  readonly loop: HealingLoop;
  readonly journal: FakeJournal;
  readonly acted: Action[];
  readonly events: HealingEvent[];
  readonly memory: FleetMemory;
}

function bench(
  effect: Effect = { kind: 'done' },
  can: readonly ActionKind[] = ['restart', 'rollback'],
  dryRun = false,
): Bench {
  const journal = new FakeJournal();
  const acted: Action[] = [];
  const events: HealingEvent[] = [];
  const memory = healer.start(roster);
  const actuator: Actuator = {
    can: () => new Set(can),
    act: (action) => {
      acted.push(action);
      return Promise.resolve(effect);
    },
  };
  let nowMs = 0;
  const clock = { now: () => ++nowMs, after: () => () => {} };
  const parts = { healer, memory, services: ['a'], actuator, journal, clock, dryRun };
  return {
    loop: createHealingLoop({ ...parts, onEvent: (event) => events.push(event) }),
    journal,
    acted,
    events,
    memory,
  };
}

/** Windows in which the first replica is dead. */
async function suffer(loop: HealingLoop, windows: number, fromMs = 0): Promise<void> {
  for (let window = 1; window <= windows; window++) await loop.look(makeSignal(fromMs + window * WINDOW_MS, [DEAD]));
  await loop.close();
}

const kinds = (entries: readonly JournalEntry[]): string[] => entries.map(({ kind }) => kind);

describe('the healing loop', () => {
  it('writes the input and the intent down before anything is done, and the effect and the outcome after it', async () => {
    const { loop, journal, acted } = bench();
    await suffer(loop, 12);
    expect(acted.length).toBeGreaterThan(0);
    const { entries } = journal;
    const intent = entries.findIndex(({ kind }) => kind === 'intent');
    expect(kinds(entries.slice(intent - 1, intent + 2))).toEqual(['input', 'intent', 'effect']);
    const done = entries.find((entry) => entry.kind === 'input' && entry.input.kind === 'outcome');
    expect(done).toMatchObject({ input: { action: acted[0]!.id, result: 'done' } });
  });

  it('carries every action out once', async () => {
    const { loop, acted } = bench();
    await suffer(loop, 40);
    expect(new Set(acted.map(({ id }) => id)).size).toBe(acted.length);
  });

  it('says what cannot be done, and the ladder goes on', async () => {
    const { loop, acted, events } = bench({ kind: 'done' }, ['rollback']);
    await suffer(loop, 60);
    expect(events).toContainEqual(
      expect.objectContaining({
        kind: 'acted',
        effect: { kind: 'unsupported', reason: 'restart cannot be done to a' },
      }),
    );
    expect(acted.map(({ kind }) => kind)).toContain('rollback');
  });

  it('acts on nothing in a dry run, and writes down what it would have done', async () => {
    const { loop, journal, acted } = bench({ kind: 'done' }, ['restart'], true);
    await suffer(loop, 12);
    expect(acted).toEqual([]);
    expect(kinds(journal.entries)).toContain('intent');
  });

  it('begins nothing risky while the journal cannot be written, and goes on looking', async () => {
    const { loop, journal, acted, events } = bench();
    journal.isHealthy = false;
    await suffer(loop, 12);
    expect(acted).toEqual([]);
    expect(events.some(({ kind }) => kind === 'journal-failed')).toBe(true);
    expect(events.filter(({ kind }) => kind === 'signal')).toHaveLength(12);
  });
});

describe('the end of a loop', () => {
  it('waits for what was decided and not yet begun, and begins it no more', async () => {
    const { loop, journal, acted, memory } = bench({ kind: 'done' }, ['circuit-break']);
    const append = journal.append.bind(journal);
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    journal.append = (entry) => (entry.kind === 'input' ? held.then(() => append(entry)) : append(entry));
    await loop.look(makeSignal(5000));
    const ordered = loop.order({ kind: 'command', atMs: 5000, service: 0, command: 'isolate' });
    const closed = loop.close();
    release();
    await Promise.all([ordered, closed]);
    expect(acted).toEqual([]);
    expect(memory.guard.flights).toEqual([]);
    expect(journal.entries.filter(({ kind }) => kind === 'effect')).toMatchObject([{ effect: { kind: 'failed' } }]);
    expect(journal.entries.at(-1)).toMatchObject({ kind: 'memory' });
  });
});

describe('a start after a crash', () => {
  it('gives the memory of the moment, wherever the journal ends', async () => {
    const { loop, journal, memory } = bench();
    await suffer(loop, 30);
    const { entries } = journal;
    // The run's own memory, asked at the end; every cut must give what a healer that saw the same inputs remembers.
    expect(resume(entries, healer, identity).memory).toEqual(JSON.parse(JSON.stringify(memory)));
    for (let cut = 2; cut <= entries.length; cut++) {
      const seen = entries.slice(0, cut);
      const again = healer.start(roster);
      for (const entry of seen) if (entry.kind === 'input') healer.heal(again, entry.input);
      const { memory: resumed } = resume(seen, healer, identity);
      expect(JSON.stringify(resumed)).toBe(JSON.stringify(again));
    }
  });

  it('replays to the identical intents, byte for byte', async () => {
    const { loop, journal } = bench();
    await suffer(loop, 60);
    const written = journal.entries.flatMap((entry) => (entry.kind === 'intent' ? [entry.action] : []));
    expect(written.length).toBeGreaterThan(1);
    const again = healer.start(roster);
    const replayed = journal.entries.flatMap((entry) =>
      entry.kind === 'input' ? healer.heal(again, entry.input) : [],
    );
    expect(JSON.stringify(replayed)).toBe(JSON.stringify(written));
  });

  it('knows which intents nobody saw end, and takes over nothing of another pack', async () => {
    const { loop, journal } = bench();
    await suffer(loop, 12);
    const intent = journal.entries.findIndex(({ kind }) => kind === 'intent');
    const seen = journal.entries.slice(0, intent + 1);
    expect(resume(seen, healer, identity).unsettled).toHaveLength(1);
    const other = resume(seen, healer, { ...identity, pack: 'other' });
    expect(other).toMatchObject({ memory: null, unsettled: [] });
    expect(resume(seen, healer, { ...identity, version: '2' })).toMatchObject({ memory: null, unsettled: [] });
    const [started] = journal.entries;
    const back = [...seen.map((entry) => (entry === started ? { ...started, pack: 'other' } : entry)), started!];
    expect(resume(back as JournalEntry[], healer, identity)).toMatchObject({ memory: null, unsettled: [] });
  });

  it('keeps what it knew when services came and went meanwhile, and says that the list is another', async () => {
    const { loop, journal, memory } = bench();
    await suffer(loop, 30);
    const resumed = resume(journal.entries, healer, { ...identity, services: 'others' });
    expect(resumed).toMatchObject({ isSameFleet: false, memory: JSON.parse(JSON.stringify(memory)) });
    const config = { kind: 'config', atMs: 1, config: 'c2', services: 'others', by: 'test' } as const;
    const fresh = { kind: 'memory', atMs: 1, memory: { of: 'others' } } as const;
    const reloaded = resume([...journal.entries, config, fresh], healer, { ...identity, services: 'others' });
    expect(reloaded).toMatchObject({ isSameFleet: true, memory: { of: 'others' } });
  });
});
