/** The fleet's troubles in one picture: who calls whom, which hosts are suspect, where too many users come in. */
import { ramp, type Slope, type Trouble } from './cause-trouble.ts';
import type { Evidence } from './messages.ts';
import type { PlacedRoster } from './placement.ts';

/** Share of a host's services that suffer on it. */
const HOST_SERVICES: Slope = { from: 0.3, wholly: 0.8 };
/** Calls as a multiple of the normal at an entry: everyday load varies by a fifth, and a window's count by a few percent. */
const LOAD: Slope = { from: 1.25, wholly: 1.5 };

export interface Picture {
  readonly roster: PlacedRoster;
  readonly troubles: readonly Trouble[];
  /** By service: what was told of it, whether there is trouble or not. */
  readonly reports: readonly (Evidence | undefined)[];
  /** By service: its place in `troubles`, or -1; and the services that call it. */
  readonly place: readonly number[];
  readonly callers: readonly (readonly number[])[];
  /** How suspect a host is, 0..1; hosts that are not are missing. */
  readonly suspectHosts: ReadonlyMap<number, SuspectHost>;
  /** By service: the entries above it that get too many calls, and how far they do. */
  readonly loads: readonly (readonly Load[])[];
  /** Begin of the first trouble, or `null`. */
  readonly firstMs: number | null;
}

export interface SuspectHost {
  readonly strength: number;
  /** Services with replicas that suffer on it while siblings do not, and all that have replicas on it. */
  readonly suffering: readonly number[];
  readonly services: readonly number[];
}

export interface Load {
  readonly entry: number;
  readonly strength: number;
}

export function pictureOf(roster: PlacedRoster, evidence: readonly Evidence[], troubles: readonly Trouble[]): Picture {
  const byService = new Map(evidence.map((report) => [report.service, report]));
  const place = roster.services.map(() => -1);
  troubles.forEach(({ service }, at) => {
    place[service] = at;
  });
  const callers: number[][] = roster.services.map(() => []);
  roster.services.forEach(({ dependsOn }, caller) => {
    for (const callee of new Set(dependsOn)) callers[callee]!.push(caller);
  });
  const starts = troubles.flatMap(({ startMs }) => startMs ?? []);
  return {
    roster,
    troubles,
    reports: roster.services.map((_, service) => byService.get(service)),
    place,
    callers,
    suspectHosts: suspectHosts(roster, troubles),
    loads: loadsOf(roster, callers, troubles),
    firstMs: starts.length > 0 ? Math.min(...starts) : null,
  };
}

/** Host of a replica, -1 when it is not known. */
export function hostOf(roster: PlacedRoster, service: number, slot: number): number {
  return roster.hosts?.[service]?.[slot] ?? -1;
}

/** Hosts on which replicas of two services or more suffer. */
function suspectHosts(roster: PlacedRoster, troubles: readonly Trouble[]): Picture['suspectHosts'] {
  const suffering = new Map<number, Set<number>>();
  for (const { service, ailing } of troubles) {
    for (const slot of ailing) {
      const host = hostOf(roster, service, slot);
      if (host >= 0) suffering.set(host, (suffering.get(host) ?? new Set()).add(service));
    }
  }
  const suspects = new Map<number, SuspectHost>();
  for (const [host, those] of [...suffering].sort(([a], [b]) => a - b)) {
    if (those.size < 2) continue;
    const services = servicesOn(roster, host);
    const strength = ramp(those.size / Math.max(those.size, services.length), HOST_SERVICES);
    suspects.set(host, { strength, suffering: [...those], services });
  }
  return suspects;
}

/** Services that start with a replica on the host. */
function servicesOn(roster: PlacedRoster, host: number): readonly number[] {
  return roster.services.flatMap(({ replicasStart }, service) =>
    (roster.hosts?.[service] ?? []).slice(0, replicasStart).includes(host) ? [service] : [],
  );
}

/** Entries, which nobody of the fleet calls, that get too many calls: for all services that their calls come to. */
function loadsOf(
  roster: PlacedRoster,
  callers: readonly (readonly number[])[],
  troubles: readonly Trouble[],
): Picture['loads'] {
  const loads: Load[][] = roster.services.map(() => []);
  for (const { service: entry, evidence } of troubles) {
    const strength = ramp(evidence.throughputRatio, LOAD);
    if (callers[entry]!.length > 0 || strength === 0) continue;
    const reached = new Set([entry]);
    // A set is walked in the order of insertion, new members included.
    for (const service of reached) {
      loads[service]!.push({ entry, strength });
      for (const callee of roster.services[service]!.dependsOn) reached.add(callee);
    }
  }
  return loads;
}
