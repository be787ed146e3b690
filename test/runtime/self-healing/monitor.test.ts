import { describe, expect, it } from 'vitest';
import { createFleetSelfHealing } from '../../../src/runtime/self-healing.ts';
import { FakeClock } from '../execute/harness.ts';

describe('the beat of the looks', () => {
  /** When a service was looked at. */
  function monitored(everyMs: number | null) {
    const clock = new FakeClock();
    const fleet = createFleetSelfHealing({ clock, everyMs });
    const looks: number[] = [];
    fleet.registerService('web', { check: () => void looks.push(clock.now()) });
    return { clock, fleet, looks };
  }

  it('goes on however often the configuration is changed', async () => {
    const { clock, fleet, looks } = monitored(100);
    await fleet.startMonitoring();
    for (let change = 0; change < 10; change++) {
      await clock.advance(60);
      fleet.applyConfig({ guard: { inFlight: 2 } });
    }
    expect(looks).toEqual([100, 200, 300, 400, 500, 600]);
    await fleet.close();
  });

  it('goes on however often it is changed itself', async () => {
    const { clock, fleet, looks } = monitored(100);
    await fleet.startMonitoring();
    for (let change = 0; change < 10; change++) {
      await clock.advance(60);
      fleet.applyConfig({ everyMs: change % 2 === 0 ? 110 : 100 });
    }
    expect(looks.length).toBeGreaterThanOrEqual(5);
    await fleet.close();
  });

  it('is sooner when it is told to be, and never later than it would have been', async () => {
    const { clock, fleet, looks } = monitored(1000);
    await fleet.startMonitoring();
    await clock.advance(500);
    fleet.applyConfig({ everyMs: 100 });
    await clock.advance(150);
    expect(looks).toEqual([600]);
    fleet.applyConfig({ everyMs: 5000 });
    await clock.advance(50);
    expect(looks).toEqual([600, 700]);
    await clock.advance(4999);
    expect(looks).toEqual([600, 700]);
    await clock.advance(1);
    expect(looks).toEqual([600, 700, 5700]);
    expect(clock.timers).toBe(1);
    await fleet.close();
    expect(clock.timers).toBe(0);
  });

  it('does not begin when it was called off before it could', async () => {
    const { clock, fleet, looks } = monitored(100);
    const started = fleet.startMonitoring();
    await fleet.stopMonitoring();
    await started;
    await clock.advance(1000);
    expect(looks).toEqual([]);
    expect(fleet.systemHealth().isMonitoring).toBe(false);
    await fleet.close();
  });
});
