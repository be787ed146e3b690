/** Deaths of the runtime between two lines of its journal: the next start knows of everything that was decided. */
import { describe, expect, it } from 'vitest';
import { createHealingLoop } from '../../src/runtime/healing-loop.ts';
import type { Actuator, Journal, JournalEntry, ProcessRecord } from '../../src/runtime/ports.ts';
import { type Identity, resume } from '../../src/runtime/resume.ts';
import type { Action } from '../../strategies/contract.ts';
import { strategyHealer } from '../../strategies/heal.ts';
import { DEAD, makeRoster, makeSignal, makeStrategy, WINDOW_MS } from '../heal/signals.ts';

const identity: Identity = { version: '1', pack: 'p', services: 's' };
const roster = makeRoster();
const ladder = ['restart-hard', 'restart-hard', 'rollback'] as const;
const healer = strategyHealer('test', makeStrategy({ ladders: { unresponsive: ladder, 'crash-loop': ladder } }));

const caller = strategyHealer(
  'test',
  makeStrategy({ ladders: { unresponsive: ['escalate'], 'crash-loop': ['escalate'] }, pacing: { escalateAfterS: 0 } }),
);

const started: JournalEntry = { kind: 'started', atMs: 0, version: '1', config: 'c', pack: 'p', services: 's' };

/** A journal up to the input on which the healer decided to act, and what it decided. */
function decided(by = healer): { readonly entries: JournalEntry[]; readonly action: Action } {
  const memory = by.start(roster);
  const entries: JournalEntry[] = [started, { kind: 'memory', atMs: 0, memory: structuredClone(memory) }];
  for (let window = 1; window < 20; window++) {
    const input = makeSignal(window * WINDOW_MS, [DEAD]);
    entries.push({ kind: 'input', atMs: input.atMs, input: structuredClone(input) });
    const [action] = by.heal(memory, input);
    if (action !== undefined) return { entries, action };
  }
  throw new Error('nothing was decided');
}

/** What is under way for the guard after the next start has told the healer how everything ended. */
function flightsAfter(entries: readonly JournalEntry[]): number {
  const { memory, unsettled } = resume(entries, healer, identity);
  const known = memory as ReturnType<typeof healer.start>;
  for (const { action, service, result } of unsettled)
    healer.heal(known, { kind: 'outcome', atMs: 1e6, service, action, result });
  return known.guard.flights.length;
}

describe('a start after a death', () => {
  it('between decision and intent takes the action as failed: nothing waits for it', () => {
    const { entries, action } = decided();
    expect(resume(entries, healer, identity).unsettled).toEqual([
      { action: action.id, kind: action.kind, service: 0, result: 'failed', isOpen: false },
    ]);
    expect(flightsAfter(entries)).toBe(0);
  });

  it('between intent and effect takes the action as failed, and knows that its intent is open', () => {
    const { entries, action } = decided();
    entries.push({ kind: 'intent', atMs: 1, service: 'a', action });
    expect(resume(entries, healer, identity).unsettled).toEqual([
      { action: action.id, kind: action.kind, service: 0, result: 'failed', isOpen: true },
    ]);
    expect(flightsAfter(entries)).toBe(0);
  });

  it.each(['done', 'failed', 'unsupported'] as const)(
    'between effect and outcome tells what was written: %s',
    (kind) => {
      const { entries, action } = decided();
      const effect = kind === 'done' ? ({ kind } as const) : ({ kind, reason: 'because' } as const);
      entries.push({ kind: 'intent', atMs: 1, service: 'a', action });
      entries.push({ kind: 'effect', atMs: 1, action: action.id, effect });
      expect(resume(entries, healer, identity).unsettled).toEqual([
        { action: action.id, kind: action.kind, service: 0, result: kind, isOpen: false },
      ]);
      expect(flightsAfter(entries)).toBe(0);
    },
  );

  it('calls a person again who was to be called and of whom nothing is written, and not once the call is under way', () => {
    const { entries, action } = decided(caller);
    const called = { action: action.id, kind: 'escalate', service: 0, result: 'failed' };
    expect(resume(entries, caller, identity).unsettled).toEqual([{ ...called, isOpen: false }]);
    const quiet = makeSignal(action.atMs + WINDOW_MS, [{}]);
    entries.push({ kind: 'intent', atMs: 1, service: 'a', action }, { kind: 'input', atMs: quiet.atMs, input: quiet });
    expect(resume(entries, caller, identity).unsettled).toEqual([{ ...called, isOpen: true }]);
    entries.push({ kind: 'effect', atMs: 1, action: action.id, effect: { kind: 'done' } });
    expect(resume(entries, caller, identity).unsettled).toEqual([]);
  });

  it('after the outcome has nothing to settle', () => {
    const { entries, action } = decided();
    const input = { kind: 'outcome', atMs: 1e6, service: 0, action: action.id, result: 'done' } as const;
    entries.push({ kind: 'intent', atMs: 1, service: 'a', action });
    entries.push({ kind: 'effect', atMs: 1, action: action.id, effect: { kind: 'done' } });
    entries.push({ kind: 'input', atMs: 1e6, input });
    expect(resume(entries, healer, identity).unsettled).toEqual([]);
  });
});

