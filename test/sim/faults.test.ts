import { describe, expect, it } from 'vitest';
import { EVENT } from '../../sim/calendar.ts';
import { BACKGROUND_ERRORS, FAULT_KINDS, type FaultKind } from '../../sim/faults.ts';
import { type FleetPlan, planFleet } from '../../sim/plan.ts';
import type { Incident } from '../../sim/scenario.ts';
import { runTrial } from '../../sim/trial.ts';
import { PHASE, type World } from '../../sim/world.ts';
import { loadFleet } from '../../src/fleets.ts';
import { nothing } from '../../strategies/baselines/nothing.ts';
import type { Healer, Signal } from '../../strategies/contract.ts';
import { fixed, incidentOf, type Line, planOf, scenarioOf, scripted } from './harness.ts';

const ONSET_S = 100;
const teastore = planFleet(loadFleet('teastore').fleet);
const trio = planOf(
  [{ id: 'shop', replicas: fixed(3), queue: 64, entry: { ratePerS: 400 }, startS: { median: 8, sigma: 0.2 } }],
  { guard: { maxDisabledShare: 1, minHealthy: 0 }, groups: [{ id: 'rack', services: ['shop'] }] },
);
const pair = planOf([
  { id: 'shop', replicas: fixed(3), queue: 64, entry: { ratePerS: 400 }, dependsOn: [{ service: 'stock' }] },
  { id: 'stock', replicas: fixed(3), queue: 64 },
]);

interface Watched {
  /** Signals of service 0, whole seconds to signals, copied. */
  readonly at: (atS: number) => Signal;
  readonly lost: number;
  readonly recovered: boolean;
}

/** Runs one incident for ten minutes, looking every second. */
function watch(plan: FleetPlan, incident: Incident, lines: readonly Line[] = [], horizonS = 600): Watched {
  const seen = new Map<number, Signal>();
  const healer: Healer = scripted(lines);
  const result = runTrial(plan, scenarioOf([incident], horizonS), healer, {
    onInput: (input) => {
      if (input.kind === 'signal' && input.service === 0) seen.set(input.atMs / 1000, structuredClone(input));
    },
  });
  return { at: (atS) => seen.get(atS)!, lost: result.lost, recovered: result.recovered[0]! };
}

function struck(kind: FaultKind, over: Partial<Incident> = {}, plan = trio): Incident {
  return incidentOf(plan, kind, { noticeAfterS: 1e6, ...over }, 'struck', ONSET_S);
}

/** Share of calls that failed within the minute up to `atS`, over the replicas or of one. */
function failedShare(watched: Watched, atS: number, replica?: number): number {
  let failed = 0;
  let calls = 0;
  for (let s = atS - 59; s <= atS; s += 1) {
    watched.at(s).replicas.forEach((reading, slot) => {
      if (replica !== undefined && replica !== slot) return;
      failed += reading.failed;
      calls += reading.calls;
    });
  }
  return failed / Math.max(1, calls);
}

describe('every kind of fault', () => {
  it.each(FAULT_KINDS)('%s loses users something on a shipped fleet', (kind) => {
    let lost = 0;
    let without = 0;
    for (let i = 0; i < 4; i += 1) {
      const seed = `harm ${i}`;
      const incident = incidentOf(teastore, kind, {}, seed, ONSET_S);
      lost += runTrial(teastore, scenarioOf([incident], 1800, seed), nothing).lostUserMinutes;
      without += runTrial(teastore, scenarioOf([], 1800, seed), nothing).lostUserMinutes;
    }
    expect(without).toBeGreaterThan(0);
    expect(lost).toBeGreaterThan(without * 1.02);
  });
});

