/** What the overseer knows when it judges an action, and whether that is complete and makes sense. */
import { z } from 'zod';
import {
  ACTION_FACTS,
  type ActionFacts,
  type ActionKind,
  type GuardLimits,
  REMEDIES,
  type Remedy,
  type RosterEntry,
  TIERS,
  WHOLE_SERVICE,
} from '../contract.ts';
import type { AgentId, Task, ToldFacts } from './messages.ts';

/** Failures told at most; a coordinator that has more tells the newest. */
export const FAILED_TOLD_MAX = 256;
/** Alternatives told at most: there are no more remedies. */
const ALTERNATIVES_MAX = 12;

/** Problems of one set of facts put into words; the rest are counted. */
const PROBLEMS_SAID = 4;

/** What is known of a service for good, beside its roster entry; from the fleet file or the runtime's configuration. */
export interface ServiceTraits {
  /** Keeps users' data that a stop or another release may lose. */
  readonly stateful: boolean;
  /** An auto-scaler sets the number of its replicas. */
  readonly autoscaled: boolean;
  /** Share of the fleet's users whose requests come by here, 0..1. */
  readonly usersShare: number;
  /** Share of the fleet's other services that call it, directly or through others, 0..1. */
  readonly dependentsShare: number;
}

/** All that `review` looks at: what the coordinator told, and what the overseer looked up by itself. */
export interface ReviewFacts extends ToldFacts {
  readonly atMs: number;
  readonly reviewer: AgentId;
  readonly task: Task;
  /** The one field of the bid that counts. */
  readonly blastRadius: number;
  readonly entry: RosterEntry;
  readonly guard: GuardLimits;
  readonly traits: ServiceTraits;
  /** Until when agents are switched off by earlier reviews, or `LONG_AGO`. */
  readonly offUntilMs: number;
}

/** An action that nobody knows is taken for the worst there is. */
const UNKNOWN_ACTION: ActionFacts = {
  scope: 'either',
  disruption: 5,
  expectedS: 0,
  undoable: false,
  disables: true,
  words: 'do something unknown',
};

const share = z.number().min(0).max(1);
const count = z.int().min(0);
const slot = z.int().min(WHOLE_SERVICE);
const remedy = z.string().max(100);
const agent = z.string().refine(isAgent, 'no agent');
const heldOut = z
  .strictObject({ out: count, all: z.int().min(1) })
  .refine(({ out, all }) => out <= all, 'more than all');

/** Zod's numbers are finite, so NaN, Infinity and the null that JSON makes of them are missing facts. */
const factsSchema = z
  .strictObject({
    proposer: agent,
    present: count,
    ready: count,
    served: share,
    target: z.enum(['serving', 'failing', 'dead', 'service']),
    heldOut: z.strictObject({ service: heldOut, host: heldOut.nullable(), fleet: heldOut }),
    benefit: share,
    alternatives: z.array(z.strictObject({ remedy, replica: slot, benefit: share })).max(ALTERNATIVES_MAX),
    failed: z.array(z.strictObject({ atMs: z.number(), service: count })).max(FAILED_TOLD_MAX),
    underHold: z.boolean(),
    atMs: z.number(),
    reviewer: agent,
    task: z.object({
      id: z.int(),
      incident: z.int(),
      service: count,
      remedy,
      replica: slot,
      reason: z.string().max(2000),
    }),
    blastRadius: share,
    entry: z.object({ id: z.string(), tier: z.enum(TIERS), replicasMax: count }),
    guard: z.object({ minHealthy: count, protected: z.array(z.string()) }),
    traits: z.strictObject({
      stateful: z.boolean(),
      autoscaled: z.boolean(),
      usersShare: share,
      dependentsShare: share,
    }),
    offUntilMs: z.number(),
  })
  .superRefine((facts, context) => {
    const say = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    const { task, target } = facts;
    if (facts.ready > facts.present) say('ready', 'more than are present');
    if (target === 'serving' && facts.ready === 0) say('target', 'serves, though none is ready');
    if ((target === 'service') !== (task.replica === WHOLE_SERVICE)) say('target', 'is not what the task acts on');
    if (task.replica >= facts.entry.replicasMax) say('task', `no slot ${task.replica}`);
    if (actionFactsOf(task.remedy).scope === 'replica' && task.replica === WHOLE_SERVICE)
      say('task', 'needs a replica');
  });

/** Whether agents have such a name. Humans have others. */
export function isAgent(name: string): name is AgentId {
  return /^(?:(?:monitor|healer)\/\d+|diagnoser|coordinator|overseer)$/.test(name);
}

/** Null when the facts are complete and make sense, else what is wrong with them. Trusts nothing of their type. */
export function factsProblem(facts: unknown): string | null {
  const parsed = factsSchema.safeParse(facts);
  if (parsed.success) return null;
  const { issues } = parsed.error;
  const said = issues.slice(0, PROBLEMS_SAID).map(({ path, message }) => `${path.join('.') || 'facts'}: ${message}`);
  return issues.length > PROBLEMS_SAID
    ? `${said.join('; ')} and ${issues.length - PROBLEMS_SAID} more`
    : said.join('; ');
}

/** What a remedy declares of itself; of an unknown one the worst is assumed. */
export function actionFactsOf(remedy: string): ActionFacts {
  return isKnown(remedy) ? ACTION_FACTS[kindOf(remedy)] : UNKNOWN_ACTION;
}

/** Whether the contract has such a remedy and it does something. */
export function isKnown(remedy: string): remedy is Exclude<Remedy, 'wait'> {
  return remedy !== 'wait' && REMEDIES.some((known) => known === remedy);
}

/** What kind of action carries a remedy out. */
export function kindOf(remedy: Exclude<Remedy, 'wait'>): ActionKind {
  return remedy === 'restart-graceful' || remedy === 'restart-hard' ? 'restart' : remedy;
}

/** Serving replicas that the action takes away: a whole service's action that takes one away may pick a serving one. */
export function replicasTaken({ task, target }: ReviewFacts): number {
  return actionFactsOf(task.remedy).disables && (target === 'serving' || target === 'service') ? 1 : 0;
}
