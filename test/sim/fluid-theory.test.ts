import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryAmplification, sojournMmc, stationEquilibrium, utilisationWithout } from '../../sim/closed-forms.ts';
import { derive } from '../../sim/derive.ts';
import { advance } from '../../sim/fluid/advance.ts';
import { createFlow, unsettle } from '../../sim/fluid/flow.ts';
import { judge } from '../../sim/fluid/judge.ts';
import type { FleetPlan } from '../../sim/plan.ts';
import { createWorld, ROUTE } from '../../sim/world.ts';
import { equilibriumOf, fixed, planOf, scenarioOf } from './harness.ts';

/** How far tier 1 may be from a closed form: half a percent of it. */
const TOLERANCE = 0.005;
/** Calls per second that one worker serves. */
const RATE = 10;
/** Time every call spends on the network besides its station, seconds. */
const NETWORK_S = 0.0005;

function station(workers: number, utilisation: number, queue: number, cv = 1, lateMs = 60_000): FleetPlan {
  return planOf([
    {
      id: 'station',
      replicas: fixed(1),
      workers,
      serviceMs: { mean: 1000 / RATE, cv },
      queue,
      entry: { ratePerS: utilisation * workers * RATE, lateMs },
    },
  ]);
}

function expectWithin(measured: number, theory: number, tolerance = TOLERANCE, what = ''): void {
  expect(Math.abs(measured / theory - 1), `${what} ${measured} against ${theory}`).toBeLessThan(tolerance);
}

describe('a replica in equilibrium', () => {
  it.each([1, 2, 3, 4, 8, 16, 32])('is M/M/%i: mean time and number in system', (workers) => {
    for (const utilisation of [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]) {
      const { flow } = equilibriumOf(station(workers, utilisation, 1000));
      const arrivals = utilisation * workers * RATE;
      const sojourn = sojournMmc(workers, arrivals, RATE);
      expectWithin(flow.ownMean[0]! - NETWORK_S, sojourn, TOLERANCE, `time at ${utilisation}`);
      expectWithin(flow.number[0]!, sojourn * arrivals, TOLERANCE, `number at ${utilisation}`);
    }
  });

  it.each([0, 1, 4, 16])('is M/M/c/K with a queue of %i: number, variance and blocking', (queue) => {
    for (const workers of [1, 2, 8, 32]) {
      for (const utilisation of [0.5, 0.8, 0.95, 1.2, 2]) {
        const { flow } = equilibriumOf(station(workers, utilisation, queue));
        const exact = stationEquilibrium(workers, workers + queue, utilisation * workers);
        const what = `c ${workers}, load ${utilisation}:`;
        expectWithin(flow.number[0]!, exact.number, TOLERANCE, `${what} number`);
        expectWithin(flow.variance[0]!, exact.numberVariance, TOLERANCE, `${what} variance`);
        expectWithin(flow.busyShare[0]! * workers, exact.busy, TOLERANCE, `${what} busy`);
        if (exact.blocking < 1e-6) continue;
        expectWithin(1 - flow.accept[0]!, exact.blocking, TOLERANCE, `${what} blocking`);
        expectWithin(flow.userLost[0]! / flow.userRate[0]!, exact.blocking, TOLERANCE, `${what} users turned away`);
      }
    }
  });

  it.each([0, 0.5, 1.5, 2])('is M/G/1 at cv %f: the wait of Pollaczek and Khinchine', (cv) => {
    for (const utilisation of [0.5, 0.7, 0.9]) {
      const { flow } = equilibriumOf(station(1, utilisation, 5000, cv));
      const wait = (utilisation * (1 + cv * cv)) / (2 * RATE * (1 - utilisation));
      expectWithin(flow.ownMean[0]! - NETWORK_S, 1 / RATE + wait, TOLERANCE, `at ${utilisation}`);
    }
  });

  it('has the exponential tail of M/M/1, within 0.012 of the share that is late (Wilson and Hilferty)', () => {
    for (const utilisation of [0.5, 0.8, 0.9]) {
      const mean = 1 / (RATE * (1 - utilisation));
      for (const times of [0.3, 0.7, 1, 1.5, 2, 3, 4, 6]) {
        const { flow } = equilibriumOf(station(1, utilisation, 1000, 1, times * mean * 1000));
        const late = flow.userLost[0]! / flow.userRate[0]!;
        expect(Math.abs(late - Math.exp(-times)), `${times} means at ${utilisation}`).toBeLessThan(0.012);
      }
    }
  });

  it('shares its load when a sibling is gone, as the arithmetic of tier 0 says', () => {
    const plan = planOf([
      { id: 'trio', replicas: fixed(3), workers: 4, serviceMs: { mean: 10 }, entry: { ratePerS: 600 } },
    ]);
    const { flow } = equilibriumOf(plan, (world) => {
      world.route[2] = ROUTE.none;
      world.speed[2] = 0;
    });
    expectWithin(flow.busyShare[0]!, utilisationWithout(0.5, 3, 1));
    expect(flow.slotArrivals[2]).toBe(0);
  });
});

