/** A healer with agents: what it adds, and that losing them leaves the services healed alone. */
import { describe, expect, it } from 'vitest';
import { RETRY_MS, STUCK_MS } from '../../../src/runtime/coordination/hybrid-healer.ts';
import type { AgentRecord } from '../../../src/runtime/coordination/records.ts';
import { epochOf, type HybridMemory } from '../../../src/runtime/coordination/team-memory.ts';
import type { Action, HealInput } from '../../../strategies/contract.ts';
import { IN_PROCESS, type Network } from '../../../strategies/coordinate/network.ts';
import { strategyHealer } from '../../../strategies/heal.ts';
import { cascadeRoster, cascadeStrategy, course, DB, hybridAt, WEB } from './cascade.ts';

interface Ran {
  readonly actions: Action[];
  readonly records: AgentRecord[];
  readonly inputs: HealInput[];
  readonly memory: HybridMemory;
}

/** Feeds signals, ticks when it wants to be woken, and reports every action as done. */
function run(
  signals: readonly HealInput[],
  network?: (atMs: () => number) => Network,
  level: 'advanced' | 'full' = 'advanced',
): Ran {
  const healer = hybridAt(level);
  const memory = healer.start(cascadeRoster);
  const ran: Ran = { actions: [], records: [], inputs: [], memory };
  let nowMs = 0;
  healer.attach(memory, { onRecord: (record) => ran.records.push(record), network: network?.(() => nowMs) });
  const tell = (input: HealInput): void => {
    nowMs = input.atMs;
    ran.inputs.push(structuredClone(input));
    for (const action of healer.heal(memory, input)) {
      ran.actions.push(action);
      tell({ kind: 'outcome', atMs: input.atMs, service: action.service, action: action.id, result: 'done' });
    }
  };
  for (const signal of signals) {
    for (let due = healer.wakeAtMs(memory); due < signal.atMs; due = healer.wakeAtMs(memory))
      tell({ kind: 'tick', atMs: Math.max(due, nowMs + 100) });
    tell(signal);
  }
  return ran;
}

const kinds = (records: readonly AgentRecord[]): string[] => records.map(({ kind }) => kind);
const CASCADE = course(4, 8, 0);

describe('healing with agents', () => {
  it('heals the cause and holds its victim back, which alone would have been restarted', () => {
    const alone = strategyHealer('alone', cascadeStrategy);
    const memory = alone.start(cascadeRoster);
    const unheld = CASCADE.flatMap((signal) => alone.heal(memory, signal));
    expect(new Set(unheld.map(({ service }) => service))).toEqual(new Set([DB, WEB]));
    const { actions, records, memory: hybrid } = run(CASCADE);
    expect(actions.map(({ service }) => service)).toContain(DB);
    expect(actions.map(({ service }) => service)).not.toContain(WEB);
    expect(kinds(records)).toEqual(['escalation', 'diagnosis', 'hold']);
    const [, diagnosis] = records;
    expect(diagnosis?.kind === 'diagnosis' && diagnosis.causes[0]).toMatchObject({ cause: 'db', victims: ['web'] });
    expect(hybrid.agents).toMatchObject({ incident: { incident: expect.any(Number) }, holds: [{ service: WEB }] });
  });

  it('asks for help about every trouble at level full, and at level advanced only by the rule', () => {
    const onlyDb = CASCADE.filter(({ service }) => service === DB).slice(0, 7);
    expect(kinds(run(onlyDb, undefined, 'full').records)).toContain('escalation');
    expect(run(onlyDb).records).toEqual([]);
  });

  it('ends the incident when all are well, and wants to be woken no more', () => {
    const { records, memory } = run(course(4, 8, 60));
    expect(kinds(records).at(-1)).toBe('over');
    expect(memory.agents).toMatchObject({ incident: null, holds: [] });
    expect(hybridAt('advanced').wakeAtMs(memory)).toBe(Number.POSITIVE_INFINITY);
  });

  it('keeps a memory that is plain JSON, and replays without a host to the same memory and actions, byte for byte', () => {
    const { inputs, memory, actions } = run(course(4, 10, 20));
    const again = hybridAt('advanced');
    let copy = JSON.parse(JSON.stringify(again.start(cascadeRoster))) as HybridMemory;
    const replayed: Action[] = [];
    for (const [at, input] of inputs.entries()) {
      if (at % 7 === 0) copy = JSON.parse(JSON.stringify(copy)) as HybridMemory;
      replayed.push(...again.heal(copy, input));
    }
    expect(actions.length).toBeGreaterThan(1);
    expect(JSON.stringify(replayed)).toBe(JSON.stringify(actions));
    expect(JSON.stringify(copy)).toBe(JSON.stringify(memory));
  });
});

