/** Names in a config: each id once, every reference to a service that exists, and no circle of dependencies. */

import { guess } from '../../../strategies/nearest.ts';
import { asArray, asObject, inService, type Loose, type LooseService } from './loose.ts';
import type { Finding, Path } from './problems.ts';

/** A file that is wrong throughout gets its guesses for the first problems only, as guessing takes time. */
const GUESSES_MAX = 50;

type MustExist = (id: unknown, path: Path) => Finding[];

export function checkReferences(config: Loose, services: readonly LooseService[]): Finding[] {
  const known = services.flatMap((service) => service.id ?? []);
  const ids = new Set(known);
  let missing = 0;
  const mustExist: MustExist = (id, path) => {
    if (typeof id !== 'string' || ids.has(id)) return [];
    missing += 1;
    return [{ path, message: `no service is called ${id}${missing > GUESSES_MAX ? '' : guess(id, known)}` }];
  };
  return [
    ...duplicateIds(services),
    ...services.flatMap((service) => badDependencies(service, mustExist)),
    ...asArray(asObject(config.guard).protected).flatMap((id, at) => mustExist(id, ['guard', 'protected', at])),
    ...cycles(services),
  ];
}

function duplicateIds(services: readonly LooseService[]): Finding[] {
  const first = new Map<string, number>();
  return services.flatMap(({ id, at }) => {
    if (id === undefined) return [];
    const earlier = first.get(id);
    if (earlier !== undefined) return [inService(at, ['id'], `duplicate id ${id}, first used by services[${earlier}]`)];
    first.set(id, at);
    return [];
  });
}

function badDependencies(service: LooseService, mustExist: MustExist): Finding[] {
  const seen = new Set<string>();
  return service.dependsOn.flatMap(({ to, at }) => {
    const path = ['dependsOn', at, 'service'];
    if (to === service.id) return [inService(service.at, path, `${to} depends on itself`)];
    if (seen.has(to)) return [inService(service.at, path, `${to} is listed twice`)];
    seen.add(to);
    return mustExist(to, ['services', service.at, ...path]);
  });
}

/**
 * Depth-first search; every edge back into the current path closes a cycle, which is named once. Fleets refuse cycles, and a
 * start in order of dependencies and a search for root causes need an order.
 */
function cycles(services: readonly LooseService[]): Finding[] {
  const findings: Finding[] = [];
  const byId = new Map(services.toReversed().map((service) => [service.id, service]));
  const done = new Set<LooseService>();
  for (const root of services) {
    if (done.has(root)) continue;
    const path = [{ service: root, next: 0 }];
    while (path.length > 0) {
      const here = path[path.length - 1]!;
      const edge = here.service.dependsOn[here.next++];
      if (edge === undefined) {
        done.add(here.service);
        path.pop();
        continue;
      }
      const target = byId.get(edge.to);
      if (target === undefined || target === here.service || done.has(target)) continue;
      const start = path.findIndex(({ service }) => service === target);
      if (start < 0) {
        path.push({ service: target, next: 0 });
        continue;
      }
      const loop = [...path.slice(start).map(({ service }) => service.id), target.id].join(' -> ');
      findings.push(inService(here.service.at, ['dependsOn', edge.at, 'service'], `dependency cycle ${loop}`));
    }
  }
  return findings;
}
