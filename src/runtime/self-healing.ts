/** Self-healing for the services of a Node process, level basic: alone, by a strategy pack, with the step that was bred. */
import type { FleetSelfHealing, SelfHealing } from './self-healing/face.ts';
import { Fleet, type FleetOptions } from './self-healing/fleet.ts';
import type { ServiceOptions } from './self-healing/options.ts';

export type BasicOptions = FleetOptions & ServiceOptions;

/**
 * One service that heals itself: calls go through `execute`; `heal` (or `fleet.startMonitoring`) looks, decides by the pack's strategy
 * and acts through your handlers, within the guard's limits.
 * @throws HealixError `bad-settings` naming every problem.
 */
export function createBasicSelfHealing(id: string, options: BasicOptions = {}): SelfHealing {
  const { pack, journal, clock, seed, guard, everyMs, ...service } = options;
  return createFleetSelfHealing({ pack, journal, clock, seed, guard, everyMs }).registerService(id, service);
}

/** Several services under one strategy, one guard and one journal; see `registerService`. */
export function createFleetSelfHealing(options: FleetOptions = {}): FleetSelfHealing {
  return new Fleet(options);
}
