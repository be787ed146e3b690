import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { limitOf } from '../../../../src/runtime/signs/metrics/refusals.ts';
import type { Action, GuardLimits, RosterEntry } from '../../../../strategies/contract.ts';
import { admitAction, recordAction, startGuard } from '../../../../strategies/guard.ts';
import type { ReplicaState } from '../../../../strategies/replica.ts';
import { makeRoster } from '../../../heal/signals.ts';
import { order } from '../../actuators/harness.ts';

const SERVING: ReplicaState = { present: 1, dead: 0, live: 1, ready: 1, inRotation: 1 };
const three = [SERVING, SERVING, SERVING];

/** What the guard says to an action, after others were begun. */
function refusalOf(
  action: Action,
  limits: Partial<GuardLimits>,
  entry: Partial<RosterEntry> = {},
  before: readonly Action[] = [],
  replicas = three,
): string {
  const roster = makeRoster([entry], limits);
  const guard = startGuard(roster);
  if (before.length > 0) for (const one of before) recordAction(guard, one);
  return admitAction(roster.guard, guard, roster, replicas, action) ?? 'admitted';
}

const restart = (replica = 0): Action => order('restart', { replica, atMs: 1000 });
const paused = (): string => {
  const roster = makeRoster();
  const guard = startGuard(roster);
  guard.paused[0] = 1;
  return admitAction(roster.guard, guard, roster, three, restart())!;
};
const flooded = (): string => {
  const roster = makeRoster();
  const guard = startGuard(roster);
  for (let i = 0; i < 5000; i++) recordAction(guard, order('reconnect', { atMs: 1000 }));
  return admitAction(roster.guard, guard, roster, three, restart())!;
};

const CASES: readonly (readonly [limit: string, reason: () => string])[] = [
  ['unknown-service', () => refusalOf({ ...restart(), service: 9 }, {})],
  ['paused', paused],
  ['protected', () => refusalOf(restart(), { protected: ['a'] })],
  ['outcomes-awaited', flooded],
  ['no-replica', () => refusalOf(restart(7), {})],
  ['restart-budget', () => refusalOf(restart(), { restartsPer10Min: 1 }, {}, [restart(1)])],
  ['replicas-max', () => refusalOf(order('scale-up', { atMs: 1000 }), {}, { replicasMax: 3 })],
  ['replicas-min', () => refusalOf(order('scale-down', { atMs: 1000 }), {}, { replicasMin: 3 })],
  ['in-flight', () => refusalOf(restart(), { inFlight: 1 }, {}, [restart(1)])],
  ['min-healthy', () => refusalOf(restart(), { minHealthy: 3 })],
  ['disabled-share', () => refusalOf(restart(), { maxDisabledShare: 0.34 }, {}, [restart(1)])],
  ['rotation-min', () => refusalOf(order('reroute', { replica: 0, atMs: 1000, out: true }), { minHealthy: 3 })],
  ['dry-run', () => refusalOf(restart(), { dryRun: true })],
];

describe('the limit of a refusal', () => {
  it.each(CASES)('%s is known by what the guard says', (limit, reason) => {
    expect(limitOf(reason())).toBe(limit);
  });

  it('is tested for every reason that the guard has', () => {
    const source = readFileSync(new URL('../../../../strategies/guard.ts', import.meta.url), 'utf8');
    const reasons = source.match(/return (?:limits\.dryRun \? )?['`][^'`]+['`]/g) ?? [];
    expect(reasons.length).toBeGreaterThan(8);
    expect(reasons).toHaveLength(CASES.length);
  });

  it('of a reason nobody knows is one word all the same', () => {
    expect(limitOf('some text of tomorrow')).toBe('other');
  });
});
