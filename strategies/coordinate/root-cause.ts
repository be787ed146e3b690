/** Draft. */
import type { Roster } from '../contract.ts';
import type { Evidence, RankedCause } from './messages.ts';

export type PlacedRoster = Roster & {
  /** Host of each replica slot, per service; -1 where it is not known. */
  readonly hosts?: readonly (readonly number[])[];
  /** Services whose number of replicas an auto-scaler sets, and those that keep users' data. */
  readonly autoscaled?: readonly string[];
  readonly stateful?: readonly string[];
};

export function rankCauses(roster: PlacedRoster, evidence: readonly Evidence[], _atMs: number): readonly RankedCause[] {
  const causes: RankedCause[] = [];
  const byHost = new Map<number, Set<number>>();
  const ailing = (e: Evidence) => [...new Set([...e.slow, ...e.erring, ...e.down])];
  for (const e of evidence)
    for (const slot of ailing(e)) {
      const h = roster.hosts?.[e.service]?.[slot] ?? -1;
      if (h >= 0) byHost.set(h, (byHost.get(h) ?? new Set()).add(e.service));
    }
  const unwell = evidence.map((e) => e.service);
  for (const [host, services] of byHost) {
    const all = evidence
      .filter((e) => services.has(e.service))
      .flatMap((e) => ailing(e).map((s) => roster.hosts![e.service]![s]!));
    const share = all.filter((h) => h === host).length / all.length;
    if (services.size < 2 || share < 0.6) continue;
    causes.push({
      cause: { kind: 'host', host },
      score: services.size / evidence.length,
      victims: unwell,
      reasons: ['host'],
    });
  }
  const entries = roster.services.map((_, i) => i).filter((i) => !roster.services.some((s) => s.dependsOn.includes(i)));
  for (const e of evidence)
    if (entries.includes(e.service) && e.throughputRatio > 1.25)
      causes.push({
        cause: { kind: 'load', service: e.service },
        score: 0.9,
        victims: unwell.filter((s) => s !== e.service),
        reasons: ['load'],
      });
  if (causes.length === 0)
    for (const e of evidence) {
      const deps = roster.services[e.service]!.dependsOn;
      if (deps.some((d) => unwell.includes(d))) continue;
      causes.push({
        cause: { kind: 'service', service: e.service },
        score: 0.5,
        victims: unwell.filter((s) => s !== e.service),
        reasons: ['deepest'],
      });
    }
  return causes.sort((a, b) => b.score - a.score);
}
