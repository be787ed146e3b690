import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  availabilityKofN,
  availabilityUpDown,
  erlangC,
  gilbertElliott,
  machineRepair,
  retryAmplification,
  sojournMmc,
  stationEquilibrium,
  stormFreeLoad,
  utilisationWithout,
} from '../../sim/closed-forms.ts';

const share = fc.double({ min: 0.001, max: 0.999, noNaN: true });

describe('M/M/c/K', () => {
  it.each([
    // Worked by hand from the birth-death weights a^n / n! (n <= c) and a^n / (c! c^(n - c)).
    { servers: 1, places: 1, load: 1, number: 1 / 2, busy: 1 / 2, blocking: 1 / 2 },
    { servers: 1, places: 2, load: 1, number: 1, busy: 2 / 3, blocking: 1 / 3 },
    { servers: 1, places: 2, load: 2, number: 10 / 7, busy: 6 / 7, blocking: 4 / 7 },
    { servers: 2, places: 2, load: 1, number: 4 / 5, busy: 4 / 5, blocking: 1 / 5 },
    { servers: 2, places: 3, load: 2, number: 12 / 7, busy: 10 / 7, blocking: 2 / 7 },
    { servers: 3, places: 3, load: 3, number: 3 * (1 - 4.5 / 13), busy: 3 * (1 - 4.5 / 13), blocking: 4.5 / 13 },
  ])('$servers servers, $places places, load $load: mean, busy servers and blocking', (row) => {
    const result = stationEquilibrium(row.servers, row.places, row.load);
    expect(result.number).toBeCloseTo(row.number, 12);
    expect(result.busy).toBeCloseTo(row.busy, 12);
    expect(result.blocking).toBeCloseTo(row.blocking, 12);
    expect(result.waiting).toBeCloseTo(row.number - row.busy, 12);
  });

  it('has the variance of the geometric law in M/M/1 and of the Poisson law with servers to spare', () => {
    const single = stationEquilibrium(1, 2000, 0.8);
    expect(single.numberVariance).toBeCloseTo(0.8 / 0.04, 6);
    const many = stationEquilibrium(60, 60, 9);
    expect(many.number).toBeCloseTo(9, 9);
    expect(many.numberVariance).toBeCloseTo(9, 9);
    expect(many.waitingVariance).toBe(0);
  });

  it('carries what it accepts: busy servers = load x (1 - blocking), at any size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 600 }),
        fc.double({ min: 0.01, max: 3, noNaN: true }),
        (servers, queue, utilisation) => {
          const load = utilisation * servers;
          const result = stationEquilibrium(servers, servers + queue, load);
          expect(result.busy).toBeCloseTo(load * (1 - result.blocking), 8);
          expect(result.number).toBeLessThanOrEqual(servers + queue);
          expect(result.covariance).toBeLessThanOrEqual(
            Math.sqrt(result.numberVariance * result.waitingVariance) + 1e-6 * (1 + result.numberVariance),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('stays finite where plain weights would overflow', () => {
    const result = stationEquilibrium(1, 3000, 4);
    expect(result.blocking).toBeCloseTo(0.75, 12);
    expect(result.number).toBeCloseTo(3000 - 1 / 3, 6);
  });
});

describe('Erlang C', () => {
  it.each([
    [1, 0.5, 0.5],
    [1, 0.9, 0.9],
    [2, 1, 1 / 3],
    [2, 1.5, 9 / 14],
    [3, 2, 4 / 9],
  ])('%i servers at load %f wait with chance %f', (servers, load, chance) => {
    expect(erlangC(servers, load)).toBeCloseTo(chance, 12);
  });

  it('agrees with M/M/c/K when the queue is long, by Little', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 }), fc.double({ min: 0.05, max: 0.95, noNaN: true }), (servers, rho) => {
        const rate = rho * servers * 10;
        const exact = stationEquilibrium(servers, servers + 3000, rho * servers);
        expect(sojournMmc(servers, rate, 10) * rate).toBeCloseTo(exact.number, 8);
      }),
      { numRuns: 40 },
    );
  });

  it('is 1 / (rate - arrivals) for one server', () => {
    expect(sojournMmc(1, 8, 10)).toBeCloseTo(0.5, 12);
  });
});

