import { describe, expect, it } from 'vitest';
import { CURES, type Cure, cureChance, PLATFORM, type Trouble } from '../../sim/cures.ts';
import type { FaultKind } from '../../sim/faults.ts';
import type { Incident } from '../../sim/scenario.ts';
import { runTrial } from '../../sim/trial.ts';
import { PHASE, type World } from '../../sim/world.ts';
import { nothing } from '../../strategies/baselines/nothing.ts';
import { fixed, incidentOf, type Order, planOf, scenarioOf, scripted } from './harness.ts';

const SEEDS = 60;
const CURING = ['restart', 'rollback', 'repair-config', 'reconnect'] as const satisfies readonly Cure[];
const plan = planOf(
  [
    {
      id: 'shop',
      replicas: fixed(1),
      queue: 64,
      startS: { median: 4, sigma: 0.1 },
      entry: { ratePerS: 20 },
      dependsOn: [{ service: 'stock' }],
    },
    { id: 'stock', replicas: fixed(1), queue: 64 },
  ],
  { guard: { maxDisabledShare: 1, minHealthy: 0 } },
);

/** A fault that ends in each trouble, on the only replica of service 0. */
const FAULT_OF: Readonly<Record<Trouble, readonly [FaultKind, Partial<Incident>]>> = {
  crash: ['crash', { severity: 0.5, strikes: [{ slot: 0, how: 'crash' }] }],
  'crash-stubborn': ['crash', { severity: 0.9, strikes: [{ slot: 0, how: 'crash' }] }],
  hang: ['hang', { severity: 0.5, strikes: [{ slot: 0, how: 'hang' }] }],
  'hang-stubborn': ['hang', { severity: 0.95, strikes: [{ slot: 0, how: 'hang' }] }],
  'slow-process': ['slow', { severity: 3, variant: 0.8, strikes: [{ slot: 0, how: 'slow' }] }],
  'slow-node': ['slow', { severity: 3, variant: 0.2, strikes: [{ slot: 0, how: 'slow' }] }],
  leak: ['memory-leak', { severity: 12, service: 0 }],
  'errors-replica': ['error-burst', { severity: 0.5, variant: 0.8, strikes: [{ slot: 0, how: 'errors' }] }],
  'errors-service': ['error-burst', { severity: 0.5, variant: 0.1, strikes: [], service: 0 }],
  'bad-release': ['bad-deploy', { severity: 0.5, variant: 0.2, service: 0 }],
  'bad-config': ['config-drift', { severity: 0.5, service: 0 }],
  'dead-connections': ['dependency-outage', { severity: 0.5, variant: 0.2, service: 0, edge: 0 }],
  'outside-outage': ['dependency-outage', { severity: 0.5, variant: 0.8, service: 0, edge: -1 }],
};

const ORDERS: Readonly<Record<Cure, Order>> = {
  restart: { kind: 'restart', mode: 'hard', replica: 0 },
  rollback: { kind: 'rollback' },
  'repair-config': { kind: 'repair-config' },
  reconnect: { kind: 'reconnect' },
};

function timesCured(trouble: Trouble, cure: Cure): number {
  const [kind, over] = FAULT_OF[trouble];
  let count = 0;
  for (let i = 0; i < SEEDS; i += 1) {
    const seed = `${trouble} ${cure} ${i}`;
    const incident = incidentOf(plan, kind, { ...over, noticeAfterS: 1e6, passesAfterS: -1 }, seed, 10);
    const healer = scripted([{ atS: 40, service: 0, order: ORDERS[cure] }]);
    if (runTrial(plan, scenarioOf([incident], 130, seed), healer).unrecovered === 0) count += 1;
  }
  return count;
}

