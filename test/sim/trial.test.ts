import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createOracle } from '../../sim/oracle.ts';
import { planFleet } from '../../sim/plan.ts';
import type { TrialResult } from '../../sim/score.ts';
import { parseFleet } from '../../sim/spec.ts';
import { runTrial } from '../../sim/trial.ts';
import { loadFleet, shippedFleets } from '../../src/fleets.ts';
import { nothing } from '../../strategies/baselines/nothing.ts';
import type { Healer } from '../../strategies/contract.ts';
import { baseline, fixed, incidentOf, planOf, scenarioOf, scripted, testScenarios } from './harness.ts';

const fleets = shippedFleets().map((name) => [name, planFleet(loadFleet(name).fleet)] as const);

/** Results of the commit that last meant to change them: 4 scenarios, `nothing` and Kubernetes, nine digits, without `steps`. */
const GOLDEN: Readonly<Record<string, string>> = {
  'online-boutique': 'cf67f3edab42c296',
  'otel-demo': '354d1584b165fe6f',
  teastore: '47dec235b35ad6fa',
};

function digestOf(results: readonly Partial<TrialResult>[]): string {
  const text = JSON.stringify(results, (key, value) => {
    if (key === 'steps') return undefined;
    return typeof value === 'number' ? value.toPrecision(9) : value;
  });
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

describe('a trial', () => {
  it('gives the same result for the same inputs, bit for bit, on a plan compiled anew too', () => {
    const { fleet } = loadFleet('teastore');
    for (const healer of [() => nothing, () => baseline('hms'), () => createOracle() as Healer]) {
      const results = [1, 2].map(() => {
        const parsed = parseFleet(structuredClone(fleet));
        if (parsed.kind === 'bad') throw new Error('the shipped fleet no longer parses');
        const plan = planFleet(parsed.fleet);
        return testScenarios(plan, 2, 1200).map((scenario) => runTrial(plan, scenario, healer()));
      });
      expect(results[0]).toEqual(results[1]);
    }
  });

  it.each(fleets)('on %s gives the results of the golden digest', (name, plan) => {
    const results = testScenarios(plan, 4).flatMap((scenario) =>
      ['nothing', 'kubernetes'].map((healer) => runTrial(plan, scenario, baseline(healer))),
    );
    // Nobody here sends messages, and results of old had no count of them.
    expect(digestOf(results.map(({ messages: _, ...result }) => result))).toBe(GOLDEN[name]);
  });

  it.each(fleets)('on %s costs replicas x hours when nothing is done', (_, plan) => {
    const replicas = plan.roster.services.reduce((sum, { replicasStart }) => sum + replicasStart, 0);
    for (const scenario of testScenarios(plan, 2, 900)) {
      const result = runTrial(plan, scenario, nothing);
      expect(result.replicaHours).toBeCloseTo((replicas * 900) / 3600, 9);
      expect(result.fitness).toBeCloseTo(
        result.lostUserMinutes + plan.fleet.objective.replicaHour * result.replicaHours,
        6,
      );
      expect(result.availability).toBeCloseTo(1 - result.lost / result.requests, 12);
    }
  });

  it('is not changed by an action that does nothing', () => {
    const plan = planOf([{ id: 'shop', replicas: { min: 3, start: 3, max: 6 }, entry: { ratePerS: 720 } }]);
    const overload = incidentOf(plan, 'overload', { severity: 1.7, passesAfterS: 600 });
    const scenario = scenarioOf([overload]);
    const idle = runTrial(plan, scenario, nothing).lostUserMinutes;
    expect(idle).toBeGreaterThan(1000);
    for (const kind of ['reconnect', 'repair-config'] as const) {
      for (const atS of [310, 320, 345.7]) {
        const acted = runTrial(plan, scenario, scripted([{ atS, service: 0, order: { kind } }]));
        expect(Math.abs(acted.lostUserMinutes / idle - 1), `${kind} at ${atS}`).toBeLessThan(2e-3);
      }
    }
  });

  it('costs the same number of steps at 200, 2,000 and 20,000 requests a second', () => {
    const steps = [1, 10, 100].map((times) => {
      const plan = planOf(
        [
          {
            id: 'front',
            replicas: fixed(3),
            workers: times,
            serviceMs: { mean: 8 },
            queue: 64 * times,
            entry: { ratePerS: 200 * times },
            dependsOn: [{ service: 'back', timeoutMs: 500, retryBudget: 0.2 }],
          },
          { id: 'back', replicas: fixed(3), workers: times, serviceMs: { mean: 8 }, queue: 64 * times },
        ],
        { groups: [{ id: 'rack', services: ['front', 'back'] }] },
      );
      return testScenarios(plan, 12).reduce((sum, scenario) => sum + runTrial(plan, scenario, nothing).steps, 0);
    });
    expect(Math.max(...steps) / Math.min(...steps), steps.join(', ')).toBeLessThan(1.2);
  });
});
