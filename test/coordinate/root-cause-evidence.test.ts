import { describe, expect, it } from 'vitest';
import { type FleetPlan, planFleet } from '../../sim/plan.ts';
import { drawScenario } from '../../sim/scenario.ts';
import { runTrial } from '../../sim/trial.ts';
import { loadFleet } from '../../src/fleets.ts';
import type { Healer } from '../../strategies/contract.ts';
import { evidenceOf, isAmiss } from '../../strategies/coordinate/evidence.ts';
import type { Evidence } from '../../strategies/coordinate/messages.ts';
import { rankCauses } from '../../strategies/coordinate/root-cause.ts';
import { strategyHealer } from '../../strategies/heal.ts';
import { HEALTH_RANK } from '../../strategies/health.ts';
import { type FleetMemory, LONG_AGO } from '../../strategies/memory.ts';
import { DEAD, makeRoster, makeStrategy, Patient, WINDOW_MS } from '../heal/signals.ts';
import { service } from './root-cause-fleet.ts';

const strategy = makeStrategy();
const twoServices = makeRoster([{ dependsOn: [1, 1] }, {}]);

/** A service with what is normal for it learnt. */
function settled(): Patient {
  const patient = new Patient(strategy, twoServices);
  patient.repeat(30, [], { dependencyFailed: [0, Number.NaN] });
  return patient;
}

const told = (patient: Patient, dependencyFailed?: readonly number[]): Evidence =>
  evidenceOf(strategy, patient.memory, 0, dependencyFailed);

describe('evidence of a service', () => {
  it('says of a well one that it is as usual, and that there is nothing to tell', () => {
    const evidence = told(settled());
    expect(evidence).toMatchObject({ service: 0, atMs: 30 * WINDOW_MS, status: HEALTH_RANK.healthy, present: 3 });
    expect(evidence).toMatchObject({ sinceMs: LONG_AGO, issues: [], down: [], slow: [], erring: [], attempts: 0 });
    expect(evidence).toMatchObject({ errorRate: 0, cpuShare: 0.5, queueShare: 0 });
    expect(evidence.latencyRatio).toBeCloseTo(1, 9);
    expect(evidence.throughputRatio).toBeCloseTo(1, 9);
    expect(isAmiss(evidence)).toBe(false);
  });

  it('knows no ratios before it has learnt what is normal', () => {
    const patient = new Patient(strategy, twoServices);
    patient.feed();
    expect(told(patient)).toMatchObject({ latencyRatio: -1, throughputRatio: -1 });
  });

  it('hands on the calls to dependencies of the last window, -1 where none was made or told of', () => {
    expect(told(settled(), [0.25, Number.NaN]).dependencyFailed).toEqual([0.25, -1]);
    expect(told(settled()).dependencyFailed).toEqual([-1, -1]);
  });

  it('names the replicas that are down, slow or erring, when siblings are not', () => {
    const patient = settled();
    patient.repeat(6, [DEAD, { p95Ms: 90 }, { failed: 40 }]);
    const evidence = told(patient);
    expect(evidence).toMatchObject({ down: [0], slow: [1], erring: [2] });
    expect(evidence.issues).toContain('unresponsive');
    expect(evidence.sinceMs).toBe(31 * WINDOW_MS);
    expect(isAmiss(evidence)).toBe(true);
  });

  it('calls no replica slow or erring that fares like its siblings, or that hardly any call tells of', () => {
    const patient = settled();
    patient.repeat(6, [
      { p95Ms: 90, failed: 40 },
      { p95Ms: 90, failed: 40 },
      { p95Ms: 90, failed: 40 },
    ]);
    expect(told(patient)).toMatchObject({ slow: [], erring: [] });
    const rare = new Patient(strategy, twoServices);
    rare.repeat(6, [{ calls: 2, failed: 2, p95Ms: 500 }, { calls: 2 }, { calls: 2 }]);
    expect(told(rare)).toMatchObject({ slow: [], erring: [] });
  });

  it('does not compare a replica that gets no calls any more', () => {
    const patient = settled();
    patient.repeat(3, [{ failed: 60, p95Ms: 10 }]);
    patient.repeat(2, [
      { calls: 0, failed: 0, ready: 0, inRotation: 0, p95Ms: Number.NaN },
      { p95Ms: 30 },
      { p95Ms: 30 },
    ]);
    expect(told(patient)).toMatchObject({ down: [0], slow: [], erring: [] });
  });

  it('survives JSON, and leaves the memory as it was', () => {
    const patient = settled();
    patient.repeat(6, [DEAD, { p95Ms: 90 }]);
    const before = structuredClone(patient.memory);
    const evidence = told(patient, [0.5, Number.NaN]);
    expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
    expect(patient.memory).toEqual(before);
  });
});

describe('the simulator, as its monitors see it', () => {
  const plan: FleetPlan = planFleet(loadFleet('online-boutique').fleet);
  const redis = plan.roster.services.findIndex(({ id }) => id === 'redis-cart');

  /** What all monitors tell half a minute after the third replica of redis-cart slowed down. */
  function afterSlowReplica(): readonly Evidence[] {
    const drawn = drawScenario(plan, 'root-cause-test/0', 440);
    const slot = plan.slotStart[redis]! + 2;
    const nowhere = { service: redis, edge: -1, host: -1, noticeAfterS: 1e6, answerAfterS: 1e6, repairAfterS: 1e6 };
    const incident = { kind: 'slow', onsetS: 400, severity: 12, variant: 0.9, passesAfterS: -1, ...nowhere } as const;
    const scenario = { ...drawn, incidents: [{ ...incident, strikes: [{ slot, how: 'slow' } as const] }] };
    const watcher = strategyHealer('watch', strategy);
    const evidence: Evidence[] = [];
    const healer: Healer<FleetMemory> = {
      ...watcher,
      heal: (memory, input) => {
        const actions = watcher.heal(memory, input);
        if (input.kind === 'signal' && input.atMs === 430_000)
          evidence.push(evidenceOf(strategy, memory, input.service, input.dependencyFailed));
        return actions;
      },
    };
    runTrial(plan, scenario, healer as Healer);
    return evidence;
  }

  it('leads from failing pages to the slow replica of the store behind the cart', () => {
    const evidence = afterSlowReplica();
    expect(evidence).toHaveLength(plan.services);
    expect(evidence[redis]).toMatchObject({ slow: [2] });
    const failing = evidence.filter(({ status }) => status === HEALTH_RANK.failed);
    expect(failing.length).toBeGreaterThan(1);
    const [first] = rankCauses(plan.roster, evidence, 430_000);
    expect(first!.cause).toEqual(service(redis));
    expect(first!.victims.map((victim) => plan.roster.services[victim]!.id)).toContain('frontend');
  });
});
