import { describe, expect, it } from 'vitest';
import { callersOf, isShort, reinforce } from '../../strategies/coordinate/capacity.ts';
import type { Evidence } from '../../strategies/coordinate/messages.ts';
import { evidenceOn, HOW, ROSTER } from './core-harness.ts';

const how = { ...HOW, growQueue: 0.3, growCpu: 0.8 };
const short = (over: Partial<Evidence>): boolean => isShort(how, evidenceOn(3, { slow: [], ...over }));

describe('a service is short of capacity', () => {
  it('by its queue, or by the work of those that serve', () => {
    expect([0.29, 0.3].map((queueShare) => short({ queueShare }))).toEqual([false, true]);
    expect([0.79, 0.8].map((cpuShare) => short({ cpuShare }))).toEqual([false, true]);
    // Three replicas, one of them gone: half the work of three is three quarters of two.
    expect([0.5, 0.54].map((cpuShare) => short({ cpuShare, down: [1], dead: [1] }))).toEqual([false, true]);
  });

  it('when replicas run and do not serve, not when their processes have exited', () => {
    expect(short({ down: [1] })).toBe(true);
    expect(short({ cpuShare: 0.3, down: [1], dead: [1] })).toBe(false);
  });

  it('never where the release or the configuration is suspected: new replicas would be as bad', () => {
    for (const issue of ['bad-deploy-suspected', 'config-drift-suspected'] as const)
      expect(short({ queueShare: 1, down: [1], issues: ['slow', issue] })).toBe(false);
  });

  it('never by what was not measured', () => {
    expect(short({ cpuShare: -1, queueShare: -1 })).toBe(false);
  });
});

describe('reinforcements', () => {
  it('are one replica for each, up to the most that it may have', () => {
    const drafts = reinforce(ROSTER, [evidenceOn(1), evidenceOn(2, { present: 6 }), evidenceOn(3)], new Set());
    expect(drafts.map(({ service, remedy }) => [service, remedy])).toEqual([
      [1, 'scale-up'],
      [3, 'scale-up'],
    ]);
  });

  it('do not land on a host that is in trouble itself', () => {
    const roster = { ...ROSTER, hosts: ROSTER.services.map(() => [0, 1, 2, 0, 1, 2]) };
    const landing = (present: number) => reinforce(roster, [evidenceOn(1, { present })], new Set([0])).length;
    expect([2, 3, 4].map(landing)).toEqual([1, 0, 1]);
  });
});

it('callers are those above, however far, and not the services themselves', () => {
  expect(callersOf(ROSTER, new Set([3]))).toEqual([0, 1, 2]);
  expect(callersOf(ROSTER, new Set([1, 3]))).toEqual([0, 2]);
  expect(callersOf(ROSTER, new Set([0]))).toEqual([]);
  expect(callersOf(ROSTER, new Set())).toEqual([]);
});
