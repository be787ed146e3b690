/** What a probe of a service's own work sees where nobody calls, and how soon a platform carries actions out. */
import { describe, expect, it } from 'vitest';
import { runTrialOn, SIMULATION_TIERS } from '../../sim/tiers.ts';
import type { Signal } from '../../strategies/contract.ts';
import { fixed, incidentOf, type Order, planOf, scenarioOf, scripted } from './harness.ts';

const NEVER = { noticeAfterS: 1e6, passesAfterS: -1 };
const guard = { maxDisabledShare: 1, minHealthy: 0 };

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A front that answers nothing, so nobody calls what is behind it. */
function chainOf(performanceProbe: boolean, startS = 8) {
  const parts = { replicas: fixed(1), performanceProbe };
  return planOf(
    [
      { id: 'front', ...parts, entry: { ratePerS: 20 }, dependsOn: [{ service: 'middle', attempts: 1 }] },
      { id: 'middle', ...parts, serviceMs: { mean: 30 }, dependsOn: [{ service: 'back', attempts: 1 }] },
      { id: 'back', ...parts, serviceMs: { mean: 20 }, startS: { median: startS } },
    ],
    { guard },
  );
}

describe.each(SIMULATION_TIERS)('on tier %s', (tier) => {
  /** The windows of each service once the front hangs, and with what else strikes. */
  function windowsOf(performanceProbe: boolean, back: 'well' | 'failing' | 'dead' | 'slow' | 'booting') {
    const plan = chainOf(performanceProbe, back === 'booting' ? 3000 : 8);
    const incidents = [
      incidentOf(plan, 'hang', { ...NEVER, service: 0, strikes: [{ slot: 0, how: 'hang' }] }, 'a', 60),
    ];
    if (back === 'failing')
      incidents.push(
        incidentOf(
          plan,
          'error-burst',
          { ...NEVER, service: 2, severity: 0.9, strikes: [{ slot: 2, how: 'errors' }] },
          'b',
          61,
        ),
      );
    if (back === 'dead')
      incidents.push(
        incidentOf(plan, 'crash', { ...NEVER, service: 2, strikes: [{ slot: 2, how: 'crash' }] }, 'b', 61),
      );
    if (back === 'booting')
      incidents.push(
        incidentOf(plan, 'crash', { ...NEVER, service: 2, strikes: [{ slot: 2, how: 'crash' }] }, 'b', 61),
      );
    if (back === 'slow')
      incidents.push(
        incidentOf(plan, 'slow', { ...NEVER, service: 2, severity: 10, strikes: [{ slot: 2, how: 'slow' }] }, 'b', 61),
      );
    const restart =
      back === 'booting'
        ? [{ atS: 65, service: 2, order: { kind: 'restart', mode: 'hard', replica: 0 } as const }]
        : [];
    const windows: Signal[][] = [[], [], []];
    runTrialOn(tier, plan, scenarioOf(incidents, 260, 'quiet'), scripted(restart), {
      onInput: (input) => {
        if (input.kind === 'signal' && input.atMs > 70_000) windows[input.service]!.push(structuredClone(input));
      },
    });
    const sum = (service: number, field: 'calls' | 'failed') =>
      windows[service]!.reduce((total, { replicas }) => total + replicas[0]![field], 0);
    return {
      windows,
      calls: (service: number) => sum(service, 'calls'),
      failedShare: (service: number) => sum(service, 'failed') / sum(service, 'calls'),
      latencies: (service: number) =>
        windows[service]!.flatMap(({ replicas }) => (Number.isNaN(replicas[0]!.p50Ms) ? [] : [replicas[0]!.p50Ms])),
    };
  }

  it('without it, nothing is known of those whom nobody calls', () => {
    const { calls, windows } = windowsOf(false, 'failing');
    expect(calls(1) + calls(2)).toBe(0);
    expect(windows[1]!.every(({ dependencyFailed }) => Number.isNaN(dependencyFailed[0]))).toBe(true);
  });

  it('with it, every window has a call, which takes about as long as the work and what it calls', () => {
    const { calls, failedShare, windows, latencies } = windowsOf(true, 'well');
    expect([calls(1), calls(2)]).toEqual([windows[1]!.length, windows[2]!.length]);
    expect(failedShare(1)).toBeLessThan(0.03);
    expect(meanOf(latencies(2)) / 20).toBeCloseTo(1, 0);
    expect(meanOf(latencies(1)) / 50).toBeCloseTo(1, 0);
    expect(Math.min(...latencies(1))).toBeGreaterThan(20);
    expect(new Set(latencies(2)).size).toBeGreaterThan(10);
    expect(windows[1]!.every(({ dependencyFailed }) => dependencyFailed[0] === 0 || dependencyFailed[0] === 1)).toBe(
      true,
    );
  });

  it('it sees errors, those of what is called too', () => {
    const { failedShare } = windowsOf(true, 'failing');
    for (const service of [1, 2]) {
      expect(failedShare(service)).toBeGreaterThan(0.8);
      expect(failedShare(service)).toBeLessThan(0.97);
    }
  });

  it('it sees that what is called is dead, and what is slow; of what is dead itself the process says enough', () => {
    const dead = windowsOf(true, 'dead');
    expect(dead.failedShare(1)).toBe(1);
    expect(dead.calls(2)).toBe(0);
    const slow = windowsOf(true, 'slow');
    expect(meanOf(slow.latencies(2)) / 200).toBeCloseTo(1, 0);
    expect(Math.min(...slow.latencies(1))).toBeGreaterThan(200);
  });

  it('what boots is not looked at', () => {
    const booting = windowsOf(true, 'booting');
    expect(booting.calls(2)).toBe(0);
    expect(booting.failedShare(1)).toBe(1);
  });
});

