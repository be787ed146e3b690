/** What the journal holds of agents: records for people, and inputs from which a start knows everything again. */
import { describe, expect, it } from 'vitest';
import { hybridHealer } from '../../../src/runtime/coordination/hybrid-healer.ts';
import type { AgentRecord } from '../../../src/runtime/coordination/records.ts';
import { epochOf, type HybridMemory, withoutTeam, withTeam } from '../../../src/runtime/coordination/team-memory.ts';
import { historyOf } from '../../../src/runtime/history.ts';
import { carried, fitted, type HealerMemory } from '../../../src/runtime/in-use.ts';
import type { JournalEntry } from '../../../src/runtime/ports.ts';
import { type Identity, resume } from '../../../src/runtime/resume.ts';
import type { Healer } from '../../../strategies/contract.ts';
import { IN_PROCESS, type Network } from '../../../strategies/coordinate/network.ts';
import { strategyHealer } from '../../../strategies/heal.ts';
import { cascadeRoster, cascadeStrategy, constitution, course, hybridAt } from './cascade.ts';
import { type Worked, work } from './worked.ts';

const identity: Identity = { version: '1', pack: 'p', services: 's' };
const recordsOf = ({ journal }: Worked): AgentRecord[] =>
  journal.entries.flatMap((entry) => (entry.kind === 'agents' ? [entry.record] : []));

describe('a journal of agents', () => {
  it('says why: who asked for help, what the causes are, who is held back, and when it was over', async () => {
    const worked = await work(hybridAt('advanced'), course(4, 8, 60));
    const kinds = recordsOf(worked).map(({ kind }) => kind);
    expect(kinds.slice(0, 3)).toEqual(['escalation', 'diagnosis', 'hold']);
    expect(kinds.at(-1)).toBe('over');
    const words = historyOf(worked.journal.entries, 100).flatMap((row) => (row.kind === 'agents' ? [row.words] : []));
    expect(words[1]).toContain('likely causes: db');
    expect(words[2]).toContain('web: held back until');
    expect(worked.clock.timers).toBe(0);
  });

  it('says it between the input and the intent that follows from it', async () => {
    const { journal } = await work(hybridAt('full'), course(4, 8, 0));
    const at = journal.entries.findIndex(({ kind }) => kind === 'agents');
    expect(journal.entries[at - 1]!.kind).toBe('input');
    const first = journal.entries.findIndex(({ kind }) => kind === 'intent');
    expect(at).toBeLessThan(first);
  });

  it('replays to the identical intents and memory, byte for byte, wherever it ends', async () => {
    const { journal, memory } = await work(hybridAt('advanced'), course(4, 10, 30));
    const written = journal.entries.flatMap((entry) => (entry.kind === 'intent' ? [entry.action] : []));
    expect(written.length).toBeGreaterThan(1);
    const healer = hybridAt('advanced');
    const again = JSON.parse(JSON.stringify(healer.start(cascadeRoster))) as HybridMemory;
    const replayed = journal.entries.flatMap((entry) =>
      entry.kind === 'input' ? healer.heal(again, entry.input) : [],
    );
    expect(JSON.stringify(replayed)).toBe(JSON.stringify(written));
    expect(JSON.stringify(again)).toBe(JSON.stringify(memory));
    const resumed = resume(journal.entries, hybridAt('advanced'), identity);
    expect(JSON.stringify(resumed.memory)).toBe(JSON.stringify(memory));
    expect(resumed).toMatchObject({ level: 'advanced', epoch: 1 });
    for (let cut = 2; cut <= journal.entries.length; cut += 5) {
      const seen = journal.entries.slice(0, cut);
      const known = healer.start(cascadeRoster);
      for (const entry of seen) if (entry.kind === 'input') healer.heal(known, entry.input);
      expect(JSON.stringify(resume(seen, hybridAt('advanced'), identity).memory)).toBe(JSON.stringify(known));
    }
  });

  it('is resumed without the fault that lost the agents, to the memory that was left of them', async () => {
    const network: Network = {
      ...IN_PROCESS,
      delaysMs(envelope) {
        if (envelope.sentAtMs >= 32_000) throw new Error('out of order');
        return IN_PROCESS.delaysMs(envelope);
      },
    };
    const worked = await work(hybridAt('advanced'), course(4, 8, 2), { network });
    expect(recordsOf(worked).map(({ kind }) => kind)).toContain('lost');
    const resumed = resume(worked.journal.entries, hybridAt('advanced'), identity);
    expect(resumed.memory).toEqual(worked.memory);
    expect(resumed.epoch).toBe(epochOf(worked.memory));
  });
});

