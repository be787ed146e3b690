/** The fleet file: what a user describes of the services to be healed. Parsed once at the edge, trusted inside. */
import { z } from 'zod';
import { ACTION_FACTS, type ActionKind, TIERS } from '../strategies/contract.ts';
import { nearest } from '../strategies/nearest.ts';
import { PLATFORM, STOP_GRACE_S } from './cures.ts';
import { crossCheckFleet, DEFAULT_REPLICAS, type FleetProblem, unreachableServices } from './fleet-checks.ts';

const identifier = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits, dot, dash or underscore, at most 63');
const positive = z.number().positive();
const share = z.number().min(0).max(1);
const count = z.int().min(0).max(1_000_000);

/** What a service may lack; a person can always be called. */
const REFUSABLE = (Object.keys(ACTION_FACTS) as ActionKind[]).filter((kind) => kind !== 'escalate');

const dependencySchema = z.strictObject({
  service: identifier,
  /** Mean calls per request of the caller. */
  calls: positive.max(100).default(1),
  timeoutMs: positive.max(600_000).default(1000),
  /** Attempts in all, the first included. */
  attempts: z.int().min(1).max(10).default(3),
  /** Retries a caller may add, as a share of its first attempts (Envoy, Finagle and Linkerd: 0.2). Left out = no limit. */
  retryBudget: z.number().min(0).max(10).optional(),
  /** An optional dependency's failure does not fail the caller's request. */
  optional: z.boolean().default(false),
});

const serviceSchema = z.strictObject({
  id: identifier,
  tier: z.enum(TIERS).default('default'),
  replicas: z
    .strictObject({
      min: z.int().min(1).max(100).default(DEFAULT_REPLICAS.min),
      start: z.int().min(1).max(100).default(DEFAULT_REPLICAS.start),
      max: z.int().min(1).max(100).default(DEFAULT_REPLICAS.max),
    })
    .prefault({}),
  /** Calls served at once by one replica. */
  workers: z.int().min(1).max(1024).default(4),
  serviceMs: z
    .strictObject({ mean: positive.max(60_000).default(10), cv: z.number().min(0).max(10).default(1) })
    .prefault({}),
  /** Lognormal boot time of a replica: median seconds and sigma of the logarithm. */
  startS: z
    .strictObject({ median: positive.max(3600).default(8), sigma: z.number().min(0).max(3).default(0.5) })
    .prefault({}),
  /** Seconds until a process that does not answer a graceful stop is killed. */
  stopGraceS: z.number().min(0).max(3600).default(STOP_GRACE_S),
  /** Calls that may wait at one replica. */
  queue: count.max(100_000).default(512),
  /** Present where users arrive. */
  entry: z.strictObject({ ratePerS: positive.max(1_000_000), lateMs: positive.max(600_000).default(1000) }).optional(),
  autoscale: z.strictObject({ utilisation: share.gt(0) }).optional(),
  /** Kinds of action that the service is not set up for. */
  cannot: z.array(z.enum(REFUSABLE)).default([]),
  /** Whether a rollback leads somewhere from the start. Each release rolled out brings one to go back to, and a rollback uses it up. */
  earlierRelease: z.boolean().default(true),
  /** Whether a probe does the service's own work: it stands in where no call comes. */
  performanceProbe: z.boolean().default(false),
  dependsOn: z.array(dependencySchema).max(100).default([]),
});

const fleetSchema = z.strictObject({
  name: identifier,
  services: z.array(serviceSchema).min(1, 'a fleet has at least one service').max(1000),
  zones: z.array(identifier).min(1).max(10).default(['a', 'b', 'c']),
  /** Shared causes: services whose replicas sit on the same hosts. */
  groups: z.array(z.strictObject({ id: identifier, services: z.array(identifier).min(1) })).default([]),
  guard: z
    .strictObject({
      restartsPer10Min: z.int().min(0).max(1000).default(5),
      minHealthy: z.int().min(0).max(100).default(1),
      maxDisabledShare: share.default(0.34),
      inFlight: z.int().min(1).max(1000).default(3),
      protected: z.array(identifier).default([]),
      dryRun: z.boolean().default(false),
    })
    .prefault({}),
  /** How what carries actions out does it: seconds, and the chance that it cannot. */
  platform: z
    .strictObject({
      actionFails: share.default(PLATFORM.actionFails),
      /** Lognormal time to end a process and start another; its boot comes on top. */
      processRestartS: z
        .strictObject({
          median: positive.max(60).default(PLATFORM.processRestartS.median),
          sigma: z.number().min(0).max(3).default(PLATFORM.processRestartS.sigma),
        })
        .prefault({}),
      /** Until a new replica has its place and image. */
      placementS: z.number().min(0).max(3600).default(PLATFORM.placementS),
      /** Until a roll-out or rollback reaches its first replica, and then each replica's wait to be called ready. */
      rolloutLeadS: z.number().min(0).max(3600).default(PLATFORM.rolloutLeadS),
      readinessS: z.number().min(0).max(3600).default(PLATFORM.readinessS),
      /** How often the balancer asks a replica whether it is ready. */
      readinessPeriodS: positive.max(3600).default(PLATFORM.readinessPeriodS),
      /** Whether calls go to replicas that are not ready where none is. */
      callsUnready: z.boolean().default(PLATFORM.callsUnready),
    })
    .prefault({}),
  /** Prices in user-minutes. */
  objective: z
    .strictObject({ replicaHour: z.number().min(0).default(2), action: z.number().min(0).default(0.2) })
    .prefault({}),
});

/** A fleet that may be trusted, with what is odd about it; or everything that is wrong with it. */
export type ParsedFleet =
  | { readonly kind: 'fleet'; readonly fleet: FleetSpec; readonly warnings: readonly FleetProblem[] }
  | { readonly kind: 'bad'; readonly problems: readonly FleetProblem[] };

/**
 * Reads a fleet from plain data (parsed YAML or JSON). Names every problem at once: the shape by the schema, the relations
 * between fields by `crossCheckFleet` on the raw data, as zod skips refinements once the shape is wrong.
 */
export function parseFleet(value: unknown): ParsedFleet {
  const shape = fleetSchema.safeParse(value);
  const shapeProblems = shape.success ? [] : shape.error.issues.flatMap(toProblems);
  const problems = [...shapeProblems, ...crossCheckFleet(value)];
  if (!shape.success || problems.length > 0) return { kind: 'bad', problems };
  return { kind: 'fleet', fleet: shape.data, warnings: unreachableServices(value) };
}

/** `services[2].replicas.max`, as a reader finds it in the file. */
export function formatPath(path: FleetProblem['path']): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  );
}
export type FleetSpec = z.infer<typeof fleetSchema>;
export type ServiceSpec = FleetSpec['services'][number];
export type DependencySpec = ServiceSpec['dependsOn'][number];

/** One problem per unknown key, so that each has its own path. */
function toProblems(issue: z.core.$ZodIssue): FleetProblem[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  return issue.keys.map((key) => {
    const guess = nearest(key, knownKeys(path));
    return { path: [...path, key], message: `unknown key${guess === undefined ? '' : `; did you mean ${guess}?`}` };
  });
}

/** The keys the schema knows at a path. */
function knownKeys(path: FleetProblem['path']): string[] {
  let schema: unknown = fleetSchema;
  for (const key of path) {
    schema = unwrap(schema);
    if (schema instanceof z.ZodArray) schema = schema.element;
    else if (schema instanceof z.ZodObject) schema = schema.shape[key];
  }
  schema = unwrap(schema);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.unwrap());
  }
  return schema;
}
