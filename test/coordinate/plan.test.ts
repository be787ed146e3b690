import { describe, expect, it } from 'vitest';
import type { CauseOf, Evidence } from '../../strategies/coordinate/messages.ts';
import { planFor, troubleOn } from '../../strategies/coordinate/plan.ts';
import { evidenceOn, HOW, ROSTER } from './core-harness.ts';

interface Over {
  readonly round?: number;
  readonly turns?: number;
  readonly roster?: typeof ROSTER;
  readonly evidence?: readonly Evidence[];
  readonly forMs?: number;
}

const plan = (cause: CauseOf, over: Over = {}, how = HOW) =>
  planFor(
    { cause, score: 0.9, victims: [], reasons: [] },
    { round: over.round ?? 0, turns: over.turns ?? 0, forMs: over.forMs ?? 0 },
    over.roster ?? ROSTER,
    over.evidence ?? [evidenceOn(1, { cpuShare: 0.9 })],
    how,
  );
/** Replica i runs on host i. */
const CROWDED = { evidence: [evidenceOn(0, { slow: [1] }), evidenceOn(2, { slow: [], erring: [1] })] };
const SHOP: CauseOf = { kind: 'load', service: 0 };

describe('a plan', () => {
  it('for a service is to hold its victims back only', () => {
    expect(plan({ kind: 'service', service: 3 })).toEqual({ drafts: [], share: 0 });
  });

  it('for a service sets aside what stays worse than its siblings, once its own healer has had its turn', () => {
    const evidence = [evidenceOn(3, { present: 4, slow: [1], erring: [1, 2], silent: [] })];
    const after = { evidence, forMs: HOW.asideAfterS * 1000 };
    const { drafts, share } = plan({ kind: 'service', service: 3 }, after, { ...HOW, asideS: 100 });
    expect(share).toBe(1);
    expect(drafts.map(({ remedy, replica, holdS }) => [remedy, replica, holdS])).toEqual([
      ['reroute', 1, 100],
      ['reroute', 2, 100],
    ]);
    expect(plan({ kind: 'service', service: 3 }, { evidence, forMs: after.forMs - 1 }).drafts).toEqual([]);
    const again = plan({ kind: 'service', service: 3 }, { evidence, turns: 1 }, { ...HOW, asideS: 100 });
    expect(again.drafts.map(({ holdS }) => holdS)).toEqual([200, 200]);
    const all = [evidenceOn(3, { present: 2, slow: [0, 1] })];
    expect(plan({ kind: 'service', service: 3 }, { ...after, evidence: all }).drafts).toEqual([]);
  });

  it('for a host calls on every replica there, and wants a share of them, back one after the other', () => {
    const { drafts, share } = plan({ kind: 'host', host: 1 }, CROWDED, { ...HOW, stepAside: 0.4, asideS: 100 });
    expect(share).toBe(0.4);
    expect(drafts.map(({ service, replica, remedy }) => [service, replica, remedy])).toEqual(
      [0, 1, 2, 3].map((service) => [service, 1, 'reroute']),
    );
    expect(drafts.map(({ holdS }) => holdS)).toEqual([100, 120, 140, 160]);
    const later = plan({ kind: 'host', host: 1 }, { ...CROWDED, turns: 2 }, { ...HOW, asideS: 100 });
    expect(later.drafts[0]!.holdS).toBe(400);
    expect(plan({ kind: 'host', host: 1 }, { ...CROWDED, turns: 60 }).drafts[0]!.holdS).toBe(3600);
  });

  it('for a host is nothing where nobody knows the hosts', () => {
    const { hosts: _, ...unplaced } = ROSTER;
    expect(plan({ kind: 'host', host: 1 }, { ...CROWDED, roster: unplaced }).drafts).toEqual([]);
  });

  it('for a host that cannot be reached, or where processes have only exited, takes nobody out', () => {
    const silent = [0, 2].map((service) => evidenceOn(service, { slow: [], down: [1] }));
    const dead = silent.map((one) => ({ ...one, dead: [1] }));
    expect([CROWDED.evidence, silent, dead].map((evidence) => troubleOn(1, ROSTER, evidence))).toEqual([
      'crowded',
      'cut-off',
      'none',
    ]);
    for (const evidence of [silent, dead])
      expect(plan({ kind: 'host', host: 1 }, { evidence })).toEqual({ drafts: [], share: 0 });
  });

  it('for replicas of several services that are slow at once spares them, as a restart would be in vain', () => {
    const evidence = [evidenceOn(1, { slow: [0, 2] }), evidenceOn(2, { slow: [1] }), evidenceOn(3, { slow: [2] })];
    const { drafts, share } = plan({ kind: 'service', service: 1 }, { evidence });
    expect([share, drafts.map(({ remedy, replica }) => [remedy, replica])]).toEqual([
      1,
      [
        ['reroute', 0],
        ['reroute', 2],
      ],
    ]);
    expect(plan({ kind: 'service', service: 1 }, { evidence: evidence.slice(0, 2) }).drafts).toEqual([]);
  });

  it('for users who are too many lets those grow that are short, and some of the others ahead of need at first', () => {
    const grown = (round: number, scaleAhead: number, service = 0) =>
      plan({ kind: 'load', service }, { round }, { ...HOW, scaleAhead }).drafts.map((draft) => draft.service);
    expect(grown(0, 0)).toEqual([1]);
    expect(grown(0, 0.5)).toEqual([1, 0, 2]);
    expect(grown(0, 1)).toEqual([1, 0, 2, 3]);
    expect(grown(1, 1)).toEqual([1]);
    // Only what lies behind the entry.
    expect(grown(0, 1, 2)).toEqual([2, 3]);
    expect(plan(SHOP).drafts.every(({ remedy, replica }) => remedy === 'scale-up' && replica === -1)).toBe(true);
  });

  it('for a connection is one new connection, by the caller', () => {
    const { drafts, share } = plan({ kind: 'connection', caller: 1, callee: 3 });
    expect(drafts).toMatchObject([{ service: 1, remedy: 'reconnect', replica: -1 }]);
    expect(share).toBe(1);
  });
});
