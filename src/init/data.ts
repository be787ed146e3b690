/** Unchecked data from YAML, read without trust: what is not of the expected type is not there. */

/** The keys that are asked for in Compose files and manifests; whatever else is there is nobody's business here. */
type Key =
  | 'aliases'
  | 'apiVersion'
  | 'args'
  | 'averageUtilization'
  | 'command'
  | 'condition'
  | 'configMapKeyRef'
  | 'configMapRef'
  | 'containerPort'
  | 'container_name'
  | 'containers'
  | 'data'
  | 'depends_on'
  | 'deploy'
  | 'disable'
  | 'entrypoint'
  | 'env'
  | 'envFrom'
  | 'env_file'
  | 'environment'
  | 'exec'
  | 'expose'
  | 'extends'
  | 'failureThreshold'
  | 'grpc'
  | 'healthcheck'
  | 'host_ip'
  | 'hostname'
  | 'httpGet'
  | 'image'
  | 'include'
  | 'initialDelaySeconds'
  | 'interval'
  | 'items'
  | 'key'
  | 'kind'
  | 'labels'
  | 'links'
  | 'livenessProbe'
  | 'matchLabels'
  | 'maxReplicas'
  | 'metadata'
  | 'metrics'
  | 'minAvailable'
  | 'minReplicas'
  | 'name'
  | 'namespace'
  | 'needs'
  | 'networks'
  | 'path'
  | 'periodSeconds'
  | 'place'
  | 'port'
  | 'ports'
  | 'readinessProbe'
  | 'prefix'
  | 'profiles'
  | 'protocol'
  | 'published'
  | 'read_only'
  | 'replicas'
  | 'required'
  | 'resource'
  | 'restart'
  | 'restart_policy'
  | 'scale'
  | 'scaleTargetRef'
  | 'scheme'
  | 'selector'
  | 'serviceName'
  | 'services'
  | 'source'
  | 'spec'
  | 'start_period'
  | 'startupProbe'
  | 'stop_grace_period'
  | 'target'
  | 'targetCPUUtilizationPercentage'
  | 'targetPort'
  | 'template'
  | 'terminationGracePeriodSeconds'
  | 'test'
  | 'timeout'
  | 'timeoutSeconds'
  | 'type'
  | 'users'
  | 'value'
  | 'valueFrom'
  | 'volumeClaimTemplates'
  | 'volumes';
export type Plain = { readonly [key in Key]?: unknown };

export function asObject(value: unknown): Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Plain) : {};
}

/** Any key of a map whose keys are names. */
export function entry(value: unknown, key: string): unknown {
  const object: { readonly [key: string]: unknown } = asObject(value);
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Text, or a number or truth value as it was written. */
export function asText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

export function asCount(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 ? number : null;
}

export function asTexts(value: unknown): string[] {
  return asArray(value).flatMap((one) => asText(one) ?? []);
}

/** What is filled into one text, in all: no address is longer, and names of names of names would fill the memory. */
const FILLED_MAX = 8192;

/** Passes on what there is room for in one text; what does not fit is empty. */
export function fittingOnly(): (value: string) => string {
  let room = FILLED_MAX;
  return (value) => {
    room -= value.length;
    return room < 0 ? '' : value;
  };
}
