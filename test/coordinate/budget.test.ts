import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Budget,
  type BudgetAsk,
  commit,
  NO_HOST,
  prolong,
  RESERVATION_MS_MAX,
  refund,
  refundEnded,
  releaseReservation,
  reserve,
  startBudget,
} from '../../strategies/coordinate/budget.ts';

const LIMITS = { perService: 2, perHost: 2, fleet: 3 };
const EMPTY = startBudget(LIMITS);
const ASK: BudgetAsk = {
  holder: 'healer/0',
  service: 0,
  replicas: [0],
  hosts: [0],
  untilMs: 1000,
  serving: [0, 1, 2, 3],
  minHealthy: 1,
};
const COMMIT = { id: 1, holder: ASK.holder, service: 0, untilMs: 500, serving: ASK.serving, minHealthy: 1 };

function reserved(budget: Budget, ...changes: Partial<BudgetAsk>[]): Budget {
  return changes.reduce<Budget>((now, change) => {
    const { budget: next, result } = reserve(now, { ...ASK, ...change }, 0);
    expect(result.kind).toBe('reserved');
    return next;
  }, budget);
}

describe('a reservation', () => {
  it.each<[string, Partial<BudgetAsk>[], Partial<BudgetAsk>, string]>([
    ['a third of a service', [{ replicas: [0, 1], hosts: [0, 1] }], { replicas: [2], hosts: [2] }, 'service-limit'],
    ['a third on a host', [{}, { service: 1 }], { service: 2 }, 'host-limit'],
    ['two where one fits', [{}], { service: 1, replicas: [0, 1], hosts: [0, 0] }, 'host-limit'],
    [
      'a fourth of the fleet',
      [{}, { service: 1 }, { service: 2, hosts: [1] }],
      { service: 3, hosts: [2] },
      'fleet-limit',
    ],
    ['a replica that is taken', [{}], {}, 'replica-reserved'],
    ['the last but one that must stay', [], { minHealthy: 4 }, 'min-healthy'],
    ['one that must stay since another is taken', [{}], { replicas: [1], hosts: [1], minHealthy: 3 }, 'min-healthy'],
    ['no replica', [], { replicas: [], hosts: [] }, 'malformed'],
    ['a replica twice', [], { replicas: [1, 1], hosts: [0, 0] }, 'malformed'],
    ['a replica without its host', [], { hosts: [] }, 'malformed'],
    ['an end in the past', [], { untilMs: 0 }, 'bad-end'],
    ['an end too far off', [], { untilMs: RESERVATION_MS_MAX + 1 }, 'bad-end'],
    ['an end that is no number', [], { untilMs: Number.NaN }, 'bad-end'],
  ])('is not made for %s, and the budget is as before', (_, before, change, reason) => {
    const budget = reserved(EMPTY, ...before);
    expect(reserve(budget, { ...ASK, ...change }, 0)).toEqual({ budget, result: { kind: 'refused', reason } });
  });

  it('is made up to the very limit of every level', () => {
    const budget = reserved(EMPTY, {}, { replicas: [1] }, { service: 1, hosts: [1] });
    expect(budget.reservations.map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it('counts at no host if the host is not known', () => {
    const hosts = [NO_HOST];
    reserved(startBudget({ ...LIMITS, perHost: 0 }), { hosts }, { service: 1, hosts }, { service: 2, hosts });
  });

  it('for what serves nobody is made however few serve', () => {
    reserved(EMPTY, { serving: [1], minHealthy: 2 });
    expect(reserve(EMPTY, { ...ASK, serving: [0], minHealthy: 2 }, 0).result.kind).toBe('refused');
  });

  it('counts until its end, and makes room then without being swept', () => {
    const budget = reserved(startBudget({ ...LIMITS, fleet: 1 }), {});
    expect(reserve(budget, { ...ASK, service: 1, untilMs: 2000 }, 999).result.kind).toBe('refused');
    const { budget: next, result } = reserve(budget, { ...ASK, service: 1, untilMs: 2000 }, 1000);
    expect(result).toMatchObject({ kind: 'reserved', reservation: { id: 2 } });
    expect(next.reservations).toHaveLength(1);
  });
});

describe('a commit', () => {
  const budget = reserved(EMPTY, {});

  it('holds the replicas until the action is surely over', () => {
    const { budget: next, result } = commit(budget, { ...COMMIT, untilMs: 5000 }, 999);
    expect(result).toMatchObject({ kind: 'committed', reservation: { phase: 'committed', untilMs: 5000 } });
    expect(refundEnded(next, 4999).refunded).toEqual([]);
    expect(refundEnded(next, 5000).budget.reservations).toEqual([]);
  });

  it('counts what has begun on, beyond its end, for as long as a replica is away', () => {
    const { budget: begun } = commit(reserved(EMPTY, { replicas: [0, 1], hosts: [0, 1] }), COMMIT, 0);
    const isAway = (service: number, replica: number): boolean => service === 0 && replica === 1;
    for (const nowMs of [500, 900, 7000]) {
      const ask = { ...ASK, replicas: [2], hosts: [2], untilMs: nowMs + 1 };
      expect(reserve(prolong(begun, isAway, nowMs), ask, nowMs).result.kind).toBe('refused');
      expect(
        reserve(
          prolong(begun, () => false, nowMs),
          ask,
          nowMs,
        ).result.kind,
      ).toBe('reserved');
    }
    // What was never begun has taken nothing away.
    const waiting = reserved(EMPTY, {});
    expect(prolong(waiting, () => true, 2000)).toBe(waiting);
  });

  it('does not count what has ended as taken', () => {
    const both = reserved(EMPTY, {}, { replicas: [1], untilMs: 100 });
    const ask = { ...COMMIT, serving: [0, 1] };
    expect(commit(both, ask, 99).result.kind).toBe('refused');
    expect(commit(both, ask, 100).result.kind).toBe('committed');
  });

  it.each<[string, Budget, Partial<typeof COMMIT>, number, string]>([
    ['what was never reserved', budget, { id: 2 }, 0, 'no-reservation'],
    ['what has ended', budget, { untilMs: 2000 }, 1000, 'no-reservation'],
    ['what was released', releaseReservation(budget, 1).budget, {}, 0, 'no-reservation'],
    ['what was refunded', refund(budget, 'healer/0').budget, {}, 0, 'no-reservation'],
    ['what another has reserved', budget, { holder: 'healer/1' as never }, 0, 'other-holder'],
    ['another service', budget, { service: 1 }, 0, 'other-service'],
    ['the same twice', commit(budget, COMMIT, 0).budget, {}, 1, 'already-committed'],
    ['an action without end', budget, { untilMs: Number.POSITIVE_INFINITY }, 0, 'bad-end'],
    ['what now must stay', budget, { serving: [0], minHealthy: 1 }, 0, 'min-healthy'],
    [
      'what must stay since another is taken',
      reserved(budget, { replicas: [1] }),
      { serving: [0, 1] },
      0,
      'min-healthy',
    ],
  ])('is refused for %s, and the budget is as before', (_, before, change, nowMs, reason) => {
    const refused = { budget: before, result: { kind: 'refused', reason } };
    expect(commit(before, { ...COMMIT, ...change }, nowMs)).toEqual(refused);
  });
});

describe('a refund', () => {
  it('to a dead holder frees what it has not begun, and only that', () => {
    const both = reserved(EMPTY, {}, { service: 1, replicas: [2] }, { service: 2, hosts: [1], holder: 'healer/9' });
    const { budget, refunded } = refund(commit(both, COMMIT, 0).budget, 'healer/0');
    expect(refunded.map(({ id }) => id)).toEqual([2]);
    expect(budget.reservations.map(({ id }) => id)).toEqual([1, 3]);
    expect(refund(budget, 'healer/0')).toEqual({ budget, refunded: [] });
  });

  it('never uses an id again', () => {
    const budget = releaseReservation(reserved(EMPTY, {}), 1).budget;
    expect(reserved(budget, {}).reservations[0]?.id).toBe(2);
    expect(releaseReservation(budget, 1)).toEqual({ budget, released: false });
  });
});

describe('of many agents in any order', () => {
  const SERVICES = 6;
  const HOSTS = 4;
  const limits = fc.record({ perService: fc.nat(3), perHost: fc.nat(4), fleet: fc.nat(7) });
  const someReplicas = fc.uniqueArray(fc.nat(4), { minLength: 1, maxLength: 3 });
  const move = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('reserve' as const),
        service: fc.nat(SERVICES - 1),
        replicas: someReplicas,
        healer: fc.nat(9),
        forMs: fc.integer({ min: 1, max: 300 }),
        serving: fc.uniqueArray(fc.nat(4)),
        minHealthy: fc.nat(3),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constantFrom('commit' as const, 'release' as const), nth: fc.nat(20) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('refund' as const), healer: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(150) }) },
  );

  it('the budget is given out whenever it has room, never beyond, and is whole again in the end', () => {
    fc.assert(
      fc.property(limits, fc.array(move, { maxLength: 150 }), (bounds, moves) => {
        let budget = startBudget(bounds);
        let nowMs = 0;
        for (const one of moves) {
          budget = JSON.parse(JSON.stringify(budget)) as Budget;
          const nth = budget.reservations.filter(({ untilMs }) => nowMs < untilMs);
          if (one.kind === 'wait') nowMs += one.ms;
          if (one.kind === 'refund') budget = refund(budget, `healer/${one.healer}`).budget;
          if (one.kind === 'release' || one.kind === 'commit') {
            const found = nth[one.nth % Math.max(1, nth.length)];
            if (found === undefined) continue;
            if (one.kind === 'release') budget = releaseReservation(budget, found.id).budget;
            else budget = commit(budget, { ...found, untilMs: nowMs + 200, serving: [], minHealthy: 0 }, nowMs).budget;
          }
          if (one.kind === 'reserve') {
            const { service, replicas, healer, forMs, serving, minHealthy } = one;
            // Replica r of service s is on host (r + s) mod 4: some hosts hold two replicas of one service.
            const hosts = replicas.map((replica) => (replica + service) % HOSTS);
            const untilMs = nowMs + forMs;
            const ask = { holder: `healer/${healer}` as const, service, replicas, hosts, untilMs, serving, minHealthy };
            const { budget: next, result } = reserve(budget, ask, nowMs);
            const away = [
              ...taken(budget, nowMs),
              ...replicas.map((replica, at) => ({ service, replica, host: hosts[at]! })),
            ];
            const isTwice = new Set(away.map((slot) => `${slot.service}/${slot.replica}`)).size < away.length;
            const isOut = (slot: number): boolean => away.some((it) => it.service === service && it.replica === slot);
            const staying = serving.filter((slot) => !isOut(slot)).length;
            const crosses = staying < minHealthy && replicas.some((slot) => serving.includes(slot));
            expect(result.kind).toBe(isTwice || crosses || isOver(bounds, away) ? 'refused' : 'reserved');
            budget = next;
          }
          expect(isOver(bounds, taken(budget, nowMs))).toBe(false);
          expect(budget.reservations.length).toBeLessThanOrEqual(bounds.fleet);
        }
        expect(refundEnded(budget, nowMs + 300).budget.reservations).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  function taken(budget: Budget, nowMs: number): { service: number; replica: number; host: number }[] {
    return budget.reservations
      .filter(({ untilMs }) => nowMs < untilMs)
      .flatMap(({ service, replicas, hosts }) =>
        replicas.map((replica, at) => ({ service, replica, host: hosts[at]! })),
      );
  }

  function isOver(
    bounds: Budget['limits'],
    away: readonly { readonly service: number; readonly host: number }[],
  ): boolean {
    const most = (of: 'service' | 'host'): number =>
      Math.max(0, ...away.map((slot) => away.filter((other) => other[of] === slot[of]).length));
    return away.length > bounds.fleet || most('service') > bounds.perService || most('host') > bounds.perHost;
  }
});
