/** Tier 1's books: every trial keeps them, and each kind of mistake is found out. */
import { describe, expect, it } from 'vitest';
import { derive } from '../../sim/derive.ts';
import { advance } from '../../sim/fluid/advance.ts';
import { auditFlow, enterStep, openBooks, turnPage } from '../../sim/fluid/audit.ts';
import { accumulate, createFlow, type Flow } from '../../sim/fluid/flow.ts';
import { judge } from '../../sim/fluid/judge.ts';
import { runTrial } from '../../sim/trial.ts';
import { createWorld } from '../../sim/world.ts';
import { baseline, fixed, planOf, scenarioOf, testScenarios } from './harness.ts';

/** Half of the calls are late, so that the delay pools fill. */
const plan = planOf([
  {
    id: 'web',
    replicas: fixed(2),
    workers: 8,
    serviceMs: { mean: 10 },
    entry: { ratePerS: 50 },
    dependsOn: [{ service: 'data', timeoutMs: 100, attempts: 3 }],
  },
  { id: 'data', replicas: fixed(2), workers: 8, serviceMs: { mean: 80 } },
]);

/** A hundred steps of a tenth of a second. `tamper` is called in one of them, when calls have moved or when outcomes are judged. */
function keep(tamper: (flow: Flow) => void, when: 'moved' | 'judged' = 'moved'): void {
  const world = createWorld(plan, scenarioOf([], 3600, 'a41'));
  derive(world);
  const flow = createFlow(plan);
  const books = openBooks(flow);
  judge(flow, world);
  for (let step = 0; step < 100; step += 1) {
    advance(flow, world, 0.1);
    if (step === 2 && when === 'moved') tamper(flow);
    accumulate(flow, 0.1);
    enterStep(books, flow, 0.1);
    judge(flow, world);
    // The books look at every sixteenth step.
    if (step === 15 && when === 'judged') tamper(flow);
    turnPage(books, flow, world);
  }
  auditFlow(books, flow, world);
}

describe("tier 1's books", () => {
  it('add up while queues and delay pools fill', () => {
    expect(() => keep(() => {})).not.toThrow();
  });

  it.each([
    ['calls that appear from nowhere', 'service 0 took in', (flow: Flow) => (flow.number[0] = flow.number[0]! + 20)],
    ['calls that come and are not counted', 'service 1 took in', (flow: Flow) => (flow.entering[1] = 0)],
    ['calls that appear in a delay pool', 'edge 0', (flow: Flow) => flow.pool.fill(5)],
    ['a number that is none', 'service 0', (flow: Flow) => (flow.number[0] = Number.NaN)],
  ])('name the scenario and the place of %s', (_, place, tamper) => {
    expect(() => keep(tamper)).toThrow(`scenario a41: ${place}`);
  });

  it('name the scenario and the place of a time in system that is not that of the queue', () => {
    const tamper = (flow: Flow): void => {
      flow.ownMean[2] = 9;
    };
    expect(() => keep(tamper, 'judged')).toThrow('scenario a41: service 1 held');
  });

  it('add up in every trial, whatever fails and whoever heals', () => {
    for (const scenario of testScenarios(plan, 6)) {
      for (const name of ['nothing', 'kubernetes', 'sre-runbook'])
        expect(() => runTrial(plan, scenario, baseline(name))).not.toThrow();
    }
  });
});
