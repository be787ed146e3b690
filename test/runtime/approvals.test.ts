import { describe, expect, it } from 'vitest';
import { type ApprovalEvent, Approvals, type Asked, actionHash, type Evidence } from '../../src/runtime/approvals.ts';
import { entryText } from '../../src/runtime/journal/entry.ts';
import type { JournalEntry } from '../../src/runtime/ports.ts';
import type { Action } from '../../strategies/contract.ts';
import { exactAction } from '../../strategies/coordinate/approval-binding.ts';
import { FakeClock } from './probes/fake-clock.ts';

const ACTION: Action = {
  ...{ kind: 'restart', id: 7, atMs: 0, service: 0, replica: 1 },
  ...{ cause: 'slow', rung: 0, reason: 'p95 900 ms', mode: 'graceful' },
};
const ASIDE: Action = {
  ...{ kind: 'reroute', id: 9, atMs: 0, service: 0, replica: 1, out: true },
  ...{ cause: 'coordination', rung: 0, reason: 'slow' },
};
const POLICY: Evidence = { askedBy: { kind: 'policy', tier: 'critical' }, symptoms: ['slow'], causes: [], bid: null };
const exact = exactAction('cart', ASIDE);
const asked: Asked = {
  waiting: { id: 1_000_001, ...exact, reason: 'slow', untilMs: Number.MAX_SAFE_INTEGER },
  evidence: () => POLICY,
  approvedBy: null,
};

function bench() {
  const clock = new FakeClock();
  const events: ApprovalEvent[] = [];
  const entries: JournalEntry[] = [];
  const words: unknown[] = [];
  const approvals = new Approvals({
    clock,
    tell: (event) => events.push(event),
    write: async (entry) => {
      entryText(entry);
      entries.push(entry);
    },
  });
  approvals.serve({ usableS: 60, openMax: 100 }, async (word) => {
    words.push(word);
    return word.isApproved ? [ASIDE] : [];
  });
  const yes = (id: number, hash?: string) => approvals.decide({ id, isApproved: true, by: 'me', hash });
  const no = (id: number) => approvals.decide({ id, isApproved: false, by: 'me' });
  return { clock, events, entries, approvals, words, yes, no };
}

describe('an action that waits for a yes', () => {
  it('is shown until it is answered, goes on with the answer, and the journal says so', async () => {
    const { approvals, events, entries, yes } = bench();
    const waits = approvals.ask(ACTION, 'cart', 60_000, POLICY);
    expect(approvals.waiting).toMatchObject([{ id: 7, service: 'cart', action: 'restart', replica: 1 }]);
    expect(await yes(7)).toMatchObject({ kind: 'taken' });
    expect(await waits).toEqual({ kind: 'approved', by: 'me' });
    expect(approvals.waiting).toEqual([]);
    expect(events.map(({ verdict }) => verdict?.kind ?? 'asked')).toEqual(['asked', 'approved']);
    const hash = actionHash(exactAction('cart', ACTION));
    expect(entries).toMatchObject(
      ['asked', 'approved', 'used'].map((step) => ({ kind: 'approval', id: 7, step, hash })),
    );
  });

  it('can be answered once, by its number only, and by the hash of no other action', async () => {
    const { approvals, words, yes, no } = bench();
    const waits = approvals.ask(ACTION, 'cart', 60_000, POLICY);
    expect(await yes(8)).toEqual({ kind: 'refused', reason: 'no such action waits' });
    expect(await yes(7, '0'.repeat(64))).toEqual({ kind: 'refused', reason: 'another action waits under this number' });
    expect(await no(7)).toMatchObject({ kind: 'taken' });
    expect(await yes(7)).toMatchObject({ kind: 'refused' });
    expect(await waits).toEqual({ kind: 'denied', reason: 'denied by me' });
    // Agents have asked nothing.
    expect(words).toEqual([]);
  });

  it('is refused when nobody answers in time, or can answer any more', async () => {
    const { approvals, clock } = bench();
    const waits = approvals.ask(ACTION, 'cart', 60_000, POLICY);
    clock.advance(60_000);
    expect(await waits).toEqual({ kind: 'denied', reason: 'nobody approved it within 60 s' });
    const again = approvals.ask({ ...ACTION, id: 8 }, 'cart', 60_000, POLICY);
    approvals.denyAll('healix stops');
    expect(await again).toEqual({ kind: 'denied', reason: 'withdrawn: healix stops' });
    expect(clock.timers).toBe(0);
  });

  it('is not approved by an agent', async () => {
    const { approvals } = bench();
    void approvals.ask(ACTION, 'cart', 60_000, POLICY);
    const decided = await approvals.decide({ id: 7, isApproved: true, by: 'coordinator' });
    expect(decided).toEqual({ kind: 'refused', reason: 'only a human approves' });
    approvals.close();
  });
});

describe('what agents ask', () => {
  it('is answered to them, and done if it is exactly what was approved, once', async () => {
    const { approvals, words, yes } = bench();
    approvals.follow([asked], '');
    expect(approvals.wasAsked(1_000_001)).toBe(true);
    expect(approvals.present(1_000_001, 'cart', ASIDE)).toBe('nobody approved it');
    expect(await yes(1_000_001)).toMatchObject({ kind: 'taken', begun: [{ id: 9 }] });
    expect(words).toEqual([{ id: 1_000_001, isApproved: true, by: 'me' }]);
    approvals.follow([], 'its trouble is over');
    expect(approvals.present(1_000_001, 'cart', { ...ASIDE, replica: 0 })).toBe('another action was approved');
    expect(approvals.present(1_000_001, 'stock', ASIDE)).toBe('another action was approved');
    expect(approvals.present(1_000_001, 'cart', ASIDE)).toBeNull();
    expect(approvals.present(1_000_001, 'cart', ASIDE)).toBe('nobody approved it');
    approvals.close();
  });

  it('is withdrawn when they ask it no more, and never done then', async () => {
    const { approvals, events, yes, clock } = bench();
    approvals.follow([asked], '');
    approvals.follow([], 'the agents that asked are lost');
    expect(events.at(-1)!.verdict).toEqual({ kind: 'denied', reason: 'withdrawn: the agents that asked are lost' });
    expect(await yes(1_000_001)).toMatchObject({ kind: 'refused' });
    expect(approvals.present(1_000_001, 'cart', ASIDE)).toBe('nobody approved it');
    expect(clock.timers).toBe(0);
  });

  it('waits on where a loop ends and another goes on, and is known from a run before', () => {
    const { approvals } = bench();
    approvals.follow([asked], '');
    approvals.denyAll('healix takes no more orders');
    approvals.follow([asked], '');
    expect(approvals.waiting).toHaveLength(1);
    const later = bench().approvals;
    later.follow([{ ...asked, approvedBy: 'ann' }], '');
    expect(later.present(1_000_001, 'cart', ASIDE)).toBeNull();
    later.close();
    approvals.close();
  });
});