describe('calls between services', () => {
  const pair = (attempts: number): FleetPlan =>
    planOf([
      {
        id: 'caller',
        replicas: fixed(1),
        workers: 64,
        serviceMs: { mean: 1 },
        entry: { ratePerS: 50, lateMs: 60_000 },
        dependsOn: [{ service: 'callee', timeoutMs: 10_000, attempts }],
      },
      { id: 'callee', replicas: fixed(1), workers: 64, serviceMs: { mean: 1 } },
    ]);

  it.each([1, 2, 3, 5])(
    'with %i attempts: retries amplify by (1 - p^K) / (1 - p), and p^K fail in the end',
    (attempts) => {
      for (const failure of [0.05, 0.3, 0.5, 0.9, 1]) {
        const { flow } = equilibriumOf(pair(attempts), (world) => {
          world.errorShare[1] = failure;
        });
        expectWithin(flow.arrivals[1]! / 50, retryAmplification(failure, attempts), TOLERANCE, `load at ${failure}`);
        expectWithin(flow.userLost[0]! / 50, failure ** attempts, TOLERANCE, `lost at ${failure}`);
      }
    },
  );

  it.each([300, 5000, 60_000])('amplifies just as much when every attempt times out, after %i ms', (timeoutMs) => {
    const plan = planOf([
      {
        id: 'caller',
        replicas: fixed(1),
        workers: 64,
        serviceMs: { mean: 1 },
        entry: { ratePerS: 50, lateMs: 60_000 },
        dependsOn: [{ service: 'callee', timeoutMs, attempts: 3 }],
      },
      { id: 'callee', replicas: fixed(1), workers: 64, serviceMs: { mean: 1 } },
    ]);
    const { flow, world } = equilibriumOf(plan);
    world.route[1] = ROUTE.swallow;
    world.speed[1] = 0;
    unsettle(flow, 1);
    unsettle(flow, 0);
    for (let step = 0, dt = 0.02; step < 100; step += 1, dt = Math.min(50, dt * 1.2)) {
      judge(flow, world);
      advance(flow, world, dt);
    }
    expectWithin(flow.edgeAttempts[0]! / 50, 3);
    expectWithin(flow.userLost[0]! / 50, 1);
  });

  it('conserves calls: what each service gets follows from what its callers finish, on any graph', () => {
    const fleets = fc.integer({ min: 2, max: 6 }).chain((size) =>
      fc.record({
        errors: fc.array(fc.double({ min: 0, max: 0.3, noNaN: true }), { minLength: size, maxLength: size }),
        attempts: fc.integer({ min: 1, max: 4 }),
        calls: fc.constantFrom(0.4, 1),
        edges: fc.array(fc.boolean(), { minLength: 36, maxLength: 36 }),
      }),
    );
    fc.assert(
      fc.property(fleets, ({ errors, attempts, calls, edges }) => {
        const size = errors.length;
        const children = (from: number): number[] =>
          Array.from({ length: size }, (_, to) => to).filter((to) => to > from && edges[from * 6 + to] === true);
        const plan = planOf(
          errors.map((_, s) => ({
            id: `s${s}`,
            replicas: fixed(2),
            workers: 64,
            serviceMs: { mean: 2 },
            ...(s === 0 ? { entry: { ratePerS: 20, lateMs: 60_000 } } : {}),
            dependsOn: children(s).map((to) => ({ service: `s${to}`, calls, attempts, timeoutMs: 20_000 })),
          })),
        );
        const { flow } = equilibriumOf(plan, (world) => {
          for (let slot = 0; slot < plan.slots; slot += 1) world.errorShare[slot] = errors[plan.slotService[slot]!]!;
        });
        const good = new Array<number>(size).fill(0);
        for (let s = size - 1; s >= 0; s -= 1) {
          good[s] = 1 - errors[s]!;
          for (const to of children(s)) good[s]! *= 1 - calls * (1 - good[to]!) ** attempts;
        }
        const arriving = new Array<number>(size).fill(0);
        arriving[0] = 20;
        for (let s = 0; s < size; s += 1) {
          let reaching = arriving[s]! * (1 - errors[s]!);
          for (const to of children(s)) {
            arriving[to]! += reaching * calls * retryAmplification(1 - good[to]!, attempts);
            reaching *= 1 - calls * (1 - good[to]!) ** attempts;
          }
          expect(flow.arrivals[s]!).toBeCloseTo(arriving[s]!, 2);
        }
        expect(1 - flow.userLost[0]! / 20).toBeCloseTo(good[0]!, 3);
      }),
      { numRuns: 30 },
    );
  });

  it("obeys Little's law at every replica: number = accepted arrivals x time", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 4, 64),
        fc.double({ min: 0.2, max: 1.4, noNaN: true }),
        fc.constantFrom(1, 4),
        (queue, utilisation, workers) => {
          const { flow } = equilibriumOf(station(workers, utilisation, queue));
          const accepted = flow.slotArrivals[0]! * flow.accept[0]!;
          expectWithin(flow.number[0]!, accepted * (flow.ownMean[0]! - NETWORK_S));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is not frozen by a step of next to no length', () => {
    const plan = station(4, 1.02, 512);
    const numbers = [false, true].map((stutter) => {
      const world = createWorld(plan, scenarioOf());
      derive(world);
      const flow = createFlow(plan);
      for (let step = 0; step < 4000; step += 1) {
        judge(flow, world);
        advance(flow, world, 0.05);
        if (stutter && step === 200) {
          judge(flow, world);
          advance(flow, world, 1e-10);
        }
      }
      return flow.number[0]!;
    });
    expect(numbers[0]).toBeGreaterThan(50);
    expectWithin(numbers[1]!, numbers[0]!, 1e-6);
  });
});