describe('the cure matrix', () => {
  it.each(Object.keys(CURES) as Trouble[])('%s is cured as often as it says, by each action', (trouble) => {
    for (const cure of CURING) {
      const chance = cureChance(trouble, cure) * (1 - PLATFORM.actionFails);
      const spread = 4 * Math.sqrt(SEEDS * chance * (1 - chance));
      const cured = timesCured(trouble, cure);
      expect(
        Math.abs(cured - SEEDS * chance),
        `${cure} cured ${cured} of ${SEEDS}, chance ${chance}`,
      ).toBeLessThanOrEqual(spread);
    }
  });

  it('names no cure that could never work', () => {
    for (const trouble of Object.keys(CURES) as Trouble[]) {
      for (const cure of Object.keys(CURES[trouble]) as Cure[]) {
        expect(timesCured(trouble, cure), `${trouble} by ${cure}`).toBeGreaterThan(0);
      }
    }
  });
});

describe('a repair by hand', () => {
  const trio = planOf([{ id: 'shop', replicas: fixed(3), queue: 64, entry: { ratePerS: 200 } }]);

  function afterRepair(kind: FaultKind, over: Partial<Incident>, repairAfterS = 1500): World {
    const worlds: World[] = [];
    const incident = incidentOf(trio, kind, { ...over, noticeAfterS: 0, repairAfterS }, 'repair', 50);
    const result = runTrial(trio, scenarioOf([incident], 3000), nothing, { onEvent: (_, world) => worlds.push(world) });
    expect(result.unrecovered).toBe(0);
    return worlds.at(-1)!;
  }

  it.each<[FaultKind, Partial<Incident>]>([
    ['crash', { severity: 0.9 }],
    ['hang', { severity: 0.95 }],
    ['slow', { variant: 0.8 }],
    ['memory-leak', { severity: 2 }],
    ['error-burst', { variant: 0.9, strikes: [{ slot: 1, how: 'errors' }] }],
    ['bad-deploy', { severity: 0.9, variant: 0.9 }],
    ['config-drift', {}],
  ])('of a %s leaves every replica serving at full speed, with sound memory and configuration', (kind, over) => {
    const world = afterRepair(kind, over);
    expect([...world.phase.slice(0, 3)]).toEqual([PHASE.up, PHASE.up, PHASE.up]);
    expect([...world.listed.slice(0, 3)]).toEqual([1, 1, 1]);
    expect([...world.memoryRate.slice(0, 3)]).toEqual([0, 0, 0]);
    expect([...world.speed.slice(0, 3)]).toEqual([1, 1, 1]);
    expect(world.configDiffers[0]).toBe(0);
    for (const errors of world.errorShare.slice(0, 3)) expect(errors).toBeCloseTo(0.001, 9);
  });

  it('comes sooner after a page', () => {
    const incident = incidentOf(
      trio,
      'config-drift',
      { noticeAfterS: 2000, answerAfterS: 100, repairAfterS: 300 },
      'page',
      50,
    );
    const timeOf = (script: Parameters<typeof scripted>[0]): number =>
      runTrial(trio, scenarioOf([incident], 3600), scripted(script)).timeToRecoverS[0]!;
    expect(timeOf([])).toBeCloseTo(2300, 6);
    expect(timeOf([{ atS: 150, service: 0, order: { kind: 'escalate' } }])).toBeCloseTo(500, 6);
  });
});

describe('an action', () => {
  it('bound to a replica that the autoscaler removes still ends', () => {
    const busy = planOf([
      {
        id: 'shop',
        replicas: { min: 1, start: 1, max: 3 },
        queue: 64,
        startS: { median: 1200, sigma: 0 },
        entry: { ratePerS: 40 },
        autoscale: { utilisation: 0.7 },
      },
    ]);
    const outcomes: string[] = [];
    const healer = scripted([{ atS: 400, service: 0, order: { kind: 'scale-up' } }]);
    runTrial(busy, scenarioOf([], 1000), healer, {
      onInput: (input) => {
        if (input.kind === 'outcome') outcomes.push(input.result);
      },
    });
    expect(outcomes).toHaveLength(1);
  });
});
