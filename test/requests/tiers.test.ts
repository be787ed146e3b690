/** Tier 1 against tier 2: two simulators built differently say the same of every fault, alone and in pairs. */
import { describe, expect, it } from 'vitest';
import { stationPlan, staysDown } from '../../bench/proof/plane.ts';
import { FAULT_KINDS, type FaultKind } from '../../sim/faults.ts';
import type { FleetPlan } from '../../sim/plan.ts';
import { runRequestTrial } from '../../sim/requests/trial.ts';
import { runTrial } from '../../sim/trial.ts';
import { baseline, incidentOf, type Line, type Order, planOf, scenarioOf, scripted } from '../sim/harness.ts';

const HORIZON_S = 900;
/** Largest mean error of availability that is let pass. */
const MEAN_ERROR = 0.03;

const replicas = { min: 2, start: 3, max: 6 };
const shop = planOf(
  [
    {
      id: 'web',
      tier: 'critical',
      replicas,
      workers: 2,
      serviceMs: { mean: 20 },
      queue: 64,
      entry: { ratePerS: 80, lateMs: 1500 },
      dependsOn: [
        { service: 'cart', timeoutMs: 900, attempts: 3, retryBudget: 0.2 },
        { service: 'ads', timeoutMs: 300, attempts: 2, optional: true, retryBudget: 0.2 },
      ],
    },
    {
      id: 'cart',
      replicas,
      workers: 4,
      serviceMs: { mean: 40, cv: 1.5 },
      queue: 128,
      dependsOn: [{ service: 'db', timeoutMs: 500, attempts: 3, retryBudget: 0.2 }],
    },
    { id: 'db', replicas, workers: 2, serviceMs: { mean: 20 }, queue: 64 },
    {
      id: 'ads',
      tier: 'lightweight',
      replicas: { min: 1, start: 2, max: 4 },
      workers: 2,
      serviceMs: { mean: 15 },
      queue: 64,
    },
  ],
  { groups: [{ id: 'rack', services: ['cart', 'db'] }] },
);

