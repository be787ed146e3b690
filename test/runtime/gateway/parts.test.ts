import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HealixError } from '../../../src/errors.ts';
import { choose, chooseAnother, rotationOf } from '../../../src/runtime/gateway/balance.ts';
import { Histogram } from '../../../src/runtime/gateway/histogram.ts';
import { Replica } from '../../../src/runtime/gateway/replica.ts';
import { routeSchema } from '../../../src/runtime/gateway/settings.ts';
import { Share } from '../../../src/runtime/gateway/share.ts';
import { seeded } from './harness.ts';

const settings = routeSchema.parse({ service: 'api' });
const makeReplica = (slot: number): Replica => new Replica(slot, 1000 + slot, settings, () => 0);

describe('the latency histogram', () => {
  it('says NaN when nothing was recorded, and again after a reset', () => {
    const histogram = new Histogram();
    expect(histogram.quantile(0.5)).toBeNaN();
    histogram.record(3);
    histogram.reset();
    expect(histogram.quantile(0.5)).toBeNaN();
    expect(histogram.total).toBe(0);
  });

  it('is within 2.2 % of the exact quantile, whatever was recorded', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.02, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.5, 0.95, 0.99, 1),
        (values, share) => {
          const histogram = new Histogram();
          for (const value of values) histogram.record(value);
          const exact = [...values].sort((a, b) => a - b)[Math.max(1, Math.ceil(share * values.length)) - 1]!;
          expect(Math.abs(histogram.quantile(share) / exact - 1)).toBeLessThan(0.0221);
        },
      ),
    );
  });

  it('takes what is out of its range into the outermost buckets', () => {
    const histogram = new Histogram();
    histogram.record(0);
    expect(histogram.quantile(1)).toBeCloseTo(0.01, 2);
    histogram.record(Number.MAX_VALUE);
    expect(histogram.quantile(1)).toBeGreaterThan(150_000);
  });
});

describe('a share of calls', () => {
  it.each([0, 0.001, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.9, 0.999, 1])('%f of 1,000 calls is exact', (share) => {
    const gate = new Share(share);
    const taken = Array.from({ length: 1000 }, () => gate.takes()).filter(Boolean).length;
    expect(Math.abs(taken - 1000 * share)).toBeLessThan(1);
    if (Number.isInteger(1000 * share)) expect(taken).toBe(1000 * share);
  });

  it('takes the first call, so that a trial does not wait for traffic', () => {
    expect(new Share(0.01).takes()).toBe(true);
    expect(new Share(0).takes()).toBe(false);
  });

  it.each([-0.1, 1.1, Number.NaN])('refuses %f', (share) => {
    expect(() => new Share(share)).toThrow(HealixError);
  });
});

describe('the balancer', () => {
  it('takes the less busy of two', () => {
    const replicas = [makeReplica(0), makeReplica(1)];
    replicas[0]!.began();
    const random = seeded(3);
    for (let i = 0; i < 20; i += 1) expect(choose(rotationOf(replicas), random)?.slot).toBe(1);
  });

  it('spreads calls over replicas that are equally busy', () => {
    const replicas = [makeReplica(0), makeReplica(1), makeReplica(2)];
    const random = seeded(4);
    const counts = [0, 0, 0];
    for (let i = 0; i < 3000; i += 1) counts[choose(rotationOf(replicas), random)!.slot]! += 1;
    for (const count of counts) expect(count).toBeGreaterThan(800);
  });

  it('never takes a replica out of rotation, one that was tried, or an empty slot', () => {
    const replicas = [makeReplica(0), null, makeReplica(2)];
    replicas[0]!.inRotation = false;
    expect(choose(rotationOf(replicas), seeded(5))?.slot).toBe(2);
    expect(chooseAnother(rotationOf(replicas), [replicas[2]!], seeded(5))).toBeNull();
    expect(choose(rotationOf([null]), seeded(5))).toBeNull();
  });

  it('calls whoever is ready, and all in rotation when none is', () => {
    const replicas = [makeReplica(0), makeReplica(1), makeReplica(2)];
    const called = (): Set<number> => {
      const random = seeded(7);
      return new Set(Array.from({ length: 100 }, () => choose(rotationOf(replicas), random)!.slot));
    };
    replicas[0]!.isListed = false;
    expect(called()).toEqual(new Set([1, 2]));
    replicas[1]!.isListed = false;
    replicas[2]!.inRotation = false;
    expect(called()).toEqual(new Set([0, 1]));
  });

  it('sends the canary its share and, when nobody else is left, everything', () => {
    const replicas = [makeReplica(0), makeReplica(1)];
    replicas[1]!.canary = new Share(0.1);
    const random = seeded(6);
    const slots = Array.from({ length: 1000 }, () => choose(rotationOf(replicas), random)!.slot);
    expect(slots.filter((slot) => slot === 1)).toHaveLength(100);
    replicas[0]!.inRotation = false;
    expect(choose(rotationOf(replicas), random)?.slot).toBe(1);
  });

  it('makes the same choices for the same seed', () => {
    const run = (): number[] => {
      const rotation = rotationOf([makeReplica(0), makeReplica(1), makeReplica(2)]);
      const random = seeded(7);
      return Array.from({ length: 50 }, () => choose(rotation, random)!.slot);
    };
    expect(run()).toEqual(run());
  });
});
