/** What an incident's cause really was, whom it reached, and whether a named cause is that one. */
import type { FaultKind } from '../../sim/faults.ts';
import type { FleetPlan } from '../../sim/plan.ts';
import type { Incident } from '../../sim/scenario.ts';
import type { CauseOf } from '../../strategies/coordinate/messages.ts';

export interface Truth {
  readonly kind: FaultKind;
  /** Causes that count as named right: the first is the cause as the report calls it. */
  readonly right: readonly CauseOf[];
  /** Services that the fault itself strikes. Those beyond them are victims. */
  readonly origins: readonly number[];
}

/**
 * Dead connections are the edge, or the caller that holds them. A burst strikes replicas of several services at once: any of these is
 * right, and so is a host on which two or more of the struck replicas of different services run.
 */
export function truthOf(plan: FleetPlan, incident: Incident): Truth {
  const { kind, service, edge, host, strikes } = incident;
  if (edge >= 0) {
    const [caller, callee] = [plan.edgeFrom[edge]!, plan.edgeTo[edge]!];
    const right: CauseOf[] = [
      { kind: 'connection', caller, callee },
      { kind: 'service', service: caller },
    ];
    return { kind, right, origins: [caller] };
  }
  if (host >= 0) return { kind, right: [{ kind: 'host', host }], origins: servicesOn(plan, host) };
  if (kind === 'overload') return { kind, right: [{ kind: 'load', service }], origins: [service] };
  if (kind !== 'correlated-burst') return { kind, right: [{ kind: 'service', service }], origins: [service] };
  const slots = strikes.map(({ slot }) => slot);
  const struck = [...new Set(slots.map((slot) => plan.slotService[slot]!))];
  const hosts = [...new Set(slots.map((slot) => plan.slotHost[slot]!))].filter((candidate) => {
    const there = slots.filter((slot) => plan.slotHost[slot] === candidate).map((slot) => plan.slotService[slot]);
    return candidate >= 0 && new Set(there).size > 1;
  });
  return {
    kind,
    right: [
      ...struck.map((struckService) => ({ kind: 'service', service: struckService }) as const),
      ...hosts.map((shared) => ({ kind: 'host', host: shared }) as const),
    ],
    origins: struck,
  };
}

export function isRight(truth: Truth, cause: CauseOf | undefined): boolean {
  if (cause === undefined) return false;
  const named = JSON.stringify(cause);
  return truth.right.some((right) => JSON.stringify(right) === named);
}

/** A rule that names services only is forgiven what it cannot say: any service that the fault itself strikes is right. */
export function isRightService(truth: Truth, service: number | undefined): boolean {
  return service !== undefined && truth.origins.includes(service);
}

/** Services that run a replica on the host at the start. */
export function servicesOn(plan: FleetPlan, host: number): number[] {
  const found = plan.roster.services.flatMap(({ replicasStart }, service) => {
    const first = plan.slotStart[service]!;
    const slots = Array.from({ length: replicasStart }, (_, at) => first + at);
    return slots.some((slot) => plan.slotHost[slot] === host) ? [service] : [];
  });
  return found;
}

/**
 * How many hops the trouble went: along calls, from what the fault strikes to the farthest victim by the longest way over services
 * that it reached. Up to the callers; excess load goes down to the callees. Dead connections lie before their caller: one hop more.
 */
export function hopsOf(plan: FleetPlan, truth: Truth, reached: ReadonlySet<number>): number {
  const isDownward = truth.right[0]!.kind === 'load';
  const next = plan.roster.services.map(({ dependsOn }, service) =>
    isDownward
      ? dependsOn
      : plan.roster.services.flatMap((entry, at) => (entry.dependsOn.includes(service) ? [at] : [])),
  );
  const longest = (service: number): number =>
    Math.max(0, ...next[service]!.map((to) => (reached.has(to) && !truth.origins.includes(to) ? 1 + longest(to) : 0)));
  const farthest = Math.max(...truth.origins.map(longest));
  return truth.right[0]!.kind === 'connection' && reached.has(truth.origins[0]!) ? farthest + 1 : farthest;
}