describe('processes of the run before', () => {
  const record: ProcessRecord = {
    ...{ service: 'a', replica: 0, pid: 7, startTicks: 1, startedAtMs: 0, port: null, release: null },
  };
  const ran: JournalEntry[] = [
    started,
    { kind: 'process', atMs: 0, process: record },
    { kind: 'exit', atMs: 1, pid: 7, code: 1 },
  ];
  const processes = (entries: readonly JournalEntry[]) => resume(entries, healer, identity).processes;

  it('that ended by themselves are known, so that only the healer starts them anew', () => {
    expect(processes(ran)).toEqual([record]);
    expect(processes([...ran, { kind: 'stopped', atMs: 2, reason: 'left running' }])).toEqual([record]);
  });

  it('that were stopped with the runtime or taken away are forgotten', () => {
    expect(processes([...ran, { kind: 'stopped', atMs: 2, reason: 'stopped' }])).toEqual([]);
    const action: Action = {
      ...{ id: 1, atMs: 0, service: 0, replica: -1, cause: 'hold', rung: 0, reason: 'quiet', kind: 'scale-down' },
    };
    const away = [
      ...ran.slice(0, 2),
      { kind: 'intent', atMs: 0, service: 'a', action },
      ran[2],
      { kind: 'effect', atMs: 1, action: 1, effect: { kind: 'done' } },
    ] as JournalEntry[];
    expect(processes(away)).toEqual([]);
  });
});

/** Takes entries when it is told to, or refuses them. */
class SlowJournal implements Journal {
  readonly entries: JournalEntry[] = [];
  isHealthy = true;
  #held: (() => void)[] = [];
  isHeld = false;
  async append(entry: JournalEntry): Promise<void> {
    if (!this.isHealthy) throw new Error('disk full');
    if (this.isHeld) await new Promise<void>((resolve) => this.#held.push(resolve));
    this.entries.push(JSON.parse(JSON.stringify(entry)) as JournalEntry);
  }
  letGo(): void {
    this.isHeld = false;
    for (const resolve of this.#held) resolve();
  }
  read(): Iterable<JournalEntry> {
    return this.entries;
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

function loopOn(journal: Journal) {
  const actuator: Actuator = {
    can: () => new Set(['restart', 'rollback'] as const),
    act: () => Promise.resolve({ kind: 'done' }),
  };
  let nowMs = 0;
  const clock = { now: () => ++nowMs, after: () => () => {} };
  const memory = healer.start(roster);
  const parts = { healer, memory, services: ['a'], actuator, journal, clock, dryRun: false };
  return { loop: createHealingLoop(parts), memory };
}

describe('the healing loop', () => {
  it('takes an order only once it would be remembered', async () => {
    const journal = new SlowJournal();
    const { loop } = loopOn(journal);
    journal.isHeld = true;
    let isTaken = false;
    const order = loop.order({ kind: 'command', atMs: 1, service: 0, command: 'pause' }).then(() => {
      isTaken = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isTaken).toBe(false);
    journal.letGo();
    await order;
    expect(journal.entries).toHaveLength(1);
  });

  it('writes its memory down when the disk takes entries again, so that no number of an action is given twice', async () => {
    const journal = new SlowJournal();
    const { loop, memory } = loopOn(journal);
    journal.entries.push(started, { kind: 'memory', atMs: 0, memory: structuredClone(memory) });
    journal.isHealthy = false;
    for (let window = 1; window < 20; window++) await loop.look(makeSignal(window * WINDOW_MS, [DEAD]));
    expect(memory.nextActionId).toBeGreaterThan(1);
    journal.isHealthy = true;
    await loop.look(makeSignal(20 * WINDOW_MS));
    const resumed = resume(journal.entries, healer, identity).memory as typeof memory;
    expect(resumed.nextActionId).toBe(memory.nextActionId);
  });

  it('does not write its memory down between what it decided and the intent of it', async () => {
    const journal = new SlowJournal();
    const { loop } = loopOn(journal);
    journal.isHeld = true;
    const looks = Array.from({ length: 20 }, (_, window) => loop.look(makeSignal((window + 1) * WINDOW_MS, [DEAD])));
    for (let window = 21; window < 600; window++) looks.push(loop.look(makeSignal(window * WINDOW_MS)));
    journal.letGo();
    await Promise.all(looks);
    await loop.look(makeSignal(600 * WINDOW_MS));
    const kinds = journal.entries.map(({ kind }) => kind).filter((kind) => kind === 'intent' || kind === 'memory');
    expect(new Set(kinds.slice(0, -1))).toEqual(new Set(['intent']));
    expect(kinds.at(-1)).toBe('memory');
  });
});
