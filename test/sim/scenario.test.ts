import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENT } from '../../sim/calendar.ts';
import {
  BENIGN_CONFIGS_PER_HOUR,
  BENIGN_DEPLOYS_PER_HOUR,
  FAULT_FREE_ONE_IN,
  FAULT_KINDS,
  FAULTS,
  INCIDENT_GAP,
  INCIDENTS_MAX,
} from '../../sim/faults.ts';
import { type FleetPlan, planFleet } from '../../sim/plan.ts';
import { expandSeed, PURPOSES, Stream } from '../../sim/random.ts';
import { drawIncident, drawScenario, HORIZON_S, type Incident, scenarioSeed } from '../../sim/scenario.ts';
import { runTrial } from '../../sim/trial.ts';
import { loadFleet, shippedFleets } from '../../src/fleets.ts';
import { nothing } from '../../strategies/baselines/nothing.ts';
import { incidentOf, planOf, scenarioOf } from './harness.ts';

const SEEDS = 800;
const plans = shippedFleets().map((name) => [name, planFleet(loadFleet(name).fleet)] as const);
const boutique = planFleet(loadFleet('online-boutique').fleet);
const drawn = Array.from({ length: SEEDS }, (_, i) => drawScenario(boutique, scenarioSeed('law', 'train', i)));
const incidents = drawn.flatMap((scenario) => scenario.incidents);

/** Four standard deviations of a binomial count. */
function expectShare(count: number, of: number, share: number, what = ''): void {
  const spread = 4 * Math.sqrt(of * share * (1 - share));
  expect(Math.abs(count - of * share), `${what} ${count} of ${of}, expected ${of * share}`).toBeLessThan(spread);
}

function expectValid(plan: FleetPlan, incident: Incident): void {
  const { kind, service, edge, host, strikes, severity, variant } = incident;
  const [least, most] = FAULTS[kind].severity;
  expect(severity).toBeGreaterThanOrEqual(least);
  expect(severity).toBeLessThanOrEqual(most);
  expect(variant).toBeGreaterThan(0);
  expect(variant).toBeLessThan(1);
  expect(service).toSatisfy((s: number) => Number.isInteger(s) && s >= 0 && s < plan.services);
  expect(edge).toSatisfy((e: number) => Number.isInteger(e) && e >= -1 && e < plan.edges);
  expect(host).toSatisfy((h: number) => Number.isInteger(h) && h >= -1 && h < plan.hosts);
  if (edge >= 0) expect(plan.edgeFrom[edge]).toBe(service);
  expect(host >= 0, kind).toBe(FAULTS[kind].where === 'host');
  for (const { slot } of strikes) {
    const owner = plan.slotService[slot]!;
    expect(slot - plan.slotStart[owner]!).toBeLessThan(plan.roster.services[owner]!.replicasStart);
  }
  expect(new Set(strikes.map(({ slot }) => slot)).size).toBe(strikes.length);
  for (const seconds of [incident.noticeAfterS, incident.answerAfterS, incident.repairAfterS])
    expect(seconds).toSatisfy((s: number) => Number.isFinite(s) && s > 0);
  if (incident.passesAfterS !== -1) expect(incident.passesAfterS).toBeGreaterThan(0);
}

