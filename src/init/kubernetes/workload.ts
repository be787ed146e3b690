/** One Deployment, StatefulSet or DaemonSet with the Services, autoscalers and budgets that choose it. */
import { asArray, asCount, asObject, asText, asTexts, type Plain } from '../data.ts';
import type { RawService } from '../model.ts';
import { environmentOf, fill } from './environment.ts';
import { type KubernetesObject, selects, textsOf } from './objects.ts';
import { readProbes } from './probes.ts';

export interface Cluster {
  readonly objects: readonly KubernetesObject[];
  readonly configMaps: ReadonlyMap<string, KubernetesObject>;
  /** Names of Services that an Ingress or a Gateway route leads to. */
  readonly routed: ReadonlySet<string>;
}

const REPLICAS_MAX = 100;
const WORKLOAD = /^(?:Deployment|StatefulSet|DaemonSet)$/;
const SIDECARS =
  /^(?:istio-proxy|linkerd-proxy|envoy|cloud-sql-proxy|vault-agent|fluent-?bit|filebeat|jaeger-agent|otel-agent)$/;

export function readWorkload(object: KubernetesObject, cluster: Cluster): RawService {
  const { kind, name, namespace, data } = object;
  const spec = asObject(data.spec);
  const template = asObject(spec.template);
  const pod = asObject(template.spec);
  const labels = textsOf(asObject(template.metadata).labels);
  const containers = asArray(pod.containers).map(asObject);
  const main = containers.find((one) => !SIDECARS.test(asText(one.name) ?? '')) ?? {};
  const env = environmentOf(main, cluster.configMaps);
  const services = cluster.objects.filter(
    (one) => one.kind === 'Service' && selects(asObject(one.data.spec).selector, labels),
  );
  const named = namedPorts(main);
  const own = [...named.values()];
  const targets = services.flatMap((one) => targetPorts(one, named));
  const ports = [...new Set([...targets.filter((port) => own.length === 0 || own.includes(port)), ...own])];
  const { probes, startGraceMs, notes: probeNotes } = readProbes(main, (port) => named.get(port) ?? null);
  const { replicas, autoscale, isScalable, notes } = countsOf(object, spec, cluster);
  if (containers.length > 1)
    notes.push(`of its ${containers.length} containers ${asText(main.name) ?? 'the first'} is looked at`);
  const graceS = asCount(pod.terminationGracePeriodSeconds);
  return {
    id: name,
    place: object.place([]),
    hostNames: [
      ...[name, ...services.map((one) => one.name)].flatMap((host) => domains(host.toLowerCase(), namespace)),
      ...(kind === 'StatefulSet' ? podNames(object, replicas.max, cluster) : []),
    ],
    workload: { kind: 'kubernetes', resource: `${kind.toLowerCase()}/${name}`, namespace },
    replicas,
    autoscale,
    isScalable,
    ports,
    published: [],
    isPublic: services.some((one) => isOpen(one) || cluster.routed.has(one.name)),
    probes,
    needs: [],
    env,
    words: [...asTexts(main.command), ...asTexts(main.args)].map((word) => fill(word, new Map(env))),
    image: asText(main.image) ?? '',
    hasVolume:
      asArray(spec.volumeClaimTemplates).length > 0 ||
      asArray(pod.volumes).some((volume) => 'persistentVolumeClaim' in asObject(volume)),
    startGraceMs,
    stopGraceMs: graceS === null ? null : Math.max(1, Math.min(3600, graceS)) * 1000,
    notes: [...notes, ...probeNotes],
  };
}

/** Looking at what is meant to be off would find it down for ever; with an autoscaler the number is its own. */
export function isOff(object: KubernetesObject, cluster: Cluster): boolean {
  const { kind, data } = object;
  return (
    kind !== 'DaemonSet' &&
    asCount(asObject(data.spec).replicas) === 0 &&
    autoscalerOf(object, cluster.objects) === undefined
  );
}

