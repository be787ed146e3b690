import { ramp, startOf, type Trouble } from './cause-symptoms.ts';
import type { CauseOf } from './messages.ts';
import type { PlacedRoster } from './root-cause.ts';
export interface Blame {
  causes: CauseOf[];
  ends: [number, number][][];
  passes: [number, number][][];
}
export function blameOf(roster: PlacedRoster, troubles: readonly Trouble[]): Blame {
  const at = new Map(troubles.map((t, i) => [t.service, i]));
  const callers: number[][] = roster.services.map(() => []);
  roster.services.forEach((s, c) => {
    for (const d of s.dependsOn) callers[d]!.push(c);
  });
  const causes: CauseOf[] = [];
  const index = new Map<string, number>();
  const causeAt = (c: CauseOf) => {
    const k = JSON.stringify(c);
    let i = index.get(k);
    if (i === undefined) {
      i = causes.length;
      index.set(k, i);
      causes.push(c);
    }
    return i;
  };
  const starts = troubles.map(startOf).filter((s) => s !== null);
  const first = starts.length ? Math.min(...starts) : 0;
  // hosts
  const hosted = new Map<number, Set<number>>(),
    suspects = new Map<number, Set<number>>();
  roster.hosts?.forEach((hs, s) =>
    hs.slice(0, roster.services[s]!.replicasStart).forEach((h) => {
      if (h >= 0) {
        if (!hosted.has(h)) hosted.set(h, new Set());
        hosted.get(h)!.add(s);
      }
    }),
  );
  for (const t of troubles)
    for (const slot of t.ailing) {
      const h = roster.hosts?.[t.service]?.[slot] ?? -1;
      if (h >= 0) {
        if (!suspects.has(h)) suspects.set(h, new Set());
        suspects.get(h)!.add(t.service);
      }
    }
  const ends: [number, number][][] = [],
    passes: [number, number][][] = [];
  troubles.forEach((t, v) => {
    const e: [number, number][] = [],
      p: [number, number][] = [];
    ends.push(e);
    passes.push(p);
    const errShare = t.errors + t.slowness > 0 ? t.errors / (t.errors + t.slowness) : 1;
    const start = startOf(t);
    const late = start === null ? 10 : (start - first) / 1000;
    const early = 0.6 + 0.4 * Math.exp(-late / 15);
    let E = 0,
      L = 0;
    roster.services[t.service]!.dependsOn.forEach((d, i) => {
      const f = Math.max(0, t.evidence.dependencyFailed[i] ?? 0);
      const u = at.get(d);
      const callee = u === undefined ? undefined : troubles[u]!;
      const e1 = f > 0.02 ? 1 - (1 - f) ** 4 : 0;
      const l1 = callee ? Math.min(1, callee.slowness / Math.max(t.slowness, 0.1)) : 0;
      // connection
      let conn = 0;
      if (f >= 0.2) {
        const downs = callee ? callee.evidence.down.length / Math.max(1, callee.evidence.present) : 0;
        const calleeBad = callee
          ? Math.max(
              2 * downs >= 1 ? 1 : 2 * downs,
              Math.max(Math.min(1, (2 * callee.errors) / f), Math.min(1, callee.slowness * 2)),
            )
          : 0;
        conn = 1 - calleeBad;
      }
      let w = errShare * e1 * (1 - conn) + (1 - errShare) * l1;
      if (callee) {
        const cs = startOf(callee);
        if (cs !== null && start !== null && cs > start + 10_000) w *= 0.5;
        if (callee.own.length > 0 && (cs ?? 0) <= (start ?? 0)) w = Math.max(w, 0.1);
        if (w > 0) p.push([u!, w]);
      }
      const cw = conn * e1 * errShare;
      if (cw > 0) e.push([causeAt({ kind: 'connection', caller: t.service, callee: d }), cw]);
      E = Math.max(E, e1);
      L = Math.max(L, l1);
    });
    // overload
    const upShare = errShare * t.overload.errors + (1 - errShare) * t.overload.slowness;
    let discount = callers[t.service]!.length === 0 ? 1 : 0;
    const up = callers[t.service]!.map((c) => at.get(c)).filter((c) => c !== undefined);
    if (callers[t.service]!.length === 0) {
      const load = ramp(t.evidence.throughputRatio, { from: 1.2, wholly: 1.4 });
      if (load > 0) e.push([causeAt({ kind: 'load', service: t.service }), 1.5 * load]);
    } else if (upShare > 0 && up.length > 0) {
      const ws = up.map((c) => 0.05 + troubles[c]!.surplus);
      const sum = ws.reduce((a, b) => a + b, 0);
      up.forEach((c, i) => {
        const cs = startOf(troubles[c]!);
        const k = cs !== null && start !== null && cs > start + 4000 ? 0.3 : 1;
        discount += (ws[i]! / sum) * k;
        p.push([c, (upShare * k * ws[i]!) / sum]);
      });
    }
    // own
    const res =
      errShare * (1 - E) * (1 - 0.95 * discount * t.overload.errors) +
      (1 - errShare) * (1 - L) * (1 - 0.95 * discount * t.overload.slowness);
    let symptoms = 0,
      ofReplicas = 0;
    for (const s of t.own) {
      if (s.isOfReplicas) ofReplicas += s.weight;
      else symptoms += s.weight;
    }
    let own = (0.01 + 0.5 * res + symptoms) * early;
    let rest = ofReplicas;
    for (const [h, set] of suspects) {
      if (set.size < 2) continue;
      const n = t.ailing.filter((slot) => roster.hosts![t.service]![slot] === h).length;
      if (n === 0) {
        const all = [...t.evidence.down, ...t.evidence.erring].some((slot) => roster.hosts![t.service]![slot] === h);
        if (all)
          e.push([
            causeAt({ kind: 'host', host: h }),
            0.5 * ramp(set.size / hosted.get(h)!.size, { from: 0.3, wholly: 0.8 }),
          ]);
        continue;
      }
      const share = (n / t.ailing.length) * ramp(set.size / hosted.get(h)!.size, { from: 0.3, wholly: 0.8 });
      e.push([causeAt({ kind: 'host', host: h }), ofReplicas * share]);
      rest -= ofReplicas * share;
    }
    own += rest * early;
    e.push([causeAt({ kind: 'service', service: t.service }), own]);
    const sum = [...e, ...p].reduce((a, [, w]) => a + w, 0);
    for (const x of [...e, ...p]) x[1] /= sum;
  });
  return { causes, ends, passes };
}
