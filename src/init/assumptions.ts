/** What was assumed, in sentences: the same in the terminal and in the files. */
import { SERVICE_MS, UTILISATION } from './fleet.ts';
import type { Fleet } from './model.ts';

/** Of the whole fleet, the most doubtful first. What was assumed of one service stands beside it. */
export function assumptions(fleet: Fleet): string[] {
  const { services, users, notes } = fleet;
  const calls = services.flatMap(({ id, dependsOn }) => dependsOn.map((dependency) => ({ id, ...dependency })));
  const spared = calls.filter(({ isOptional }) => isOptional);
  const optional = [...new Set(spared.map(({ service }) => service))].map((to) => {
    const callers = spared.filter(({ service }) => service === to).map(({ id }) => id);
    return callers.length > 2 ? `${callers.length} services call ${to}` : `${callers.join(' and ')} to ${to}`;
  });
  const stores = services.filter(({ isStore }) => isStore).map(({ id }) => id);
  const scalable = services.filter(({ isScalable }) => isScalable).map(({ id }) => id);
  return [
    `${users.ratePerS} users' requests a second at each entry, and an answer later than ${users.lateMs} ms is a lost one: put your own busy hour there`,
    `every call takes one call to each dependency, ${SERVICE_MS} ms of work, and workers enough that nobody is more than ${100 * UTILISATION} % busy: measure, and correct workers and serviceMs`,
    'each layer waits 0.6 times as long as its caller, with 3 attempts and at most 0.2 retries per call',
    ...notes,
    ...budgetWords(fleet),
    ...(optional.length === 0
      ? []
      : [
          `calls that a service can do without, as they carry telemetry or are said to be optional: ${optional.join(', ')}`,
        ]),
    ...(stores.length === 0 ? [] : [`stores, which are never scaled: ${stores.join(', ')}`]),
    ...(protectedOf(fleet).length === 0
      ? []
      : [`only people touch what keeps data on a volume: ${protectedOf(fleet).join(', ')} (guard.protected)`]),
    ...(scalable.length === 0
      ? []
      : [
          `up to twice as many replicas as now, where no autoscaler and no fixed port or name stands against it: ${scalable.join(', ')}`,
        ]),
    'tiers: critical where users arrive, lightweight telemetry and what neither listens nor is called, default the rest',
  ];
}

/** Restarting what holds data is a person's decision until they say otherwise. */
export function protectedOf({ services }: Fleet): string[] {
  return services.filter(({ isStore, hasVolume }) => isStore && hasVolume).map(({ id }) => id);
}

/**
 * Of every service alike, so never more than the smallest can do without: with as many as it has, its replicas could not be taken away
 * for a restart, one after the other.
 */
export function minHealthyOf({ services, budgets }: Fleet): number {
  const spare = Math.max(0, Math.min(...services.map(({ replicas }) => replicas.min)) - 1);
  const asked = budgets.length === 0 ? 1 : Math.min(...budgets.map(({ minAvailable }) => minAvailable));
  return Math.min(asked, spare);
}

function budgetWords(fleet: Fleet): string[] {
  const taken = minHealthyOf(fleet);
  const more = fleet.budgets.filter(({ minAvailable }) => minAvailable > taken);
  if (more.length === 0) return [];
  const words = more.map(({ name, minAvailable }) => `${minAvailable} of ${name}`).join(', ');
  return [
    `minHealthy is ${taken} in the fleet file: it holds for every service, and a larger one would keep the smallest from being restarted. PodDisruptionBudgets that ask for more are not taken: minAvailable ${words}`,
  ];
}

/** What was assumed of single services, the same of several in one line. */
export function serviceNotes({ services }: Fleet): string[] {
  const all = services.flatMap(({ id, notes }) => notes.map((note) => ({ id, note })));
  const byNote = new Map<string, string[]>();
  for (const { id, note } of all) byNote.set(note, [...(byNote.get(note) ?? []), id]);
  return [...byNote].map(([note, ids]) => `${note}: ${ids.join(', ')}`);
}
