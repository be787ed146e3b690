/** What `healix init` reads of a folder, whatever it was written for: services, how they are reached, looked at, called and acted on. */
import type { Tier } from '../../strategies/contract.ts';

/** Where a fact stands, for messages: a file and the path of keys in it. */
export interface Place {
  readonly file: string;
  readonly line: number | null;
  readonly path: string;
}

export type Look =
  | { readonly kind: 'http'; readonly port: number; readonly path: string }
  | { readonly kind: 'tcp'; readonly port: number }
  /** Within the container. */
  | { readonly kind: 'exec'; readonly command: readonly string[] };

export interface FoundProbe {
  readonly level: 'liveness' | 'readiness';
  readonly look: Look;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** What runs the service. */
export type Workload =
  | { readonly kind: 'compose'; readonly service: string; readonly file: string }
  /** `resource` is what kubectl takes: `deployment/cart`. */
  | { readonly kind: 'kubernetes'; readonly resource: string; readonly namespace: string | null }
  | { readonly kind: 'process'; readonly command: readonly string[] };

/** A service as its manifest has it, before it is known who calls whom. */
export interface RawService {
  readonly id: string;
  readonly place: Place;
  /** Names by which others reach it. */
  readonly hostNames: readonly string[];
  readonly workload: Workload;
  readonly replicas: { readonly min: number; readonly start: number; readonly max: number };
  /** Utilisation that an autoscaler aims at, 0..1; null without one. */
  readonly autoscale: number | null;
  /** Whether more of them may be run than the manifest says. */
  readonly isScalable: boolean;
  /** Within the container, the main one first. */
  readonly ports: readonly number[];
  /** Reachable on this machine. */
  readonly published: readonly { readonly host: number; readonly container: number }[];
  /** Open to users: an Ingress, a load balancer. */
  readonly isPublic: boolean;
  readonly probes: readonly FoundProbe[];
  /** Said outright (depends_on, links). */
  readonly needs: readonly { readonly service: string; readonly isOptional: boolean; readonly isJob: boolean }[];
  /** What may name other services' addresses. */
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly words: readonly string[];
  readonly image: string;
  /** Keeps its data on a volume. */
  readonly hasVolume: boolean;
  readonly startGraceMs: number | null;
  readonly stopGraceMs: number | null;
  /** What was assumed of this service while it was read. */
  readonly notes: readonly string[];
}

/** Replicas that a PodDisruptionBudget keeps up. */
export interface Budget {
  readonly name: string;
  readonly minAvailable: number;
}

export interface RawFleet {
  readonly name: string;
  /** Files that it was read from, relative to the folder. */
  readonly files: readonly string[];
  readonly services: readonly RawService[];
  readonly budgets: readonly Budget[];
  readonly notes: readonly string[];
}

export interface Dependency {
  readonly service: string;
  readonly isOptional: boolean;
  readonly timeoutMs: number;
  /** Where it was read: `depends_on`, `env CART_ADDR`. */
  readonly why: string;
}

/** A service with its part in the fleet. */
export interface FleetService extends RawService {
  readonly tier: Tier;
  readonly dependsOn: readonly Dependency[];
  readonly isEntry: boolean;
  readonly isStore: boolean;
  /** Calls served at once by a replica, so that the normal load is well within reach. */
  readonly workers: number;
}

export interface Users {
  readonly ratePerS: number;
  readonly lateMs: number;
}

export interface Fleet extends Omit<RawFleet, 'services'> {
  readonly services: readonly FleetService[];
  readonly users: Users;
}
