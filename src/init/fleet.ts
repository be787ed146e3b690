/** Gives every service its part: who users arrive at, who matters how much, how long callers wait, how much each can serve. */
import { callGraph, type Edge, isTelemetry, namedBy } from './graph.ts';
import type { Fleet, FleetService, RawFleet, RawService, Users } from './model.ts';
import type { ManifestProblems } from './problems.ts';

export const USUAL_USERS: Users = { ratePerS: 60, lateMs: 2000 };
/** Of its caller's time limit, as the shipped fleets have it. */
const LAYER_SHARE = 0.6;
const TIMEOUT_MS_MIN = 50;
/** As the fleet file's own defaults. */
export const SERVICE_MS = 10;
const WORKERS_MIN = 4;
const WORKERS_MAX = 1024;
/** At normal load a service is at most so busy. */
export const UTILISATION = 0.5;
const SERVICES_MAX = 1000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

const LOAD_GENERATOR =
  /(?:^|[-_/.])(?:load-?gen(?:erator)?|loadtest(?:er)?|locust|k6|jmeter|vegeta|artillery|gatling)(?:$|[-_/.:0-9])/i;
const STORE =
  /(?:^|[-_/.])(?:postgres(?:ql)?|mysql|mariadb|redis|valkey|mongo(?:db)?|kafka|rabbitmq|elasticsearch|opensearch|etcd|zookeeper|cassandra|memcached|minio|nats|cockroach(?:db)?|influxdb|clickhouse|mssql|neo4j|couchdb|db|database)(?:$|[-_/.:0-9])/i;

export interface Wishes {
  readonly name: string | null;
  /** Where users arrive; null to find out. */
  readonly entries: readonly string[] | null;
  readonly users: Users;
}

export function fleetOf(raw: RawFleet, wishes: Wishes, problems: ManifestProblems): Fleet {
  const notes = [...raw.notes];
  const generators = raw.services.filter((one) => LOAD_GENERATOR.test(one.id) || LOAD_GENERATOR.test(imageName(one)));
  const services = raw.services.filter((one) => !generators.includes(one));
  for (const { id } of generators) notes.push(`${id} is left out: it plays the users, whom healix simulates itself`);
  checkNames(services, problems);
  const targets = generators.flatMap((one) => namedBy(one, services));
  const edges = callGraph(services, problems, notes);
  const entries = wishes.entries ?? entriesOf(services, edges, targets);
  if (wishes.entries === null && entries.length > 0)
    notes.push(
      `users arrive at ${entries.join(', ')}: ${targets.some((to) => entries.includes(to)) ? 'the load generator calls it' : 'no other service calls it'}`,
    );
  const strange = services.filter(
    (one) =>
      one.ports.length > 0 && !isTelemetry(one) && !entries.includes(one.id) && !edges.some(({ to }) => to === one.id),
  );
  if (strange.length > 0)
    notes.push(
      `who calls ${strange.map(({ id }) => id).join(', ')} is not in the manifests (a registry, perhaps): write it into dependsOn of the callers, or they idle in every simulation`,
    );
  const order = callersFirst(services, edges);
  const waits = patience(order, edges, entries, wishes.users.lateMs);
  const rates = callsPerS(order, edges, entries, wishes.users.ratePerS);
  return {
    ...raw,
    name: cleanName(wishes.name ?? raw.name),
    notes,
    users: wishes.users,
    services: services.map((service): FleetService => {
      const isEntry = entries.includes(service.id);
      const isCalled = edges.some(({ to }) => to === service.id);
      const isBackground = isTelemetry(service) || (!isEntry && !isCalled && service.ports.length === 0);
      const rate = rates.get(service.id) ?? 0;
      const workers = Math.ceil((rate * SERVICE_MS) / 1000 / (UTILISATION * service.replicas.start));
      return {
        ...service,
        isEntry,
        isStore: isStore(service),
        ...(isStore(service)
          ? {
              isScalable: false,
              replicas: {
                ...service.replicas,
                max: Math.max(service.replicas.start, service.autoscale === null ? 0 : service.replicas.max),
              },
            }
          : {}),
        tier: isEntry ? 'critical' : isBackground ? 'lightweight' : 'default',
        workers: Math.min(WORKERS_MAX, Math.max(WORKERS_MIN, workers)),
        dependsOn: edges
          .filter(({ from }) => from === service.id)
          .map(({ to, isOptional, why }) => ({
            service: to,
            isOptional,
            why,
            timeoutMs: Math.max(
              TIMEOUT_MS_MIN,
              Math.round(LAYER_SHARE * (waits.get(service.id) ?? wishes.users.lateMs)),
            ),
          })),
      };
    }),
  };
}