const alone = strategyHealer('test', cascadeStrategy) as Healer<HealerMemory>;
const advanced = hybridHealer('test', cascadeStrategy, 'advanced', constitution) as unknown as Healer<HealerMemory>;

describe('a memory', () => {
  it('goes on at another level with all that is known of services, in an epoch that was never used', async () => {
    const { memory } = await work(hybridAt('advanced'), course(4, 9, 0));
    const basic = withoutTeam(memory, 0);
    expect(basic).not.toHaveProperty('team');
    expect(basic.nextActionId).toBe(memory.nextActionId);
    expect(basic.services.map(({ episode }) => episode)).toEqual(memory.services.map(({ episode }) => episode));
    expect(epochOf(basic)).toBe(1);
    const again = withTeam(JSON.parse(JSON.stringify(basic)) as typeof basic, 0);
    expect(epochOf(again)).toBe(2);
    expect(again.services.every(({ heldUntilMs }) => heldUntilMs < 0)).toBe(true);
    expect(epochOf(withTeam(basic, 7))).toBe(8);
  });

  it('keeps its epoch through reloads at any level', async () => {
    const { memory } = await work(hybridAt('advanced'), course(4, 9, 0));
    const onceMore = carried(memory, advanced, cascadeRoster);
    expect(epochOf(onceMore)).toBe(2);
    const basic = carried(carried(onceMore, alone, cascadeRoster), alone, cascadeRoster);
    expect(epochOf(basic)).toBe(2);
    expect(epochOf(carried(basic, advanced, cascadeRoster))).toBe(3);
  });

  it('of an older version gets a team', () => {
    const old = JSON.parse(JSON.stringify(alone.start(cascadeRoster))) as HealerMemory;
    expect(fitted(old, advanced, 0)).toMatchObject({ team: { mail: [] }, agents: { lost: null } });
    expect(fitted(old, alone, 0)).toBe(old);
  });

  it('that was told at another level is replayed by the healer of that level', () => {
    const memory = alone.start(cascadeRoster);
    const entries: JournalEntry[] = [
      { kind: 'started', atMs: 0, version: '1', config: 'c', pack: 'p', services: 's' },
      { kind: 'memory', atMs: 0, memory: structuredClone(memory) },
      ...course(4, 8, 0).map((input): JournalEntry => ({ kind: 'input', atMs: input.atMs, input })),
    ];
    for (const input of course(4, 8, 0)) alone.heal(memory, input);
    const then = (level: string | null) => (level === null ? alone : advanced) as Healer;
    const resumed = resume(entries, advanced as Healer, identity, then);
    expect(JSON.stringify(resumed.memory)).toBe(JSON.stringify(memory));
  });

  it('never gives a number of the journal twice, whatever is decided now', () => {
    const action = {
      kind: 'scale-up',
      id: 40,
      atMs: 1,
      service: 0,
      replica: -1,
      cause: 'x',
      rung: 0,
      reason: '',
    } as const;
    const entries: JournalEntry[] = [
      { kind: 'started', atMs: 0, version: '1', config: 'c', pack: 'p', services: 's' },
      { kind: 'memory', atMs: 0, memory: alone.start(cascadeRoster) },
      { kind: 'intent', atMs: 1, service: 'db', action },
    ];
    expect(resume(entries, alone as Healer, identity).memory).toMatchObject({ nextActionId: 41 });
  });
});
