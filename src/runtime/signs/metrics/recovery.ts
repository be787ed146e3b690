/** How long services take to be healthy again. Pure but for what it remembers. */
import type { HealthEvent } from '../signs.ts';

export interface RecoveryWatch {
  /** Seconds from the first window that was not healthy to this one, if this one ends such a stretch; else null. */
  see(event: HealthEvent, nowMs: number): number | null;
  /** Forgets services that are not run any more. */
  keepOnly(services: ReadonlySet<string>): void;
}

/**
 * A stretch begins with the first window at whose end the service is not healthy (`recovering` is not), and ends with the first at
 * whose end it is. One that stands when healix starts counts from the first window. `nowMs` is monotonic, so that no setting of the
 * clock makes a recovery longer or shorter.
 */
export function createRecoveryWatch(): RecoveryWatch {
  const begun = new Map<string, number>();
  return {
    see({ service, status }, nowMs) {
      const since = begun.get(service);
      if (status !== 'healthy') {
        if (since === undefined) begun.set(service, nowMs);
        return null;
      }
      begun.delete(service);
      return since === undefined ? null : (nowMs - since) / 1000;
    },
    keepOnly(services) {
      for (const service of begun.keys()) if (!services.has(service)) begun.delete(service);
    },
  };
}