const FAILS_FROM_MS = 32_000;

const FAULTS: Readonly<Record<string, (atMs: () => number) => Network>> = {
  'throw an error': (atMs) => ({
    ...IN_PROCESS,
    delaysMs(envelope) {
      if (atMs() >= FAILS_FROM_MS) throw new Error('out of order');
      return IN_PROCESS.delaysMs(envelope);
    },
  }),
  'do not hear each other': (atMs) => ({
    ...IN_PROCESS,
    delaysMs: (envelope) => (atMs() >= FAILS_FROM_MS ? [] : IN_PROCESS.delaysMs(envelope)),
  }),
};

describe.each(Object.entries(FAULTS))('agents that %s', (_, network) => {
  it('are lost within two seconds of their next turn, and whom they held back is healed alone at once', () => {
    const { actions, records, memory } = run(CASCADE, network);
    const lost = records.find(({ kind }) => kind === 'lost');
    expect(lost).toMatchObject({ epoch: 2 });
    const { atMs } = memory.agents.lost!;
    // Their next turn is at most two seconds after the diagnosis before it.
    expect(atMs).toBeLessThanOrEqual(FAILS_FROM_MS + 2000 + STUCK_MS + 1000);
    expect(actions.find(({ service }) => service === WEB)?.atMs).toBe(atMs);
    expect(memory.agents).toMatchObject({ incident: null, holds: [] });
    expect(memory.services.map(({ heldUntilMs }) => heldUntilMs > 0)).toEqual([false, false]);
  });

  it('are tried again later, in a new epoch', () => {
    const { records, memory } = run(course(4, 60, 0), network);
    expect(kinds(records)).toContain('back');
    const epochs = records.flatMap((record) =>
      record.kind === 'lost' || record.kind === 'back' ? [record.epoch] : [],
    );
    expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
    expect(epochOf(memory)).toBe(epochs.at(-1));
  });
});

it('waits longer after every loss', () => {
  const { records } = run(course(4, 60, 0), FAULTS['throw an error']);
  const losses = records.filter((record) => record.kind === 'lost');
  expect(losses.length).toBeGreaterThan(1);
  expect(losses[1]!.retryAtMs - losses[0]!.retryAtMs).toBeGreaterThanOrEqual(2 * RETRY_MS);
});

it('counts agents that hold everything up as lost', () => {
  const healer = hybridAt('advanced');
  const memory = healer.start(cascadeRoster);
  const records: AgentRecord[] = [];
  let ms = 0;
  const slow = {
    ...IN_PROCESS,
    delaysMs: (envelope: Parameters<Network['delaysMs']>[0]) => {
      ms += 400;
      return IN_PROCESS.delaysMs(envelope);
    },
  };
  healer.attach(memory, { onRecord: (record) => records.push(record), network: slow, busyMs: () => ms });
  for (const signal of CASCADE) healer.heal(memory, signal);
  expect(records.find(({ kind }) => kind === 'lost')).toMatchObject({ reason: expect.stringContaining('took') });
});
