/** The fleet as the healer knows it. */
import type { Roster } from '../../../strategies/contract.ts';
import type { RuntimeConfig } from './resolve.ts';

/** Services in the order of the file, dependencies in the order in which each lists them. */
export function rosterOf(config: RuntimeConfig): Roster {
  const indexOf = new Map(config.services.map(({ id }, index) => [id, index]));
  return {
    services: config.services.map(({ id, tier, dependsOn, replicas }) => ({
      id,
      tier,
      // The config was checked: each of them exists.
      dependsOn: dependsOn.map(({ service }) => indexOf.get(service)!),
      replicasMin: replicas.min,
      replicasMax: replicas.max,
      replicasStart: replicas.start,
    })),
    guard: config.guard,
  };
}
