/** Weighs the harm that an action may do: to users, through the fleet, for good, and later. Every number is the constitution's. */
import type { Constitution, HarmRules } from './constitution.ts';
import type { Harm, HarmScore } from './messages.ts';
import { type ReviewFacts, replicasTaken } from './overseer-facts.ts';

/** For an action that nobody knows, or facts that say nothing. */
export const WORST_HARM: HarmScore = {
  userHarm: 1,
  systemicImpact: 1,
  irreversibility: 1,
  longTermCost: 1,
  total: 1,
};

export function weighHarm({ harm: rules }: Constitution, facts: ReviewFacts): HarmScore {
  const { task, entry, traits, heldOut } = facts;
  const remedy = rulesOf(rules, task.remedy);
  if (remedy === undefined) return WORST_HARM;
  const radius = radiusOf(rules, facts);
  const inMotion = (heldOut.fleet.out + replicasTaken(facts)) / heldOut.fleet.all;
  const harm = {
    userHarm: rules.tiers[entry.tier] * traits.usersShare * radius,
    systemicImpact: Math.min(1, radius * traits.dependentsShare + inMotion),
    irreversibility: traits.stateful ? remedy.losesState : remedy.loses,
    longTermCost: Math.min(1, remedy.lasts + rules.repeat.cost * failuresHere(rules, facts)),
  };
  return { ...harm, total: totalHarm(rules.weights, harm) };
}

/** The mean of the components by weights that sum to 1: grows with each of them, and stays within 0..1. */
export function totalHarm(weights: HarmRules['weights'], harm: Harm): number {
  const sum =
    weights.userHarm * harm.userHarm +
    weights.systemicImpact * harm.systemicImpact +
    weights.irreversibility * harm.irreversibility +
    weights.longTermCost * harm.longTermCost;
  return Math.min(1, sum);
}

/**
 * Share of what the service still serves that the action takes away. A bid may say that it is more, never that it is less than what
 * the overseer counts: the replica taken of those ready, or the share of calls answered well that such an action touches.
 */
export function radiusOf(rules: HarmRules, facts: ReviewFacts): number {
  const { ready, served, task, blastRadius } = facts;
  const taken = ready === 0 ? 0 : Math.min(1, replicasTaken(facts) / ready);
  const touches = rulesOf(rules, task.remedy)?.touches ?? 1;
  return Math.max(blastRadius, taken, ready === 0 ? 0 : touches * served);
}

/** Failed actions on the same service lately. A time ahead of the overseer's clock counts, too. */
function failuresHere({ repeat }: HarmRules, { failed, task, atMs }: ReviewFacts): number {
  const sinceMs = atMs - repeat.windowS * 1000;
  return failed.filter((failure) => failure.service === task.service && failure.atMs > sinceMs).length;
}

function rulesOf(rules: HarmRules, remedy: string): HarmRules['remedies'][keyof HarmRules['remedies']] | undefined {
  return Object.hasOwn(rules.remedies, remedy) ? rules.remedies[remedy as keyof HarmRules['remedies']] : undefined;
}