describe('a scenario', () => {
  it('is the same for the same seed and another for another', () => {
    for (const [, plan] of plans) {
      expect(drawScenario(plan, 'a')).toEqual(drawScenario(plan, 'a'));
      expect(drawScenario(plan, 'a')).not.toEqual(drawScenario(plan, 'b'));
    }
  });

  it('can never be in two of the three sets, whatever the user calls the seed', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(10_000), fc.nat(10_000), (seed, i, j) => {
        const names = [scenarioSeed(seed, 'train', i), scenarioSeed(seed, 'select', j), scenarioSeed(seed, 'test', i)];
        expect(new Set(names).size).toBe(3);
      }),
    );
    const keys = ['train', 'select', 'test'].flatMap((set) =>
      Array.from({ length: 300 }, (_, i) => expandSeed(scenarioSeed('x', set as 'train', i))),
    );
    expect(new Set(keys.map(({ high, low }) => `${high}/${low}`)).size).toBe(900);
  });

  it('is without any fault one time in eight, and has at most eight incidents in the order of time', () => {
    const calm = drawn.filter((scenario) => scenario.incidents.length === 0);
    expectShare(calm.length, SEEDS, 1 / FAULT_FREE_ONE_IN + (1 - 1 / FAULT_FREE_ONE_IN) * survives(HORIZON_S));
    for (const scenario of drawn) {
      expect(scenario.incidents.length).toBeLessThanOrEqual(INCIDENTS_MAX);
      const onsets = scenario.incidents.map(({ onsetS }) => onsetS);
      expect(onsets).toEqual(onsets.toSorted((a, b) => a - b));
      for (const onsetS of onsets) expect(onsetS).toSatisfy((at: number) => at > 0 && at < HORIZON_S);
    }
    expect(Math.max(...drawn.map((scenario) => scenario.incidents.length))).toBe(INCIDENTS_MAX);
  });

  it('mixes the kinds by their weights', () => {
    const weights = FAULT_KINDS.reduce((sum, kind) => sum + FAULTS[kind].weight, 0);
    let chiSquare = 0;
    for (const kind of FAULT_KINDS) {
      const expected = (incidents.length * FAULTS[kind].weight) / weights;
      chiSquare += (incidents.filter((incident) => incident.kind === kind).length - expected) ** 2 / expected;
    }
    expect(incidents.length).toBeGreaterThan(2000);
    // 11 degrees of freedom: a fair draw exceeds 31.3 once in a thousand seeds.
    expect(chiSquare).toBeLessThan(31.3);
  });

  it('spaces first incidents by the Weibull law with decreasing hazard', () => {
    const stream = new Stream();
    const gaps = Array.from({ length: 4000 }, (_, i) =>
      stream.key(expandSeed(`gap ${i}`), PURPOSES.incidentGap, 0, 0).weibull(INCIDENT_GAP.shape, INCIDENT_GAP.meanS),
    );
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    // The standard deviation of the law is 1.46 means.
    expect(Math.abs(mean / INCIDENT_GAP.meanS - 1)).toBeLessThan((4 * 1.46) / Math.sqrt(gaps.length));
    for (const at of [50, 200, 700, 2000])
      expectShare(gaps.filter((gap) => gap < at).length, gaps.length, 1 - survives(at));
    const early = drawn.filter(({ incidents: [first] }) => first !== undefined && first.onsetS < 200);
    expectShare(early.length, SEEDS, (1 - 1 / FAULT_FREE_ONE_IN) * (1 - survives(200)));
  });

  it('has harmless changes and everyday swings of load at the stated rates', () => {
    const count = (kind: string): number =>
      drawn.reduce((sum, scenario) => sum + scenario.operations.filter((op) => op.kind === kind).length, 0);
    for (const [kind, perHour] of [
      ['deploy', BENIGN_DEPLOYS_PER_HOUR],
      ['config', BENIGN_CONFIGS_PER_HOUR],
    ] as const) {
      expect(Math.abs(count(kind) - perHour * SEEDS)).toBeLessThan(4 * Math.sqrt(perHour * SEEDS));
    }
    for (const { load } of drawn) {
      expect(load.map(({ atS }) => atS)).toEqual(Array.from({ length: 12 }, (_, i) => i * 300));
      for (const { factor } of load) expect(factor).toSatisfy((f: number) => f > 0.9 && f < 1.1);
    }
  });

  it('is valid on every shipped fleet and shows every kind of fault there', () => {
    for (const [name, plan] of plans) {
      const seen = new Set<string>();
      for (let i = 0; i < 100; i += 1) {
        for (const incident of drawScenario(plan, scenarioSeed('every', 'test', i)).incidents) {
          expectValid(plan, incident);
          seen.add(incident.kind);
        }
      }
      expect([...seen].sort(), name).toEqual([...FAULT_KINDS].sort());
    }
  });

  it('is valid and runs on any small fleet, without groups or dependencies too', () => {
    const fleets = fc.record({
      services: fc.integer({ min: 1, max: 4 }),
      replicas: fc.integer({ min: 1, max: 3 }),
      edges: fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }),
      zones: fc.integer({ min: 1, max: 5 }),
      grouped: fc.integer({ min: 0, max: 4 }),
      seed: fc.string(),
    });
    fc.assert(
      fc.property(fleets, ({ services, replicas, edges, zones, grouped, seed }) => {
        const ids = Array.from({ length: services }, (_, s) => `s${s}`);
        const plan = planOf(
          ids.map((id, s) => ({
            id,
            replicas: { min: 1, start: replicas, max: replicas + 1 },
            queue: 64,
            ...(s === 0 ? { entry: { ratePerS: 50 } } : {}),
            dependsOn: ids.flatMap((service, to) => (to > s && edges[s * 4 + to] === true ? [{ service }] : [])),
          })),
          {
            zones: Array.from({ length: zones }, (_, z) => `z${z}`),
            groups: grouped === 0 ? [] : [{ id: 'rack', services: ids.slice(0, grouped) }],
          },
        );
        const scenario = drawScenario(plan, seed, 900);
        for (const incident of scenario.incidents) {
          expectValid(plan, incident);
          if (grouped === 0) expect(['host', 'group']).not.toContain(FAULTS[incident.kind].where);
        }
        const result = runTrial(plan, scenario, nothing);
        expect(result.requests).toBeGreaterThan(0);
        expect(result.lost).toSatisfy((lost: number) => lost >= 0 && lost <= result.requests);
      }),
      { numRuns: 60 },
    );
  });
});