/** Two callers of one service: one that is busy, and one that nobody calls. What the probe says must be what calls really meet. */
describe('a probe and real calls, on tier requests', () => {
  const SEEDS = 6;
  function sharesOf(edge: object, called: object, prepare: 'errors' | 'shut' | 'slow' | 'fallback') {
    const plan = planOf(
      [
        {
          id: 'busy',
          replicas: fixed(2),
          workers: 64,
          entry: { ratePerS: 40, lateMs: 60_000 },
          dependsOn: [{ service: 'db', ...edge }],
        },
        {
          id: 'idle',
          replicas: fixed(2),
          workers: 64,
          performanceProbe: true,
          dependsOn: [{ service: 'db', ...edge }],
        },
        { id: 'db', replicas: fixed(2), workers: 64, ...called },
      ],
      { guard, platform: { actionFails: 0 } },
    );
    const totals = { busy: [0, 0], idle: [0, 0], busyEdge: [0, 0], idleEdge: [0, 0] };
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const service = 2;
      const slots = [plan.slotStart[2]!, plan.slotStart[2]! + 1];
      const incident =
        prepare === 'errors'
          ? incidentOf(
              plan,
              'error-burst',
              { ...NEVER, service, severity: 0.5, strikes: slots.map((slot) => ({ slot, how: 'errors' as const })) },
              'e',
              30,
            )
          : prepare === 'slow'
            ? incidentOf(
                plan,
                'slow',
                { ...NEVER, service, severity: 100, strikes: slots.map((slot) => ({ slot, how: 'slow' as const })) },
                's',
                30,
              )
            : null;
      const order: Order =
        prepare === 'fallback'
          ? { kind: 'fallback', on: true }
          : { kind: 'circuit-break', admit: prepare === 'shut' ? 0.5 : 1 };
      runTrialOn(
        'requests',
        plan,
        scenarioOf(incident === null ? [] : [incident], 400, `like ${seed}`),
        scripted([{ atS: 30, service, order }]),
        {
          onInput: (input) => {
            if (input.kind !== 'signal' || input.atMs < 60_000 || input.service > 1) return;
            const name = input.service === 0 ? 'busy' : 'idle';
            for (const { calls, failed } of input.replicas.slice(0, 2)) {
              totals[name][0]! += calls;
              totals[name][1]! += failed;
            }
            totals[`${name}Edge`][0]! += 1;
            totals[`${name}Edge`][1]! += input.dependencyFailed[0]!;
          },
        },
      );
    }
    const share = ([all, failed]: number[]) => failed! / all!;
    return {
      busy: share(totals.busy),
      idle: share(totals.idle),
      busyEdge: share(totals.busyEdge),
      idleEdge: share(totals.idleEdge),
    };
  }

  it.each<[string, object, object, 'errors' | 'shut' | 'slow' | 'fallback']>([
    ['a circuit that lets half through', { attempts: 3 }, {}, 'shut'],
    ['errors, tried three times', { attempts: 3 }, {}, 'errors'],
    ['errors, with a budget of retries', { attempts: 3, retryBudget: 0.2 }, {}, 'errors'],
    ['errors, tried once', { attempts: 1 }, {}, 'errors'],
    ['slowness beyond the time limit', { attempts: 1, timeoutMs: 40 }, { serviceMs: { mean: 20, cv: 0.1 } }, 'slow'],
    [
      'slowness of what is optional',
      { attempts: 2, timeoutMs: 200, optional: true },
      { serviceMs: { mean: 20, cv: 0.1 } },
      'slow',
    ],
    ['a fallback', { attempts: 1 }, {}, 'fallback'],
  ])('say the same of %s', (_, edge, called, prepare) => {
    const { busy, idle, busyEdge, idleEdge } = sharesOf(edge, called, prepare);
    expect(Math.abs(idle - busy), `calls failed: busy ${busy}, idle ${idle}`).toBeLessThan(0.05);
    // No call over the edge, no figure.
    if (prepare !== 'fallback')
      expect(Math.abs(idleEdge - busyEdge), `attempts failed: busy ${busyEdge}, idle ${idleEdge}`).toBeLessThan(0.06);
  });
});

