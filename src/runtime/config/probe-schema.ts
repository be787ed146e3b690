/** The shape of `probes`: per level one way of looking, how often, how long, and what counts as bad. */
import { z } from 'zod';
import { commandLine, PROBE_TIMEOUT_MS, share, text, timeMs } from './bounds.ts';

/** A look is one of http, tcp, exec and push; every level adds what only it can use. */
const lookShape = {
  http: text(2048)
    .regex(/^\/[!-~]*$/, 'a path that starts with /, without spaces')
    .optional(),
  /** Text that a good answer to `http` contains. */
  expect: text(1024).optional(),
  tcp: z.literal(true).optional(),
  /** Exit code 0 is good. */
  exec: commandLine.optional(),
  /** The service reports in; silent for longer than `everyMs` is no answer. */
  push: z.strictObject({ everyMs: timeMs }).optional(),
  /** Left out = the window of the strategy pack. */
  intervalMs: timeMs.min(100).optional(),
  timeoutMs: timeMs.max(60_000).default(PROBE_TIMEOUT_MS),
  /** The healer learns what is normal; so it does when neither this nor `thresholds` is given. */
  learn: z.literal(true).optional(),
};
const answerSchema = z.strictObject({
  ...lookShape,
  /** An answer that took longer is bad. */
  thresholds: z.strictObject({ tookMs: z.number().positive() }).optional(),
});
const resourceSchema = z.strictObject({
  ...lookShape,
  /** Read from /proc: processor time and resident memory. */
  process: z.literal(true).optional(),
  /** Shares of `cpus` and `memoryMb` that already count as all of them. */
  thresholds: z.strictObject({ cpu: share.gt(0).optional(), memory: share.gt(0).optional() }).optional(),
});
const dependencySchema = z.strictObject({
  ...lookShape,
  /** What is known of the dependencies by their own liveness probes. */
  status: z.literal(true).optional(),
  thresholds: z.strictObject({ tookMs: z.number().positive() }).optional(),
});

/** Levels left out: liveness is a TCP connection where there is a port, resource and dependency are what costs no call. */
export const probesSchema = z.strictObject({
  liveness: answerSchema.optional(),
  readiness: answerSchema.optional(),
  performance: answerSchema.optional(),
  resource: resourceSchema.prefault({ process: true }),
  dependency: dependencySchema.prefault({ status: true }),
});
