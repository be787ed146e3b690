/** What can be done to a service as it stands: what it was set up for, and what there is something to be done about. */
import type { Action } from '../strategies/contract.ts';
import { NOBODY, type World } from './world.ts';

/** Whether an effector would begin this; if not, the runtime's actuators answer `unsupported`. The guard is asked before. */
export function canDo(world: World, { service, kind }: Action): boolean {
  if (world.plan.cannot[service]!.has(kind)) return false;
  if (kind === 'rollback') return world.hasEarlierRelease[service] === 1;
  // A repair that did not help may help the second time.
  return kind !== 'repair-config' || world.configDiffers[service] === 1 || world.badConfigBy[service] !== NOBODY;
}
