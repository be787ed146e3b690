/** Figures in an answer: what a service may tell of itself as JSON, per level. Whatever else the JSON holds is passed over. */
import { z } from 'zod';
import type { ProbeLevel } from '../ports.ts';
import type { Values } from './look.ts';

/** Figures, or none in it, or why those that are in it cannot be used. */
export type Told =
  | { readonly kind: 'told'; readonly values: Values }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'bad'; readonly reason: string };

/** Dependencies that one answer may tell of. */
const DEPENDENCIES_MAX = 100;
const FINE = ['ok', 'up', 'pass', 'passing', 'healthy', 'serving'];
const FAILED = ['failed', 'down', 'fail', 'error', 'critical', 'unhealthy', 'unavailable'];

const amount = z.number().min(0).optional();
const share = z.number().min(0).max(1000).optional();
const status = z
  .string()
  .toLowerCase()
  .pipe(z.enum([...FINE, ...FAILED]))
  .transform((word) => (FINE.includes(word) ? 0 : 1));
const dependency = z.union(
  [
    status,
    z.boolean().transform((isFine) => (isFine ? 0 : 1)),
    z.number().min(0).max(1),
    z.object({ status }).transform(({ status: failed }) => failed),
  ],
  `say one of ${FINE.join(', ')}, ${FAILED.join(', ')}, true, false, or the share of calls that failed`,
);

const performanceSchema = z
  .object({ calls: amount, failed: amount, p50Ms: amount, p95Ms: amount })
  .refine(({ calls = 0, failed = 0 }) => failed <= calls, 'more failed than calls');
const resourceSchema = z.object({ cpu: share, memory: share, queue: share });
const dependencySchema = z.object({
  dependencies: z
    .record(z.string().max(63), dependency)
    .refine((map) => Object.keys(map).length <= DEPENDENCIES_MAX, `at most ${DEPENDENCIES_MAX}`),
});

const FIGURES: Readonly<Record<ProbeLevel, readonly string[]>> = {
  liveness: [],
  readiness: [],
  performance: ['calls', 'failed', 'p50Ms', 'p95Ms'],
  resource: ['cpu', 'memory', 'queue'],
  dependency: ['dependencies'],
};

/** Whether an answer at this level may hold figures at all. */
export function mayTell(level: ProbeLevel): boolean {
  return FIGURES[level].length > 0;
}

/** Figures in a text. Text that is no JSON object tells nothing: `OK` is a fine answer. */
export function readValues(level: ProbeLevel, text: string): Told {
  if (!mayTell(level)) return { kind: 'nothing' };
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return { kind: 'nothing' };
  }
  return valuesOf(level, data);
}

/** Figures in plain data: shares of a limit for `resource`, counts of the window for `performance`, failed shares for `dependency`. */
export function valuesOf(level: ProbeLevel, data: unknown): Told {
  if (typeof data !== 'object' || data === null) return { kind: 'nothing' };
  if (!FIGURES[level].some((name) => Object.hasOwn(data, name))) return { kind: 'nothing' };
  if (level === 'dependency') {
    const parsed = dependencySchema.safeParse(data);
    return parsed.success ? { kind: 'told', values: parsed.data.dependencies } : malformed(parsed.error);
  }
  const parsed = (level === 'resource' ? resourceSchema : performanceSchema).safeParse(data);
  if (!parsed.success) return malformed(parsed.error);
  const told = Object.entries(parsed.data).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return { kind: 'told', values: Object.fromEntries(told) };
}

function malformed(error: z.ZodError): Told {
  const [issue] = error.issues;
  return { kind: 'bad', reason: `malformed figures: ${issue?.path.join('.')}: ${issue?.message}` };
}