describe('k of n', () => {
  it.each([
    [1, 1, 0.9, 0.9],
    [1, 2, 0.9, 0.99],
    [2, 2, 0.9, 0.81],
    [2, 3, 0.9, 0.972],
    [0, 5, 0.1, 1],
    [3, 5, 0.5, 0.5],
    [6, 5, 0.5, 0],
  ])('%i of %i with each up %f of the time', (k, n, up, available) => {
    expect(availabilityKofN(k, n, up)).toBeCloseTo(available, 12);
  });

  it('needs all exactly as often as it does not survive one loss, and falls with k', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), share, (n, up) => {
        expect(availabilityKofN(n, n, up)).toBeCloseTo(up ** n, 10);
        expect(1 - availabilityKofN(1, n, up)).toBeCloseTo((1 - up) ** n, 10);
        for (let k = 1; k <= n; k += 1)
          expect(availabilityKofN(k, n, up)).toBeLessThanOrEqual(availabilityKofN(k - 1, n, up) + 1e-12);
      }),
      { numRuns: 50 },
    );
  });
});

describe('machine repair', () => {
  it.each([
    // Worked by hand: weights of 0, 1, .. machines down.
    { machines: 1, repairers: 1, failure: 1, repair: 3, running: [1 / 4, 3 / 4] },
    { machines: 2, repairers: 1, failure: 1, repair: 2, running: [1 / 5, 2 / 5, 2 / 5] },
    { machines: 2, repairers: 2, failure: 1, repair: 2, running: [1 / 9, 4 / 9, 4 / 9] },
  ])('$machines machines, $repairers repairers', ({ machines, repairers, failure, repair, running }) => {
    const found = machineRepair(machines, repairers, failure, repair);
    expect(found).toHaveLength(running.length);
    for (const [number, chance] of running.entries()) expect(found[number]).toBeCloseTo(chance, 12);
  });

  it('with a repairer for every machine is k of n', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), share, (n, up) => {
        const running = machineRepair(n, n, 1 - up, up);
        for (let k = 0; k <= n; k += 1) {
          const atLeast = running.slice(k).reduce((sum, chance) => sum + chance, 0);
          expect(atLeast).toBeCloseTo(availabilityKofN(k, n, up), 9);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('the Gilbert-Elliott fault', () => {
  it('loses the share of time that it is bad, in runs as long as calls are frequent', () => {
    expect(gilbertElliott(1, 3, 8)).toEqual({ loss: 0.25, runLength: 4 });
    // So rare that every call finds a state of its own: runs of independent losses.
    const { loss, runLength } = gilbertElliott(2, 3, 0);
    expect(runLength).toBeCloseTo(1 / (1 - loss), 12);
  });
});

describe('the rest of tier 0', () => {
  it('knows the share of time up, the attempts made, the load without storms and the load of those that remain', () => {
    expect(availabilityUpDown(99, 1)).toBeCloseTo(0.99, 12);
    expect(retryAmplification(0, 5)).toBe(1);
    expect(retryAmplification(1, 5)).toBe(5);
    expect(retryAmplification(0.5, 3)).toBeCloseTo(1.75, 12);
    expect(stormFreeLoad(900, 3)).toBe(300);
    expect(utilisationWithout(0.6, 3, 1)).toBeCloseTo(0.9, 12);
    expect(utilisationWithout(0.6, 3, 3)).toBe(Number.POSITIVE_INFINITY);
  });

  it('makes at least one attempt, at most all, and more the more fail', () => {
    fc.assert(
      fc.property(share, fc.integer({ min: 1, max: 10 }), (failure, attempts) => {
        const mean = retryAmplification(failure, attempts);
        expect(mean).toBeGreaterThanOrEqual(1);
        expect(mean).toBeLessThanOrEqual(attempts);
        expect(retryAmplification(failure, attempts + 1)).toBeCloseTo(mean + failure ** attempts, 10);
      }),
    );
  });
});
