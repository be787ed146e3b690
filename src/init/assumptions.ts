/** What was assumed, in sentences: the same in the terminal and in the files. */
import { SERVICE_MS, UTILISATION } from './fleet.ts';
import type { Fleet } from './model.ts';

/** Of the whole fleet, the most doubtful first. What was assumed of one service stands beside it. */
export function assumptions(fleet: Fleet): string[] {
  const { services, users, notes } = fleet;
  const optional = services.flatMap(({ id, dependsOn }) =>
    dependsOn.filter(({ isOptional }) => isOptional).map(({ service }) => `${id} -> ${service}`),
  );
  const stores = services.filter(({ isStore }) => isStore).map(({ id }) => id);
  const scalable = services.filter(({ isScalable }) => isScalable).map(({ id }) => id);
  return [
    `${users.ratePerS} users' requests a second at each entry, and an answer later than ${users.lateMs} ms is a lost one: put your own busy hour there`,
    `every call takes one call to each dependency, ${SERVICE_MS} ms of work, and workers enough that nobody is more than ${100 * UTILISATION} % busy: measure, and correct workers and serviceMs`,
    'each layer waits 0.6 times as long as its caller, with 3 attempts and at most 0.2 retries per call',
    ...notes,
    ...(optional.length === 0 ? [] : [`calls that a service can do without: ${optional.join(', ')}`]),
    ...(stores.length === 0 ? [] : [`stores, which are never scaled: ${stores.join(', ')}`]),
    ...(protectedOf(fleet).length === 0
      ? []
      : [`only people touch what keeps data on a volume: ${protectedOf(fleet).join(', ')} (guard.protected)`]),
    ...(scalable.length === 0
      ? []
      : [
          `up to twice as many replicas as now, where no autoscaler and no fixed port or name stands against it: ${scalable.join(', ')}`,
        ]),
    'tiers: critical where users arrive, lightweight what nobody calls and telemetry, default the rest',
  ];
}

/** Restarting what holds data is a person's decision until they say otherwise. */
export function protectedOf({ services }: Fleet): string[] {
  return services.filter(({ isStore, hasVolume }) => isStore && hasVolume).map(({ id }) => id);
}

export function minHealthyOf({ services, minHealthy }: Fleet): number {
  return minHealthy ?? (services.every(({ replicas }) => replicas.min > 1) ? 1 : 0);
}