/** Availability on tier 2 minus that on tier 1. */
function difference(kinds: readonly FaultKind[], seed: string, healer: string): number {
  const incidents = kinds.map((kind, i) => incidentOf(shop, kind, {}, `${seed}/${i}`, 120 + 60 * i));
  const scenario = scenarioOf(incidents, HORIZON_S, seed);
  return (
    runRequestTrial(shop, scenario, baseline(healer)).availability -
    runTrial(shop, scenario, baseline(healer)).availability
  );
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;

describe('the two tiers', () => {
  it.each(['nothing', 'kubernetes', 'sre-runbook'])(
    'agree on every kind of fault alone, healed by %s',
    (healer) => {
      const found = FAULT_KINDS.flatMap((kind) =>
        ['a', 'b'].map((seed) => ({ kind, seed, error: difference([kind], seed, healer) })),
      );
      expect(found).toHaveLength(24);
      const errors = found.map(({ error }) => error);
      const worst = found.toSorted((a, b) => Math.abs(b.error) - Math.abs(a.error))[0]!;
      expect(meanOf(errors), `worst: ${JSON.stringify(worst)}`).toBeLessThan(MEAN_ERROR / 2);
    },
    120_000,
  );

  it('agree on every pair of faults', () => {
    const pairs = FAULT_KINDS.flatMap((first, i) => FAULT_KINDS.slice(i + 1).map((second) => [first, second] as const));
    const found = pairs.map((pair) => ({ pair, error: difference(pair, pair.join('+'), 'nothing') }));
    expect(found).toHaveLength(66);
    const errors = found.map(({ error }) => error);
    const worst = found.toSorted((a, b) => Math.abs(b.error) - Math.abs(a.error)).slice(0, 5);
    expect(meanOf(errors), `worst: ${JSON.stringify(worst)}`).toBeLessThan(MEAN_ERROR);
  }, 120_000);

  it('agree on a fleet without any fault to a ten-thousandth', () => {
    expect(Math.abs(difference([], 'calm', 'nothing'))).toBeLessThan(1e-3);
  });
});

describe('every action', () => {
  const HANG: readonly FaultKind[] = ['hang'];
  const situations: readonly (readonly [what: string, kinds: readonly FaultKind[], orders: readonly Order[]])[] = [
    ['a hard restart', HANG, [{ kind: 'restart', mode: 'hard', replica: 0 }]],
    ['a graceful restart', ['memory-leak'], [{ kind: 'restart', mode: 'graceful', replica: 0 }]],
    ['a scale-up', ['overload'], [{ kind: 'scale-up' }, { kind: 'scale-up' }]],
    ['a scale-down', [], [{ kind: 'scale-down' }]],
    ['a rollback', ['bad-deploy'], [{ kind: 'rollback' }]],
    [
      'a circuit opened and half-opened',
      HANG,
      [
        { kind: 'circuit-break', admit: 0 },
        { kind: 'circuit-break', admit: 0.5 },
      ],
    ],
    ['a replica taken out of rotation', ['slow'], [{ kind: 'reroute', out: true, replica: 0 }]],
    ['a fallback', ['dependency-outage'], [{ kind: 'fallback', on: true }]],
    ['a configuration repaired', ['config-drift'], [{ kind: 'repair-config' }]],
    ['connections opened anew', ['dependency-outage'], [{ kind: 'reconnect' }]],
    ['a person called', HANG, [{ kind: 'escalate' }]],
  ];

  it.each(situations)('does the same on both tiers: %s', (_, kinds, orders) => {
    for (const service of [0, 1]) {
      const lines = orders.map((order, i): Line => ({ atS: 180 + 120 * i, service, order }));
      const incidents = kinds.map((kind) => incidentOf(shop, kind, {}, `act/${service}`, 120));
      const scenario = scenarioOf(incidents, 600, `act/${service}`);
      const [fluid, requests] = [runTrial, runRequestTrial].map((run) => run(shop, scenario, scripted(lines)));
      expect(requests!.actions).toBe(fluid!.actions);
      expect(requests!.replicaHours).toBeCloseTo(fluid!.replicaHours, 6);
      expect(requests!.timeToRecoverS).toEqual(fluid!.timeToRecoverS);
      expect(Math.abs(requests!.availability - fluid!.availability), `service ${service}`).toBeLessThan(MEAN_ERROR);
    }
  });
});

describe('where the tiers once differed', () => {
  const calling = (calls: number): FleetPlan =>
    planOf([
      {
        id: 'web',
        replicas,
        workers: 8,
        serviceMs: { mean: 5 },
        entry: { ratePerS: 40 },
        dependsOn: [{ service: 'data', timeoutMs: 500, calls }],
      },
      { id: 'data', replicas, workers: 8, serviceMs: { mean: 5 } },
    ]);

  it.each([1, 3, 4.5])('a fallback that answers %f calls of a user harms the user once', (calls) => {
    const plan = calling(calls);
    const lines: Line[] = [{ atS: 1, service: 1, order: { kind: 'fallback', on: true } }];
    const [fluid, requests] = [runTrial, runRequestTrial].map((run) => run(plan, scenarioOf([], 200), scripted(lines)));
    expect(requests!.availability).toBeCloseTo(fluid!.availability, 1);
  });

  it('a replica that is scaled away finishes what it has', () => {
    const plan = planOf([
      { id: 'slow', replicas, workers: 40, serviceMs: { mean: 500 }, entry: { ratePerS: 100, lateMs: 60_000 } },
    ]);
    const away: Line[] = [{ atS: 60, service: 0, order: { kind: 'scale-down' } }];
    const [calm, scaled] = [[], away].map((lines) => runRequestTrial(plan, scenarioOf([], 120), scripted(lines)));
    expect(scaled!.replicaHours).toBeLessThan(calm!.replicaHours);
    expect(Math.abs(scaled!.lost - calm!.lost)).toBeLessThan(6);
  });

  it('capacity that comes back within the timeout saves the calls that wait for it', () => {
    const plan = stationPlan({ ratePerS: 62, capacityPerS: 82, workers: 8, timeoutS: 3, attempts: 5, queue: 20_000 });
    // At the speed of the cut, most of those that wait would be too late; at the old speed none is.
    for (const cut of [0.6, 0.75]) {
      expect(staysDown(plan, cut, 4, 'fluid')).toBe(false);
      expect(staysDown(plan, cut, 4, 'requests')).toBe(false);
      expect(staysDown(plan, cut, 9, 'fluid')).toBe(true);
    }
  });

  it('the autoscaler leaves a fleet alone that is as busy as it should be', () => {
    const plan = planOf([
      {
        id: 'web',
        replicas,
        workers: 8,
        serviceMs: { mean: 10 },
        entry: { ratePerS: 0.65 * 3 * 800 },
        autoscale: { utilisation: 0.7 },
      },
    ]);
    const [fluid, requests] = [runTrial, runRequestTrial].map((run) =>
      run(plan, scenarioOf([], 120), baseline('nothing')),
    );
    expect(requests!.replicaHours).toBe(fluid!.replicaHours);
  });

  it('an action on a healthy replica is collateral from the first second on', () => {
    const restart: Line[] = [{ atS: 2, service: 0, order: { kind: 'restart', mode: 'graceful', replica: 0 } }];
    for (const run of [runTrial, runRequestTrial]) {
      expect(run(calling(1), scenarioOf([], 60), scripted(restart)).collateral).toBe(1);
    }
  });

  it('a hung process answers nobody, not even those whose answer it was waiting for itself', () => {
    const plan = planOf([
      {
        id: 'web',
        replicas,
        workers: 8,
        serviceMs: { mean: 5 },
        entry: { ratePerS: 40, lateMs: 5000 },
        dependsOn: [{ service: 'data', timeoutMs: 5000 }],
      },
      // Forty calls are under way when the hang begins.
      { id: 'data', replicas, workers: 40, serviceMs: { mean: 1000 } },
    ]);
    const strikes = [0, 1, 2].map((slot) => ({ slot, how: 'hang' as const }));
    const hang = incidentOf(plan, 'hang', { service: 0, strikes, passesAfterS: -1, noticeAfterS: 1e6 }, 'silent', 30);
    const [before, after] = [30.001, 60].map((horizonS) => {
      const { requests, lost } = runRequestTrial(plan, scenarioOf([hang], horizonS, 'silent'), baseline('nothing'));
      return requests - lost;
    });
    expect(before!).toBeGreaterThan(1000);
    expect(after).toBe(before);
  });

  /** Two of two replicas strike; until then and after the balancer dropped them, nothing ails. */
  function ailing(how: 'hang' | 'slow' | 'errors', struck: number, edge: object, lateMs = 1000): number[] {
    const two = { min: 2, start: 2, max: 2 };
    const plan = planOf([
      {
        id: 'web',
        replicas: two,
        workers: 64,
        entry: { ratePerS: 40, lateMs },
        dependsOn: [{ service: 'data', timeoutMs: 200, ...edge }],
      },
      { id: 'data', replicas: two, workers: 64, serviceMs: { mean: 20, cv: 0.5 } },
    ]);
    const strikes = [2, 3].slice(0, struck).map((slot) => ({ slot, how }));
    const lasting = { service: 1, strikes, passesAfterS: -1, noticeAfterS: 1e6, severity: how === 'slow' ? 100 : 0.9 };
    const incident = incidentOf(plan, how === 'errors' ? 'error-burst' : how, lasting, 'ails', 30);
    return [runTrial, runRequestTrial].map(
      (run) => run(plan, scenarioOf([incident], 130, 'ails'), scripted([])).availability,
    );
  }

  it.each([
    ['hang', 2, 1, {}],
    ['hang', 1, 3, { retryBudget: 0.2 }],
    ['hang', 2, 3, { retryBudget: 0.2 }],
    ['hang', 2, 3, {}],
    ['slow', 2, 1, {}],
    ['slow', 2, 3, { retryBudget: 0.2 }],
    ['errors', 2, 3, {}],
  ] as const)(
    'an optional dependency costs its time and no answers (%s, %i of 2, attempts %i, %j)',
    (how, struck, attempts, rest) => {
      for (const [lateMs, least] of [
        [1000, 0.99],
        [500, 0],
      ] as const) {
        const [fluid, requests] = ailing(how, struck, { attempts, optional: true, ...rest }, lateMs);
        expect(Math.abs(fluid! - requests!), `${lateMs} ms: ${fluid}, ${requests}`).toBeLessThan(0.015);
        expect(fluid).toBeGreaterThan(least);
      }
    },
  );

  it.each([
    ['hang', 1],
    ['errors', 2],
  ] as const)('a budget of retries is judged as it is spent (%s, %i of 2)', (how, struck) => {
    const [fluid, requests] = ailing(how, struck, { attempts: 3, retryBudget: 0.2 });
    expect(Math.abs(fluid! - requests!), `${fluid}, ${requests}`).toBeLessThan(0.01);
    // Without the budget, the service behind it answers far more.
    expect(ailing(how, struck, { attempts: 3 })[0]).toBeGreaterThan(fluid! + 0.02);
  });
});

describe('a request-level trial', () => {
  const scenario = scenarioOf([incidentOf(shop, 'hang', {}, 'again', 100)], 400, 'again');

  it('gives the same result for the same seed, to the last bit', () => {
    const healer = baseline('sre-runbook');
    expect(runRequestTrial(shop, scenario, healer)).toEqual(runRequestTrial(shop, scenario, healer));
  });

  it('shows every healer the same users: who does nothing costs no less of them', () => {
    const users = ['nothing', 'kubernetes', 'sre-runbook'].map(
      (name) => runRequestTrial(shop, scenario, baseline(name)).requests,
    );
    // Only those still waiting at the end differ.
    expect(Math.max(...users) - Math.min(...users)).toBeLessThan(200);
  });

  it('counts the same replica-hours and actions as tier 1 where the healer decides the same', () => {
    const [first, second] = [runTrial, runRequestTrial].map((run) => run(shop, scenario, baseline('kubernetes')));
    expect(second!.actions).toBe(first!.actions);
    expect(second!.replicaHours).toBeCloseTo(first!.replicaHours, 6);
  });
});