function countsOf(
  object: KubernetesObject,
  spec: Plain,
  { objects }: Cluster,
): Pick<RawService, 'replicas' | 'autoscale' | 'isScalable'> & { notes: string[] } {
  const bounded = (count: number): number => Math.min(REPLICAS_MAX, Math.max(1, count));
  const said = asCount(spec.replicas);
  if (object.kind === 'DaemonSet')
    return {
      replicas: { min: 1, start: 1, max: 1 },
      autoscale: null,
      isScalable: false,
      notes: ['once on each node, as a DaemonSet; one node is assumed'],
    };
  const autoscaler = autoscalerOf(object, objects);
  if (autoscaler !== undefined) {
    const scale = asObject(autoscaler.data.spec);
    const min = bounded(asCount(scale.minReplicas) ?? 1);
    const max = Math.max(min, bounded(asCount(scale.maxReplicas) ?? min));
    const notes = [`scaled by the autoscaler ${autoscaler.name}, which goes on doing so`];
    return {
      replicas: { min, start: Math.min(max, Math.max(min, said ?? min)), max },
      autoscale: utilisationOf(scale),
      isScalable: false,
      notes,
    };
  }
  const start = bounded(said ?? 1);
  const isScalable = object.kind === 'Deployment';
  return {
    replicas: { min: start, start, max: isScalable ? bounded(2 * start) : start },
    autoscale: null,
    isScalable,
    notes: [],
  };
}

function autoscalerOf(
  { name, kind }: KubernetesObject,
  objects: readonly KubernetesObject[],
): KubernetesObject | undefined {
  return objects.find((one) => {
    const target = asObject(asObject(one.data.spec).scaleTargetRef);
    return one.kind === 'HorizontalPodAutoscaler' && asText(target.name) === name && asText(target.kind) === kind;
  });
}

/** Of the processor, as a share; Kubernetes' own default is 80 %. */
function utilisationOf(scale: Plain): number {
  const old = asCount(scale.targetCPUUtilizationPercentage);
  const cpu = asArray(scale.metrics)
    .map((metric) => asObject(asObject(metric).resource))
    .find((resource) => asText(resource.name) === 'cpu');
  const percent = old ?? asCount(asObject(cpu?.target).averageUtilization) ?? 80;
  return Math.min(1, Math.max(0.01, percent / 100));
}

function namedPorts(container: Plain): Map<string, number> {
  return new Map(
    asArray(container.ports).flatMap((one): [string, number][] => {
      const { containerPort, name, protocol } = asObject(one);
      const port = asCount(containerPort);
      return port === null || protocol === 'UDP' ? [] : [[asText(name) ?? `#${port}`, port]];
    }),
  );
}

function targetPorts(service: KubernetesObject, named: ReadonlyMap<string, number>): number[] {
  return asArray(asObject(service.data.spec).ports).flatMap((one) => {
    const { port, targetPort } = asObject(one);
    return asCount(targetPort ?? port) ?? named.get(asText(targetPort) ?? '') ?? [];
  });
}

function isOpen(service: KubernetesObject): boolean {
  const type = asText(asObject(service.data.spec).type);
  return type === 'LoadBalancer' || type === 'NodePort';
}

/**
 * How single pods of a StatefulSet are called: `kafka-0.kafka-headless`, and `kafka-0` among themselves, unless another workload has
 * that name.
 */
function podNames({ name, namespace, data }: KubernetesObject, count: number, { objects }: Cluster): string[] {
  const governing = asText(asObject(data.spec).serviceName);
  const others = new Set(objects.filter(({ kind }) => WORKLOAD.test(kind)).map((one) => one.name));
  return Array.from({ length: count }, (_, at) => `${name}-${at}`).flatMap((pod) => [
    ...(others.has(pod) ? [] : [pod.toLowerCase()]),
    ...(governing === null ? [] : domains(`${pod}.${governing}`.toLowerCase(), namespace)),
  ]);
}

/** How pods may call a Service. */
function domains(name: string, namespace: string | null): string[] {
  const space = namespace ?? 'default';
  return [name, `${name}.${space}`, `${name}.${space}.svc`, `${name}.${space}.svc.cluster.local`];
}
