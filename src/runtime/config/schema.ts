/** The shape of `healix.yaml`, its bounds and its defaults. What fields must be to each other is checked next door. */
import { z } from 'zod';
import { ACTION_FACTS, type ActionKind, TIERS } from '../../../strategies/contract.ts';
import { LEVELS } from '../../../strategies/coordinate/coordination.ts';
import {
  CONTROL_PORT,
  commandLine,
  identifier,
  path,
  port,
  STATE_DIR,
  share,
  signalName,
  text,
  timeMs,
} from './bounds.ts';
import { probesSchema } from './probe-schema.ts';

const replicasSchema = z
  .strictObject({
    min: z.int().min(1).max(100).default(1),
    start: z.int().min(1).max(100).optional(),
    max: z.int().min(1).max(100).optional(),
  })
  .transform(({ min, start = min, max = start }) => ({ min, start, max }));

const actionSchema = z.strictObject({ command: commandLine, timeoutMs: timeMs.default(60_000) }).optional();
const kinds = Object.keys(ACTION_FACTS) as ActionKind[];
const actionsSchema = z.strictObject(
  Object.fromEntries(kinds.map((kind) => [kind, actionSchema])) as Record<ActionKind, typeof actionSchema>,
);

const serviceSchema = z.strictObject({
  id: identifier,
  tier: z.enum(TIERS).default('default'),
  command: commandLine,
  cwd: path.default('.'),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,254}$/, 'not the name of an environment variable'),
      z.string().max(32_768),
    )
    .default({}),
  /** Port of the first replica slot, the others follow; or `ports`, one per slot. */
  port: port.optional(),
  ports: z.array(port).min(1).max(100).optional(),
  user: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/, 'not the name of a user')
    .optional(),
  replicas: replicasSchema.prefault({}),
  /** From the polite signal to the deadly one. */
  stopGraceMs: timeMs.default(10_000),
  /** A new process that has not answered yet is not called unresponsive for this long. */
  startGraceMs: timeMs.default(30_000),
  memoryMb: z.number().positive().max(1_048_576).optional(),
  /** Processors' worth of work that counts as a processor share of 1. */
  cpus: z.number().positive().max(1024).default(1),
  dependsOn: z
    .array(
      z.strictObject({
        service: identifier,
        timeoutMs: timeMs.max(600_000).default(1000),
        // What only the simulator asks; same names and meaning as in a fleet file.
        calls: z.number().positive().max(100).optional(),
        attempts: z.int().min(1).max(10).optional(),
        retryBudget: z.number().min(0).max(10).optional(),
        optional: z.boolean().optional(),
      }),
    )
    .max(100)
    .default([]),
  /** Keeps users' data that a hard stop or another release may lose. */
  stateful: z.boolean().default(false),
  /** Something else sets the number of its replicas. */
  autoscaled: z.boolean().default(false),
  /** What replicas share and may lose together: one name for all of them, or `hosts`, one per slot. */
  host: identifier.optional(),
  hosts: z.array(identifier).min(1).max(100).optional(),
  probes: probesSchema.prefault({}),
  /** Makes the service read its configuration again after a repair, in place of a restart. */
  reloadSignal: signalName.optional(),
  /** Makes it drop and reopen its connections to what it depends on. */
  reconnectSignal: signalName.optional(),
  configFile: z.strictObject({ path, knownGood: path }).optional(),
  /** `current` is a link in `folder` or the name of a release; `previous` the name of the one to roll back to. */
  releases: z.strictObject({ folder: path, current: identifier, previous: identifier.optional() }).optional(),
  gateway: z
    .strictObject({
      port,
      timeoutMs: timeMs.max(600_000).default(5000),
      /** Canned answer while `fallback` is on; without it the gateway cannot do that action. */
      fallback: z
        .strictObject({
          status: z.int().min(200).max(599).default(200),
          body: z.string().max(65_536).default(''),
          contentType: text(255)
            .regex(/^[ -~]+$/, 'printable ASCII only')
            .default('application/json'),
        })
        .optional(),
    })
    .optional(),
  /** The user's own command line for an action. */
  actions: actionsSchema.prefault({}),
  /** What only the simulator asks; `healix fleet from` copies it. Same names and meaning as in a fleet file. */
  simulate: z
    .strictObject({
      workers: z.int().min(1).max(1024).optional(),
      serviceMs: z
        .strictObject({ mean: z.number().positive().max(60_000), cv: z.number().min(0).max(10).optional() })
        .optional(),
      startS: z
        .strictObject({ median: z.number().positive().max(3600), sigma: z.number().min(0).max(3).optional() })
        .optional(),
      queue: z.int().min(0).max(100_000).optional(),
      entry: z
        .strictObject({
          ratePerS: z.number().positive().max(1_000_000),
          lateMs: z.number().positive().max(600_000).optional(),
        })
        .optional(),
    })
    .prefault({}),
});

