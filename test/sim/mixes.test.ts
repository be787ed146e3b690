import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAULT_KINDS, FAULTS } from '../../sim/faults.ts';
import { FAULT_MIXES, type FaultMix, MIXES, mixOfSeed, possibleFaults, seedOfMix, weightOf } from '../../sim/mixes.ts';
import { type FleetPlan, planFleet } from '../../sim/plan.ts';
import { drawScenario, type Incident, type ScenarioSet, type ScenarioSpec, scenarioSeed } from '../../sim/scenario.ts';
import { loadFleet, shippedFleets } from '../../src/fleets.ts';
import { planOf } from './harness.ts';

const HOURS = 300;
const boutique = planFleet(loadFleet('online-boutique').fleet);
const PARTS = ['cascade', 'burst', 'partition', 'single'] as const;

const hours = (plan: FleetPlan, mix: FaultMix, seed = 'law', count = HOURS): ScenarioSpec[] =>
  Array.from({ length: count }, (_, i) => drawScenario(plan, scenarioSeed(seedOfMix(seed, mix), 'test', i)));

/** What the mixes are made of, as the tests know them: kinds, and of the error bursts whether they hit one replica. */
const wordOf = ({ kind, strikes }: Incident): string =>
  kind === 'error-burst' ? `error-burst of ${strikes.length === 0 ? 'a service' : 'a replica'}` : kind;
const CASCADE = ['slow', 'error-burst of a service', 'dependency-outage', 'resource-exhaustion', 'overload'];
const SINGLE = ['crash', 'hang', 'memory-leak', 'error-burst of a replica', 'bad-deploy', 'config-drift'];
const WANTED: Readonly<Record<FaultMix, readonly string[]>> = {
  all: [...CASCADE, ...SINGLE, 'correlated-burst', 'network-partition'],
  cascade: CASCADE,
  burst: ['correlated-burst'],
  partition: ['network-partition'],
  spread: [...CASCADE, 'correlated-burst', 'network-partition'],
  single: SINGLE,
};

describe('the whole catalogue', () => {
  // Taken before there were mixes: shipped packs and every table name scenarios of it.
  it.each([
    ['online-boutique', 'c24c61fa726c7f46'],
    ['otel-demo', '35c21169eb7707de'],
    ['teastore', '9f05a62b1c86edb6'],
  ])('gives on %s the scenarios of the golden digest', (name, digest) => {
    const hash = createHash('sha256');
    // Logarithms may differ in the last digits between engines.
    for (const scenario of hours(planFleet(loadFleet(name).fleet), 'all', 'golden', 200))
      hash.update(
        JSON.stringify(scenario, (_, field) => (typeof field === 'number' ? Number(field.toPrecision(9)) : field)),
      );
    expect(hash.digest('hex').slice(0, 16)).toBe(digest);
  });

  it('is shared out among cascade, burst, partition and single, with nothing left and nothing twice', () => {
    for (const kind of FAULT_KINDS) {
      const pieces = PARTS.flatMap((mix) => MIXES[mix].faults.filter((fault) => fault.kind === kind));
      const edges = pieces.toSorted((a, b) => a.from - b.from).flatMap(({ from, to }) => [from, to]);
      expect(edges[0], kind).toBe(0);
      expect(edges.at(-1), kind).toBe(1);
      for (let at = 1; at + 1 < edges.length; at += 2) expect(edges[at], kind).toBe(edges[at + 1]);
    }
    const weight = (mixes: readonly FaultMix[]): number =>
      mixes.flatMap((mix) => MIXES[mix].faults).reduce((sum, fault) => sum + weightOf(fault), 0);
    expect(weight(PARTS)).toBeCloseTo(weight(['all']), 9);
    expect(weight(['spread'])).toBeCloseTo(weight(['cascade', 'burst', 'partition']), 9);
  });
});

