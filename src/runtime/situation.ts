/** What a lesson says of the moment: how a service stood, and what healix had in mind for it. */
import { HEALTH_STATUSES, ISSUES, type Issue } from '../../strategies/contract.ts';
import { findIssues } from '../../strategies/issues.ts';
import type { HumanWord, Waiting } from './approvals.ts';
import { type HybridMemory, hasAgents } from './coordination/team-memory.ts';
import { HISTORY_MAX, type HistoryRow } from './history.ts';
import { type HealerMemory, type InUse, isFleetMemory } from './in-use.ts';
import { CHOICES, type Chosen, type Lesson, WINDOW_MS_MIN } from './lesson.ts';
import type { Setup, Site } from './site.ts';

type Told = Pick<Lesson, 'situation' | 'windowMs'>;

/** What a human's answer teaches; null for a healer that keeps no record of services. */
export function answerLesson(
  setup: Setup,
  inUse: InUse,
  { isApproved, by }: HumanWord,
  waiting: Waiting,
  atMs: number,
): Chosen | null {
  const told = situationOf(setup, inUse, waiting.service, waiting.evidence.symptoms);
  if (told === null) return null;
  const { action, replica, evidence } = waiting;
  const { askedBy } = evidence;
  const who = askedBy.kind === 'policy' ? `the policy for tier ${askedBy.tier}` : `article ${askedBy.article}`;
  const wanted = { kind: 'action', action, replica, why: `${who} leaves it to a human` } as const;
  return { ...told, atMs, wanted, chosen: { kind: isApproved ? 'approve' : 'deny', by } };
}

/** What an order teaches: nothing while all is well with the service, and with what agents look after. */
export function orderLesson(
  setup: Setup,
  { inUse, history }: Pick<Site, 'inUse' | 'history'>,
  service: string,
  { order, by }: { readonly order: string; readonly by: string },
  atMs: number,
): Chosen | null {
  const kind = CHOICES.find((choice) => choice === order);
  const rows = history
    .last(HISTORY_MAX)
    .flatMap((row) => (row.kind === 'action' && row.service === service ? [row] : []));
  const underWay = rows
    .filter(({ result, cause }) => result === 'open' && cause !== 'command')
    .map(({ cause }) => cause);
  const told = kind === undefined ? null : situationOf(setup, inUse, service, underWay);
  if (kind === undefined || told === null) return null;
  const { status, symptoms } = told.situation;
  const isWell = status === 'healthy' && symptoms.length + underWay.length === 0;
  if (isWell && incidentOf(setup.memory) === null) return null;
  return { ...told, atMs, wanted: wantedFor(setup, service, rows, atMs), chosen: { kind, by } };
}

export function incidentOf(memory: HealerMemory): HybridMemory['agents']['incident'] {
  return hasAgents(memory) ? memory.agents.incident : null;
}

/** `told`: what is said of its symptoms beside those that hold now; the names of others are no symptoms. */
function situationOf({ config, memory }: Setup, inUse: InUse, service: string, told: readonly string[]): Told | null {
  const index = config.services.findIndex(({ id }) => id === service);
  const known = isFleetMemory(memory) ? memory.services[index] : undefined;
  if (known === undefined || inUse.kind !== 'strategy') return null;
  const { tier } = config.services[index]!;
  const verifyS = Math.max(inUse.strategy.tiers[tier].pacing.verifyS, config.policies[tier].verifyS ?? 0);
  const { detection } = inUse.strategy;
  const { clear, windowS } = detection;
  const symptoms = unique([...findIssues(detection, known).map(({ issue }) => issue), ...told]);
  const [first] = incidentOf(memory)?.causes ?? [];
  const cause = first === undefined ? null : { cause: first.cause, score: first.score, reasons: first.reasons };
  return {
    situation: { service, tier, status: HEALTH_STATUSES[known.status]!, symptoms, cause },
    // To verify it, and then as many good windows as it takes to count as well.
    windowMs: Math.max(WINDOW_MS_MIN, (verifyS + clear * windowS) * 1000),
  };
}

/** What is known of healix's intentions when nobody was asked: a hold, or the last it did in this trouble. */
function wantedFor(
  { memory, config }: Setup,
  service: string,
  rows: readonly Extract<HistoryRow, { kind: 'action' }>[],
  nowMs: number,
): Lesson['wanted'] {
  const index = config.services.findIndex(({ id }) => id === service);
  const none = { action: null, replica: -1 } as const;
  const holds = hasAgents(memory) ? memory.agents.holds : [];
  const hold = holds.find((one) => one.service === index && one.untilMs > nowMs);
  if (hold !== undefined) return { ...none, kind: 'wait', why: `its cause is elsewhere: ${hold.reason}` };
  const sinceMs = isFleetMemory(memory) ? memory.services[index]!.episode.startedAtMs : 0;
  const last = rows.findLast(({ cause }) => cause !== 'command');
  if (last === undefined || last.atMs < sinceMs) return { ...none, kind: 'nothing', why: 'no remedy was due yet' };
  const why = `${last.cause}: ${last.reason}; ${last.result}`;
  return { kind: 'action', action: last.action, replica: last.replica, why };
}

function unique(symptoms: readonly string[]): readonly Issue[] {
  return ISSUES.filter((issue) => symptoms.includes(issue));
}
