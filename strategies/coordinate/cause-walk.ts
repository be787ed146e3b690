import type { Roster } from '../contract.ts';
import type { Blame } from './cause-blame.ts';
import type { Trouble } from './cause-symptoms.ts';
import type { CauseOf } from './messages.ts';
export function settle(
  _roster: Roster,
  troubles: readonly Trouble[],
  blame: Blame,
): { cause: CauseOf; score: number; victims: number[] }[] {
  const n = troubles.length;
  let x = troubles.map((t) => t.amount);
  const total = x.reduce((a, b) => a + b, 0);
  const mass = blame.causes.map(() => 0);
  for (let k = 0; k < 300; k++) {
    const next = new Array(n).fill(0);
    for (let v = 0; v < n; v++) {
      for (const [c, w] of blame.ends[v]!) mass[c]! += x[v]! * w;
      for (const [u, w] of blame.passes[v]!) next[u] += x[v]! * w;
    }
    x = next;
  }
  return blame.causes
    .map((cause, c) => ({ cause, score: mass[c]! / total, victims: [] }))
    .sort((a, b) => b.score - a.score);
}
