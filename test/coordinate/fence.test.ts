import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reserve, startBudget } from '../../strategies/coordinate/budget.ts';
import { admit, enter, type Fence, raise, startFence } from '../../strategies/coordinate/fence.ts';
import type { Lease } from '../../strategies/coordinate/messages.ts';

const LEASE: Lease = { service: 1, holder: 'healer/1', epoch: 100, token: 5, untilMs: 1000 };
const SEEN = admit(startFence(3), LEASE, 1, 0).fence;

describe('a fence', () => {
  it('admits a lease as often as its holder acts under it', () => {
    expect(admit(startFence(3), LEASE, 1, 0)).toEqual({
      fence: { epoch: 100, tokens: [0, 5, 0] },
      verdict: 'admitted',
    });
    expect(admit(SEEN, LEASE, 1, 999)).toEqual({ fence: SEEN, verdict: 'admitted' });
  });

  it.each([
    ['a token that was overtaken', { token: 4 }, 1, 0, 'stale-token'],
    ['an epoch that was overtaken, whatever the token', { epoch: 99, token: 9 }, 1, 0, 'old-epoch'],
    ['an epoch that was overtaken on another service', { epoch: 99, token: 9, service: 0 }, 0, 0, 'old-epoch'],
    ['a lease on another service', {}, 2, 0, 'wrong-service'],
    ['a lease at its end', {}, 1, 1000, 'expired'],
    ['a lease whose end is no number', { untilMs: Number.NaN }, 1, 0, 'expired'],
    ['a service that is not there', { service: 3 }, 3, 0, 'unknown-service'],
    ['a token that is no number', { token: Number.NaN }, 1, 0, 'malformed'],
    ['a token above all others', { token: Number.POSITIVE_INFINITY }, 1, 0, 'malformed'],
    ['an epoch of nobody', { epoch: 0 }, 1, 0, 'malformed'],
  ])('refuses %s, and is as before', (_, change, service, nowMs, refused) => {
    expect(admit(SEEN, { ...LEASE, ...change }, service, nowMs)).toEqual({ fence: SEEN, verdict: { refused } });
  });

  it('refuses the very same lease once a later one was there', () => {
    const { fence } = admit(SEEN, { ...LEASE, token: 6 }, 1, 0);
    expect(admit(fence, LEASE, 1, 0).verdict).toEqual({ refused: 'stale-token' });
    expect(admit(fence, { ...LEASE, token: 2, service: 2 }, 2, 0).verdict).toBe('admitted');
  });

  it('starts its tokens anew with a higher epoch', () => {
    expect(admit(SEEN, { ...LEASE, epoch: 201, token: 1 }, 1, 0).fence).toEqual({ epoch: 201, tokens: [0, 1, 0] });
  });

  it('is raised to higher epochs only, and voids the leases of the others at once', () => {
    const { fence, verdict } = raise(SEEN, 201);
    expect(verdict).toBe('raised');
    expect(admit(fence, LEASE, 1, 0).verdict).toEqual({ refused: 'old-epoch' });
    expect(raise(fence, 201)).toEqual({ fence, verdict: { refused: 'old-epoch' } });
    expect(raise(fence, Number.NaN)).toEqual({ fence, verdict: { refused: 'malformed' } });
  });

  it('admits what outranks all that it has admitted, is for the service and has not ended, and nothing else', () => {
    const shown = fc.record({
      lease: fc.record({
        service: fc.nat(4),
        holder: fc.constant('healer/0' as const),
        epoch: fc.integer({ min: 1, max: 4 }),
        token: fc.integer({ min: 1, max: 6 }),
        untilMs: fc.integer({ min: 0, max: 100 }),
      }),
      isMeant: fc.boolean(),
      raises: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(shown, { maxLength: 100 }), (list) => {
        let fence = startFence(4);
        const admitted: Lease[] = [];
        let raisedTo = 0;
        for (const [nowMs, { lease, isMeant, raises }] of list.entries()) {
          fence = JSON.parse(JSON.stringify(fence)) as Fence;
          if (raises) {
            const isHigher = lease.epoch > Math.max(raisedTo, ...admitted.map(({ epoch }) => epoch));
            const { fence: next, verdict } = raise(fence, lease.epoch);
            expect(verdict === 'raised').toBe(isHigher);
            if (isHigher) raisedTo = lease.epoch;
            fence = next;
            continue;
          }
          const service = isMeant ? lease.service : 0;
          const isLatest = admitted.every(
            (other) =>
              lease.epoch > other.epoch ||
              (lease.epoch === other.epoch && (lease.token >= other.token || other.service !== service)),
          );
          const isRight = lease.service === service && service < 4 && nowMs < lease.untilMs && lease.epoch >= raisedTo;
          const { fence: next, verdict } = admit(fence, lease, service, nowMs);
          expect(verdict === 'admitted').toBe(isLatest && isRight);
          if (verdict === 'admitted') admitted.push(lease);
          else expect(next).toBe(fence);
          expect(next.tokens).toHaveLength(4);
          fence = next;
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the door to an effect', () => {
  const ask = { holder: LEASE.holder, service: 1, replicas: [0], hosts: [0], untilMs: 1000 };
  const floor = { serving: [0, 1], minHealthy: 1 };
  const { budget } = reserve(startBudget({ perService: 1, perHost: 1, fleet: 1 }), { ...ask, ...floor }, 0);
  const plane = { fence: startFence(3), budget };
  const taking = { reservation: 1, untilMs: 500, ...floor };

  it('lets the action in if fence and budget both do, and both know of it', () => {
    const { plane: next, verdict } = enter(plane, { lease: LEASE, service: 1, taking }, 10);
    expect(verdict).toBe('admitted');
    expect(next.fence.tokens).toEqual([0, 5, 0]);
    expect(next.budget.reservations[0]).toMatchObject({ phase: 'committed', untilMs: 500 });
    expect(enter(next, { lease: LEASE, service: 1, taking }, 11).verdict).toEqual({ refused: 'already-committed' });
  });

  it('asks the budget nothing of an action that takes nothing away', () => {
    const { plane: next, verdict } = enter(plane, { lease: LEASE, service: 1, taking: null }, 10);
    expect(verdict).toBe('admitted');
    expect(next.budget).toBe(budget);
  });

  it.each([
    ['the fence refuses', { lease: { ...LEASE, untilMs: 10 }, taking }, 'expired'],
    ['nothing was reserved', { lease: LEASE, taking: { ...taking, reservation: 2 } }, 'no-reservation'],
    ['it was reserved for another', { lease: { ...LEASE, holder: 'healer/2' as const }, taking }, 'other-holder'],
    ['too few would stay', { lease: LEASE, taking: { ...taking, serving: [0] } }, 'min-healthy'],
  ])('stays shut, and changes nothing, if %s', (_, request, refused) => {
    expect(enter(plane, { ...request, service: 1 }, 10)).toEqual({ plane, verdict: { refused } });
  });
});
