/**
 * Follows the blame to where it ends. Each trouble hands its votes on to those it blames; what comes to a cause stays there. That is an
 * absorbing random walk over the dependency graph, as in MonitorRank (Kim, Sumbaly, Shah, SIGMETRICS 2013), whose walk never ends;
 * here the end is the answer. Retries make circles, so it is iterated.
 */
import { unreachable } from '../contract.ts';
import type { Link } from './cause-links.ts';
import type { Trouble } from './cause-trouble.ts';
import type { CauseOf } from './messages.ts';

/** Votes still on their way after as many steps, or below this share of all, are given up. */
const STEPS_MAX = 200;
const REST_MAX = 1e-6;

export interface Charge {
  readonly cause: CauseOf;
  /** Share of all votes, 0..1. */
  readonly score: number;
}

/** All causes that are blamed, the gravest first; equal ones by kind and index. */
export function chargesOf(troubles: readonly Trouble[], blame: readonly (readonly Link[])[]): readonly Charge[] {
  const scores = new Map<string, { readonly cause: CauseOf; score: number }>();
  const ends = blame.map((links) =>
    links.flatMap(({ to, weight }) => {
      if (to.kind !== 'cause') return [];
      const key = keyOf(to.cause);
      const charge = scores.get(key) ?? { cause: to.cause, score: 0 };
      scores.set(key, charge);
      return [{ charge, weight }];
    }),
  );
  const total = troubles.reduce((sum, { amount }) => sum + amount, 0);
  let votes = troubles.map(({ amount }) => amount / total);
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const next = votes.map(() => 0);
    let rest = 0;
    votes.forEach((vote, at) => {
      if (vote === 0) return;
      for (const { charge, weight } of ends[at]!) charge.score += vote * weight;
      for (const { to, weight } of blame[at]!) {
        if (to.kind !== 'trouble') continue;
        next[to.at]! += vote * weight;
        rest += vote * weight;
      }
    });
    votes = next;
    if (rest < REST_MAX) break;
  }
  return [...scores]
    .sort(([a, { score: ofA }], [b, { score: ofB }]) => ofB - ofA || (a < b ? -1 : 1))
    .map(([, { cause, score }]) => ({ cause, score: Math.min(1, score) }));
}

/** For each trouble, the share of its votes that ends at the cause. */
export function sharesOf(blame: readonly (readonly Link[])[], cause: CauseOf): readonly number[] {
  const key = keyOf(cause);
  const direct = blame.map((links) =>
    links.reduce((sum, { to, weight }) => (to.kind === 'cause' && keyOf(to.cause) === key ? sum + weight : sum), 0),
  );
  let shares = direct;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const last = shares;
    let moved = 0;
    shares = blame.map((links, at) => {
      let share = direct[at]!;
      for (const { to, weight } of links) if (to.kind === 'trouble') share += weight * last[to.at]!;
      moved = Math.max(moved, share - last[at]!);
      return share;
    });
    if (moved < REST_MAX) break;
  }
  return shares;
}

/** Sorts by kind, then by index. */
function keyOf(cause: CauseOf): string {
  switch (cause.kind) {
    case 'service':
      return `1 ${padded(cause.service)}`;
    case 'host':
      return `2 ${padded(cause.host)}`;
    case 'connection':
      return `3 ${padded(cause.caller)} ${padded(cause.callee)}`;
    case 'load':
      return `4 ${padded(cause.service)}`;
    default:
      return unreachable(cause);
  }
}

function padded(index: number): string {
  return String(index).padStart(9, '0');
}
