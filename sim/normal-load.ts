/** What a fleet bears while nothing is broken: calls and utilisation per service, by arithmetic alone. */
import type { FleetSpec, ServiceSpec } from './spec.ts';

export interface NormalLoad {
  readonly service: string;
  /** First attempts arriving at the whole service, calls per second. */
  readonly callsPerS: number;
  /** Share of the workers of its `replicas.start` replicas that is busy on average; 1 and above cannot be kept up. */
  readonly utilisation: number;
}

/** Follows the users' requests down the graph (which has no cycles), in the order of the file. Retries are not counted. */
export function normalLoad(fleet: FleetSpec): NormalLoad[] {
  const rate = new Map(fleet.services.map((service) => [service.id, service.entry?.ratePerS ?? 0]));
  for (const service of callersFirst(fleet)) {
    for (const { service: to, calls } of service.dependsOn) {
      rate.set(to, rate.get(to)! + rate.get(service.id)! * calls);
    }
  }
  return fleet.services.map(({ id, serviceMs, replicas, workers }) => {
    const callsPerS = rate.get(id)!;
    return { service: id, callsPerS, utilisation: (callsPerS * serviceMs.mean) / (1000 * replicas.start * workers) };
  });
}

/** Services ordered so that each comes after everything that calls it (Kahn). */
function callersFirst(fleet: FleetSpec): ServiceSpec[] {
  const byId = new Map(fleet.services.map((service) => [service.id, service]));
  const callers = new Map(fleet.services.map((service) => [service.id, 0]));
  for (const service of fleet.services) {
    for (const { service: to } of service.dependsOn) callers.set(to, callers.get(to)! + 1);
  }
  const ordered = fleet.services.filter((service) => callers.get(service.id) === 0);
  for (const service of ordered) {
    for (const { service: to } of service.dependsOn) {
      const left = callers.get(to)! - 1;
      callers.set(to, left);
      if (left === 0) ordered.push(byId.get(to)!);
    }
  }
  return ordered;
}
