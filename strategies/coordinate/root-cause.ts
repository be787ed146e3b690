/** prototype */
import type { Roster } from '../contract.ts';
import { type Blame, blameOf } from './cause-blame.ts';
import { type Trouble, troubleOf } from './cause-symptoms.ts';
import { settle } from './cause-walk.ts';
import type { Evidence, RankedCause } from './messages.ts';
export type PlacedRoster = Roster & { readonly hosts?: readonly (readonly number[])[] };
export function rankCauses(roster: PlacedRoster, evidence: readonly Evidence[], atMs: number): readonly RankedCause[] {
  const troubles: Trouble[] = [];
  for (const e of [...evidence].sort((a, b) => a.service - b.service)) {
    const t = troubleOf(e);
    if (t) troubles.push(t);
  }
  const blame: Blame = blameOf(roster, troubles);
  return settle(roster, troubles, blame).map((c) => ({ ...c, reasons: [] }));
}
