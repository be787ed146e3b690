/** What the overseer knows of services for good, read off the roster. */
import type { ServiceTraits } from './overseer-facts.ts';
import type { PlacedRoster } from './placement.ts';

/** Users are taken to come in alike at every service that no other calls. */
export function traitsOf({ services, autoscaled = [], stateful = [] }: PlacedRoster): readonly ServiceTraits[] {
  const callers = services.map((_, service) => callersOf(services, service));
  const entries = services.flatMap((_, service) => (callers[service]!.size === 0 ? [service] : []));
  return services.map(({ id }, service) => {
    const reached = entries.filter((entry) => entry === service || callers[service]!.has(entry)).length;
    return {
      stateful: stateful.includes(id),
      autoscaled: autoscaled.includes(id),
      usersShare: entries.length === 0 ? 1 : reached / entries.length,
      dependentsShare: services.length < 2 ? 0 : callers[service]!.size / (services.length - 1),
    };
  });
}

/** All that call it, directly or through others. */
function callersOf(services: PlacedRoster['services'], service: number): ReadonlySet<number> {
  const found = new Set<number>();
  const waiting = [service];
  for (let callee = waiting.pop(); callee !== undefined; callee = waiting.pop())
    for (const [caller, { dependsOn }] of services.entries())
      if (!found.has(caller) && caller !== service && dependsOn.includes(callee)) {
        found.add(caller);
        waiting.push(caller);
      }
  return found;
}