describe('single incidents', () => {
  it('burst over 2 to 6 replicas of one group, all in the same way', () => {
    const sizes = new Set<number>();
    const ways = new Set<string>();
    for (const [, plan] of plans) {
      for (let i = 0; i < 60; i += 1) {
        const { strikes } = drawIncident(plan, expandSeed(`burst ${i}`), 0, 100, 'correlated-burst');
        sizes.add(strikes.length);
        const [how, ...others] = new Set(strikes.map((strike) => strike.how));
        expect(others).toEqual([]);
        ways.add(how!);
        const owners = strikes.map(({ slot }) => plan.slotService[slot]!);
        expect(plan.groupServices.some((group) => owners.every((owner) => group.includes(owner)))).toBe(true);
      }
    }
    expect([...sizes].sort()).toEqual([2, 3, 4, 5, 6]);
    expect([...ways].sort()).toEqual(['crash', 'hang', 'slow']);
  });

  it('leak from part-filled memory, so that the hour sees the end of a leak of many hours', () => {
    const plan = planOf([{ id: 'leaky', queue: 64, entry: { ratePerS: 50 } }]);
    for (let i = 0; i < 20; i += 1) {
      const fills: number[] = [];
      const leak = incidentOf(plan, 'memory-leak', {}, `leak ${i}`, 10);
      runTrial(plan, scenarioOf([leak], 12, `leak ${i}`), nothing, {
        onEvent: (event, world) => {
          if (event.code === EVENT.onset) fills.push(...world.memoryAt.slice(0, 3));
        },
      });
      expect(fills).toHaveLength(3);
      for (const fill of fills) expect(fill).toSatisfy((level: number) => level > 0.78 && level < 0.98);
      expect(new Set(fills).size).toBe(3);
    }
  });

  it('pass by themselves only where a cause outside the process can', () => {
    for (let i = 0; i < 300; i += 1) {
      for (const kind of FAULT_KINDS) {
        const { passesAfterS, variant, strikes, edge } = drawIncident(boutique, expandSeed(`p${i}`), 0, 0, kind);
        const passes = passesAfterS > 0;
        if (FAULTS[kind].passes === null) expect(passes).toBe(false);
        else if (kind === 'slow') expect(passes).toBe(variant < 0.4);
        else if (kind === 'error-burst') expect(passes).toBe(strikes.length === 0);
        else if (kind === 'dependency-outage') expect(passes).toBe(edge < 0);
        else expect(passes).toBe(true);
      }
    }
  });

  it('pass as outages beyond the fleet where there are no connections that could be dead', () => {
    const plan = planOf([{ id: 'alone', entry: { ratePerS: 10 } }]);
    for (let i = 0; i < 50; i += 1) {
      const outage = drawIncident(plan, expandSeed(`alone ${i}`), 0, 0, 'dependency-outage');
      expect(outage.edge).toBe(-1);
      expect(outage.passesAfterS).toBeGreaterThan(0);
    }
  });
});

/** Weibull survival with the mean of the gaps; Gamma(1 + 1 / 0.7) = 1.26582. */
function survives(atS: number): number {
  return Math.exp(-((atS / (INCIDENT_GAP.meanS / 1.26582)) ** INCIDENT_GAP.shape));
}
