/** What a user says of a service that heals itself: data and functions, checked whole before anything of it holds. */
import { z } from 'zod';
import { ACTION_FACTS, type Action, type ActionKind, type GuardLimits, TIERS } from '../../../strategies/contract.ts';
import { HealixError } from '../../errors.ts';
import type { Classification } from '../execute/classify.ts';
import { type ExecuteSettingsInput, executeSettingsSchema } from '../execute/settings.ts';
import type { Effect } from '../ports.ts';
import type { Told } from './bounded.ts';
import type { Check } from './check.ts';
import { laidOver, type Nested } from './laid-over.ts';
import type { RecoveryStrategy } from './recovery.ts';

const DAY_MS = 86_400_000;
const ms = z.number().positive().max(DAY_MS);
const identifier = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits, dot, dash or underscore, at most 63');
const LIST_MAX = 1000;

/** What can be done to a service. `escalate` may be left out: then an event alone tells of it. */
export const ACTION_KINDS = Object.keys(ACTION_FACTS) as ActionKind[];

/** Does it once. Nothing thrown and nothing told means done; `signal` is aborted when it takes too long. */
export type ActionHandler<Kind extends ActionKind = ActionKind> = (
  action: Extract<Action, { readonly kind: Kind }>,
  signal: AbortSignal,
) => Told<Effect> | Promise<Told<Effect>>;
export type ActionHandlers = { readonly [Kind in ActionKind]?: ActionHandler<Kind> };

const fn = <Function>() => z.custom<Function>((value) => typeof value === 'function', 'must be a function');

/** What may be changed while it runs. */
export const serviceConfigSchema = z.strictObject({
  /** How calls are guarded. What is not said of the breaker, the pack's genes say. */
  calls: executeSettingsSchema.omit({ name: true }).prefault({}),
  checkTimeoutMs: ms.default(1000),
  actionTimeoutMs: ms.default(60_000),
  recoveryTimeoutMs: ms.default(30_000),
});
export type ServiceConfig = Readonly<z.output<typeof serviceConfigSchema>>;
export type ServiceConfigInput = Omit<z.input<typeof serviceConfigSchema>, 'calls'> & {
  calls?: Omit<ExecuteSettingsInput, 'name'> | undefined;
};

/** A part of it: of what is on, single settings may be said. */
export type ServiceConfigChange = Omit<ServiceConfigInput, 'calls'> & {
  calls?: (Omit<NonNullable<ServiceConfigInput['calls']>, 'bulkhead'> & { bulkhead?: BulkheadChange }) | undefined;
};
type BulkheadChange = Partial<NonNullable<ExecuteSettingsInput['bulkhead']>> | null | undefined;

/** What is changed setting by setting. Lists, and what is chosen by its `kind`, are said whole. */
const CONFIG_PARTS: Nested = {
  calls: {
    retry: { budget: {} },
    bulkhead: {},
    breaker: { open: {}, halfOpen: {}, ramp: { rollback: {} } },
  },
};

export const recoverySchema = z.strictObject({
  name: identifier,
  canHandle: fn<RecoveryStrategy['canHandle']>(),
  recover: fn<RecoveryStrategy['recover']>(),
  priority: z.number().min(-1e6).max(1e6).default(0),
  level: z.enum(['basic', 'advanced', 'full']).default('basic'),
});

const whatItIs = z
  .strictObject({
    tier: z.enum(TIERS).default('default'),
    replicas: z
      .strictObject({
        min: z.int().min(1).max(LIST_MAX).default(1),
        max: z.int().min(1).max(LIST_MAX).default(1),
        start: z.int().min(1).max(LIST_MAX).default(1),
      })
      .refine(({ min, max, start }) => min <= start && start <= max, 'min <= start <= max')
      .prefault({}),
    dependsOn: z.array(identifier).max(LIST_MAX).default([]),
    check: fn<Check>().optional(),
    actions: z.partialRecord(z.enum(ACTION_KINDS), fn<ActionHandler<never>>()).default({}),
    strategies: z.array(recoverySchema).max(100).default([]),
    isFailure: fn<NonNullable<Classification['isFailure']>>().optional(),
    isIgnored: fn<NonNullable<Classification['isIgnored']>>().optional(),
    isRetryable: fn<NonNullable<Classification['isRetryable']>>().optional(),
    retryAfterMs: fn<NonNullable<Classification['retryAfterMs']>>().optional(),
    /** What `saveBreaker()` gave in an earlier process. Its calls are forgotten where they were counted in another window. */
    savedBreaker: z.unknown().optional(),
  })
  .extend(serviceConfigSchema.shape);
export type ServiceParts = Readonly<z.output<typeof whatItIs>>;

export interface ServiceOptions extends ServiceConfigInput, Classification {
  readonly tier?: (typeof TIERS)[number];
  readonly replicas?: { readonly min?: number; readonly max?: number; readonly start?: number };
  /** Ids of registered services that this one calls. */
  readonly dependsOn?: readonly string[];
  readonly check?: Check;
  readonly actions?: ActionHandlers;
  readonly strategies?: readonly RecoveryStrategy[];
  readonly savedBreaker?: unknown;
}

/** The same names and defaults as in a fleet file, but for `minHealthy`: what is the only one of its kind must be restartable. */
const guardSchema = z.strictObject({
  restartsPer10Min: z.int().min(0).max(1000).default(5),
  minHealthy: z.int().min(0).max(100).default(0),
  maxDisabledShare: z.number().min(0).max(1).default(0.34),
  inFlight: z.int().min(1).max(1000).default(3),
  protected: z.array(identifier).max(LIST_MAX).default([]),
  dryRun: z.boolean().default(false),
}) satisfies z.ZodType<GuardLimits>;

export const fleetConfigSchema = z.strictObject({
  guard: guardSchema.prefault({}),
  /** Between two looks while monitoring; null: as often as the strategy looks. */
  everyMs: ms.min(10).nullable().default(null),
});
export type FleetConfig = Readonly<z.output<typeof fleetConfigSchema>>;
export type FleetConfigInput = z.input<typeof fleetConfigSchema>;

/** A service's options, whole. `breaker`: settings from the strategy, under those that the user gives. */
export function parseService(id: string, options: ServiceOptions, breaker: object): ServiceParts {
  const name = identifier.safeParse(id);
  const parsed = whatItIs.safeParse(laidOver({ calls: { breaker } }, options, CONFIG_PARTS));
  if (name.success && parsed.success) return parsed.data;
  const problems = [name, parsed].flatMap(({ error }) => (error === undefined ? [] : [z.prettifyError(error)]));
  throw new HealixError('bad-settings', `The service ${JSON.stringify(id)} cannot be set up:\n${problems.join('\n')}`);
}

/** A part of a config put over the present one: what is not said stays. The whole is checked before any of it holds. */
export function parseServiceConfig(present: ServiceConfig, change: ServiceConfigChange): ServiceConfig {
  return parsed(serviceConfigSchema, laidOver(present, change, CONFIG_PARTS));
}

export function parseFleetConfig(present: FleetConfig | null, change: FleetConfigInput): FleetConfig {
  return parsed(fleetConfigSchema, laidOver(present ?? {}, change, { guard: {} }));
}

export function parseRecovery(strategy: RecoveryStrategy): Required<RecoveryStrategy> {
  return parsed(recoverySchema, strategy);
}

function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const reading = schema.safeParse(value);
  if (reading.success) return reading.data;
  throw new HealixError('bad-settings', `This configuration cannot be used:\n${z.prettifyError(reading.error)}`);
}
