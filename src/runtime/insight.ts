/** What is known of the services besides their status, for those who want to see why. */
import type { ActionKind, Roster } from '../../strategies/contract.ts';
import type { Refusal } from '../../strategies/guard.ts';
import { LONG_AGO } from '../../strategies/memory.ts';
import { isFleetMemory } from './in-use.ts';
import type { Setup, Site } from './site.ts';
import type { RequestTotals } from './traffic-totals.ts';

export interface Insight {
  readonly roster: Roster;
  /** The last refusals of the guard, oldest first; the list that it writes to, not a copy. */
  readonly refusals: readonly Refusal[];
  /** Requests at a service's gateway since it was opened; null without a gateway. */
  requests(service: string): RequestTotals | null;
  /** What can be done to a service at all. */
  can(service: string): ReadonlySet<ActionKind>;
  /** Its replicas are left alone until then, as the cause of its trouble is elsewhere; long ago when they are not. */
  heldUntilMs(index: number): number;
}

export function insightOf({ traffic, actuator }: Site, { roster, memory }: Setup): Insight {
  return {
    roster,
    refusals: memory.guard.refusals,
    requests: (service) => traffic.requests(service),
    can: (service) => actuator.can(service),
    heldUntilMs: (index) => (isFleetMemory(memory) ? memory.services[index]!.heldUntilMs : LONG_AGO),
  };
}
