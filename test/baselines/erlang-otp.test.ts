import { describe, expect, it } from 'vitest';
import { erlangOtp } from '../../strategies/baselines/erlang-otp.ts';
import { dead, healthy, hung, rosterOf, times, watch } from './harness.ts';

/** Dead at the given times, running otherwise. */
const exitsAt =
  (...atMs: number[]) =>
  (now: number) => [atMs.includes(now) ? dead() : healthy(), healthy(), healthy()];

describe('erlang-otp', () => {
  it('restarts a child at its exit, and only it', () => {
    const actions = watch(erlangOtp, erlangOtp.start(rosterOf()), { toMs: 60_000 }, exitsAt(3_000));
    expect(actions).toMatchObject([{ kind: 'restart', replica: 0, cause: 'exit', atMs: 3_000 }]);
  });

  it('restarts the whole subtree at the second exit within 5 s', () => {
    const actions = watch(erlangOtp, erlangOtp.start(rosterOf()), { toMs: 60_000 }, exitsAt(3_000, 8_000));
    expect(actions.slice(1).map(({ replica, cause }) => [replica, cause])).toEqual([
      [0, 'subtree'],
      [1, 'subtree'],
      [2, 'subtree'],
    ]);
    expect(actions.slice(1)).toMatchObject([{ mode: 'hard' }, { mode: 'graceful' }, { mode: 'graceful' }]);
  });

  it('takes exits more than 5 s apart as single ones', () => {
    const actions = watch(erlangOtp, erlangOtp.start(rosterOf()), { toMs: 60_000 }, exitsAt(3_000, 9_000, 15_000));
    expect(actions.map(({ cause }) => cause)).toEqual(['exit', 'exit', 'exit']);
  });

  it('stops for good and calls a human once when the subtree restarts twice within 5 s', () => {
    const memory = erlangOtp.start(rosterOf());
    const actions = watch(erlangOtp, memory, { toMs: 600_000 }, () => [dead(), healthy(), healthy()]);
    const escalations = actions.filter(({ kind }) => kind === 'escalate');
    expect(escalations).toHaveLength(1);
    expect(actions.at(-1)).toBe(escalations[0]);
    expect(times(actions).at(-1)).toBeLessThanOrEqual(6_000);
  });

  it('supervises again, with fresh counts, once a human has started what was dead', () => {
    const memory = erlangOtp.start(rosterOf());
    watch(erlangOtp, memory, { toMs: 60_000 }, () => [dead(), healthy()]);
    expect(watch(erlangOtp, memory, { fromMs: 61_000, toMs: 90_000 }, exitsAt(70_000))).toMatchObject([
      { kind: 'restart', cause: 'exit', atMs: 70_000 },
    ]);
  });

  it('asks again for a refused restart without counting another exit', () => {
    const memory = erlangOtp.start(rosterOf());
    const refused = watch(erlangOtp, memory, { toMs: 30_000 }, () => [dead(), healthy()], 'refused');
    expect(refused).toHaveLength(30);
    expect(new Set(refused.map(({ cause }) => cause))).toEqual(new Set(['exit']));
  });

  it('leaves a living child running when its part of the subtree restart is refused', () => {
    const memory = erlangOtp.start(rosterOf());
    watch(erlangOtp, memory, { toMs: 3_000 }, exitsAt(3_000));
    watch(erlangOtp, memory, { fromMs: 4_000, toMs: 4_000 }, exitsAt(4_000), 'refused');
    const after = watch(erlangOtp, memory, { fromMs: 5_000, toMs: 20_000 }, exitsAt(5_000));
    expect(after.map(({ replica }) => replica)).toEqual([0]);
  });

  it('never notices a hang', () => {
    expect(watch(erlangOtp, erlangOtp.start(rosterOf()), { toMs: 300_000 }, () => [hung()])).toEqual([]);
  });
});
