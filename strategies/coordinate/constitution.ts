/** The constitution: what the overseer holds coordinated actions against, as data. Its file is `strategies/constitution.yaml`. */
import { z } from 'zod';
import { REMEDIES, TIERS } from '../contract.ts';

export const CONSTITUTION_SCHEMA_VERSION = 1;
/** How far weights may be from summing to 1, for decimal fractions that binary ones miss. */
const ROUNDING = 1e-9;

/** All that may be asked of the overseer: every remedy that does something. */
const ASKED = REMEDIES.filter((remedy) => remedy !== 'wait');
/** Where replicas are counted that are held out at once. */
export const LEVELS = ['service', 'host', 'fleet'] as const;
export type Level = (typeof LEVELS)[number];

const share = z.number().min(0).max(1);
const count = z.int().min(1).max(10_000);
const seconds = z.number().min(1).max(604_800);
const remedies = z.array(z.enum(ASKED)).min(1).max(ASKED.length);
const identifier = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'lower-case letters, digits and dashes, at most 40');
const named = {
  id: identifier,
  title: z.string().min(1).max(80),
  /** What it means, for the one who reads a verdict. */
  words: z.string().min(1).max(300),
};

/** When an article objects. Each kind reads the facts in one way; nothing in the file is ever evaluated as an expression. */
export const conditionSchema = z.discriminatedUnion('kind', [
  /** The remedy is not one of these. */
  z.strictObject({ kind: z.literal('unlisted-action'), remedies }),
  /** Who proposes is who judges. */
  z.strictObject({ kind: z.literal('self-approval') }),
  /** So many coordinated actions failed within `windowS`; from the last of them on it objects to everything for `offS`. */
  z.strictObject({ kind: z.literal('failures'), failuresMax: count, windowS: seconds, offS: seconds }),
  /** The guard's list names the service. */
  z.strictObject({ kind: z.literal('protected-service') }),
  /** The service keeps state and the remedy is one of these. A dead process has none left to lose by a restart. */
  z.strictObject({ kind: z.literal('state-at-risk'), remedies }),
  /** Takes a serving replica away, and fewer stay than the guard's minimum, or than a majority where so many are present. */
  z.strictObject({ kind: z.literal('quorum'), majorityFrom: count }),
  /** Takes a serving replica away, and more than this share (or one) would be held out by coordinated actions. */
  z.strictObject({ kind: z.literal('simultaneous-change'), level: z.enum(LEVELS), shareMax: share }),
  /** The service is under hold: the cause of its trouble is being healed. */
  z.strictObject({ kind: z.literal('healed-elsewhere') }),
  /** An auto-scaler sets the service's replicas and the remedy is one of these. */
  z.strictObject({ kind: z.literal('autoscaled'), remedies }),
  /** Cannot be undone, while what can, and disturbs no more, is expected to help at most `margin` less. */
  z.strictObject({ kind: z.literal('irreversible'), margin: share }),
  /** Takes more than this share of what the service still serves, in one of these tiers. */
  z.strictObject({ kind: z.literal('blast-radius'), tiers: z.array(z.enum(TIERS)).min(1).max(3), above: share }),
  /** The total of the weighed harm is above the limit. */
  z.strictObject({ kind: z.literal('harm'), limit: share }),
]);
export type Condition = z.infer<typeof conditionSchema>;
export type ConditionKind = Condition['kind'];
export const CONDITION_KINDS: readonly ConditionKind[] = conditionSchema.options.map(
  ({ shape }) => shape.kind.value satisfies ConditionKind,
);

/** `weigh`: approves up to a limit and refuses above it. The one article that grants; the others only object. */
export const CONSEQUENCES = ['refuse', 'ask-human', 'weigh'] as const;

const articleSchema = z.strictObject({
  ...named,
  consequence: z.enum(CONSEQUENCES),
  condition: conditionSchema,
});
export type Article = z.infer<typeof articleSchema>;

