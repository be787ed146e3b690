/** When an article objects: what each kind of condition asks of the facts. Pure, and nothing else decides. */
import { unreachable } from '../contract.ts';
import { LONG_AGO } from '../memory.ts';
import type { Article, Condition, Constitution } from './constitution.ts';
import { radiusOf, weighHarm } from './harm.ts';
import type { Alternative, HeldOut } from './messages.ts';
import { actionFactsOf, type ReviewFacts, replicasTaken } from './overseer-facts.ts';

/** So that a share such as 1/3 of 3 is one replica whatever the rounding, as in the guard. */
const ROUNDING = 1e-9;

/** An article that stands against the action, and why here. */
export interface Objection {
  readonly article: Article;
  readonly reason: string;
}

/** All articles that object, in their order. */
export function objections(constitution: Constitution, facts: ReviewFacts): Objection[] {
  return constitution.articles.flatMap((article) => {
    const reason = objection(constitution, article.condition, facts);
    return reason === null ? [] : [{ article, reason }];
  });
}

/** Until when too many failures switch the agents off; `LONG_AGO` if they do not. */
export function offUntil(constitution: Constitution, { failed, atMs, offUntilMs }: ReviewFacts): number {
  return constitution.articles.reduce(
    (latest, { condition }) =>
      condition.kind === 'failures' ? Math.max(latest, offUntilMs, offAfter(condition, failed, atMs)) : latest,
    LONG_AGO,
  );
}

/** Why the condition holds, in words, or null when it does not. */
function objection(constitution: Constitution, condition: Condition, facts: ReviewFacts): string | null {
  const { task, entry, traits, heldOut } = facts;
  const names = (remedies: readonly string[]): boolean => remedies.includes(task.remedy);
  switch (condition.kind) {
    case 'unlisted-action':
      return names(condition.remedies) ? null : `${task.remedy} is not on the list.`;
    case 'self-approval':
      return facts.proposer === facts.reviewer ? `${facts.proposer} proposes it.` : null;
    case 'failures': {
      const untilMs = Math.max(facts.offUntilMs, offAfter(condition, facts.failed, facts.atMs));
      if (facts.atMs >= untilMs) return null;
      return `Agents are switched off for ${Math.ceil((untilMs - facts.atMs) / 1000)} s more.`;
    }
    case 'protected-service':
      return facts.guard.protected.includes(entry.id) ? `${entry.id} is protected.` : null;
    case 'state-at-risk':
      if (!traits.stateful || !names(condition.remedies)) return null;
      if (facts.target === 'dead' && actionFactsOf(task.remedy).scope === 'replica') return null;
      return `${entry.id} keeps state that ${task.remedy} may lose.`;
    case 'quorum':
      return brokenQuorum(condition.majorityFrom, facts);
    case 'simultaneous-change':
      return tooMuchAtOnce(condition, heldOut[condition.level], replicasTaken(facts));
    case 'healed-elsewhere':
      return facts.underHold ? `The cause of what ails ${entry.id} is being healed.` : null;
    case 'autoscaled':
      return traits.autoscaled && names(condition.remedies) ? `${entry.id} has an auto-scaler.` : null;
    case 'irreversible': {
      if (actionFactsOf(task.remedy).undoable) return null;
      const better = facts.alternatives.find((other) => isPreferred(constitution, condition.margin, other, facts));
      return better === undefined ? null : `${better.remedy} can be undone and promises ${figure(better.benefit)}.`;
    }
    case 'blast-radius': {
      const radius = radiusOf(constitution.harm, facts);
      if (!condition.tiers.includes(entry.tier) || radius <= condition.above) return null;
      return `It takes ${figure(radius)} of what ${entry.id} (${entry.tier}) serves.`;
    }
    case 'harm': {
      const { total } = weighHarm(constitution, facts);
      return total <= condition.limit ? null : `Harm ${figure(total)} is above ${figure(condition.limit)}.`;
    }
    default:
      return unreachable(condition);
  }
}

function brokenQuorum(majorityFrom: number, facts: ReviewFacts): string | null {
  const taken = replicasTaken(facts);
  const { present, ready, guard } = facts;
  const majority = present >= majorityFrom ? Math.floor(present / 2) + 1 : 0;
  const needed = Math.max(guard.minHealthy, majority);
  if (taken === 0 || ready - taken >= needed) return null;
  return `${Math.max(0, ready - taken)} of ${present} replicas would stay, ${needed} must.`;
}

function tooMuchAtOnce(
  { level, shareMax }: Extract<Condition, { kind: 'simultaneous-change' }>,
  held: HeldOut | null,
  taken: number,
): string | null {
  if (held === null || taken === 0) return null;
  const outMax = Math.max(1, Math.floor(shareMax * held.all + ROUNDING));
  const out = held.out + taken;
  return out <= outMax ? null : `${out} of ${held.all} replicas of the ${level} would be held out, ${outMax} may.`;
}

/**
 * Whether the alternative can be undone, disturbs no more, helps about as much, and no other article stands against it: what agents
 * may not do anyway is no reason to forbid what they may.
 */
function isPreferred(constitution: Constitution, margin: number, other: Alternative, facts: ReviewFacts): boolean {
  const { undoable, disruption } = actionFactsOf(other.remedy);
  if (!undoable || disruption > actionFactsOf(facts.task.remedy).disruption) return false;
  if (other.benefit < facts.benefit - margin) return false;
  return objections(constitution, insteadOf(facts, other)).length === 0;
}

/** The facts if the alternative were the task. Of another replica than the task's it is assumed that it serves. */
function insteadOf(facts: ReviewFacts, { remedy, replica }: Alternative): ReviewFacts {
  const target = replica < 0 ? 'service' : replica === facts.task.replica ? facts.target : 'serving';
  const task = { ...facts.task, remedy: remedy as ReviewFacts['task']['remedy'], replica };
  return { ...facts, task, target, blastRadius: 0 };
}

/** The latest end of a shutdown: `offS` after any failure that was the last of `failuresMax` within the window. */
function offAfter(
  { failuresMax, windowS, offS }: Extract<Condition, { kind: 'failures' }>,
  failed: ReviewFacts['failed'],
  nowMs: number,
): number {
  // A clock ahead of the overseer's must not switch the agents off for longer than the article says.
  const times = failed.map(({ atMs }) => Math.min(atMs, nowMs)).sort((a, b) => a - b);
  for (let last = times.length - 1; last >= failuresMax - 1; last--)
    if (times[last - failuresMax + 1]! > times[last]! - windowS * 1000) return times[last]! + offS * 1000;
  return LONG_AGO;
}

function figure(share: number): string {
  return share.toFixed(2);
}
