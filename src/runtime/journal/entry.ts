/** Journal entries as text: what may be written is exactly what can be read back. */
import { z } from 'zod';
import {
  ACTION_FACTS,
  type Action,
  type ActionKind,
  HEALTH_STATUSES,
  type HealInput,
  ISSUES,
  REMEDIES,
} from '../../../strategies/contract.ts';
import type { Evidence } from '../../../strategies/coordinate/approval-words.ts';
import { parseHealInput } from '../../../strategies/input.ts';
import { canonicalJson } from '../../../strategies/pack.ts';
import type { AgentRecord } from '../coordination/records.ts';
import { CHOICES, type Lesson } from '../lesson.ts';
import type { JournalEntry } from '../ports.ts';

const atMs = z.number().min(0);
const text = z.string();
const place = z.int().min(0);
const pid = z.int().min(0);

const input = z.unknown().transform((value, context): HealInput => {
  const parsed = parseHealInput(value);
  if (parsed.kind === 'input') return parsed.input;
  context.addIssue({ code: 'custom', message: parsed.problems });
  return z.NEVER;
});

const base = {
  id: place,
  atMs,
  service: place,
  replica: z.int().min(-1),
  cause: text,
  rung: z.int(),
  reason: text,
};
const action = z.discriminatedUnion('kind', [
  z.strictObject({ ...base, kind: z.literal('restart'), mode: z.enum(['graceful', 'hard']) }),
  z.strictObject({ ...base, kind: z.literal('scale-up') }),
  z.strictObject({ ...base, kind: z.literal('scale-down') }),
  z.strictObject({ ...base, kind: z.literal('rollback') }),
  z.strictObject({ ...base, kind: z.literal('circuit-break'), admit: z.number().min(0).max(1) }),
  z.strictObject({ ...base, kind: z.literal('reroute'), out: z.boolean() }),
  z.strictObject({ ...base, kind: z.literal('repair-config') }),
  z.strictObject({ ...base, kind: z.literal('reconnect') }),
  z.strictObject({ ...base, kind: z.literal('fallback'), on: z.boolean() }),
  z.strictObject({ ...base, kind: z.literal('escalate') }),
]) satisfies z.ZodType<Action>;

const effect = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('done'), detail: text.exactOptional() }),
  z.strictObject({ kind: z.literal('failed'), reason: text }),
  z.strictObject({ kind: z.literal('unsupported'), reason: text }),
]);

const processRecord = z.strictObject({
  service: text,
  replica: place,
  pid,
  startTicks: z.number().min(0),
  startedAtMs: z.number(),
  port: z.int().min(0).max(65_535).nullable(),
  release: text.nullable(),
});

const incident = z.int().min(0);
const causes = z.array(
  z.strictObject({ cause: text, score: z.number(), victims: z.array(text), reasons: z.array(text) }),
);

const task = { task: place, service: text, remedy: z.enum(REMEDIES), replica: z.int().min(-1) };
const record = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('escalation'), incident, service: text, why: text }),
  z.strictObject({
    kind: z.literal('diagnosis'),
    incident,
    causes,
  }),
  z.strictObject({
    kind: z.literal('verdict'),
    ...task,
    verdict: z.enum(['approve', 'refuse', 'ask-human']),
    article: text,
    reason: text,
    edition: z.number(),
    harm: z.number(),
  }),
  z.strictObject({
    kind: z.literal('award'),
    ...task,
    reason: text,
    epoch: place,
    token: place,
    untilMs: z.number(),
    action: place.nullable(),
  }),
  z.strictObject({ kind: z.literal('hold'), service: text, untilMs: z.number(), reason: text }),
  z.strictObject({ kind: z.literal('release'), service: text }),
  z.strictObject({ kind: z.literal('over'), incident, tookMs: z.number() }),
  z.strictObject({ kind: z.literal('lost'), reason: text, retryAtMs: z.number(), epoch: place }),
  z.strictObject({ kind: z.literal('back'), epoch: place }),
]) satisfies z.ZodType<AgentRecord>;