/** What may only be stricter than the pack: fewer attempts, longer waits, an earlier call for help. */
const policySchema = z.strictObject({
  /** At most. */
  attempts: z.int().min(1).max(1000).optional(),
  /** At least. */
  coolDownS: z.number().min(0).max(86_400).optional(),
  /** At least. */
  verifyS: z.number().min(0).max(86_400).optional(),
  /** At most. */
  escalateAfterS: z.number().positive().max(86_400).optional(),
  /** Actions that wait for a human's yes (healix approve); no answer within `approveS` is a no. */
  approve: z.array(z.enum(kinds)).max(kinds.length).default([]),
  // Less than the 10 minutes after which the guard no longer counts an action as under way.
  approveS: z.int().min(1).max(540).default(300),
});

export const configSchema = z.strictObject({
  name: identifier,
  stateDir: path.default(STATE_DIR),
  services: z.array(serviceSchema).min(1, 'at least one service').max(1000),
  /** Limits no strategy may cross; the same names and, but for `minHealthy`, defaults as in a fleet file. */
  guard: z
    .strictObject({
      restartsPer10Min: z.int().min(0).max(1000).default(5),
      /** Left out: 1, or 0 where a service may run on one replica alone (see warnings.ts). */
      minHealthy: z.int().min(0).max(100).optional(),
      maxDisabledShare: share.default(0.34),
      inFlight: z.int().min(1).max(1000).default(3),
      protected: z.array(identifier).max(1000).default([]),
      dryRun: z.boolean().default(false),
    })
    .prefault({}),
  policies: z
    .strictObject({
      default: policySchema.prefault({}),
      critical: policySchema.prefault({}),
      lightweight: policySchema.prefault({}),
    })
    .prefault({}),
  control: z
    .strictObject({
      host: z.union([z.ipv4(), z.ipv6()], 'an IP address').default('127.0.0.1'),
      port: port.default(CONTROL_PORT),
      /** Holds the token; needed to bind elsewhere than loopback. Left out = one is made in `stateDir`. */
      tokenFile: path.optional(),
    })
    .prefault({}),
  alerts: z
    .strictObject({
      webhook: z.url({ protocol: /^https?$/, error: 'an http or https address' }).optional(),
      command: commandLine.optional(),
      timeoutMs: timeMs.max(60_000).default(5000),
      /** The same alert is not sent again within this time. */
      repeatS: z.int().min(1).max(86_400).default(300),
    })
    .prefault({}),
  /** Each service alone, alone until that does not suffice, or always together; left out = as the pack was bred. */
  level: z.enum(LEVELS).optional(),
  /** What agents are judged by; left out = the constitution that ships. */
  constitution: path.optional(),
  /** Decide and record, but act on nothing. The same as `guard.dryRun`; either is enough. */
  dryRun: z.boolean().default(false),
});

/** The file as the schema leaves it: shape right, defaults filled in, relations and paths not looked at. */
export type ConfigShape = z.infer<typeof configSchema>;
export type ServiceShape = ConfigShape['services'][number];
