/** The edge at which a healer's inputs arrive as JSON: a journal to replay, a message from a probe. Trusted inside. */
import { z } from 'zod';
import type { Command, HealInput, Outcome } from './contract.ts';

/** Longest list that is read: replicas of a service, dependencies, protected services. */
const LIST_MAX = 1000;

const timeMs = z.number().min(0);
const place = z.int().min(0);
/** JSON has no NaN: what was not measured is null there. */
const measured = z.union([z.number(), z.nan(), z.null()]).transform((value): number => value ?? Number.NaN);
const amount = measured.refine((value) => Number.isNaN(value) || value >= 0, 'not measured (null), or 0 or more');
const flag = measured.refine((value) => Number.isNaN(value) || value === 0 || value === 1, '0, 1 or null');
const share = z.number().min(0).max(1);

const replicaSchema = z.strictObject({
  present: flag,
  live: flag,
  ready: flag,
  inRotation: flag,
  calls: amount,
  failed: amount,
  p50Ms: amount,
  p95Ms: amount,
  cpu: amount,
  memory: amount,
  queue: amount,
  exitCode: measured,
  uptimeS: amount,
});

const guardSchema = z.strictObject({
  restartsPer10Min: z.int().min(0),
  minHealthy: z.int().min(0),
  maxDisabledShare: share,
  inFlight: z.int().min(1),
  protected: z.array(z.string()).max(LIST_MAX),
  dryRun: z.boolean(),
});

const RESULTS = ['done', 'failed', 'unsupported', 'refused'] as const satisfies readonly Outcome['result'][];
const ORDERS = ['force-heal', 'pause', 'resume', 'isolate', 'release'] as const satisfies readonly Command['command'][];

const healInputSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('signal'),
    atMs: timeMs,
    service: place,
    windowMs: z.number().positive(),
    replicas: z.array(replicaSchema).max(LIST_MAX),
    deployAgeS: amount,
    configAgeS: amount,
    configDiffers: flag,
    dependencyFailed: z.array(amount).max(LIST_MAX),
  }),
  z.strictObject({ kind: z.literal('outcome'), atMs: timeMs, service: place, action: place, result: z.enum(RESULTS) }),
  z.strictObject({ kind: z.literal('command'), atMs: timeMs, service: place, command: z.enum(ORDERS) }),
  z.strictObject({ kind: z.literal('config'), atMs: timeMs, guard: guardSchema }),
  z.strictObject({
    kind: z.literal('answer'),
    atMs: timeMs,
    question: place,
    isApproved: z.boolean(),
    by: z.string().min(1).max(200),
  }),
  z.strictObject({ kind: z.literal('tick'), atMs: timeMs }),
]);

/** An input that may be trusted, or everything that is wrong with it, in words. */
export type ParsedInput =
  | { readonly kind: 'input'; readonly input: HealInput }
  | { readonly kind: 'bad'; readonly problems: string };

/** Reads one input from plain data; null in a reading becomes NaN. Unknown keys, wrong types and negative counts are bad. */
export function parseHealInput(value: unknown): ParsedInput {
  const parsed = healInputSchema.safeParse(value);
  return parsed.success
    ? { kind: 'input', input: parsed.data }
    : { kind: 'bad', problems: z.prettifyError(parsed.error) };
}
