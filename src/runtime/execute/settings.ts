/** The settings of guarded calls: plain data, checked whole at the edge and trusted inside. */
import { z } from 'zod';
import { type BreakerConfig, breakerConfigSchema } from '../../../strategies/breaker-config.ts';
import { HealixError } from '../../errors.ts';

const DAY_MS = 86_400_000;
const waitMs = z.number().positive().max(DAY_MS);
const delayMs = z.number().min(0).max(DAY_MS);

/** Retries may be `share` of all calls, and `perS` a second on top; so many as `tokensMax` may be saved up. As Finagle's budget. */
const budgetSchema = z.strictObject({
  share: z.number().min(0).max(10).default(0.2),
  perS: z.number().min(0).max(10_000).default(10),
  tokensMax: z.number().min(1).max(100_000).default(100),
});
export type RetryBudgetSettings = z.output<typeof budgetSchema>;

/** Three attempts, full jitter, 100 ms doubling up to 20 s: the standard mode of the AWS SDKs. */
const retrySchema = z
  .strictObject({
    /** The first one included. More than one is made only of calls that may be repeated (`idempotent`). */
    attempts: z.int().min(1).max(100).default(3),
    delayMs: delayMs.default(100),
    factor: z.number().min(1).max(100).default(2),
    delayMsMax: delayMs.default(20_000),
    jitter: z.enum(['none', 'full', 'equal', 'decorrelated']).default('full'),
    /** A service that asks for a longer wait than this is not waited for. */
    hintMsMax: delayMs.default(60_000),
    /** What a refusal of our own does: ends the call, or is waited out like a failure. */
    refusals: z.enum(['stop', 'wait']).default('stop'),
    budget: budgetSchema.nullable().prefault({}),
  })
  .refine((retry) => retry.delayMsMax >= retry.delayMs, { path: ['delayMsMax'], error: 'must be at least delayMs' });
export type RetrySettings = z.output<typeof retrySchema>;

const bulkheadSchema = z.strictObject({
  /** Calls under way at once. */
  concurrent: z.int().min(1).max(100_000),
  /** Calls that may wait for a place; beyond it they are refused. */
  queue: z.int().min(0).max(100_000).default(0),
  /** Longest wait for a place; null: as long as the caller waits. */
  queueMs: waitMs.nullable().default(null),
});
export type BulkheadSettings = z.output<typeof bulkheadSchema>;

export const executeSettingsSchema = z.strictObject({
  /** Named in refusals. */
  name: z.string().min(1).max(200).default('service'),
  breaker: breakerConfigSchema.prefault({}),
  /** Longest time of one attempt. */
  timeoutMs: waitMs.nullable().default(null),
  /** Longest time of a call with all its attempts and waits. */
  deadlineMs: waitMs.nullable().default(null),
  /** Calls may be repeated unless they say otherwise. */
  idempotent: z.boolean().default(false),
  retry: retrySchema.prefault({}),
  bulkhead: bulkheadSchema.nullable().default(null),
  /** Refusals get a stack trace. */
  stacks: z.boolean().default(false),
});
export type ExecuteSettingsInput = z.input<typeof executeSettingsSchema>;
export type ExecuteSettings = Readonly<z.output<typeof executeSettingsSchema>>;

/**
 * Checks settings whole and fills in every default. Breakers that are alike can share one result.
 * @throws HealixError `bad-settings`, naming every bad field.
 */
export function executeSettings(input: ExecuteSettingsInput = {}): ExecuteSettings {
  const parsed = executeSettingsSchema.safeParse(input);
  if (parsed.success) return named(parsed.data);
  const problem = z.prettifyError(parsed.error);
  throw new HealixError('bad-settings', `These settings of guarded calls cannot be used:\n${problem}`);
}

/** The breaker goes by the name of the whole. */
export function named(settings: ExecuteSettings): ExecuteSettings {
  const breaker: BreakerConfig = { ...settings.breaker, name: settings.name };
  return { ...settings, breaker };
}
