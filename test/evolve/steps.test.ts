/** The search sees what the tables see: no strategy worth having is cut off before its hour is over. */
import { expect, it } from 'vitest';
import { shipped } from '../../bench/table.ts';
import { planFleet } from '../../sim/plan.ts';
import { drawScenario } from '../../sim/scenario.ts';
import { runTrial } from '../../sim/trial.ts';
import { loadConstitution } from '../../src/constitution.ts';
import { healerOf, packContender } from '../../src/contenders.ts';
import { createEvaluator, STEPS_MAX, scoreOf, userMinutesAtStake } from '../../src/evolve/trial-evaluator.ts';
import { loadFleet } from '../../src/fleets.ts';
import { sreRunbookGenome } from '../../strategies/baselines/sre-runbook.ts';
import { packGenome } from '../../strategies/pack.ts';

const HOURS = 6;

it('scores agents, who are woken by every letter, by the whole hour', () => {
  const pack = shipped('together');
  const { fleet } = loadFleet('otel-demo');
  const plan = planFleet(fleet);
  const healer = healerOf(packContender(pack));
  const together = { level: 'advanced', constitution: loadConstitution().constitution } as const;
  const evaluate = createEvaluator({ fleets: [fleet], reference: sreRunbookGenome, together });
  let most = 0;
  for (let hour = 0; hour < HOURS; hour++) {
    const name = `steps/train/${hour}`;
    const whole = runTrial(plan, drawScenario(plan, name), healer);
    most = Math.max(most, whole.steps);
    expect([evaluate(packGenome(pack), name)].flat()[0], name).toBe(scoreOf(whole, userMinutesAtStake(fleet)));
  }
  // Hours that would have been cut off at the 15,000 steps that were once allowed.
  expect(most).toBeGreaterThan(15_000);
  expect(most).toBeLessThan(STEPS_MAX / 2);
});
