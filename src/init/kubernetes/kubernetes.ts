/** Kubernetes manifests as a fleet. */
import { basename } from 'node:path';
import { asArray, asCount, asObject, asText } from '../data.ts';
import type { Folder } from '../documents.ts';
import type { Budget, RawFleet } from '../model.ts';
import type { ManifestProblems } from '../problems.ts';
import { type KubernetesObject, readObjects, selects, textsOf } from './objects.ts';
import { type Cluster, isOff, readWorkload } from './workload.ts';

const WORKLOADS = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);
/** Run once and end, or are made by hand: nothing that could be healed by kubectl rollout. */
const LEFT_OUT = new Set(['Job', 'CronJob', 'Pod', 'ReplicaSet', 'ReplicationController', 'Rollout']);

/** RFC 1123, as Kubernetes has it. */
const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Null when there is no workload in them. */
export function readKubernetes(folder: Folder, problems: ManifestProblems): RawFleet | null {
  const objects = readObjects(folder, problems);
  const workloads = objects.filter(({ kind }) => WORKLOADS.has(kind));
  if (workloads.length === 0) {
    const file = folder.only ?? objects[0]?.place([]).file;
    if (file !== undefined && objects.length > 0 && problems.count === 0)
      problems.add(
        { file, line: null, path: '' },
        'there is no Deployment, StatefulSet or DaemonSet in it, so nothing to heal',
      );
    return null;
  }
  const first = new Map<string, KubernetesObject>();
  for (const object of workloads) {
    if (object.namespace !== null && !NAMESPACE.test(object.namespace))
      problems.add(object.place(['metadata', 'namespace']), `${JSON.stringify(object.namespace)} is no namespace`);
    const earlier = first.get(object.name);
    if (earlier === undefined) first.set(object.name, object);
    else {
      const { file, line } = earlier.place([]);
      const words = `${object.kind} ${object.name} has the name of the ${earlier.kind} in ${file} line ${line}: healix needs one name per service`;
      problems.add(object.place(['metadata', 'name']), words);
    }
  }
  const cluster: Cluster = {
    objects,
    configMaps: new Map(objects.filter(({ kind }) => kind === 'ConfigMap').map((object) => [object.name, object])),
    routed: routedServices(objects),
  };
  const off = workloads.filter((object) => isOff(object, cluster));
  const running = workloads.filter((object) => !off.includes(object));
  const others = objects.filter(({ kind }) => LEFT_OUT.has(kind));
  const unread = folder.only === null ? [] : ['Services, autoscalers and ConfigMaps in other files were not read'];
  return {
    name: workloads.find(({ namespace }) => namespace !== null)?.namespace ?? basename(folder.root),
    files: [...new Set(objects.map((object) => object.place([]).file))],
    services: running.map((object) => readWorkload(object, cluster)),
    budgets: budgetsOf(objects, running),
    notes: [
      ...others.map(({ kind, name }) => `${kind} ${name} is left out: it is no service that rolls out`),
      ...off.map(({ name }) => `${name} is left out: its manifest asks for 0 replicas of it`),
      ...unread,
    ],
  };
}

function routedServices(objects: readonly KubernetesObject[]): Set<string> {
  const names = new Set<string>();
  for (const { kind, data } of objects) {
    if (!/^(?:Ingress|HTTPRoute|GRPCRoute|VirtualService)$/.test(kind)) continue;
    // Backends stand at different depths in different versions.
    const walk = (value: unknown, depth: number): void => {
      if (depth > 12) return;
      for (const item of asArray(value)) walk(item, depth + 1);
      for (const [key, inner] of Object.entries(asObject(value))) {
        const name = asText(asObject(inner).name) ?? (key === 'serviceName' || key === 'host' ? asText(inner) : null);
        if (name !== null && /^(?:service|serviceName|host)$/.test(key)) names.add(name.split('.')[0]!);
        if (key === 'backendRefs') for (const one of asArray(inner)) names.add(asText(asObject(one).name) ?? '');
        walk(inner, depth + 1);
      }
    };
    walk(data.spec, 0);
  }
  return names;
}

/** Budgets of the workloads here; shares are left out, as healix counts replicas. */
function budgetsOf(objects: readonly KubernetesObject[], workloads: readonly KubernetesObject[]): Budget[] {
  return objects.flatMap(({ kind, name, data }) => {
    if (kind !== 'PodDisruptionBudget') return [];
    const spec = asObject(data.spec);
    const selector = asObject(spec.selector).matchLabels;
    const isOurs = workloads.some(({ data: own }) =>
      selects(selector, textsOf(asObject(asObject(asObject(asObject(own).spec).template).metadata).labels)),
    );
    const minAvailable = isOurs ? asCount(spec.minAvailable) : null;
    return minAvailable === null ? [] : [{ name, minAvailable }];
  });
}
