import { describe, expect, it } from 'vitest';
import type { FaultKind } from '../../sim/faults.ts';
import type { FleetPlan } from '../../sim/plan.ts';
import type { Incident } from '../../sim/scenario.ts';
import { runTrial } from '../../sim/trial.ts';
import type { Remedy } from '../../strategies/contract.ts';
import { fixed, incidentOf, type Line, type Order, planOf, scenarioOf, scripted } from './harness.ts';

const ONSET_S = 300;
/** Every healer notices after the same time. */
const ACTS_S = ONSET_S + 20;
const SEEDS = 3;

/** One incident, and whom the actions are aimed at. */
interface Situation {
  readonly best: Remedy;
  readonly when: string;
  readonly plan: FleetPlan;
  readonly kind: FaultKind;
  readonly incident: Partial<Incident>;
  readonly service: number;
  readonly replica: number;
}

/** A guard that leaves the choice to the healer. */
const guard = { maxDisabledShare: 1, minHealthy: 0 };
const elastic = { min: 3, start: 3, max: 6 };

function shopAt(utilisation: number, replicas: object = elastic): FleetPlan {
  return planOf(
    [
      {
        id: 'shop',
        tier: 'critical',
        replicas,
        startS: { median: 8, sigma: 0.2 },
        queue: 64,
        entry: { ratePerS: utilisation * 1200 },
      },
    ],
    { guard },
  );
}

function shopWith(child: object, edge: object, shop: object = {}): FleetPlan {
  return planOf(
    [
      {
        id: 'shop',
        tier: 'critical',
        replicas: elastic,
        entry: { ratePerS: 300 },
        dependsOn: [{ service: 'child', timeoutMs: 500, ...edge }],
        ...shop,
      },
      { id: 'child', replicas: elastic, ...child },
    ],
    { guard },
  );
}

const situations: readonly Situation[] = [
  {
    best: 'wait',
    when: 'bad input makes a few calls fail for a minute',
    plan: shopAt(0.5),
    kind: 'error-burst',
    incident: { severity: 0.2, variant: 0.1, strikes: [], passesAfterS: 60 },
    service: 0,
    replica: 0,
  },
  {
    best: 'restart-hard',
    when: 'a replica hangs that the others cannot do without',
    plan: shopAt(0.75),
    kind: 'hang',
    incident: { severity: 0.5, strikes: [{ slot: 2, how: 'hang' }] },
    service: 0,
    replica: 2,
  },
  {
    best: 'restart-graceful',
    when: 'the process under long calls is slow, and the node is not to blame',
    plan: planOf(
      [
        {
          id: 'shop',
          tier: 'critical',
          replicas: fixed(3),
          workers: 64,
          startS: { median: 8, sigma: 0.2 },
          serviceMs: { mean: 500 },
          queue: 64,
          entry: { ratePerS: 250, lateMs: 4000 },
        },
      ],
      { guard },
    ),
    kind: 'slow',
    incident: { severity: 3, variant: 0.8, strikes: [{ slot: 0, how: 'slow' }] },
    service: 0,
    replica: 0,
  },
  {
    best: 'scale-up',
    when: 'more users come than the replicas can serve',
    plan: shopAt(0.6),
    kind: 'overload',
    incident: { severity: 1.75, passesAfterS: 600 },
    service: 0,
    replica: 0,
  },
  {
    best: 'scale-down',
    when: 'the host is too small for the shop beside a job that could do with less',
    plan: planOf(
      [
        { id: 'shop', tier: 'critical', replicas: fixed(3), entry: { ratePerS: 720 } },
        { id: 'job', tier: 'lightweight', replicas: { min: 1, start: 2, max: 3 }, entry: { ratePerS: 80 } },
      ],
      { guard, zones: ['a'], groups: [{ id: 'rack', services: ['shop', 'job'] }] },
    ),
    kind: 'resource-exhaustion',
    incident: { severity: 0.7, host: 0, service: 0, passesAfterS: 1200 },
    service: 1,
    replica: 1,
  },
  {
    best: 'rollback',
    when: 'a new release answers with errors',
    plan: shopAt(0.5),
    kind: 'bad-deploy',
    incident: { severity: 0.5, variant: 0.2 },
    service: 0,
    replica: 0,
  },
  {
    best: 'circuit-break',
    when: 'retries keep a short overload alive',
    plan: shopWith(
      { tier: 'critical', replicas: fixed(3), workers: 2 },
      { attempts: 3 },
      { replicas: fixed(3), workers: 16, entry: { ratePerS: 400, lateMs: 2000 } },
    ),
    kind: 'overload',
    incident: { severity: 2.2, service: 0, passesAfterS: 15 },
    service: 1,
    replica: 0,
  },
  {
    best: 'reroute',
    when: 'the node under one replica is slow',
    plan: shopAt(0.5),
    kind: 'slow',
    incident: { severity: 12, variant: 0.2, strikes: [{ slot: 0, how: 'slow' }], passesAfterS: 900 },
    service: 0,
    replica: 0,
  },
  {
    best: 'repair-config',
    when: 'somebody changed the configuration',
    plan: shopAt(0.5),
    kind: 'config-drift',
    incident: { severity: 0.5 },
    service: 0,
    replica: 0,
  },
  {
    best: 'reconnect',
    when: 'the connections to a dependency are dead',
    plan: shopWith({}, {}),
    kind: 'dependency-outage',
    incident: { severity: 0.7, variant: 0.2, service: 0, edge: 0, passesAfterS: -1 },
    service: 0,
    replica: 0,
  },
  {
    best: 'fallback',
    when: 'something beyond the fleet fails that the shop can do without',
    plan: shopWith({ tier: 'lightweight' }, {}),
    kind: 'dependency-outage',
    incident: { severity: 0.9, variant: 0.8, service: 1, edge: -1, passesAfterS: 900 },
    service: 1,
    replica: 0,
  },
  {
    best: 'escalate',
    when: 'the only replica has corrupt state and dies again after every start',
    plan: shopAt(0.2, fixed(1)),
    kind: 'crash',
    incident: {
      severity: 0.95,
      strikes: [{ slot: 0, how: 'crash' }],
      noticeAfterS: 1014,
      answerAfterS: 120,
      repairAfterS: 600,
    },
    service: 0,
    replica: 0,
  },
];

