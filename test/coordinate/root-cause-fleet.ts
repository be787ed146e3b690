/** Small builders for the tests of root causes: a roster by its calls, and what a monitor tells of a service. */
import { ISSUES, type RosterEntry } from '../../strategies/contract.ts';
import type { CauseOf, Evidence, RankedCause } from '../../strategies/coordinate/messages.ts';
import type { PlacedRoster } from '../../strategies/coordinate/placement.ts';
import { HEALTH_RANK } from '../../strategies/health.ts';
import { LONG_AGO } from '../../strategies/memory.ts';

export const NOW_MS = 1_000_000;

/** Services a, b, c, ... with three replicas each; `calls` lists whom each calls. */
export function fleetOf(calls: readonly (readonly number[])[], hosts?: PlacedRoster['hosts']): PlacedRoster {
  const services = calls.map(
    (dependsOn, at): RosterEntry => ({
      id: String.fromCharCode(97 + at),
      tier: 'default',
      dependsOn,
      replicasMin: 1,
      replicasMax: 3,
      replicasStart: 3,
    }),
  );
  const guard = {
    restartsPer10Min: 1,
    minHealthy: 1,
    maxDisabledShare: 1,
    inFlight: 1,
    protected: [],
    dryRun: false,
  } as const;
  return hosts === undefined ? { services, guard } : { services, guard, hosts };
}

/** A well service, but for what is said. */
export function report(roster: PlacedRoster, service: number, said: Partial<Evidence> = {}): Evidence {
  return {
    service,
    atMs: NOW_MS,
    status: HEALTH_RANK.healthy,
    sinceMs: LONG_AGO,
    issues: [],
    errorRate: 0.001,
    latencyRatio: 1,
    throughputRatio: 1,
    cpuShare: 0.5,
    queueShare: 0.01,
    dependencyFailed: roster.services[service]!.dependsOn.map(() => 0),
    present: 3,
    down: [],
    dead: [],
    silent: [],
    slow: [],
    erring: [],
    attempts: 0,
    ...said,
  };
}

/** A service of whose calls this share fails, for `sinceS` seconds. */
export function failing(
  roster: PlacedRoster,
  service: number,
  errorRate: number,
  sinceS = 30,
  said: Partial<Evidence> = {},
): Evidence {
  return report(roster, service, {
    status: HEALTH_RANK.failed,
    sinceMs: NOW_MS - sinceS * 1000,
    issues: ISSUES.filter((issue) => issue === 'error-burst'),
    errorRate,
    ...said,
  });
}

export const service = (index: number): CauseOf => ({ kind: 'service', service: index });

export const causes = (ranked: readonly RankedCause[]): readonly CauseOf[] => ranked.map(({ cause }) => cause);
