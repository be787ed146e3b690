/** Watching a trial changes nothing, and what was seen fits what came of it. */
import { describe, expect, it } from 'vitest';
import { planFleet } from '../../sim/plan.ts';
import { drawScenario } from '../../sim/scenario.ts';
import { runTrialOn } from '../../sim/tiers.ts';
import { type Contender, healerOf, ORACLE, RUNBOOK } from '../../src/contenders.ts';
import { retrace } from '../../src/report/data/retrace.ts';
import { fleet } from './sample.ts';

const plan = planFleet(fleet);
const scenario = 'retrace/test/3';
const contenders: readonly Contender[] = [
  { kind: 'baseline', name: RUNBOOK },
  { kind: 'baseline', name: 'kubernetes' },
  { kind: 'nothing', name: 'nothing' },
  ORACLE,
];

describe.each(['fluid', 'requests'] as const)('on tier %s', (tier) => {
  it.each(contenders)('$name fares as it does unwatched, and its curve has its losses', (contender) => {
    const spec = drawScenario(plan, scenario);
    const alone = runTrialOn(tier, plan, spec, healerOf(contender));
    const { result, availability, actions, incidents } = retrace(tier, fleet, contender, scenario);
    expect(result).toEqual(alone);
    expect(availability).toHaveLength(360);
    expect(availability.every((share) => share >= 0 && share <= 1)).toBe(true);
    // Slices weigh alike here and users do not quite; the difference is that of the load within the hour.
    const mean = availability.reduce((sum, share) => sum + share, 0) / availability.length;
    expect(Math.abs(mean - result.availability)).toBeLessThan(0.03);
    expect(actions.filter(({ isTakeBack }) => !isTakeBack)).toHaveLength(result.actions);
    expect(incidents.map(({ kind, atS }) => [kind, atS])).toEqual(
      spec.incidents.map(({ kind, onsetS }) => [kind, onsetS]),
    );
    incidents.forEach(({ atS, noticedS, recoveredS, services }, i) => {
      expect(services.length).toBeGreaterThan(0);
      expect(recoveredS === null).toBe(!result.recovered[i]);
      if (noticedS !== null) expect(noticedS).toBeGreaterThanOrEqual(atS);
      if (contender.kind === 'nothing') expect(noticedS).toBeNull();
    });
  });
});

it('sees trouble noticed by those that look, in a scenario that has some', () => {
  const { incidents } = retrace('fluid', fleet, contenders[0]!, scenario);
  expect(incidents.length).toBeGreaterThan(0);
  expect(incidents.some(({ noticedS }) => noticedS !== null)).toBe(true);
});
