import { describe, expect, it } from 'vitest';
import { EVENT } from '../../sim/calendar.ts';
import { availabilityUpDown } from '../../sim/closed-forms.ts';
import { BACKGROUND_ERRORS } from '../../sim/faults.ts';
import { expandSeed, Stream } from '../../sim/random.ts';
import type { Incident } from '../../sim/scenario.ts';
import { runTrial } from '../../sim/trial.ts';
import { NOBODY } from '../../sim/world.ts';
import { nothing } from '../../strategies/baselines/nothing.ts';
import { fixed, incidentOf, planOf, scenarioOf } from './harness.ts';

describe('a replica that crashes and is repaired', () => {
  it('is available for up / (up + down) of the time', () => {
    const plan = planOf([
      {
        id: 'alone',
        replicas: fixed(1),
        workers: 32,
        serviceMs: { mean: 5 },
        entry: { ratePerS: 20, lateMs: 60_000 },
      },
    ]);
    const draw = new Stream().key(expandSeed('crash and repair'), 1, 0, 0);
    const incidents: Incident[] = [];
    let atS = 0;
    while (incidents.length < 150) {
      atS += 400 + draw.exponential(2000);
      const repairAfterS = draw.exponential(400);
      incidents.push(
        incidentOf(
          plan,
          'crash',
          { severity: 0.5, strikes: [{ slot: 0, how: 'crash' }], noticeAfterS: 0, repairAfterS },
          'any',
          atS,
        ),
      );
      atS += repairAfterS;
    }
    const horizonS = atS + 3000;
    let downS = 0;
    let outages = 0;
    let sinceS = -1;
    const result = runTrial(plan, scenarioOf(incidents, horizonS), nothing, {
      onEvent: (event, world) => {
        const serves = world.crashBy[0] === NOBODY && world.listed[0] === 1;
        if (event.code === EVENT.onset && sinceS < 0) sinceS = world.timeS;
        else if (serves && sinceS >= 0) {
          downS += world.timeS - sinceS;
          outages += 1;
          sinceS = -1;
        }
      },
    });
    expect(outages).toBe(150);
    const theory = availabilityUpDown((horizonS - downS) / outages, downS / outages);
    expect(theory).toBeLessThan(0.9);
    const available = result.availability / (1 - BACKGROUND_ERRORS);
    expect(Math.abs(available / theory - 1)).toBeLessThan(0.005);
    expect(Math.abs((1 - available) / (1 - theory) - 1)).toBeLessThan(0.005);
  });
});
