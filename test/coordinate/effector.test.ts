import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sreRunbook } from '../../strategies/baselines/sre-runbook.ts';
import type { Action } from '../../strategies/contract.ts';
import { takeEffect } from '../../strategies/coordinate/effector.ts';
import { raise } from '../../strategies/coordinate/fence.ts';
import { LONG_AGO } from '../../strategies/memory.ts';
import { ROSTER } from './core-harness.ts';
import { awardOn, deliver, look, sentOf, teamOf } from './team-harness.ts';

/** A team that has seen its services well, at 5 s. */
function seen() {
  const team = teamOf();
  for (const service of ROSTER.services.keys()) team.heal(look(service, 5000));
  return team;
}

/** Carries the award out beside the plane of the team. */
function effectOf({ memory }: ReturnType<typeof seen>, award: ReturnType<typeof awardOn>, nowMs = 6000) {
  return takeEffect(sreRunbook, memory, memory.team.plane, award.task, award.lease, nowMs);
}

describe('the effector', () => {
  it('carries an award out by the healer of the service, and books what it takes away', () => {
    const effect = effectOf(seen(), awardOn(1, 'reroute'));
    expect(effect).toMatchObject({ result: 'acted', reason: '' });
    expect(effect.actions).toMatchObject([
      { kind: 'reroute', service: 1, replica: 0, out: true, cause: 'coordination' },
    ]);
    expect(effect.plane.fence.tokens).toEqual([0, 1, 0, 0]);
    expect(effect.plane.budget.reservations).toMatchObject([{ service: 1, replicas: [0], phase: 'committed' }]);
  });

  it.each([
    ['of an epoch that is over', { epoch: 1, token: 9 }, 'old-epoch'],
    ['whose lease has ended', { epoch: 2, token: 6, untilMs: 6000 }, 'expired'],
    ['whose lease is for another service', { epoch: 2, token: 6, service: 2 }, 'wrong-service'],
    ['that a later one has overtaken', { epoch: 2, token: 3 }, 'stale-token'],
    ['whose token is none', { epoch: 2, token: 0 }, 'malformed'],
  ])('refuses an award %s, and nothing changes', (_, lease, reason) => {
    const team = seen();
    const { plane } = team.memory.team;
    const fence = { ...raise(plane.fence, 2).fence, tokens: [0, 5, 0, 0] };
    team.memory.team.plane = { ...plane, fence };
    const effect = effectOf(team, awardOn(1, 'reroute', lease));
    expect(effect).toEqual({ plane: team.memory.team.plane, result: 'refused', reason, actions: [] });
    expect(team.memory.services[1]!.slots[0]!.outSinceMs).toBeLessThan(0);
  });

  it.each(['reroute', 'reconnect'] as const)(
    'carries an award of %s out once, whatever becomes of the first copy',
    (remedy) => {
      const team = seen();
      const award = awardOn(1, remedy);
      const actions: Action[] = [];
      for (const atMs of [6000, 6001, 20_000]) {
        deliver(team, 'healer/1', award, atMs);
        const done = team.heal({ kind: 'tick', atMs });
        actions.push(...done);
        for (const { id } of done)
          team.heal({ kind: 'outcome', atMs: atMs + 1000, service: 1, action: id, result: 'done' });
      }
      expect(actions.filter(({ cause }) => cause === 'coordination')).toHaveLength(1);
      // One report, of the first copy: a second one would free the lease while the action is under way.
      expect(sentOf(team.wire, 'done').map(({ body }) => body)).toMatchObject([
        { task: 1, service: 1, result: 'done' },
      ]);
    },
  );

  it('reports a refusal at once, so that the service is free for another', () => {
    const team = seen();
    deliver(team, 'healer/1', awardOn(1, 'reroute', { epoch: 0 }), 6000);
    expect(team.heal({ kind: 'tick', atMs: 6000 })).toEqual([]);
    expect(sentOf(team.wire, 'done').map(({ from, body }) => [from, body])).toEqual([
      ['healer/1', { kind: 'done', task: 1, service: 1, result: 'refused' }],
    ]);
  });

  it('frees the budget when the guard refuses after all', () => {
    const team = seen();
    team.memory.guard.limits = { ...team.memory.guard.limits, protected: ['cart'] };
    const effect = effectOf(team, awardOn(1, 'reroute'));
    expect([effect.result, effect.actions, effect.plane.budget.reservations]).toEqual(['refused', [], []]);
  });

  it('counts a replica that is out beyond its time until it is back', () => {
    const team = seen();
    const hourLater = 3_606_000;
    const elsewhere = awardOn(2, 'reroute', { token: 2, untilMs: hourLater + 60_000 });
    team.memory.team.plane = effectOf(team, awardOn(1, 'reroute')).plane;
    team.memory.team.plane = effectOf(team, awardOn(0, 'reroute'), 6001).plane;
    // Two of twelve are all that may be away, and on that host.
    expect(effectOf(team, elsewhere, hourLater)).toMatchObject({ result: 'refused', reason: 'fleet-limit' });
    team.memory.services[1]!.slots[0]!.outSinceMs = LONG_AGO;
    expect(effectOf(team, elsewhere, hourLater).result).toBe('acted');
  });

  it('never has two copies of a replica, or more of the fleet than its share, taken away', () => {
    const award = fc.record({
      service: fc.nat({ max: 3 }),
      token: fc.integer({ min: 1, max: 6 }),
      replica: fc.nat({ max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(award, { maxLength: 12 }), (awards) => {
        const team = seen();
        const taken = new Set<string>();
        awards.forEach(({ service, token, replica }, at) => {
          const { task, lease } = awardOn(service, 'reroute', { token });
          const effect = takeEffect(
            sreRunbook,
            team.memory,
            team.memory.team.plane,
            { ...task, replica },
            lease,
            6000 + at,
          );
          team.memory.team.plane = effect.plane;
          for (const action of effect.actions) {
            expect(taken.has(`${action.service}/${action.replica}`)).toBe(false);
            taken.add(`${action.service}/${action.replica}`);
          }
        });
        // A fifth of twelve replicas, and two of six on a host.
        expect(taken.size).toBeLessThanOrEqual(2);
        expect(team.memory.team.plane.budget.reservations).toHaveLength(taken.size);
      }),
      { numRuns: 100 },
    );
  });
});
