/** What the overseer knows of services for good, read off the roster. */
import type { ServiceTraits } from './overseer-facts.ts';
import type { PlacedRoster } from './placement.ts';

/** Rosters do not change: those of a fleet are worked out once, whoever reviews. */
const known = new WeakMap<PlacedRoster, readonly ServiceTraits[]>();

/** Users are taken to come in alike at every service that no other calls. */
export function traitsOf(roster: PlacedRoster): readonly ServiceTraits[] {
  const traits = known.get(roster) ?? workOut(roster);
  known.set(roster, traits);
  return traits;
}

function workOut({ services, autoscaled = [], stateful = [] }: PlacedRoster): readonly ServiceTraits[] {
  const direct = services.map((): number[] => []);
  services.forEach(({ dependsOn }, caller) => {
    for (const callee of dependsOn) direct[callee]!.push(caller);
  });
  const callers = services.map((_, service) => callersOf(direct, service));
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
function callersOf(direct: readonly (readonly number[])[], service: number): ReadonlySet<number> {
  const found = new Set<number>();
  const waiting = [service];
  for (let callee = waiting.pop(); callee !== undefined; callee = waiting.pop())
    for (const caller of direct[callee]!)
      if (!found.has(caller) && caller !== service) {
        found.add(caller);
        waiting.push(caller);
      }
  return found;
}
