import { describe, expect, it } from 'vitest';
import { azora } from '../../strategies/baselines/azora.ts';
import { HMS_LADDER, hms } from '../../strategies/baselines/hms.ts';
import { sutazai } from '../../strategies/baselines/sutazai.ts';
import type { Action } from '../../strategies/contract.ts';
import { absent, booting, dead, healthy, hung, rosterOf, times, watch } from './harness.ts';

const kinds = (actions: readonly Action[]): string[] => actions.map(({ kind }) => kind);

describe('azora', () => {
  const once = (over: Parameters<typeof healthy>[0]) =>
    watch(azora, azora.start(rosterOf()), { toMs: 5_000 }, () => [healthy(over)]);

  it('is degraded from 5 % errors or 1000 ms, and failed above 10 %', () => {
    expect(once({ failed: 4.9 })).toEqual([]);
    expect(once({ failed: 5 })).toMatchObject([{ kind: 'restart', mode: 'graceful', cause: 'degraded' }]);
    expect(once({ failed: 10 })).toMatchObject([{ cause: 'degraded' }]);
    expect(once({ failed: 10.1 })).toMatchObject([{ cause: 'failed' }]);
    expect(once({ p95Ms: 999 })).toEqual([]);
    expect(once({ p95Ms: 1000 })).toMatchObject([{ cause: 'degraded' }]);
  });

  it('restarts each affected replica at every check, never the others', () => {
    const replicas = [dead(), hung(), healthy({ failed: 50 }), healthy()];
    const actions = watch(azora, azora.start(rosterOf()), { toMs: 10_000 }, () => replicas);
    expect(actions.map(({ replica }) => replica)).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it('leaves a booting replica alone', () => {
    expect(
      watch(azora, azora.start(rosterOf()), { toMs: 50_000 }, (atMs) => [booting(atMs / 1000), healthy()]),
    ).toEqual([]);
  });
});

describe('sutazai', () => {
  const first = (...replicas: ReturnType<typeof healthy>[]) =>
    watch(sutazai, sutazai.start(rosterOf()), { toMs: 10_000 }, () => replicas);

  it('answers each problem with its own strategy', () => {
    expect(first(healthy({ p95Ms: 1000 }))).toMatchObject([{ kind: 'scale-up', cause: 'slow' }]);
    expect(first(healthy({ p95Ms: 999 }))).toEqual([]);
    expect(first(healthy({ failed: 50 }))).toMatchObject([{ kind: 'restart', cause: 'errors' }]);
    expect(first(healthy({ failed: 51 }))).toMatchObject([{ kind: 'circuit-break', admit: 0 }]);
    expect(first(healthy({ memory: 0.9 }))).toMatchObject([{ kind: 'repair-config', cause: 'resources' }]);
    expect(first(healthy(), dead())).toMatchObject([{ kind: 'restart', replica: 1, cause: 'down' }]);
  });

  it('takes the next strategy of the list while the first was tried within the cool-down', () => {
    const actions = watch(sutazai, sutazai.start(rosterOf()), { toMs: 30_000 }, () => [healthy({ p95Ms: 2000 })]);
    expect(kinds(actions)).toEqual(['scale-up', 'restart', 'repair-config']);
  });

  it('alerts once after 3 attempts and tries again when the first cool-down of 300 s is over', () => {
    const memory = sutazai.start(rosterOf());
    const actions = watch(sutazai, memory, { toMs: 310_000 }, () => [healthy({ p95Ms: 2000 })]);
    expect(kinds(actions)).toEqual(['scale-up', 'restart', 'repair-config', 'escalate', 'scale-up']);
    expect(times(actions).at(-1)).toBe(10_000 + 300_000);
  });

  it('cools down in 180 s on a critical service and makes 2 attempts on a lightweight one', () => {
    const critical = sutazai.start(rosterOf('critical'));
    const again = watch(sutazai, critical, { toMs: 190_000 }, () => [healthy({ p95Ms: 2000 })]).at(-1);
    expect(again).toMatchObject({ kind: 'scale-up', atMs: 10_000 + 180_000 });
    const light = watch(sutazai, sutazai.start(rosterOf('lightweight')), { toMs: 100_000 }, () => [
      healthy({ p95Ms: 2000 }),
    ]);
    expect(kinds(light)).toEqual(['scale-up', 'restart', 'escalate']);
  });

  it('does not scale up a service that has no free slot', () => {
    const slow = healthy({ p95Ms: 2000 });
    expect(first(slow, slow, slow, slow)[0]).toMatchObject({ kind: 'restart' });
  });

  it('half-opens the circuit after a minute and closes it when errors are low', () => {
    const memory = sutazai.start(rosterOf());
    const opened = watch(sutazai, memory, { toMs: 10_000 }, () => [healthy({ failed: 80 })]);
    const resting = watch(sutazai, memory, { fromMs: 20_000, toMs: 60_000 }, () => [healthy({ calls: 0 })]);
    const halfOpened = watch(sutazai, memory, { fromMs: 70_000, toMs: 70_000 }, () => [healthy({ calls: 0 })]);
    const closed = watch(sutazai, memory, { fromMs: 80_000, toMs: 160_000 }, () => [healthy()]);
    expect(
      [opened, resting, halfOpened, closed].map((actions) => actions.map((a) => a.kind === 'circuit-break' && a.admit)),
    ).toEqual([[0], [], [0.1], [1]]);
  });

  it('opens a half-open circuit again while most of its calls fail', () => {
    const memory = sutazai.start(rosterOf());
    const admits = watch(sutazai, memory, { toMs: 80_000 }, () => [healthy({ failed: 80 })]).filter(
      (action) => action.kind === 'circuit-break',
    );
    expect(admits.map((action) => action.admit)).toEqual([0, 0.1, 0]);
  });

  it('keeps the circuit closed when its opening is refused, and tries that again', () => {
    const actions = watch(
      sutazai,
      sutazai.start(rosterOf()),
      { toMs: 30_000 },
      () => [healthy({ failed: 80 })],
      'refused',
    );
    expect(kinds(actions)).toEqual(['circuit-break', 'circuit-break', 'circuit-break']);
  });
});

describe('hms', () => {
  const sick = () => [healthy({ failed: 20 }), absent()];

  it('climbs one rung per 30 s, least disruptive first', () => {
    const actions = watch(hms, hms.start(rosterOf()), { toMs: 130_000 }, sick);
    expect(kinds(actions)).toEqual([...HMS_LADDER]);
    expect(times(actions)).toEqual([5_000, 35_000, 65_000, 95_000, 125_000]);
  });

  it('starts from the bottom again once the service was healthy', () => {
    const memory = hms.start(rosterOf());
    watch(hms, memory, { toMs: 65_000 }, sick);
    watch(hms, memory, { fromMs: 70_000, toMs: 70_000 }, () => [healthy()]);
    expect(kinds(watch(hms, memory, { fromMs: 100_000, toMs: 100_000 }, sick))).toEqual(['reconnect']);
  });

  it('takes the fallback off after 5 min', () => {
    const memory = hms.start(rosterOf());
    const on = watch(hms, memory, { toMs: 125_000 }, sick).at(-1);
    const off = watch(hms, memory, { fromMs: 130_000, toMs: 500_000 }, () => [healthy({ calls: 0 })]);
    expect(on).toMatchObject({ kind: 'fallback', on: true, atMs: 125_000 });
    expect(off).toMatchObject([{ kind: 'fallback', on: false, atMs: 425_000 }]);
  });

  it('leaves the scale-up out when no slot is free', () => {
    const actions = watch(hms, hms.start(rosterOf()), { toMs: 100_000 }, () => Array(4).fill(healthy({ failed: 20 })));
    expect([...new Set(kinds(actions))]).toEqual(['reconnect', 'repair-config', 'restart', 'fallback']);
  });

  it('stays on a refused rung', () => {
    const actions = watch(hms, hms.start(rosterOf()), { toMs: 60_000 }, sick, 'refused');
    expect(new Set(kinds(actions))).toEqual(new Set(['reconnect']));
    expect(actions).toHaveLength(12);
  });

  it.each([
    ['5 % errors', healthy({ failed: 5 }), healthy({ failed: 4.9 })],
    ['p95 of 1000 ms', healthy({ p95Ms: 1000 }), healthy({ p95Ms: 999 })],
    ['90 % of memory', healthy({ memory: 0.9 }), healthy({ memory: 0.89 })],
    ['a dead replica', dead(), healthy()],
  ])('calls a service unhealthy from %s', (_, bad, good) => {
    expect(watch(hms, hms.start(rosterOf()), { toMs: 5_000 }, () => [bad])).toHaveLength(1);
    expect(watch(hms, hms.start(rosterOf()), { toMs: 5_000 }, () => [good])).toEqual([]);
  });
});
