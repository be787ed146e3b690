/** Who is short of capacity, whatever the cause, and what is done about it: replicas added at once, and circuits kept clear. */
import { type Issue, WHOLE_SERVICE } from '../contract.ts';
import type { Coordination } from '../strategy.ts';
import type { Evidence, RankedCause } from './messages.ts';
import type { Post } from './monitor.ts';
import type { PlacedRoster } from './placement.ts';
import type { Draft } from './plan.ts';

/** Issues that a new replica would have, too. */
const SICK_WHEN_NEW: readonly Issue[] = ['bad-deploy-suspected', 'config-drift-suspected'];

/**
 * Whether what a service has cannot serve what comes: its queue is long, those of its replicas that serve are busy, or some run and
 * do not serve. A process that has exited is started again sooner than a new one would be; and where the release or the configuration
 * is suspected, new replicas would be as bad.
 */
export function isShort(how: Coordination, one: Evidence): boolean {
  const { issues, queueShare, cpuShare, present, down, dead } = one;
  if (SICK_WHEN_NEW.some((issue) => issues.includes(issue))) return false;
  const serving = Math.max(1, present - down.length);
  return queueShare >= how.growQueue || cpuShare * present >= how.growCpu * serving || down.length > dead.length;
}

/** One more replica for each service that is short, unless it would land on a host that is in trouble itself. */
export function reinforce(roster: PlacedRoster, short: readonly Evidence[], avoid: ReadonlySet<number>): Draft[] {
  return short.flatMap(({ service, present }): Draft[] => {
    const lands = roster.hosts?.[service]?.[present] ?? -1;
    if (present >= roster.services[service]!.replicasMax || avoid.has(lands)) return [];
    const reason = 'its replicas cannot serve what comes';
    return [{ service, remedy: 'scale-up', replica: WHOLE_SERVICE, holdS: -1, reason }];
  });
}

/** All that call one of them, directly or not, themselves left out. */
export function callersOf(roster: PlacedRoster, services: ReadonlySet<number>): readonly number[] {
  const reached = new Set(services);
  for (let grew = true; grew; ) {
    grew = false;
    roster.services.forEach(({ dependsOn }, at) => {
      if (reached.has(at) || !dependsOn.some((next) => reached.has(next))) return;
      reached.add(at);
      grew = true;
    });
  }
  return [...reached].filter((service) => !services.has(service)).sort((a, b) => a - b);
}

/** Services where calls fail by a cause of their own, not by what they call. */
export const originsOf = (causes: readonly RankedCause[]): ReadonlySet<number> =>
  new Set(
    causes.flatMap(({ cause }) =>
      cause.kind === 'service' ? [cause.service] : cause.kind === 'connection' ? [cause.callee] : [],
    ),
  );

/**
 * Of circuits one behind the other only the lowest may open: those above would make each other's trial calls fail, long after the
 * cause is healed. `lowest`: sets of services whose callers keep clear.
 */
export function keepClear(
  roster: PlacedRoster,
  lowest: readonly ReadonlySet<number>[],
  how: Coordination,
  nowMs: number,
): readonly Post[] {
  const untilMs = nowMs + how.clearS * 1000;
  const reason = 'calls fail further down';
  const callers = new Set(lowest.flatMap((services) => callersOf(roster, services)));
  return [...callers].map(
    (service): Post => ({ to: `healer/${service}`, body: { kind: 'keep-clear', service, untilMs, reason } }),
  );
}