describe('what a fault looks like from outside', () => {
  it('a crash: the process is gone with an exit code, and out of rotation within two seconds', () => {
    const seen = watch(trio, struck('crash', { severity: 0.5, strikes: [{ slot: 1, how: 'crash' }] }));
    expect(seen.at(99).replicas[1]).toMatchObject({ live: 1, ready: 1 });
    expect(seen.at(102).replicas[1]).toMatchObject({ present: 1, live: 0, ready: 0, inRotation: 0, exitCode: 1 });
    expect(seen.at(599).replicas[1]!.exitCode).toBe(1);
    expect(seen.recovered).toBe(false);
  });

  it('a hang: the process lives, answers nothing, and leaves rotation after 20 to 30 seconds', () => {
    const seen = watch(trio, struck('hang', { severity: 0.5, strikes: [{ slot: 1, how: 'hang' }] }));
    expect(seen.at(101).replicas[1]).toMatchObject({ live: 0, ready: 0, inRotation: 1, p95Ms: Number.NaN });
    expect(seen.at(119).replicas[1]!.inRotation).toBe(1);
    expect(seen.at(131).replicas[1]!.inRotation).toBe(0);
    expect(seen.at(131).replicas[1]!.exitCode).toBeNaN();
  });

  it('slowness: the replica answers that many times more slowly, and keeps its share of calls', () => {
    const quiet = planOf([{ id: 'shop', replicas: fixed(3), entry: { ratePerS: 12, lateMs: 60_000 } }]);
    const seen = watch(
      quiet,
      struck('slow', { severity: 8, variant: 0.8, strikes: [{ slot: 1, how: 'slow' }] }, quiet),
    );
    const mean = (replica: number): number => {
      const values = Array.from({ length: 200 }, (_, i) => seen.at(150 + i).replicas[replica]!.p95Ms).filter(
        Number.isFinite,
      );
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    expect(mean(1) / mean(0)).toBeGreaterThan(7);
    expect(mean(1) / mean(0)).toBeLessThan(9);
    expect(seen.at(599).replicas[1]!.inRotation).toBe(1);
  });

  it('a leak: memory grows to the limit, where the process is killed with 137', () => {
    const seen = watch(trio, struck('memory-leak', { severity: 2 }), [], 3000);
    const memory = seen.at(150).replicas[0]!.memory;
    expect(memory).toBeGreaterThan(0.75);
    expect(seen.at(50).replicas[0]!.memory).toBeLessThan(0.4);
    expect(seen.at(2990).replicas.some((reading) => reading.exitCode === 137)).toBe(true);
  });

  it('a burst of errors: that share of calls fails, on one replica or on all', () => {
    const one = watch(
      trio,
      struck('error-burst', { severity: 0.6, variant: 0.9, strikes: [{ slot: 2, how: 'errors' }] }),
    );
    expect(failedShare(one, 300, 2)).toBeCloseTo(0.6, 1);
    expect(failedShare(one, 300, 0)).toBeLessThan(0.01);
    const all = watch(trio, struck('error-burst', { severity: 0.6, variant: 0.1, strikes: [], passesAfterS: 300 }));
    expect(failedShare(all, 300)).toBeCloseTo(0.6, 1);
    expect(failedShare(all, 599)).toBeLessThan(0.01);
    expect(all.recovered).toBe(true);
  });

  it('a bad deploy: replica after replica, and a restart brings it back', () => {
    const restart: Line = { atS: 300, service: 0, order: { kind: 'restart', mode: 'hard', replica: 0 } };
    const seen = watch(trio, struck('bad-deploy', { severity: 0.7, variant: 0.2 }), [restart]);
    expect(seen.at(101).deployAgeS).toBeLessThan(2);
    expect(failedShare(seen, 280)).toBeCloseTo(0.7, 1);
    expect(failedShare(seen, 400, 0)).toBeCloseTo(0.7, 1);
    const gradual = [110, 130, 200].map((atS) => seen.at(atS).replicas.filter(({ failed }) => failed > 20).length);
    expect(gradual).toEqual(gradual.toSorted());
    expect(gradual[0]).toBeLessThan(3);
    expect(gradual[2]).toBe(3);
  });

  it('a bad deploy can also be slow, or die again and again', () => {
    const slow = watch(trio, struck('bad-deploy', { severity: 0.9, variant: 0.6 }));
    expect(slow.at(250).replicas[0]!.cpu).toBeGreaterThan(slow.at(90).replicas[0]!.cpu * 1.5);
    const dying = watch(trio, struck('bad-deploy', { severity: 0.9, variant: 0.9 }));
    expect(dying.at(590).replicas.filter(({ exitCode }) => exitCode === 1).length).toBeGreaterThan(1);
  });

  it('drift of the configuration: its digest differs, calls fail, restarts change nothing', () => {
    const restart: Line = { atS: 200, service: 0, order: { kind: 'restart', mode: 'hard', replica: 0 } };
    const seen = watch(trio, struck('config-drift', { severity: 0.4 }), [restart]);
    expect([99, 101, 590].map((atS) => seen.at(atS).configDiffers)).toEqual([0, 1, 1]);
    expect(failedShare(seen, 400, 0)).toBeCloseTo(0.4, 1);
  });

  it('an outage of a dependency: the caller sees that share of its calls fail', () => {
    const dead = watch(
      pair,
      struck('dependency-outage', { severity: 0.5, variant: 0.2, service: 0, edge: 0, passesAfterS: -1 }, pair),
    );
    const share = Array.from({ length: 100 }, (_, i) => dead.at(200 + i).dependencyFailed[0]!);
    expect(share.reduce((sum, value) => sum + value, 0) / 100).toBeCloseTo(0.5, 1);
    expect(dead.at(99).dependencyFailed[0]!).toBeLessThan(0.05);
  });

  it('an exhausted host: all on it slow down until it passes', () => {
    const seen = watch(trio, struck('resource-exhaustion', { severity: 0.4, host: 1, service: 0, passesAfterS: 200 }));
    const busy = [90, 200, 590].map((atS) => seen.at(atS).replicas.map(({ cpu }) => cpu));
    expect(busy[1]![1]).toBeGreaterThan(0.9);
    expect(busy[1]![0]).toBeLessThan(0.5);
    expect(busy[2]![1]).toBeLessThan(0.5);
  });

  it('a partition: what is on the host gets no answer out, until it passes', () => {
    const seen = watch(trio, struck('network-partition', { host: 0, service: 0, passesAfterS: 200 }));
    expect(failedShare(seen, 115, 0)).toBeGreaterThan(0.1);
    expect(seen.at(131).replicas.map(({ inRotation }) => inRotation)).toEqual([0, 1, 1]);
    expect(seen.at(320).replicas.map(({ inRotation }) => inRotation)).toEqual([1, 1, 1]);
    expect(seen.recovered).toBe(true);
  });

  it('an overload: that many times the users, and overlapping ones do not end each other', () => {
    const rates: number[] = [];
    const overload = (onsetS: number, severity: number, passesAfterS: number): Incident =>
      ({ ...struck('overload', { severity, passesAfterS }), onsetS }) as Incident;
    runTrial(trio, scenarioOf([overload(100, 2, 100), overload(150, 1.5, 300)], 600), nothing, {
      onEvent: (event: { code: number }, world: World) => {
        if (event.code === EVENT.onset || event.code === EVENT.passes) rates.push(world.overload[0]!);
      },
    });
    expect(rates).toEqual([2, 2, 1.5, 1]);
  });

  it('a correlated burst: several replicas at the same moment', () => {
    const burst = struck('correlated-burst', {
      variant: 0.1,
      strikes: [0, 2].map((slot) => ({ slot, how: 'crash' as const })),
    });
    const dead: number[] = [];
    runTrial(trio, scenarioOf([burst], 300), nothing, {
      onEvent: (_, world) => dead.push(world.phase.filter((phase) => phase === PHASE.dead).length),
    });
    expect(dead[0]).toBe(2);
  });

  it('nothing wrong: only the background errors', () => {
    const result = runTrial(trio, scenarioOf([], 3600), nothing);
    expect(result.lost / result.requests).toBeCloseTo(BACKGROUND_ERRORS, 4);
    expect(result.unrecovered).toBe(0);
  });
});