describe.each(SIMULATION_TIERS)('a platform, on tier %s', (tier) => {
  const at = 100;
  function secondsOf(order: Order, rest: object, service: object = {}): number {
    const plan = planOf(
      [
        {
          id: 'web',
          replicas: { min: 1, start: 1, max: 2 },
          entry: { ratePerS: 5 },
          startS: { median: 1, sigma: 0 },
          ...service,
        },
      ],
      { guard, ...rest },
    );
    const hang = incidentOf(plan, 'hang', { ...NEVER, service: 0, strikes: [{ slot: 0, how: 'hang' }] }, 'h', 60);
    let endedS = Number.NaN;
    runTrialOn(tier, plan, scenarioOf([hang], 400, 'platform'), scripted([{ atS: at, service: 0, order }]), {
      onInput: (input) => {
        if (input.kind === 'outcome')
          endedS = input.result === 'done' ? input.atMs / 1000 - at : Number.POSITIVE_INFINITY;
      },
    });
    return endedS;
  }
  const sure = { actionFails: 0, processRestartS: { median: 2, sigma: 0 } };

  it.each<[string, Order, object, object, number]>([
    ['a roll-out waits for the pipeline, its place and its readiness', { kind: 'rollback' }, {}, {}, 20 + 5 + 5 + 1],
    ['unless there is none', { kind: 'rollback' }, { rolloutLeadS: 0, placementS: 0, readinessS: 0 }, {}, 1],
    ['a new replica waits for its place', { kind: 'scale-up' }, { placementS: 30 }, {}, 30 + 2 + 1],
    ['a hard restart waits for nothing', { kind: 'restart', mode: 'hard', replica: 0 }, {}, {}, 0.5 + 2 + 1],
    ['a graceful one for its deadline', { kind: 'restart', mode: 'graceful', replica: 0 }, {}, {}, 10 + 2 + 1],
    ['which is the service’s own', { kind: 'restart', mode: 'graceful', replica: 0 }, {}, { stopGraceS: 3 }, 3 + 2 + 1],
  ])('%s', (_, order, platform, service, seconds) => {
    expect(secondsOf(order, { platform: { ...sure, ...platform } }, service)).toBeCloseTo(seconds, 2);
  });

  it('lists a new process at its readiness probe, or at once if calls go to the unready and it is alone', () => {
    const listedAfterS = (platform: object, replicas: number): number => {
      const plan = planOf(
        [{ id: 'web', replicas: fixed(replicas), entry: { ratePerS: 5 }, startS: { median: 1, sigma: 0 } }],
        { guard, platform: { ...sure, ...platform } },
      );
      let downS = Number.NaN;
      let backS = Number.NaN;
      const order = { kind: 'restart', mode: 'hard', replica: 0 } as const;
      runTrialOn(tier, plan, scenarioOf([], 300, 'listed'), scripted([{ atS: at, service: 0, order }]), {
        onInput: (input) => {
          if (input.kind !== 'signal' || input.atMs / 1000 <= at) return;
          const { ready, inRotation } = input.replicas[0]!;
          if (ready === 0 || inRotation === 0) downS = input.atMs / 1000 - at;
          else if (Number.isNaN(backS)) backS = input.atMs / 1000 - at;
        },
      });
      return Number.isNaN(downS) ? 0 : backS;
    };
    // Stopped in half a second, another started in two, booted in one: what comes on top is the wait for a probe.
    const slowly = listedAfterS({ readinessPeriodS: 200 }, 1);
    expect(slowly).toBeGreaterThan(5);
    expect(listedAfterS({ readinessPeriodS: 200, callsUnready: true }, 1)).toBeLessThanOrEqual(4);
    expect(listedAfterS({ readinessPeriodS: 200, callsUnready: true }, 2)).toBe(slowly);
    expect(listedAfterS({ readinessPeriodS: 0.1 }, 1)).toBeLessThanOrEqual(4);
  });

  it('fails as often as the file says', () => {
    const order = { kind: 'reconnect' } as const;
    expect(secondsOf(order, { platform: { actionFails: 1 } })).toBe(Number.POSITIVE_INFINITY);
    expect(secondsOf(order, { platform: { actionFails: 0 } })).toBeCloseTo(2, 2);
  });
});
