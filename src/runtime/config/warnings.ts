/** What is legal in a config and yet keeps healix from healing: the minimum of healthy replicas against how many there are. */
import type { GuardLimits } from '../../../strategies/contract.ts';
import type { ConfigShape } from './schema.ts';

/**
 * The minimum of healthy replicas for a file that does not name one. A service on one replica could never be restarted while it still
 * serves, however slow or failing, if one replica always had to stay: then it is 0. For services of two and more that changes nothing,
 * as the disabled share below 1 lets no action take the last serving replica anyway.
 */
export function minHealthyOf({ guard, services }: ConfigShape): number {
  if (guard.minHealthy !== undefined) return guard.minHealthy;
  return guard.maxDisabledShare < 1 && services.some(({ replicas }) => replicas.min === 1) ? 0 : 1;
}

/** One line for each thing that the user may not have meant, with what to do about it. */
export function warningsOf({ services }: ConfigShape, { minHealthy, protected: untouched }: GuardLimits): string[] {
  const stuck = services.filter(({ id, replicas }) => replicas.start <= minHealthy && !untouched.includes(id));
  return stuck.map(({ id, replicas }) => {
    const count = replicas.start === 1 ? 'its one replica' : `its ${replicas.start} replicas`;
    const must = `guard.minHealthy says that ${minHealthy} must stay`;
    return `${id}: ${count} cannot be restarted while slow or failing, as ${must}: lower it, or run more replicas`;
  });
}