const kindOf = z.enum(Object.keys(ACTION_FACTS) as ActionKind[]);
const parameters = z.record(text, z.union([text, z.number(), z.boolean()]));
const harm = z.strictObject({
  userHarm: z.number(),
  systemicImpact: z.number(),
  irreversibility: z.number(),
  longTermCost: z.number(),
  total: z.number(),
});
const evidence = z.strictObject({
  askedBy: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('policy'), tier: text }),
    z.strictObject({ kind: z.literal('article'), article: text, reason: text, edition: z.number(), harm }),
  ]),
  symptoms: z.array(text),
  causes,
  bid: z
    .strictObject({
      expectedRecoveryS: z.number(),
      cost: z.number(),
      blastRadius: z.number(),
      confidence: z.number(),
      present: place,
      ready: place,
      served: z.number(),
    })
    .nullable(),
}) satisfies z.ZodType<Evidence>;

const lesson = z.strictObject({
  id: z.int().min(1),
  atMs,
  situation: z.strictObject({
    service: text,
    tier: text,
    status: z.enum(HEALTH_STATUSES),
    symptoms: z.array(z.enum(ISSUES)),
    cause: z.strictObject({ cause: text, score: z.number(), reasons: z.array(text) }).nullable(),
  }),
  wanted: z.strictObject({
    kind: z.enum(['action', 'wait', 'nothing']),
    action: kindOf.nullable(),
    replica: z.int().min(-1),
    why: text,
  }),
  chosen: z.strictObject({ kind: z.enum(CHOICES), by: text }),
  awaits: z.array(kindOf),
  sinceMs: atMs.nullable(),
  windowMs: z.number().positive(),
  outcome: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('recovered'), afterMs: z.number().min(0) }),
      z.strictObject({ kind: z.literal('not-recovered'), afterMs: z.number().min(0) }),
      z.strictObject({ kind: z.literal('unknown'), reason: text }),
    ])
    .nullable(),
}) satisfies z.ZodType<Lesson>;

/** What a run or a config says of its healer's agents, if it has any. */
const judged = { level: text.exactOptional(), constitution: text.exactOptional() };

const entrySchema: z.ZodType<JournalEntry> = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('started'),
    atMs,
    version: text,
    config: text,
    pack: text,
    services: text,
    ...judged,
  }),
  z.strictObject({ kind: z.literal('stopped'), atMs, reason: text }),
  z.strictObject({ kind: z.literal('input'), atMs, input }),
  z.strictObject({ kind: z.literal('intent'), atMs, service: text, action }),
  z.strictObject({ kind: z.literal('effect'), atMs, action: place, effect }),
  z.strictObject({ kind: z.literal('process'), atMs, process: processRecord }),
  z.strictObject({ kind: z.literal('exit'), atMs, pid, code: z.int().nullable() }),
  z.strictObject({ kind: z.literal('config'), atMs, config: text, services: text, by: text, ...judged }),
  z.strictObject({ kind: z.literal('repair'), atMs, service: text, file: text, diff: text }),
  z.strictObject({ kind: z.literal('memory'), atMs, memory: z.unknown() }),
  z.strictObject({ kind: z.literal('agents'), atMs, record }),
  z.strictObject({
    kind: z.literal('approval'),
    ...{ atMs, id: place, hash: text, service: text, action: kindOf, replica: z.int().min(-1), parameters },
    step: z.enum(['asked', 'approved', 'denied', 'used']),
    words: text,
    evidence: evidence.nullable(),
  }),
  z.strictObject({ kind: z.literal('lesson'), atMs, lesson }),
  z.strictObject({ kind: z.literal('note'), atMs, text }),
]);

export type EntryReading =
  | { readonly kind: 'entry'; readonly entry: JournalEntry }
  | { readonly kind: 'bad'; readonly problems: string };

/** Reads an entry from parsed JSON, trusting none of it. What was not measured is null there and NaN here. */
export function readEntry(value: unknown): EntryReading {
  const parsed = entrySchema.safeParse(value);
  return parsed.success
    ? { kind: 'entry', entry: parsed.data }
    : { kind: 'bad', problems: z.prettifyError(parsed.error) };
}

/**
 * The canonical text of an entry, as of now. An entry that could not be read back would make the journal unreadable for good, so it
 * is a bug of the caller and thrown as one, before anything is written.
 */
export function entryText(entry: JournalEntry): string {
  const written = canonicalJson(entry);
  // A memory may be anything that JSON holds and is long: that it has a text is enough.
  const isWhole = entry.kind === 'memory' && entry.memory !== undefined;
  const reading = readEntry(isWhole ? { ...entry, memory: null } : JSON.parse(written));
  if (reading.kind === 'entry') return written;
  throw new TypeError(`the journal was handed an entry that nobody could read back: ${reading.problems}\n${written}`);
}
