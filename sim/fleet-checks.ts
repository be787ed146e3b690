/** What the fields of a fleet file must be to each other. Reads unchecked data, so that one bad field hides no other problem. */
import { nearest } from '../strategies/nearest.ts';

/** One thing wrong with a fleet file, and the path of keys and indices where it is. */
export interface FleetProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

type Key =
  | 'services'
  | 'id'
  | 'dependsOn'
  | 'service'
  | 'entry'
  | 'replicas'
  | 'min'
  | 'start'
  | 'max'
  | 'groups'
  | 'zones'
  | 'guard'
  | 'protected';
type Loose = { readonly [key in Key]?: unknown };

interface LooseService {
  readonly id: string;
  readonly index: number;
  readonly dependsOn: readonly { readonly to: string; readonly index: number }[];
}

/** A file that is wrong throughout gets its guesses for the first problems only, as guessing takes time. */
const GUESSES_MAX = 50;

/** Replica counts that apply when the file is silent; the schema takes its defaults from here. */
export const DEFAULT_REPLICAS = { min: 1, start: 3, max: 6 } as const;

/**
 * Problems between fields: duplicate ids, references to nothing, cycles, replica counts out of order, no entry.
 * Whatever is not of the expected type is passed over, as the schema reports it.
 */
export function crossCheckFleet(value: unknown): FleetProblem[] {
  const fleet = asObject(value);
  const services = looseServices(fleet);
  return [
    ...duplicateServices(services),
    ...badReferences(fleet, services),
    ...badReplicas(fleet),
    ...cycles(services),
    ...missingEntry(fleet),
    ...duplicates(asArray(fleet.groups), ['groups'], (group) => asObject(group).id, ['id']),
    ...sharedMembers(fleet),
    ...duplicates(asArray(fleet.zones), ['zones'], (zone) => zone, []),
  ];
}

/** Services no entry leads to: they idle in every simulation, which is legal but seldom meant. */
export function unreachableServices(value: unknown): FleetProblem[] {
  const fleet = asObject(value);
  const services = looseServices(fleet);
  const byId = byFirstId(services);
  const entries = asArray(fleet.services);
  const stack = services.filter((service) => asObject(entries[service.index]).entry !== undefined);
  const reached = new Set(stack.map((service) => service.id));
  for (let service = stack.pop(); service !== undefined; service = stack.pop()) {
    for (const { to } of service.dependsOn) {
      const target = byId.get(to);
      if (target === undefined || reached.has(to)) continue;
      reached.add(to);
      stack.push(target);
    }
  }
  return services
    .filter((service) => !reached.has(service.id))
    .map((service) => ({
      path: ['services', service.index],
      message: `${service.id} is never called: no entry leads to it`,
    }));
}

function looseServices(fleet: Loose): LooseService[] {
  return asArray(fleet.services).flatMap((raw, index) => {
    const service = asObject(raw);
    const id = service.id;
    if (typeof id !== 'string') return [];
    const dependsOn = asArray(service.dependsOn).flatMap((dependency, position) => {
      const to = asObject(dependency).service;
      return typeof to === 'string' ? [{ to, index: position }] : [];
    });
    return [{ id, index, dependsOn }];
  });
}

function duplicateServices(services: readonly LooseService[]): FleetProblem[] {
  const problems: FleetProblem[] = [];
  const first = new Map<string, number>();
  for (const { id, index } of services) {
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, index);
    else
      problems.push({
        path: ['services', index, 'id'],
        message: `duplicate id ${id}, first used by services[${earlier}]`,
      });
  }
  return problems;
}

/** A replica runs on one host, and a host belongs to one group. */
function sharedMembers(fleet: Loose): FleetProblem[] {
  const groupOf = new Map<string, unknown>();
  return asArray(fleet.groups).flatMap((group, index) =>
    asArray(asObject(group).services).flatMap((id, position) => {
      if (typeof id !== 'string') return [];
      if (!groupOf.has(id)) {
        groupOf.set(id, asObject(group).id);
        return [];
      }
      const message = `${id} is already in group ${String(groupOf.get(id))}; a service belongs to one group at most`;
      return [{ path: ['groups', index, 'services', position], message }];
    }),
  );
}

function duplicates(
  items: readonly unknown[],
  path: readonly string[],
  idOf: (item: unknown) => unknown,
  within: readonly string[],
): FleetProblem[] {
  const seen = new Set<unknown>();
  return items.flatMap((item, index) => {
    const id = idOf(item);
    if (typeof id !== 'string') return [];
    if (seen.has(id)) return [{ path: [...path, index, ...within], message: `duplicate id ${id}` }];
    seen.add(id);
    return [];
  });
}

