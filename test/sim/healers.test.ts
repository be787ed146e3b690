import { describe, expect, it } from 'vitest';
import { createOracle } from '../../sim/oracle.ts';
import { type FleetPlan, planFleet } from '../../sim/plan.ts';
import { runTrial } from '../../sim/trial.ts';
import { loadFleet, shippedFleets } from '../../src/fleets.ts';
import { BASELINES } from '../../strategies/baselines/index.ts';
import { nothing } from '../../strategies/baselines/nothing.ts';
import type { Healer } from '../../strategies/contract.ts';
import { baseline, fixed, incidentOf, type Line, planOf, scenarioOf, scripted, testScenarios } from './harness.ts';

const fleets = shippedFleets().map((name) => [name, planFleet(loadFleet(name).fleet)] as const);

describe('healers', () => {
  /** The whole list on the smallest fleet, the extremes on the others. */
  const rivals = (name: string): readonly string[] =>
    name === 'teastore' ? BASELINES.map((each) => each.name) : ['nothing', 'hms', 'sre-runbook'];

  it.each(fleets)('on %s: none loses less than the oracle, on average', (name, plan) => {
    const set = testScenarios(plan, 12, 600);
    const lossOf = (healer: () => Healer): number =>
      set.reduce((sum, scenario) => sum + runTrial(plan, scenario, healer()).lostUserMinutes, 0);
    const oracle = lossOf(() => createOracle() as Healer);
    for (const rival of rivals(name))
      expect(
        lossOf(() => baseline(rival)),
        rival,
      ).toBeGreaterThan(oracle);
  });

  it('that restart healthy replicas every minute lose more than nothing does, and it counts as collateral', () => {
    const plan = planOf([{ id: 'shop', tier: 'critical', replicas: fixed(3), queue: 64, entry: { ratePerS: 800 } }], {
      guard: { restartsPer10Min: 100 },
    });
    const lines = Array.from({ length: 59 }, (_, i): Line => {
      return { atS: 60 * (i + 1), service: 0, order: { kind: 'restart', mode: 'hard', replica: i % 3 } };
    });
    const calm = scenarioOf([], 3600, 'calm');
    const eager = runTrial(plan, calm, scripted(lines));
    const idle = runTrial(plan, calm, nothing);
    expect(eager.actions).toBe(59);
    expect(eager.collateral).toBeGreaterThan(55);
    expect(eager.lostUserMinutes).toBeGreaterThan(idle.lostUserMinutes * 1.5);
    expect(idle.collateral).toBe(0);
  });

  it('find the autoscaler of the platform at work where a fleet has one', () => {
    const shop = (rest: object): FleetPlan =>
      planOf([{ id: 'shop', replicas: { min: 3, start: 3, max: 6 }, queue: 64, entry: { ratePerS: 720 }, ...rest }]);
    const results = [shop({}), shop({ autoscale: { utilisation: 0.7 } })].map((plan) => {
      const overload = incidentOf(plan, 'overload', { severity: 1.8, passesAfterS: 900 });
      return runTrial(plan, scenarioOf([overload], 2400), nothing);
    });
    expect(results[1]!.lostUserMinutes).toBeLessThan(results[0]!.lostUserMinutes / 4);
    expect(results[1]!.replicaHours).toBeGreaterThan(results[0]!.replicaHours);
    expect(results[1]!.replicaHours).toBeLessThan((6 * 2400) / 3600);
  });
});
