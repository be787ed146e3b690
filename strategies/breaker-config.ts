/** The settings of a circuit breaker, each as plain data, checked once at the edge and trusted inside. */
import { z } from 'zod';

const DAY_MS = 86_400_000;
const waitMs = z.number().positive().max(DAY_MS);
const share = z.number().min(0).max(1);
const calls = z.int().min(1).max(100_000);
/** At exactly the threshold, resilience4j, Polly and Hystrix trip (`>=`); cockatiel, opossum and Sentinel do not (`>`). */
const comparison = z.enum(['>', '>=']);
export type Comparison = z.infer<typeof comparison>;

const shareRule = { share, comparison: comparison.default('>=') };
const useful = { path: ['share'], error: 'must be above 0 with ">=", and below 1 with ">"' };
/** `>= 0` would always hold and `> 1` never: a breaker that cannot close, or cannot trip, is refused. */
const usefulShare = (rule: { share: number; comparison: Comparison }) =>
  rule.share !== (rule.comparison === '>=' ? 0 : 1);

const tripRuleSchema = z.discriminatedUnion('kind', [
  /** Failures in a row, whatever the window. */
  z.strictObject({ kind: z.literal('consecutive'), failures: calls, comparison: comparison.default('>=') }),
  /** Failures within the window. */
  z.strictObject({ kind: z.literal('failed-count'), failures: calls, comparison: comparison.default('>=') }),
  /** Failed share of the window's calls, unknown below `minimumCalls`. */
  z
    .strictObject({ kind: z.literal('failed-share'), ...shareRule, minimumCalls: calls.default(20) })
    .refine(usefulShare, useful),
  /** Share of the window's calls that took longer than their slow limit, whether they failed or not. */
  z
    .strictObject({ kind: z.literal('slow-share'), ...shareRule, minimumCalls: calls.default(20) })
    .refine(usefulShare, useful),
  /** failedWeight x failed share + slowWeight x slow share. */
  z
    .strictObject({
      kind: z.literal('weighted-share'),
      failedWeight: z.number().min(0).max(100),
      slowWeight: z.number().min(0).max(100),
      threshold: z.number().min(0).max(200),
      comparison: comparison.default('>='),
      minimumCalls: calls.default(20),
    })
    .refine(reachable, { path: ['threshold'], error: 'must be above 0 with ">=", and within the sum of the weights' }),
]);
export type TripRule = z.infer<typeof tripRuleSchema>;

const windowSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('count'), calls }),
  z.strictObject({ kind: z.literal('time'), lengthMs: waitMs, slots: z.int().min(1).max(3600).default(10) }),
]);
export type WindowSpec = z.infer<typeof windowSchema>;

/** Wait in the n-th opening since the last close: waitMs x factor^(n-1), at most waitMsMax, plus up to `jitter` of itself. */
const openSchema = z
  .strictObject({
    waitMs: waitMs.default(5000),
    factor: z.number().min(1).max(100).default(1),
    waitMsMax: waitMs.default(300_000),
    jitter: share.default(0),
    /** true: half-open when the wait is over; false: when the first call after it arrives. */
    automatic: z.boolean().default(false),
  })
  .refine((open) => open.waitMsMax >= open.waitMs, { path: ['waitMsMax'], error: 'must be at least waitMs' });

/** What a probe that ended without a verdict of its own counts as; `give-back` returns the permit to the next caller. */
const noVerdict = z.enum(['give-back', 'success', 'failure']);