function badReferences(fleet: Loose, services: readonly LooseService[]): FleetProblem[] {
  const problems: FleetProblem[] = [];
  const known = services.map((service) => service.id);
  const ids = new Set(known);
  const mustExist = (id: unknown, path: readonly (string | number)[]): void => {
    if (typeof id !== 'string' || ids.has(id)) return;
    const guess = problems.length < GUESSES_MAX ? nearest(id, known) : undefined;
    problems.push({
      path,
      message: `no service is called ${id}${guess === undefined ? '' : `; did you mean ${guess}?`}`,
    });
  };
  for (const service of services) {
    const seen = new Set<string>();
    for (const { to, index } of service.dependsOn) {
      const path = ['services', service.index, 'dependsOn', index, 'service'];
      if (to === service.id) problems.push({ path, message: `${to} depends on itself` });
      else mustExist(to, path);
      if (seen.has(to)) problems.push({ path, message: `${service.id} lists ${to} twice: add up the calls instead` });
      seen.add(to);
    }
  }
  asArray(fleet.groups).forEach((group, index) => {
    asArray(asObject(group).services).forEach((id, position) => {
      mustExist(id, ['groups', index, 'services', position]);
    });
  });
  asArray(asObject(fleet.guard).protected).forEach((id, index) => {
    mustExist(id, ['guard', 'protected', index]);
  });
  return problems;
}

function badReplicas(fleet: Loose): FleetProblem[] {
  return asArray(fleet.services).flatMap((service, index) => {
    const given = asObject(asObject(service).replicas);
    const count = (key: keyof typeof DEFAULT_REPLICAS): number =>
      typeof given[key] === 'number' ? given[key] : given[key] === undefined ? DEFAULT_REPLICAS[key] : Number.NaN;
    const words = (key: keyof typeof DEFAULT_REPLICAS): string =>
      `${key} ${count(key)}${given[key] === undefined ? ' (default)' : ''}`;
    const path = ['services', index, 'replicas'];
    const problems: FleetProblem[] = [];
    if (count('start') < count('min')) {
      problems.push({ path: [...path, 'start'], message: `${words('start')} is below ${words('min')}` });
    }
    if (count('max') < count('start')) {
      problems.push({ path: [...path, 'max'], message: `${words('max')} is below ${words('start')}` });
    }
    return problems;
  });
}

/** Depth-first search; every edge back into the current path closes a cycle, which is named once. */
function cycles(services: readonly LooseService[]): FleetProblem[] {
  const problems: FleetProblem[] = [];
  const byId = byFirstId(services);
  const done = new Set<string>();
  for (const root of services) {
    const path: { readonly service: LooseService; next: number }[] = [];
    const onPath = new Set<string>();
    const enter = (service: LooseService): void => {
      path.push({ service, next: 0 });
      onPath.add(service.id);
    };
    if (!done.has(root.id)) enter(root);
    while (path.length > 0) {
      const here = path[path.length - 1]!;
      const edge = here.service.dependsOn[here.next++];
      if (edge === undefined) {
        done.add(here.service.id);
        onPath.delete(here.service.id);
        path.pop();
        continue;
      }
      const target = byId.get(edge.to);
      if (target === undefined || target.id === here.service.id || done.has(edge.to)) continue;
      if (!onPath.has(edge.to)) {
        enter(target);
        continue;
      }
      const ids = path.map(({ service }) => service.id);
      const loop = [...ids.slice(ids.indexOf(edge.to)), edge.to];
      problems.push({
        path: ['services', here.service.index, 'dependsOn', edge.index, 'service'],
        message: `dependency cycle ${loop.join(' -> ')}`,
      });
    }
  }
  return problems;
}

function missingEntry(fleet: Loose): FleetProblem[] {
  const services = asArray(fleet.services);
  if (services.length === 0 || services.some((service) => asObject(service).entry !== undefined)) return [];
  return [{ path: ['services'], message: 'no service has an entry: give the one users call `entry: {ratePerS: 60}`' }];
}

/** Of services that share an id, the first: the others are reported as duplicates. */
function byFirstId(services: readonly LooseService[]): Map<string, LooseService> {
  return new Map(services.toReversed().map((service) => [service.id, service]));
}

function asObject(value: unknown): Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {};
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