describe('a mix of faults', () => {
  it.each(FAULT_MIXES)('%s draws its own faults on every shipped fleet, and each of them', (mix) => {
    for (const name of shippedFleets()) {
      const drawn = hours(planFleet(loadFleet(name).fleet), mix, 'each').flatMap(({ incidents }) => incidents);
      expect([...new Set(drawn.map(wordOf))].sort(), name).toEqual([...WANTED[mix]].sort());
    }
  });

  it.each(FAULT_MIXES)("%s keeps the catalogue's weights among them", (mix) => {
    const drawn = hours(boutique, mix).flatMap(({ incidents }) => incidents);
    const { faults } = MIXES[mix];
    const total = faults.reduce((sum, fault) => sum + weightOf(fault), 0);
    expect(drawn.length).toBeGreaterThan(800);
    for (const fault of faults) {
      const share = weightOf(fault) / total;
      const count = drawn.filter(({ kind }) => kind === fault.kind).length;
      // Four standard deviations of a binomial count.
      const spread = 4 * Math.sqrt(drawn.length * share * (1 - share));
      expect(Math.abs(count - drawn.length * share), fault.kind).toBeLessThanOrEqual(spread);
    }
  });

  it.each(FAULT_MIXES)('%s changes what fails and nothing else of the hours of a seed', (mix) => {
    const usual = hours(boutique, 'all');
    const own = hours(boutique, mix);
    const rest = ({ incidents, operations, load, horizonS }: ScenarioSpec): unknown => [
      incidents.map(({ onsetS, noticeAfterS, answerAfterS }) => [onsetS, noticeAfterS, answerAfterS]),
      operations,
      load,
      horizonS,
    ];
    expect(own.map(rest)).toEqual(usual.map(rest));
    // So one hour in eight stays without a fault.
    expect(own.filter(({ incidents }) => incidents.length === 0).length).toBeGreaterThan(HOURS / 16);
    for (const { kind, severity } of own.flatMap(({ incidents }) => incidents)) {
      expect(severity).toBeGreaterThanOrEqual(FAULTS[kind].severity[0]);
      expect(severity).toBeLessThanOrEqual(FAULTS[kind].severity[1]);
    }
  });

  it('leaves out what needs hosts where a fleet names none, and says so where nothing remains', () => {
    const plan = planOf([{ id: 'web', entry: { ratePerS: 10 } }]);
    const kinds = new Set(hours(plan, 'spread').flatMap(({ incidents }) => incidents.map(({ kind }) => kind)));
    expect([...kinds].sort()).toEqual(['dependency-outage', 'error-burst', 'overload', 'slow']);
    for (const mix of ['burst', 'partition'] as const) {
      expect(possibleFaults(mix, false)).toEqual([]);
      expect(() => hours(plan, mix)).toThrow(`no fault of the mix ${mix} can strike test: it has no groups`);
    }
  });
});

describe('the name of a scenario', () => {
  const plainSeed = fc.string().filter((seed) => mixOfSeed(seed).mix === 'all');
  const seeds = fc.tuple(plainSeed, fc.constantFrom(...FAULT_MIXES));

  it('says its mix, which is read back from it', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom<ScenarioSet>('train', 'select', 'test'), fc.nat(99), ([seed, mix], set, i) => {
        const name = scenarioSeed(seedOfMix(seed, mix), set, i);
        expect(mixOfSeed(name)).toEqual({ mix, rest: scenarioSeed(seed, set, i) });
        expect(drawScenario(boutique, name, 60).seed).toBe(name);
      }),
    );
    expect(seedOfMix('friday', 'all')).toBe('friday');
    expect(seedOfMix('friday', 'spread')).toBe('spread:friday');
  });

  it('differs from mix to mix of one seed', () => {
    const all = FAULT_MIXES.map((mix) => scenarioSeed(seedOfMix('x', mix), 'test', 0));
    expect(new Set(all).size).toBe(FAULT_MIXES.length);
  });
});
