/** Harm against what it costs to avoid it: who is beaten by nobody in both. */
import type { TrialResult } from '../../../sim/score.ts';
import type { Field } from './field.ts';

export interface FrontPoint {
  readonly name: string;
  readonly role: 'champion' | 'rival' | 'oracle' | 'finalist' | 'other';
  readonly lostUserMinutes: number;
  readonly actions: number;
  readonly replicaHours: number;
}

/** What a front is drawn against. */
export type Cost = 'actions' | 'replicaHours';

/** All strategies of the comparison, and finalists of the final race by their results on the same scenarios. */
export function frontPoints(field: Field, finalists: readonly (readonly TrialResult[])[]): readonly FrontPoint[] {
  const { champion, rival, ranked } = field;
  const own = ranked.map(({ name, kind, lostUserMinutes, actions, replicaHours }): FrontPoint => {
    const role =
      name === champion.name ? 'champion' : name === rival?.name ? 'rival' : kind === 'oracle' ? 'oracle' : 'other';
    return { name, role, lostUserMinutes: lostUserMinutes.mean, actions, replicaHours };
  });
  const others = finalists.map((results, index): FrontPoint => {
    const mean = (pick: (result: TrialResult) => number): number =>
      Number((results.reduce((sum, result) => sum + pick(result), 0) / results.length).toPrecision(6));
    return {
      name: `finalist ${index + 2}`,
      role: 'finalist',
      lostUserMinutes: mean(({ lostUserMinutes }) => lostUserMinutes),
      actions: mean(({ actions }) => actions),
      replicaHours: mean(({ replicaHours }) => replicaHours),
    };
  });
  return [...own, ...others];
}

/**
 * Those that no other beats in one of harm and cost without being worse in the other. The oracle, which sees the truth, is no
 * strategy that one could choose, so it beats nobody.
 */
export function undominated(points: readonly FrontPoint[], cost: Cost): readonly FrontPoint[] {
  const choices = points.filter(({ role }) => role !== 'oracle');
  return choices
    .filter((point) => !choices.some((other) => dominates(other, point, cost)))
    .toSorted((a, b) => a[cost] - b[cost]);
}

function dominates(a: FrontPoint, b: FrontPoint, cost: Cost): boolean {
  const isNoWorse = a.lostUserMinutes <= b.lostUserMinutes && a[cost] <= b[cost];
  return isNoWorse && (a.lostUserMinutes < b.lostUserMinutes || a[cost] < b[cost]);
}
