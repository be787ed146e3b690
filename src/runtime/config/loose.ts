/** Unchecked data, read without trust: checks between fields run even where the shape of a neighbour is wrong. */
import type { ProbeLevel } from '../ports.ts';
import type { Finding } from './problems.ts';

type Key =
  | 'actions'
  | 'command'
  | 'constitution'
  | 'configFile'
  | 'control'
  | 'current'
  | 'cwd'
  | 'dependsOn'
  | 'env'
  | 'exec'
  | 'expect'
  | 'folder'
  | 'gateway'
  | 'guard'
  | 'host'
  | 'hosts'
  | 'http'
  | 'id'
  | 'intervalMs'
  | 'knownGood'
  | 'learn'
  | 'max'
  | 'min'
  | 'path'
  | 'port'
  | 'ports'
  | 'previous'
  | 'probes'
  | 'process'
  | 'protected'
  | 'push'
  | 'releases'
  | 'replicas'
  | 'service'
  | 'services'
  | 'start'
  | 'stateDir'
  | 'status'
  | 'tcp'
  | 'thresholds'
  | 'timeoutMs'
  | 'tokenFile'
  | ProbeLevel;
/** The keys that checks ask for; whatever else is there is the schema's business. */
export type Loose = { readonly [key in Key]?: unknown };

export interface LooseService {
  readonly at: number;
  /** Undefined where the file has no usable id. */
  readonly id: string | undefined;
  readonly fields: Loose;
  readonly dependsOn: readonly { readonly to: string; readonly at: number }[];
}

export function asObject(value: unknown): Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {};
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function looseServices(config: Loose): LooseService[] {
  return asArray(config.services).map((raw, at) => {
    const fields = asObject(raw);
    const id = fields.id;
    const dependsOn = asArray(fields.dependsOn).flatMap((dependency, position) => {
      const to = asObject(dependency).service;
      return typeof to === 'string' ? [{ to, at: position }] : [];
    });
    return { at, id: typeof id === 'string' ? id : undefined, fields, dependsOn };
  });
}

/** Replica counts with the schema's defaults: `start` is `min`, `max` is `start`. NaN where the file has no number. */
export function looseReplicas(service: Loose): { readonly min: number; readonly start: number; readonly max: number } {
  const given = asObject(service.replicas);
  const count = (key: 'min' | 'start' | 'max', otherwise: number): number => {
    const value = given[key];
    return value === undefined ? otherwise : typeof value === 'number' ? value : Number.NaN;
  };
  const min = count('min', 1);
  const start = count('start', min);
  return { min, start, max: count('max', start) };
}

/** A finding at a field of a service. */
export function inService(at: number, path: readonly (string | number)[], message: string): Finding {
  return { path: ['services', at, ...path], message };
}