const remedyHarmSchema = z.strictObject({
  /** Share of the calls answered well now that feel it, beside replicas that it takes away. */
  touches: share,
  /** How much of it cannot be taken back, on a service without and with state. */
  loses: share,
  losesState: share,
  /** What stays to be paid for or undone afterwards. */
  lasts: share,
});

const harmSchema = z.strictObject({
  weights: z.strictObject({ userHarm: share, systemicImpact: share, irreversibility: share, longTermCost: share }),
  tiers: z.record(z.enum(TIERS), share),
  /** Long-term cost of each failed action on the same service within the window. */
  repeat: z.strictObject({ windowS: seconds, cost: share }),
  remedies: z.record(z.enum(ASKED), remedyHarmSchema),
});
export type HarmRules = z.infer<typeof harmSchema>;

const approvalSchema = z.strictObject({
  answerWithinS: seconds,
  usableS: seconds,
  openMax: count,
});
export type ApprovalRules = z.infer<typeof approvalSchema>;

export const constitutionSchema = z.strictObject({
  schemaVersion: z.literal(CONSTITUTION_SCHEMA_VERSION),
  /** Raised with every change of the content. */
  edition: z.int().min(1),
  /** Cited where no article can be applied. */
  otherwise: z.strictObject({ ...named, answerWithinMs: z.int().min(1).max(600_000) }),
  approval: approvalSchema,
  harm: harmSchema,
  /** In the order in which they are cited. */
  articles: z.array(articleSchema).min(1).max(100),
});
export type Constitution = z.infer<typeof constitutionSchema>;

/** One thing wrong, and the path of keys to it. */
export interface ConstitutionProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * What is wrong between the fields of a constitution; `value` is raw data of any shape, as zod skips refinements once the shape
 * is wrong and a reader wants all problems at once. A kind that no article has is a problem: what the file is silent about would
 * be allowed, and nobody would notice.
 */
export function crossCheckConstitution(value: unknown): ConstitutionProblem[] {
  const articles = Array.isArray(at(value, 'articles')) ? (at(value, 'articles') as unknown[]) : [];
  const ids = [at(at(value, 'otherwise'), 'id'), ...articles.map((article) => at(article, 'id'))];
  const kinds = articles.map((article) => at(at(article, 'condition'), 'kind'));
  const problems: ConstitutionProblem[] = [];
  articles.forEach((article, index) => {
    const id = ids[index + 1];
    if (typeof id === 'string' && ids.indexOf(id) <= index)
      problems.push({ path: ['articles', index, 'id'], message: `${id} is there twice` });
    const consequence = at(article, 'consequence');
    if (kinds[index] === 'harm' && consequence !== 'weigh')
      problems.push({ path: ['articles', index, 'consequence'], message: 'harm is weighed: weigh' });
    if (kinds[index] !== 'harm' && consequence === 'weigh')
      problems.push({ path: ['articles', index, 'consequence'], message: 'only harm is weighed: refuse or ask-human' });
  });
  const levels = articles.map((article) => at(at(article, 'condition'), 'level'));
  const missing = [
    ...CONDITION_KINDS.filter((kind) => !kinds.includes(kind)).map((kind) => `of kind ${kind}`),
    ...LEVELS.filter((level) => !levels.includes(level)).map((level) => `for simultaneous change at level ${level}`),
  ];
  if (articles.length > 0 && missing.length > 0)
    problems.push({ path: ['articles'], message: `no article ${missing.join(', none ')}` });
  if (kinds.filter((kind) => kind === 'harm').length > 1)
    problems.push({ path: ['articles'], message: 'more than one article of kind harm' });
  const weights = Object.values(Object(at(at(value, 'harm'), 'weights')) as object);
  const sum = weights.reduce<number>((total, weight) => total + Number(weight), 0);
  if (weights.length > 0 && Math.abs(sum - 1) > ROUNDING)
    problems.push({ path: ['harm', 'weights'], message: `they sum to ${sum}, not to 1` });
  return problems;
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
