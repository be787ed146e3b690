/** The fleet as the healer knows it. */
import type { PlacedRoster } from '../../../strategies/coordinate/placement.ts';
import type { RuntimeConfig, ServiceConfig } from './resolve.ts';

/** Services in the order of the file, dependencies in the order in which each lists them; hosts by their first appearance. */
export function rosterOf({ services, guard }: RuntimeConfig): PlacedRoster {
  const indexOf = new Map(services.map(({ id }, index) => [id, index]));
  const hostNames = [...new Set(services.flatMap(({ hosts }) => hosts))];
  const stateful = namesOf(services, ({ stateful: keeps }) => keeps);
  const autoscaled = namesOf(services, ({ autoscaled: scales }) => scales);
  return {
    services: services.map(({ id, tier, dependsOn, replicas }) => ({
      id,
      tier,
      // The config was checked: each of them exists.
      dependsOn: dependsOn.map(({ service }) => indexOf.get(service)!),
      replicasMin: replicas.min,
      replicasMax: replicas.max,
      replicasStart: replicas.start,
    })),
    guard,
    ...(hostNames.length === 0
      ? {}
      : { hostNames, hosts: services.map(({ hosts }) => hosts.map((name) => hostNames.indexOf(name))) }),
    ...(stateful.length === 0 ? {} : { stateful }),
    ...(autoscaled.length === 0 ? {} : { autoscaled }),
  };
}

function namesOf(services: readonly ServiceConfig[], has: (service: ServiceConfig) => boolean): string[] {
  return services.filter(has).map(({ id }) => id);
}
