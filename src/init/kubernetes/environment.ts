/** What a container is told in its environment, ConfigMaps looked up, earlier variables filled in. */
import { asArray, asObject, asText, fittingOnly, type Plain } from '../data.ts';
import { type KubernetesObject, textsOf } from './objects.ts';

export function environmentOf(
  container: Plain,
  configMaps: ReadonlyMap<string, KubernetesObject>,
): [name: string, value: string][] {
  const env = new Map<string, string>();
  const dataOf = (name: string | null): Record<string, string> => textsOf(configMaps.get(name ?? '')?.data.data);
  for (const source of asArray(container.envFrom)) {
    const prefix = asText(asObject(source).prefix) ?? '';
    const map = dataOf(asText(asObject(asObject(source).configMapRef).name));
    for (const [name, value] of Object.entries(map)) env.set(`${prefix}${name}`, value);
  }
  for (const one of asArray(container.env)) {
    const { name, value, valueFrom } = asObject(one);
    const key = asText(name);
    if (key === null) continue;
    const reference = asObject(asObject(valueFrom).configMapKeyRef);
    const referred = dataOf(asText(reference.name))[asText(reference.key) ?? ''];
    env.set(key, fill(asText(value) ?? referred ?? '', env));
  }
  return [...env];
}

/** `$(NAME)`, as Kubernetes fills it in: only what came before. */
export function fill(text: string, env: ReadonlyMap<string, string>): string {
  const fitting = fittingOnly();
  return text.replace(/\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)/g, (written, name: string) =>
    fitting(env.get(name) ?? written),
  );
}
