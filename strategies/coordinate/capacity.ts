/** Who is short of capacity, whatever the cause, and what is done about it: replicas added at once, and circuits kept clear. */
import { WHOLE_SERVICE } from '../contract.ts';
import type { Evidence } from './messages.ts';
import type { PlacedRoster } from './placement.ts';
import type { Draft } from './plan.ts';

/** A queue filled to this share, and replicas as busy as that, are too few for what comes. */
const QUEUE_SHORT = 0.25;
const CPU_SHORT = 0.85;

/** Whether what it has cannot serve what comes: a queue, busy replicas, or replicas that nobody reaches though they live. */
export function isShort({ queueShare, cpuShare, present, down, dead }: Evidence): boolean {
  const serving = Math.max(1, present - down.length);
  return queueShare >= QUEUE_SHORT || (cpuShare * present) / serving >= CPU_SHORT || down.length > dead.length;
}

/** One more replica for each service that is short, unless it would land on a host that is in trouble itself. */
export function reinforce(roster: PlacedRoster, evidence: readonly Evidence[], avoid: ReadonlySet<number>): Draft[] {
  return evidence.filter(isShort).flatMap((one): Draft[] => {
    const { service, present } = one;
    const entry = roster.services[service]!;
    const lands = roster.hosts?.[service]?.[present] ?? -1;
    if (present >= entry.replicasMax || avoid.has(lands)) return [];
    const reason = 'what it has cannot serve what comes';
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
