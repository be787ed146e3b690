/** Looks at what is known of a service's dependencies by their own probes: costs no call, and says nothing of the way there. */
import { judgeDependencies } from './judge.ts';
import { blind, type LookingProbe } from './look.ts';

/** Last known state of a service; `unknown` when nothing fresh is known. */
export type KnownStatus = 'ok' | 'failed' | 'unknown';

/**
 * Bad when a dependency is known to have failed, blind when nothing is known of any. A service that asks its dependencies itself
 * says more: give it an `httpProbe` of level `dependency` instead.
 */
export function knownStatusProbe(
  dependsOn: readonly string[],
  statusOf: (service: string) => KnownStatus,
): LookingProbe {
  return {
    level: 'dependency',
    look: () => {
      const values: Record<string, number> = {};
      for (const id of dependsOn) {
        const status = statusOf(id);
        if (status !== 'unknown') values[id] = status === 'ok' ? 0 : 1;
      }
      const isBlind = Object.keys(values).length === 0;
      return Promise.resolve(
        isBlind ? blind('nothing is known of its dependencies yet') : judgeDependencies(0, values),
      );
    },
  };
}
