/** Self-healing for the services of a Node process by a strategy pack, with the step that was bred: alone, or together. */
import type { Constitution } from '../../strategies/coordinate/constitution.ts';
import type { Level } from '../../strategies/coordinate/coordination.ts';
import type { FleetSelfHealing, SelfHealing } from './self-healing/face.ts';
import { Fleet, type FleetOptions } from './self-healing/fleet.ts';
import type { ServiceOptions } from './self-healing/options.ts';

/** What a service that heals alone needs. */
export type BasicOptions = Omit<FleetOptions, 'level' | 'constitution'> & ServiceOptions;
/** What one that heals together with others needs besides: what its agents are judged by, see `loadConstitution`. */
export type CoordinatedOptions = BasicOptions & { readonly constitution: Constitution };

/**
 * One service that heals itself: calls go through `execute`; `heal` (or `fleet.startMonitoring`) looks, decides by the pack's strategy
 * and acts through your handlers, within the guard's limits.
 * @throws HealixError `bad-settings` naming every problem.
 */
export function createBasicSelfHealing(id: string, options: BasicOptions = {}): SelfHealing {
  return createAt('basic', undefined, id, options);
}

/**
 * The same at level advanced: alone, and together with the other services of its fleet where that does not suffice. Others join by
 * `fleet.registerService`, before the first look.
 * @throws HealixError `bad-settings` naming every problem.
 */
export function createAdvancedSelfHealing(id: string, { constitution, ...options }: CoordinatedOptions): SelfHealing {
  return createAt('advanced', constitution, id, options);
}

/**
 * The same at level full: every trouble is everybody's.
 * @throws HealixError `bad-settings` naming every problem.
 */
export function createFullSelfHealing(id: string, { constitution, ...options }: CoordinatedOptions): SelfHealing {
  return createAt('full', constitution, id, options);
}

/** Several services under one strategy, one guard and one journal; see `registerService`. */
export function createFleetSelfHealing(options: FleetOptions = {}): FleetSelfHealing {
  return new Fleet(options);
}

function createAt(
  level: Level,
  constitution: Constitution | undefined,
  id: string,
  options: BasicOptions,
): SelfHealing {
  const { pack, journal, clock, seed, guard, everyMs, ...service } = options;
  const fleet = { pack, journal, clock, seed, guard, everyMs, level, constitution };
  return createFleetSelfHealing(fleet).registerService(id, service);
}
