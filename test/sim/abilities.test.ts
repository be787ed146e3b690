/** A simulated fleet refuses what its services are not set up for, as the runtime's actuators do. */
import { describe, expect, it } from 'vitest';
import { createOracle } from '../../sim/oracle.ts';
import type { ScenarioSpec } from '../../sim/scenario.ts';
import { runTrialOn, SIMULATION_TIERS } from '../../sim/tiers.ts';
import { ACTION_FACTS, type ActionKind } from '../../strategies/contract.ts';
import { incidentOf, type Line, type Order, planOf, scenarioOf, scripted } from './harness.ts';

const guard = { maxDisabledShare: 1, minHealthy: 0, restartsPer10Min: 100, inFlight: 100 };
const web = {
  id: 'web',
  replicas: { min: 1, start: 2, max: 4 },
  entry: { ratePerS: 20 },
  startS: { median: 2, sigma: 0.1 },
  dependsOn: [{ service: 'db' }],
};
const fleetOf = (over: object = {}) =>
  planOf(
    [
      { ...web, ...over },
      { id: 'db', replicas: web.replicas },
    ],
    { guard },
  );
const still = scenarioOf([], 600);

describe.each(SIMULATION_TIERS)('on tier %s', (tier) => {
  /** How each action ended, in the order of their beginnings, and what all of them cost. */
  function follow(orders: readonly (readonly [atS: number, order: Order])[], over: object, scenario = still) {
    const lines: Line[] = orders.map(([atS, order]) => ({ atS, service: 0, order }));
    const results = new Map<number, string>();
    const { actions } = runTrialOn(tier, fleetOf(over), scenario, scripted(lines), {
      onInput: (input, begun) => {
        if (input.kind === 'outcome') results.set(input.action, input.result);
        for (const { id } of begun) results.set(id, 'open');
      },
    });
    return { results: [...results.values()], actions };
  }
  const rollback = { kind: 'rollback' } as const;

  it('a service can be rolled back once for each release that was rolled out', () => {
    const twice = [
      [20, rollback],
      [120, rollback],
    ] as const;
    expect(follow(twice, {})).toEqual({ results: ['done', 'unsupported'], actions: 1 });
    expect(follow(twice, { earlierRelease: false })).toEqual({ results: ['unsupported', 'unsupported'], actions: 0 });
    const deployed: ScenarioSpec = { ...still, operations: [{ kind: 'deploy', service: 0, atS: 200 }] };
    expect(follow([...twice, [300, rollback], [400, rollback]], {}, deployed).results).toEqual([
      'done',
      'unsupported',
      'done',
      'unsupported',
    ]);
  });

  it('a bad release is one to go back from, and what people went back from is none', () => {
    const plan = fleetOf({ earlierRelease: false });
    const bad = incidentOf(plan, 'bad-deploy', { service: 0, noticeAfterS: 1e6, passesAfterS: -1 }, 'bad', 60);
    const healed = follow([[100, rollback]], { earlierRelease: false }, scenarioOf([bad], 600, 'bad'));
    expect(healed.results).toEqual(['done']);
    const mended = { ...bad, noticeAfterS: 5, repairAfterS: 5 };
    const late = follow([[400, rollback]], { earlierRelease: false }, scenarioOf([mended], 600, 'bad'));
    expect(late.results).toEqual(['unsupported']);
  });

  const orders: Readonly<Record<Exclude<ActionKind, 'escalate'>, Order>> = {
    restart: { kind: 'restart', mode: 'graceful', replica: 0 },
    'scale-up': { kind: 'scale-up' },
    'scale-down': { kind: 'scale-down' },
    rollback,
    'circuit-break': { kind: 'circuit-break', admit: 0.5 },
    reroute: { kind: 'reroute', out: true, replica: 0 },
    fallback: { kind: 'fallback', on: true },
    'repair-config': { kind: 'repair-config' },
    reconnect: { kind: 'reconnect' },
  };

  it('nothing that a service is not set up for is done to it, and trying is free', () => {
    const bare = fleetOf({ cannot: Object.keys(orders) });
    const quiet = runTrialOn(tier, bare, still, scripted([]));
    for (const [kind, order] of Object.entries(orders)) {
      const drift = incidentOf(bare, 'config-drift', {
        service: 0,
        severity: 0.1,
        noticeAfterS: 1e6,
        passesAfterS: -1,
      });
      const scenario = kind === 'repair-config' ? scenarioOf([drift], 600) : still;
      const at = kind === 'repair-config' ? 320 : 20;
      expect([kind, follow([[at, order]], { cannot: [kind] }, scenario)]).toEqual([
        kind,
        { results: ['unsupported'], actions: 0 },
      ]);
      expect([kind, follow([[at, order]], {}, scenario).results]).toEqual([kind, ['done']]);
    }
    const tried = runTrialOn(
      tier,
      bare,
      still,
      scripted(Object.values(orders).map((order) => ({ atS: 20, service: 0, order }))),
    );
    expect({ ...tried, steps: 0 }).toEqual({ ...quiet, steps: 0 });
    expect(Object.keys(orders).toSorted()).toEqual(
      Object.keys(ACTION_FACTS)
        .filter((kind) => kind !== 'escalate')
        .toSorted(),
    );
  });

  it('a configuration that is the known-good one is not repaired', () => {
    expect(follow([[20, orders['repair-config']]], {}).results).toEqual(['unsupported']);
  });

  it('a repair that did not help can be tried again', () => {
    const plan = fleetOf();
    const twice = [310, 330].map((atS) => ({ atS, service: 0, order: orders['repair-config'] }));
    const unhelped = Array.from({ length: 200 }, (_, i) => `try ${i}`).filter((seed) => {
      const drift = incidentOf(
        plan,
        'config-drift',
        { service: 0, severity: 0.1, noticeAfterS: 1e6, passesAfterS: -1 },
        seed,
      );
      const leftBy = (lines: typeof twice) =>
        runTrialOn(tier, plan, scenarioOf([drift], 420, seed), scripted(lines)).unrecovered;
      return leftBy(twice.slice(0, 1)) === 1 && leftBy(twice) === 1;
    });
    // 5 % of cures and 4 % of actions fail, each time anew: 9 % squared.
    expect(unhelped.length).toBeLessThanOrEqual(6);
  });

  it('the oracle knows it: where connections cannot be opened anew it restarts', () => {
    const cutOff = (plan: ReturnType<typeof fleetOf>) =>
      incidentOf(plan, 'dependency-outage', {
        service: 0,
        edge: 0,
        variant: 0.01,
        noticeAfterS: 1e6,
        passesAfterS: -1,
      });
    const kindsOf = (over: object) => {
      const plan = fleetOf(over);
      const seen = new Set<string>();
      const { unrecovered } = runTrialOn(tier, plan, scenarioOf([cutOff(plan)], 900), createOracle(), {
        onInput: (_, actions) => {
          for (const { kind } of actions) if (kind !== 'escalate') seen.add(kind);
        },
      });
      return { seen: [...seen], unrecovered };
    };
    expect(kindsOf({})).toEqual({ seen: ['reconnect'], unrecovered: 0 });
    expect(kindsOf({ cannot: ['reconnect'] })).toEqual({ seen: ['restart'], unrecovered: 0 });
  });
});
