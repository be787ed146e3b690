/** A healing loop with agents on a clock that a test moves, with a journal that reads back what it took. */

import type { Approvals } from '../../../src/runtime/approvals.ts';
import type { HybridMemory } from '../../../src/runtime/coordination/team-memory.ts';
import { createHealingLoop, type HealingEvent } from '../../../src/runtime/healing-loop.ts';
import { entryText, readEntry } from '../../../src/runtime/journal/entry.ts';
import type { Actuator, Clock, Journal, JournalEntry } from '../../../src/runtime/ports.ts';
import type { Action, Healer, Roster, Signal } from '../../../strategies/contract.ts';
import type { Network } from '../../../strategies/coordinate/network.ts';
import { cascadeRoster } from './cascade.ts';

export class FakeClock implements Clock {
  nowMs = 0;
  #timers: { readonly atMs: number; readonly call: () => void }[] = [];
  now(): number {
    return this.nowMs;
  }
  after(ms: number, call: () => void): () => void {
    const timer = { atMs: this.nowMs + ms, call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
  get timers(): number {
    return this.#timers.length;
  }
  /** Time passes, and who waited gets his turn and all that follows from it. */
  async advanceTo(toMs: number): Promise<void> {
    for (;;) {
      const [next] = this.#timers.filter(({ atMs }) => atMs <= toMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.call();
      await settled();
    }
    this.nowMs = Math.max(this.nowMs, toMs);
  }
}

/** All that is to be done without time passing has been done. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export class ReadJournal implements Journal {
  readonly entries: JournalEntry[];
  isHealthy = true;
  constructor(entries: readonly JournalEntry[] = []) {
    this.entries = [...entries];
  }
  append(entry: JournalEntry): Promise<void> {
    const reading = readEntry(JSON.parse(entryText(entry)));
    if (reading.kind === 'bad') throw new Error(reading.problems);
    this.entries.push(reading.entry);
    return Promise.resolve();
  }
  read(): Iterable<JournalEntry> {
    return this.entries;
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

export interface Worked {
  readonly journal: ReadJournal;
  readonly events: HealingEvent[];
  readonly acted: Action[];
  readonly memory: HybridMemory;
  readonly clock: FakeClock;
}

export async function work(
  healer: Healer<HybridMemory>,
  signals: readonly Signal[],
  parts: {
    roster?: Roster;
    network?: Network;
    approvals?: (clock: FakeClock, journal: ReadJournal) => Approvals;
    during?: (atMs: number) => unknown;
  } = {},
): Promise<Worked> {
  const clock = new FakeClock();
  const { roster = cascadeRoster } = parts;
  const memory = healer.start(roster);
  const journal = new ReadJournal([
    { kind: 'started', atMs: 0, version: '1', config: 'c', pack: 'p', services: 's', level: 'advanced' },
    { kind: 'memory', atMs: 0, memory: JSON.parse(JSON.stringify(memory)) },
  ]);
  const events: HealingEvent[] = [];
  const acted: Action[] = [];
  const actuator: Actuator = {
    can: () =>
      new Set(['restart', 'reroute', 'reconnect', 'scale-up', 'rollback', 'circuit-break', 'escalate'] as const),
    act: (action) => {
      acted.push(action);
      return Promise.resolve({ kind: 'done' });
    },
  };
  const loop = createHealingLoop({
    ...{
      healer,
      memory,
      services: roster.services.map(({ id }) => id),
      actuator,
      journal,
      clock,
      dryRun: false,
    },
    onEvent: (event) => events.push(event),
    network: parts.network,
    ...(parts.approvals === undefined ? {} : { approvals: parts.approvals(clock, journal) }),
  });
  for (const signal of signals) {
    await clock.advanceTo(signal.atMs);
    await parts.during?.(signal.atMs);
    await loop.look(signal);
    await settled();
  }
  return { journal, events, acted, memory, clock };
}
