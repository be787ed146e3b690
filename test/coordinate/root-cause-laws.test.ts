import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ISSUES } from '../../strategies/contract.ts';
import type { Evidence } from '../../strategies/coordinate/messages.ts';
import type { PlacedRoster } from '../../strategies/coordinate/placement.ts';
import { rankCauses } from '../../strategies/coordinate/root-cause.ts';
import { LONG_AGO } from '../../strategies/memory.ts';
import { causes, failing, fleetOf, NOW_MS, service } from './root-cause-fleet.ts';

const RUNS = 100;
const share = fc.double({ min: 0, max: 1, noNaN: true });
const maybe = (known: fc.Arbitrary<number>): fc.Arbitrary<number> =>
  fc.oneof({ weight: 5, arbitrary: known }, fc.constant(-1));
const slots = fc.subarray([0, 1, 2]);

/** Up to nine services; who calls whom is arbitrary, circles included. */
const anyFleet: fc.Arbitrary<PlacedRoster> = fc.integer({ min: 1, max: 9 }).chain((size) =>
  fc
    .tuple(
      fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 4 }), { minLength: size, maxLength: size }),
      fc.array(fc.array(fc.integer({ min: -1, max: 4 }), { minLength: 3, maxLength: 3 }), {
        minLength: size,
        maxLength: size,
      }),
    )
    .map(([calls, hosts]) =>
      fleetOf(
        calls.map((callees, caller) => callees.filter((callee) => callee !== caller)),
        hosts,
      ),
    ),
);

const anyReport = (roster: PlacedRoster): fc.Arbitrary<Evidence> =>
  fc.nat(roster.services.length - 1).chain((at) =>
    fc.record({
      service: fc.constant(at),
      atMs: fc.constantFrom(NOW_MS, NOW_MS - 3000),
      status: fc.integer({ min: 0, max: 4 }),
      sinceMs: fc.oneof(fc.constant(LONG_AGO), fc.integer({ min: NOW_MS - 600_000, max: NOW_MS })),
      issues: fc.subarray([...ISSUES]),
      errorRate: maybe(share),
      latencyRatio: maybe(fc.double({ min: 0, max: 100, noNaN: true })),
      throughputRatio: maybe(fc.double({ min: 0, max: 5, noNaN: true })),
      cpuShare: maybe(share),
      queueShare: maybe(share),
      dependencyFailed: fc.tuple(...roster.services[at]!.dependsOn.map(() => maybe(share))),
      present: fc.constant(3),
      down: slots,
      dead: fc.constant([]),
      silent: fc.constant([]),
      slow: slots,
      erring: slots,
      attempts: fc.nat(5),
    }),
  );

/** A fleet, reports on some of its services, and the same reports in another order. */
const anyTrouble = anyFleet.chain((roster) =>
  fc.array(anyReport(roster), { maxLength: 12 }).chain((evidence) =>
    fc.record({
      roster: fc.constant(roster),
      evidence: fc.constant(evidence),
      shuffled: fc.shuffledSubarray(evidence, { minLength: evidence.length }),
    }),
  ),
);

describe('ranked causes, whatever the evidence', () => {
  it('do not depend on its order, and are the same every time', () => {
    fc.assert(
      fc.property(anyTrouble, ({ roster, evidence, shuffled }) => {
        const ranked = rankCauses(roster, evidence, NOW_MS);
        expect(rankCauses(roster, shuffled, NOW_MS)).toEqual(ranked);
        expect(rankCauses(structuredClone(roster), structuredClone(evidence), NOW_MS)).toEqual(ranked);
      }),
      { numRuns: RUNS },
    );
  });

  it('have scores within 0..1 that fall and add up to 1 at most, no cause twice, and reasons', () => {
    fc.assert(
      fc.property(anyTrouble, ({ roster, evidence }) => {
        const ranked = rankCauses(roster, evidence, NOW_MS);
        const scores = ranked.map(({ score }) => score);
        for (const score of scores) expect(score > 0 && score <= 1).toBe(true);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        expect(scores.reduce((sum, score) => sum + score, 0)).toBeLessThanOrEqual(1 + 1e-9);
        expect(new Set(causes(ranked).map((cause) => JSON.stringify(cause))).size).toBe(ranked.length);
        for (const { reasons } of ranked) expect(reasons.join()).not.toMatch(/NaN|undefined|Infinity|-1 %/);
      }),
      { numRuns: RUNS },
    );
  });

  it('have victims that somebody reported on, and never count the cause itself among them', () => {
    fc.assert(
      fc.property(anyTrouble, ({ roster, evidence }) => {
        const reported = new Set(evidence.map((report) => report.service));
        for (const { cause, victims } of rankCauses(roster, evidence, NOW_MS)) {
          expect(victims.every((victim) => reported.has(victim))).toBe(true);
          if (cause.kind === 'service') expect(victims).not.toContain(cause.service);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('leave a lone unwell service without callees as its own cause', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 9, noNaN: true }),
        (rate, slow) => {
          const fleet = fleetOf([[1], []]);
          const evidence = [failing(fleet, 1, rate, 30, { latencyRatio: 1 + slow })];
          const [first] = rankCauses(fleet, evidence, NOW_MS);
          expect(first).toMatchObject({ cause: service(1), victims: [] });
          expect(first!.score).toBeCloseTo(1, 6);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('are few, however many services are unwell', () => {
    const size = 131;
    const fleet = fleetOf(Array.from({ length: size }, (_, at) => [at + 1, at + 7].filter((callee) => callee < size)));
    const evidence = fleet.services.map(({ dependsOn }, at) =>
      failing(fleet, at, 0.5, 30, { dependencyFailed: dependsOn.map(() => 0.5) }),
    );
    const ranked = rankCauses(fleet, evidence, NOW_MS);
    expect(ranked.length).toBeLessThanOrEqual(8);
    expect(ranked[0]!.cause).toEqual(service(size - 1));
  });
});
