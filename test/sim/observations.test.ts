import { describe, expect, it } from 'vitest';
import { runTrial } from '../../sim/trial.ts';
import { nothing } from '../../strategies/baselines/nothing.ts';
import type { Healer, Signal } from '../../strategies/contract.ts';
import { fixed, incidentOf, type Line, planOf, scenarioOf, scripted } from './harness.ts';

describe('common random numbers', () => {
  /** Two shops that share nothing, each with an incident of its own. */
  const plan = planOf(
    ['left', 'right'].map((id) => ({ id, replicas: fixed(3), queue: 64, entry: { ratePerS: 300 } })),
    { guard: { maxDisabledShare: 1, minHealthy: 0, restartsPer10Min: 100 } },
  );
  const incidents = [0, 1].map((service) =>
    incidentOf(plan, 'config-drift', { service, noticeAfterS: 100, repairAfterS: 500 }, `crn ${service}`, 200),
  );

  function seen(lines: readonly Line[]): { right: string; times: readonly number[] } {
    const right: unknown[] = [];
    const result = runTrial(plan, scenarioOf(incidents, 1500, 'crn'), scripted(lines), {
      onInput: (input) => {
        if (input.kind !== 'signal' || input.service !== 1) return;
        right.push(input.replicas.map(({ calls, failed, live, inRotation }) => [calls, failed, live, inRotation]));
      },
    });
    return { right: JSON.stringify(right), times: result.timeToRecoverS };
  }

  it("do not let a healer's acts on one service shift another's incidents, noise or repair", () => {
    const restarts = Array.from({ length: 12 }, (_, i): Line => {
      return { atS: 50 + 60.5 * i, service: 0, order: { kind: 'restart', mode: 'hard', replica: i % 3 } };
    });
    const idle = seen([]);
    const busy = seen([...restarts, { atS: 230, service: 0, order: { kind: 'repair-config' } }]);
    expect(busy.right).toBe(idle.right);
    expect(busy.times[0]).toBeLessThan(idle.times[0]!);
    expect(busy.times[1]).toBe(idle.times[1]);
    expect(idle.times[1]).toBeCloseTo(600, 6);
  });

  it('do not depend on who looks: noise at a moment is the same for all', () => {
    const readings = [nothing, scripted([])].map((healer) => {
      const found: unknown[] = [];
      runTrial(plan, scenarioOf([], 120, 'look'), { ...healer, windowMs: 5000 } as Healer, {
        onInput: (input) => found.push(structuredClone(input)),
      });
      return found;
    });
    expect(readings[0]).toHaveLength(2 * 23);
    expect(readings[0]).toEqual(readings[1]);
  });
});

describe('observations', () => {
  const plan = planOf(['left', 'right'].map((id) => ({ id, replicas: fixed(3), entry: { ratePerS: 300 } })));
  const signals: Signal[] = [];
  runTrial(plan, scenarioOf([], 3600, 'noise'), scripted([]), {
    onInput: (input) => {
      if (input.kind === 'signal') signals.push(structuredClone(input));
    },
  });
  const readings = signals.flatMap((signal) => signal.replicas);

  it('are noisy: equal services read differently, counts scatter like samples', () => {
    expect(signals).toHaveLength(2 * 3599);
    const differing = signals.filter(
      (signal, i) => i % 2 === 1 && signal.replicas[0]!.calls !== signals[i - 1]!.replicas[0]!.calls,
    );
    expect(differing.length).toBeGreaterThan(3000);
    const mean = readings.reduce((sum, { calls }) => sum + calls, 0) / readings.length;
    const variance = readings.reduce((sum, { calls }) => sum + (calls - mean) ** 2, 0) / readings.length;
    expect(mean).toBeCloseTo(100, 0);
    expect(variance / mean).toBeGreaterThan(0.9);
    expect(variance / mean).toBeLessThan(1.1);
  });

  it('raise false alarms: errors and lost probes with nothing wrong', () => {
    const failed = readings.reduce((sum, reading) => sum + reading.failed, 0);
    const calls = readings.reduce((sum, reading) => sum + reading.calls, 0);
    expect(failed / calls).toBeCloseTo(0.001, 4);
    const lost = readings.filter(({ live }) => live === 0).length;
    expect(lost).toBeGreaterThan(0);
    expect(lost / readings.length).toBeLessThan(0.002);
  });

  it('hold what the contract names and nothing of the truth', () => {
    expect(Object.keys(signals[0]!).sort()).toEqual(
      'atMs configAgeS configDiffers dependencyFailed deployAgeS kind replicas service windowMs'.split(' '),
    );
    expect(Object.keys(readings[0]!).sort()).toEqual(
      'calls cpu exitCode failed inRotation live memory p50Ms p95Ms present queue ready uptimeS'.split(' '),
    );
  });
});
