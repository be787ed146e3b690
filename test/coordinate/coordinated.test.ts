import { describe, expect, it } from 'vitest';
import { sreRunbook } from '../../strategies/baselines/sre-runbook.ts';
import type { Action } from '../../strategies/contract.ts';
import { CALL_MS, callOut } from '../../strategies/coordinate/contract-net.ts';
import { strategyHealer } from '../../strategies/heal.ts';
import { drafts, HOW, ROSTER } from './core-harness.ts';
import { deliver, look, teamOf, wire } from './team-harness.ts';

const SERVICES = [...ROSTER.services.keys()];

/** All is well for long enough that what is normal is known; then the cart fails calls in two windows, and is sure of it at 150 s. */
function failingAt150S(team: Pick<ReturnType<typeof teamOf>, 'heal'>): readonly Action[] {
  const all = [0, 1, 2];
  for (let atMs = 5000; atMs < 150_000; atMs += 5000)
    for (const service of SERVICES)
      team.heal(look(service, atMs, { failing: service === 1 && atMs > 140_000 ? all : [] }));
  return team.heal(look(1, 150_000, { failing: [0, 1, 2] }));
}

describe('a strategy that heals alone', () => {
  it('does the same with genes of coordination and without', () => {
    const [plain, social] = [null, { ...HOW, graceMs: 3000 }].map((coordination) => {
      const healer = strategyHealer('alone', { ...sreRunbook, coordination });
      const memory = healer.start(ROSTER);
      const heal = (input: Parameters<typeof healer.heal>[1]) => healer.heal(memory, input);
      const actions = [...failingAt150S({ heal })];
      for (let atMs = 155_000; atMs < 200_000; atMs += 5000)
        for (const service of SERVICES) actions.push(...heal(look(service, atMs, { failing: [0] })));
      return actions;
    });
    expect(plain!.length).toBeGreaterThan(0);
    expect(social).toEqual(plain);
  });
});

describe('the grace', () => {
  it('of a new trouble ends by itself, between two looks, with nobody to give word', () => {
    const team = teamOf(
      wire(() => []),
      { graceMs: 1500 },
    );
    expect(failingAt150S(team)).toEqual([]);
    expect(team.healer.wakeAtMs(team.memory)).toBe(151_500);
    expect(team.heal({ kind: 'tick', atMs: 151_499 })).toEqual([]);
    expect(team.heal({ kind: 'tick', atMs: 151_500 }).length).toBeGreaterThan(0);
    expect(team.memory.waiting).toEqual([]);
    expect(team.healer.wakeAtMs(team.memory)).toBe(Number.POSITIVE_INFINITY);
  });

  it('of a strategy that has none does not delay the first action', () => {
    const team = teamOf(
      wire(() => []),
      { graceMs: 0 },
    );
    expect(failingAt150S(team).length).toBeGreaterThan(0);
    expect(team.memory.waiting).toEqual([]);
  });

  it('is not kept for a service that is paused meanwhile', () => {
    const team = teamOf(
      wire(() => []),
      { graceMs: 1500 },
    );
    failingAt150S(team);
    team.memory.guard.paused[1] = 1;
    expect(team.heal({ kind: 'tick', atMs: 151_500 })).toEqual([]);
    expect(team.memory.waiting).toEqual([]);
  });
});

describe('a hold', () => {
  const held = (untilMs: number, small = false) =>
    ({ kind: 'hold', service: 1, untilMs, small, reason: 'its host is crowded' }) as const;

  it('keeps a victim from restarting, ends by itself, and ends at once when it is released', () => {
    const acts = [0, 200_000, 152_000].map((untilMs) => {
      const team = teamOf(wire(() => []));
      deliver(team, 'healer/1', held(untilMs), 140_000);
      const kinds = failingAt150S(team).map(({ kind }): string => kind);
      for (let atMs = 155_000; atMs < 195_000; atMs += 5000)
        kinds.push(...team.heal(look(1, atMs, { failing: [0, 1, 2] })).map(({ kind }) => kind));
      return kinds.includes('restart') || kinds.includes('reroute');
    });
    expect(acts).toEqual([true, false, true]);
    const team = teamOf(wire(() => []));
    deliver(team, 'healer/1', held(500_000), 1000);
    deliver(team, 'healer/1', { kind: 'release', service: 1 }, 2000);
    team.untilMs(3000);
    expect(team.memory.services[1]!.heldUntilMs).toBeLessThan(0);
  });

  it('never keeps a dead process from being started', () => {
    const team = teamOf(wire(() => []));
    deliver(team, 'healer/1', held(500_000), 140_000);
    failingAt150S(team);
    const actions = team.heal(look(1, 155_000, { dead: [0] }));
    expect(actions).toMatchObject([{ kind: 'restart', service: 1, replica: 0 }]);
  });
});

describe('the alarm', () => {
  it('rings no more once an incident is over, though a call for proposals was still open', () => {
    const team = teamOf(wire(() => []));
    const { coordinator } = team.memory.team;
    team.memory.team.coordinator = {
      ...coordinator,
      net: callOut(coordinator.net, drafts(1), { share: 1, benefit: 0.5, key: 'service/0' }, 0)[0],
    };
    expect(team.healer.wakeAtMs(team.memory)).toBe(CALL_MS);
    team.heal({ kind: 'tick', atMs: CALL_MS });
    expect(team.healer.wakeAtMs(team.memory)).toBe(Number.POSITIVE_INFINITY);
  });
});