/** Every way to do exactly one thing; standing measures are held for several times, of which the best counts. */
function waysTo(service: number, replica: number): Record<Remedy, readonly (readonly Line[])[]> {
  const order = (what: Order, afterS = 0): Line => ({ atS: ACTS_S + afterS, service, order: what });
  const held = (on: Order, off: Order): Line[][] => [
    [order(on)],
    ...[10, 60, 600].map((seconds) => [order(on), order(off, seconds)]),
  ];
  const breaker = [
    [2, 0.5, 4],
    [5, 0.5, 10],
    [15, 0.5, 15],
    [5, 0.6, 3000],
  ].map(([shutS, half, halfS]) => [
    order({ kind: 'circuit-break', admit: 0 }),
    order({ kind: 'circuit-break', admit: half! }, shutS!),
    order({ kind: 'circuit-break', admit: 1 }, shutS! + halfS!),
  ]);
  return {
    wait: [[]],
    'restart-graceful': [[order({ kind: 'restart', mode: 'graceful', replica })]],
    'restart-hard': [[order({ kind: 'restart', mode: 'hard', replica })]],
    'scale-up': [[order({ kind: 'scale-up' })]],
    'scale-down': [[order({ kind: 'scale-down' })], [order({ kind: 'scale-down', replica })]],
    rollback: [[order({ kind: 'rollback' })]],
    'circuit-break': [[order({ kind: 'circuit-break', admit: 0 })], ...breaker],
    reroute: held({ kind: 'reroute', out: true, replica }, { kind: 'reroute', out: false, replica }),
    'repair-config': [[order({ kind: 'repair-config' })]],
    reconnect: [[order({ kind: 'reconnect' })]],
    fallback: held({ kind: 'fallback', on: true }, { kind: 'fallback', on: false }),
    escalate: [[order({ kind: 'escalate' })]],
  };
}

/** User-minutes and the fleet's prices, summed over the seeds; Infinity when the guard let nothing be done. */
function costOf({ plan, kind, incident }: Situation, script: readonly Line[]): number {
  let cost = 0;
  for (let i = 0; i < SEEDS; i += 1) {
    const struck = incidentOf(plan, kind, incident, `seed ${i}`, ONSET_S);
    const result = runTrial(plan, scenarioOf([struck], 2400, `seed ${i}`), scripted(script));
    if (result.actions === 0 && script.length > 0) return Number.POSITIVE_INFINITY;
    cost += result.fitness;
  }
  return cost;
}

describe('the best single action', () => {
  it.each(situations.map((row) => [row.when, row.best, row] as const))('when %s: %s', (_, best, situation) => {
    const costs = Object.entries(waysTo(situation.service, situation.replica)).map(
      ([remedy, scripts]) => [remedy, Math.min(...scripts.map((script) => costOf(situation, script)))] as const,
    );
    const ranked = costs.toSorted(([, a], [, b]) => a - b);
    expect(costs).toHaveLength(12);
    expect(ranked[0]![0], JSON.stringify(ranked)).toBe(best);
    expect(ranked[1]![1]).toBeGreaterThan(ranked[0]![1]);
  });
});
