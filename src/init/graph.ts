/** Who calls whom: what manifests say outright, and addresses of others in environments and command lines. Circles are cut or refused. */
import { hostsIn, hostsInWords } from './hosts.ts';
import type { RawService } from './model.ts';
import type { ManifestProblems } from './problems.ts';

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly isOptional: boolean;
  readonly why: string;
}

/** Where telemetry goes: without it a service serves on. */
const TELEMETRY =
  /(?:^|[-_/.])(?:otel|opentelemetry|otelcol|jaeger|zipkin|prometheus|grafana|loki|tempo|fluentd?|fluent-?bit|fluentbit|collector|statsd|datadog|opensearch-dashboards|kibana|logstash|flagd)(?:$|[-_/.:0-9])/i;

export function isTelemetry({ id, image }: RawService): boolean {
  return TELEMETRY.test(id) || TELEMETRY.test(image.split('@')[0]!.split('/').at(-1) ?? '');
}

/**
 * Edges in the order of the services. Those said outright must not close a circle, which is a problem with its place; one that was only
 * read from an address and closes one is left out and noted.
 */
export function callGraph(services: readonly RawService[], problems: ManifestProblems, notes: string[]): Edge[] {
  const byId = new Map(services.map((service) => [service.id, service]));
  const owner = new Map<string, string>();
  for (const { id, hostNames } of services) for (const host of hostNames) if (!owner.has(host)) owner.set(host, id);
  const calls = new Map<string, Map<string, Edge>>(services.map(({ id }) => [id, new Map()]));

  const pathFrom = (start: string, goal: string): string[] | null => {
    const cameFrom = new Map<string, string | null>([[start, null]]);
    const queue = [start];
    for (let at = 0; at < queue.length; at++) {
      const here = queue[at]!;
      if (here === goal) {
        const path: string[] = [];
        for (let step: string | null = here; step !== null; step = cameFrom.get(step) ?? null) path.unshift(step);
        return path;
      }
      for (const to of calls.get(here)!.keys())
        if (!cameFrom.has(to)) {
          cameFrom.set(to, here);
          queue.push(to);
        }
    }
    return null;
  };

  for (const service of services)
    for (const { service: to, isOptional } of service.needs) {
      const target = byId.get(to);
      if (target === undefined || calls.get(service.id)!.has(to)) continue;
      const back = pathFrom(to, service.id);
      if (back !== null)
        problems.add(service.place, `depends_on goes round in a circle: ${[service.id, ...back].join(' -> ')}`);
      else
        calls
          .get(service.id)!
          .set(to, { from: service.id, to, isOptional: isOptional || isTelemetry(target), why: 'depends_on' });
    }
  for (const service of services)
    for (const { host, why } of addressesIn(service)) {
      const to = owner.get(host);
      if (to === undefined || to === service.id || calls.get(service.id)!.has(to)) continue;
      const back = pathFrom(to, service.id);
      if (back !== null)
        notes.push(
          `${service.id} names ${to} (${why}), which calls it: ${back.join(' -> ')}. healix needs an order, so that call is left out`,
        );
      else calls.get(service.id)!.set(to, { from: service.id, to, isOptional: isTelemetry(byId.get(to)!), why });
    }
  return services.flatMap(({ id }) => [...calls.get(id)!.values()]);
}

/** Whom a service names in any way, circles or not. */
export function namedBy(service: RawService, services: readonly RawService[]): string[] {
  const hosts = new Set(addressesIn(service).map(({ host }) => host));
  const needed = new Set(service.needs.map((need) => need.service));
  return services
    .filter((other) => needed.has(other.id) || other.hostNames.some((host) => hosts.has(host)))
    .map(({ id }) => id);
}

function addressesIn({ env, words }: RawService): { host: string; why: string }[] {
  return [
    ...env.flatMap(([name, value]) => hostsIn(name, value).map((host) => ({ host, why: `env ${name}` }))),
    ...words.flatMap((word) => hostsInWords(word).map((host) => ({ host, why: 'its command line' }))),
  ];
}