function checkNames(services: readonly RawService[], problems: ManifestProblems): void {
  for (const { id, place } of services)
    if (!NAME.test(id))
      problems.add(
        place,
        `${JSON.stringify(id)} cannot be the id of a service: letters, digits, dot, dash or underscore, at most 63, a letter or digit first`,
      );
  if (services.length > SERVICES_MAX)
    problems.add(services[SERVICES_MAX]!.place, `a fleet has at most ${SERVICES_MAX} services`);
}

const imageName = ({ image }: RawService): string => image.split('@')[0]!.split('/').at(-1) ?? '';

function isStore(service: RawService): boolean {
  const { workload } = service;
  return (
    (workload.kind === 'kubernetes' && workload.resource.startsWith('statefulset/')) || STORE.test(imageName(service))
  );
}

/** Whom the load generator calls; else what is open and called by nobody; else what listens and is called by nobody. */
function entriesOf(services: readonly RawService[], edges: readonly Edge[], targets: readonly string[]): string[] {
  const called = new Set(edges.map(({ to }) => to));
  const serving = services.filter((one) => !isTelemetry(one));
  const roots = serving.filter(({ id }) => !called.has(id));
  const listening = roots.filter((one) => one.ports.length > 0 && !isStore(one));
  const candidates: readonly RawService[][] = [
    roots.filter(({ id }) => targets.includes(id)),
    serving.filter(({ id }) => targets.includes(id)),
    listening.filter(({ isPublic }) => isPublic),
    serving.filter((one) => one.isPublic && !isStore(one)),
    listening,
    roots,
    services.filter(({ id }) => !called.has(id)),
  ];
  return (candidates.find((list) => list.length > 0) ?? []).map(({ id }) => id);
}

function callersFirst(services: readonly RawService[], edges: readonly Edge[]): string[] {
  const order: string[] = [];
  const open = new Map(services.map(({ id }) => [id, edges.filter(({ to }) => to === id).length]));
  const ready = services.map(({ id }) => id).filter((id) => open.get(id) === 0);
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    order.push(id);
    for (const { to } of edges.filter(({ from }) => from === id)) {
      open.set(to, open.get(to)! - 1);
      if (open.get(to) === 0) ready.push(to);
    }
  }
  return order;
}

/** How long the most impatient caller of each service waits for it. */
function patience(
  order: readonly string[],
  edges: readonly Edge[],
  entries: readonly string[],
  lateMs: number,
): Map<string, number> {
  const waits = new Map<string, number>();
  for (const id of order) {
    const callers = edges.filter(({ to }) => to === id).map(({ from }) => LAYER_SHARE * (waits.get(from) ?? lateMs));
    waits.set(id, Math.min(...callers, ...(entries.includes(id) || callers.length === 0 ? [lateMs] : [])));
  }
  return waits;
}

function callsPerS(
  order: readonly string[],
  edges: readonly Edge[],
  entries: readonly string[],
  ratePerS: number,
): Map<string, number> {
  const rates = new Map<string, number>();
  for (const id of order) {
    const own = (entries.includes(id) ? ratePerS : 0) + (rates.get(id) ?? 0);
    rates.set(id, own);
    for (const { to } of edges.filter(({ from }) => from === id)) rates.set(to, (rates.get(to) ?? 0) + own);
  }
  return rates;
}

/** A name that fleets and configs take. */
export function cleanName(name: string): string {
  const cleaned = name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 63);
  return cleaned === '' ? 'fleet' : cleaned;
}