const halfOpenSchema = z
  .strictObject({
    /** Probes that decide, and so the most that may be in flight. */
    permits: z.int().min(1).max(1000).default(1),
    /** What closes the breaker: k successes of `permits`, or a failed share of `permits` that does not hold. */
    pass: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('successes'), required: z.int().min(1).max(1000) }),
        z.strictObject({ kind: z.literal('failed-share'), ...shareRule }).refine(usefulShare, useful),
      ])
      .prefault({ kind: 'failed-share', share: 0.5 }),
    /** Decide as soon as the missing probes can change nothing, or only when all have ended. */
    verdict: z.enum(['at-once', 'after-all']).default('at-once'),
    /** Longest wait for unanswered probes, counted from the first of them: permits that never come back must not wedge it. */
    stayMs: waitMs.default(60_000),
    stayEnd: z.enum(['open', 'close']).default('open'),
    ignored: noVerdict.default('give-back'),
    cancelled: noVerdict.default('give-back'),
    /** A slow but successful probe. */
    slow: z.enum(['success', 'failure']).default('failure'),
  })
  .refine(({ pass, permits }) => pass.kind !== 'successes' || pass.required <= permits, {
    path: ['pass', 'required'],
    error: 'must be at most permits',
  });

/** After passing probes the admitted share climbs from `from` to 1 by a constant factor per time, unless `rollback` holds. */
const rampSchema = z.strictObject({
  lengthMs: waitMs,
  from: share.gt(0).default(0.01),
  rollback: z.strictObject({ ...shareRule, minimumCalls: calls.default(5) }).refine(usefulShare, useful),
});

const shape = z.strictObject({
  /** Named in refusals. */
  name: z.string().min(1).max(200).default('breaker'),
  window: windowSchema.prefault({ kind: 'time', lengthMs: 10_000 }),
  /** Any one that holds opens the breaker. Empty: only commands open it. The default is Hystrix's. */
  trip: z
    .array(tripRuleSchema)
    .max(8)
    .prefault([{ kind: 'failed-share', share: 0.5 }]),
  /** Look at the rules after failed or slow calls only, or after every call (a success can complete the minimum). */
  judgeOn: z.enum(['failure', 'any-outcome']).default('failure'),
  /** A call that took longer is slow; per call class where a class is given. */
  slowMs: waitMs.default(60_000),
  slowMsByClass: z.record(z.string(), waitMs).default({}),
  /** Nothing is counted this long after creation. */
  warmUpMs: z.number().min(0).max(DAY_MS).default(0),
  open: openSchema.prefault({}),
  halfOpen: halfOpenSchema.prefault({}),
  ramp: rampSchema.nullable().default(null),
  /** What a half-open breaker is restored as; `open` means open with its wait over, so that the next call probes. */
  restoreHalfOpen: z.enum(['half-open', 'open']).default('half-open'),
});

/**
 * Parses the settings of a breaker; every omitted setting has a default. An error names each bad field, and a rule that
 * can never hold (its minimum is above a count window's size) is one of them.
 */
export const breakerConfigSchema = shape.superRefine(({ window, trip, ramp }, context) => {
  if (window.kind !== 'count') return;
  const refuse = (path: (string | number)[]) =>
    context.addIssue({ code: 'custom', path, message: `can never be met in a window of ${window.calls} calls` });
  trip.forEach((rule, index) => {
    const [field, needed] = callsNeeded(rule);
    if (needed > window.calls) refuse(['trip', index, field]);
  });
  if (ramp !== null && ramp.rollback.minimumCalls > window.calls) refuse(['ramp', 'rollback', 'minimumCalls']);
});
export type BreakerConfig = z.infer<typeof breakerConfigSchema>;

function callsNeeded(rule: TripRule): readonly [field: string, calls: number] {
  if (rule.kind === 'consecutive') return ['failures', 0];
  if (rule.kind === 'failed-count') return ['failures', rule.comparison === '>' ? rule.failures + 1 : rule.failures];
  return ['minimumCalls', rule.minimumCalls];
}

function reachable(rule: { failedWeight: number; slowWeight: number; threshold: number; comparison: Comparison }) {
  const highest = rule.failedWeight + rule.slowWeight;
  return rule.comparison === '>=' ? rule.threshold !== 0 && rule.threshold <= highest : rule.threshold < highest;
}
