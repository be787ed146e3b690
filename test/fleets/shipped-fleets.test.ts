import { describe, expect, it } from 'vitest';
import { normalLoad } from '../../sim/normal-load.ts';
import type { DependencySpec, FleetSpec, ServiceSpec } from '../../sim/spec.ts';
import { loadFleet, shippedFleets } from '../../src/fleets.ts';

/** Called too rarely to reach the common utilisation with a service time that fits its timeouts: see the file's header. */
const IDLE = new Set(['teastore/registry']);

const fleets = shippedFleets().map((name) => loadFleet(name));
const each = fleets.map(({ fleet }) => [fleet.name, fleet] as const);

interface Edge extends DependencySpec {
  readonly from: string;
}

function edgesOf(fleet: FleetSpec): Edge[] {
  return fleet.services.flatMap(({ id, dependsOn }) => dependsOn.map((dependency) => ({ ...dependency, from: id })));
}

/** Calls per second by summing over all callers until nothing changes: another method than the one under test. */
function callsPerS(fleet: FleetSpec, service: ServiceSpec): number {
  const own = service.entry?.ratePerS ?? 0;
  return edgesOf(fleet)
    .filter((edge) => edge.service === service.id)
    .reduce(
      (sum, edge) => sum + edge.calls * callsPerS(fleet, fleet.services.find(({ id }) => id === edge.from)!),
      own,
    );
}

describe('the shipped fleets', () => {
  it('are the three that the documentation names, each called like its file and without warnings', () => {
    expect(fleets.map(({ fleet, source }) => [source, fleet.name])).toEqual([
      ['online-boutique', 'online-boutique'],
      ['otel-demo', 'otel-demo'],
      ['teastore', 'teastore'],
    ]);
    expect(fleets.flatMap(({ warnings }) => warnings)).toEqual([]);
    expect(fleets.map(({ fleet }) => fleet.services.length)).toEqual([11, 15, 6]);
  });

  it('cite their source and licence', () => {
    for (const { text } of fleets) expect(text).toMatch(/^# [\s\S]*(MIT|BSD|licence stated)/);
  });

  it.each(each)('%s keeps every service at utilisation 0.52 to 0.58, save the idle ones', (name, fleet) => {
    const loads = normalLoad(fleet);
    expect(loads).toHaveLength(fleet.services.length);
    fleet.services.forEach((service, index) => {
      const rate = callsPerS(fleet, service);
      const utilisation = (rate * service.serviceMs.mean) / (1000 * service.replicas.start * service.workers);
      expect(loads[index]!.callsPerS).toBeCloseTo(rate, 9);
      expect(loads[index]!.utilisation).toBeCloseTo(utilisation, 12);
      if (IDLE.has(`${name}/${service.id}`)) expect(utilisation).toBeLessThan(0.05);
      else expect(utilisation, service.id).toSatisfy((share: number) => share >= 0.52 && share <= 0.58);
    });
  });

  it.each(each)('%s follows the common rules: replicas, attempts, entry and boot time', (_, fleet) => {
    for (const service of fleet.services) {
      expect(service.replicas).toEqual({ min: 2, start: 3, max: 6 });
      expect([8, 19]).toContain(service.startS.median);
      expect(service.startS.sigma).toBe(0.5);
    }
    expect(edgesOf(fleet).every(({ attempts }) => attempts === 3)).toBe(true);
    const entries = fleet.services.flatMap(({ entry }) => (entry === undefined ? [] : [entry]));
    expect(entries).toEqual([{ ratePerS: 100, lateMs: 2000 }]);
    expect(fleet.zones).toEqual(['a', 'b', 'c']);
  });

  it.each(each)('%s gives each layer 0.6 of the shortest timeout of its caller', (_, fleet) => {
    const edges = edgesOf(fleet);
    for (const edge of edges) {
      const caller = fleet.services.find(({ id }) => id === edge.from)!;
      const allowed = edges.filter(({ service }) => service === edge.from).map(({ timeoutMs }) => timeoutMs);
      if (caller.entry !== undefined) allowed.push(caller.entry.lateMs);
      expect(edge.timeoutMs, `${edge.from} -> ${edge.service}`).toBe(Math.round(0.6 * Math.min(...allowed)));
    }
  });

  it.each(each)('%s puts every service on exactly one rack of three or four', (_, fleet) => {
    const placed = fleet.groups.flatMap(({ services }) => services);
    expect([...placed].sort()).toEqual(fleet.services.map(({ id }) => id).sort());
    for (const { services } of fleet.groups) expect([3, 4]).toContain(services.length);
  });

  it('boot JVM services slower', () => {
    const slow = fleets.flatMap(({ fleet }) =>
      fleet.services.filter(({ startS }) => startS.median === 19).map(({ id }) => `${fleet.name}/${id}`),
    );
    expect(slow.filter((id) => !id.startsWith('teastore/'))).toEqual([
      'online-boutique/adservice',
      'otel-demo/frauddetectionservice',
      'otel-demo/adservice',
    ]);
    expect(slow).toHaveLength(9);
  });
});
