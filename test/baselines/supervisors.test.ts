import { describe, expect, it } from 'vitest';
import { docker } from '../../strategies/baselines/docker.ts';
import { kubernetes } from '../../strategies/baselines/kubernetes.ts';
import { monit } from '../../strategies/baselines/monit.ts';
import { nomad } from '../../strategies/baselines/nomad.ts';
import { pm2 } from '../../strategies/baselines/pm2.ts';
import { restartAlways } from '../../strategies/baselines/restart-always.ts';
import { supervisord } from '../../strategies/baselines/supervisord.ts';
import { systemd } from '../../strategies/baselines/systemd.ts';
import type { Action } from '../../strategies/contract.ts';
import { booting, dead, healthy, hung, rosterOf, times, watch } from './harness.ts';

const always =
  (...replicas: ReturnType<typeof healthy>[]) =>
  () =>
    replicas;

describe('kubernetes', () => {
  it('restarts gracefully on the third missed probe and not on the second', () => {
    const memory = kubernetes.start(rosterOf());
    const two = watch(kubernetes, memory, { toMs: 20_999 }, always(healthy(), hung()));
    expect(two).toEqual([]);
    const third = watch(kubernetes, memory, { fromMs: 21_000, toMs: 21_000 }, always(healthy(), hung()));
    expect(third).toMatchObject([{ kind: 'restart', mode: 'graceful', replica: 1, cause: 'liveness', atMs: 21_000 }]);
  });

  it('forgets two misses once a probe is answered', () => {
    const memory = kubernetes.start(rosterOf());
    const readings = (atMs: number) => [atMs === 21_000 || atMs === 41_000 ? healthy() : hung()];
    expect(watch(kubernetes, memory, { toMs: 60_000 }, readings)).toEqual([]);
  });

  it('takes an unmeasured probe as no verdict', () => {
    const memory = kubernetes.start(rosterOf());
    expect(watch(kubernetes, memory, { toMs: 120_000 }, always(healthy({ live: Number.NaN })))).toEqual([]);
  });

  it('waits 0, 10, 20 and 40 s before the first four restarts of a crash loop, and at most 300 s', () => {
    const starts = times(watch(kubernetes, kubernetes.start(rosterOf()), { toMs: 2_000_000 }, always(dead())));
    // Seen dead again one look after each start.
    const waits = starts.slice(1).map((atMs, at) => atMs - starts[at]! - 1_000);
    expect(starts[0]).toBe(1_000);
    expect(waits.slice(0, 7)).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
  });

  it.each([
    ['forgets the crashes after 10 min of running', 601, 0],
    ['remembers the crashes after less than 10 min', 598, 10_000],
  ])('%s', (_, ranS, waitMs) => {
    const memory = kubernetes.start(rosterOf());
    watch(kubernetes, memory, { toMs: 1_000 }, always(dead()));
    watch(kubernetes, memory, { fromMs: 2_000, toMs: 2_000 }, always(healthy({ uptimeS: ranS })));
    const again = watch(kubernetes, memory, { fromMs: 3_000, toMs: 30_000 }, always(dead()), 'none');
    expect(times(again)).toEqual([3_000 + waitMs]);
  });

  it('leaves a booting replica alone until it has been ready, and up to a minute', () => {
    const boot = (atMs: number) => [booting(atMs / 1000)];
    expect(watch(kubernetes, kubernetes.start(rosterOf()), { toMs: 79_000 }, boot)).toEqual([]);
    // Probes at 60, 70 and 80 s of uptime.
    expect(watch(kubernetes, kubernetes.start(rosterOf()), { toMs: 80_000 }, boot)).toHaveLength(1);
  });

  it('probes a replica that was ready before, however young it is', () => {
    const readings = (atMs: number) => [atMs <= 1_000 ? healthy({ uptimeS: 1 }) : hung({ uptimeS: atMs / 1000 })];
    expect(times(watch(kubernetes, kubernetes.start(rosterOf()), { toMs: 35_000 }, readings))).toEqual([31_000]);
  });
});

describe('restart-always', () => {
  it('restarts the dead and the unresponsive at each look and nobody else', () => {
    const memory = restartAlways.start(rosterOf());
    const actions = watch(restartAlways, memory, { toMs: 10_000 }, always(dead(), hung(), healthy(), booting(5)));
    expect(actions.map(({ replica, atMs }) => [replica, atMs])).toEqual([
      [0, 5_000],
      [1, 5_000],
      [0, 10_000],
      [1, 10_000],
    ]);
  });
});

describe('systemd', () => {
  it('gives up on the sixth start in 10 s and never starts again', () => {
    const starts = times(watch(systemd, systemd.start(rosterOf()), { toMs: 600_000 }, always(dead())));
    expect(starts).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
  });

  it('goes on for ever when the sixth start comes after the 10 s', () => {
    const starts = watch(systemd, systemd.start(rosterOf()), { stepMs: 2_100, toMs: 210_000 }, always(dead()));
    expect(starts).toHaveLength(100);
  });

  it('supervises again once somebody has started the unit by hand', () => {
    const memory = systemd.start(rosterOf());
    watch(systemd, memory, { toMs: 20_000 }, always(dead()));
    watch(systemd, memory, { fromMs: 21_000, toMs: 21_000 }, always(healthy({ uptimeS: 1 })));
    expect(watch(systemd, memory, { fromMs: 22_000, toMs: 22_000 }, always(dead()))).toHaveLength(1);
  });

  it('never notices a hang', () => {
    expect(watch(systemd, systemd.start(rosterOf()), { toMs: 600_000 }, always(hung()))).toEqual([]);
  });
});

describe('pm2', () => {
  const quickExits = (stepMs: number, toMs: number): Action[] =>
    watch(pm2, pm2.start(rosterOf()), { stepMs, toMs }, always(dead()));

  it('stops at the sixteenth quick exit of the first 16 s', () => {
    expect(quickExits(900, 60_000)).toHaveLength(15);
  });

  it('never stops a crash loop that began later', () => {
    const memory = pm2.start(rosterOf());
    watch(pm2, memory, { toMs: 16_000 }, always(healthy()));
    watch(pm2, memory, { fromMs: 17_000, toMs: 17_000 }, always(healthy({ uptimeS: 0.1 })));
    expect(watch(pm2, memory, { fromMs: 18_000, toMs: 117_000 }, always(dead()))).toHaveLength(100);
  });

  it('looks for memory above 0.9 of the limit every 30 s only', () => {
    const memory = pm2.start(rosterOf());
    watch(pm2, memory, { toMs: 1_000 }, always(healthy()));
    const full = watch(pm2, memory, { fromMs: 2_000, toMs: 31_000 }, always(healthy({ memory: 0.91 })));
    expect(full).toMatchObject([{ atMs: 31_000, cause: 'memory', mode: 'graceful' }]);
    expect(watch(pm2, pm2.start(rosterOf()), { toMs: 60_000 }, always(healthy({ memory: 0.9 })))).toEqual([]);
  });
});

describe('supervisord', () => {
  it('retries quick exits after 1, 2 and 3 s and is FATAL after the third', () => {
    const starts = times(watch(supervisord, supervisord.start(rosterOf()), { toMs: 600_000 }, always(dead())));
    const waits = starts.slice(1).map((atMs, at) => atMs - starts[at]! - 1_000);
    expect(waits).toEqual([1_000, 2_000, 3_000]);
  });

  it('restarts at once and for ever when each run lasts longer than a second', () => {
    const readings = (atMs: number) => [atMs % 4_000 === 0 ? dead() : healthy({ uptimeS: (atMs % 4_000) / 1000 + 1 })];
    const starts = times(watch(supervisord, supervisord.start(rosterOf()), { toMs: 40_000 }, readings));
    expect(starts).toEqual(Array.from({ length: 10 }, (_, at) => (at + 1) * 4_000));
  });
});

describe('monit', () => {
  it('restarts at the first failed test of a cycle', () => {
    const actions = watch(monit, monit.start(rosterOf()), { toMs: 30_000 }, always(hung(), dead(), healthy()));
    expect(actions.map(({ replica, cause }) => [replica, cause])).toEqual([
      [0, 'liveness'],
      [1, 'exit'],
    ]);
  });

  it('holds the http test back while the process is younger than 30 s', () => {
    const at = (uptimeS: number) => watch(monit, monit.start(rosterOf()), { toMs: 30_000 }, always(hung({ uptimeS })));
    expect(at(29.9)).toEqual([]);
    expect(at(30)).toHaveLength(1);
  });

  it('restarts above 90 % of memory and not at it', () => {
    const at = (memory: number) => watch(monit, monit.start(rosterOf()), { toMs: 30_000 }, always(healthy({ memory })));
    expect(at(0.9)).toEqual([]);
    expect(at(0.91)).toMatchObject([{ cause: 'memory' }]);
  });

  it('tries a process that stays dead once a cycle, without end', () => {
    expect(watch(monit, monit.start(rosterOf()), { toMs: 3_000_000 }, always(dead()))).toHaveLength(100);
  });
});

describe('docker with autoheal', () => {
  it('is unhealthy at the third probe that went 30 s unanswered, and acted upon at the next look of autoheal', () => {
    const actions = watch(docker, docker.start(rosterOf()), { toMs: 95_000 }, always(hung()));
    // Probes fail at 30, 60 and 90 s; autoheal looks at multiples of 5 s.
    expect(times(actions)).toEqual([90_000]);
    const early = watch(
      docker,
      docker.start(rosterOf()),
      { fromMs: 3_000, stepMs: 1_000, toMs: 95_000 },
      always(hung()),
    );
    expect(times(early)).toEqual([95_000]);
  });

  it('counts a probe as passed when any second of its 30 was answered', () => {
    const readings = (atMs: number) => [atMs % 29_000 === 0 ? healthy() : hung()];
    expect(watch(docker, docker.start(rosterOf()), { toMs: 600_000 }, readings)).toEqual([]);
  });

  it('doubles its wait up to 60 s for exits, and forgets after 10 s of running', () => {
    const memory = docker.start(rosterOf());
    const starts = times(watch(docker, memory, { toMs: 300_000 }, always(dead())));
    const waits = starts.slice(1).map((atMs, at) => atMs - starts[at]! - 1_000);
    expect(waits.slice(0, 3)).toEqual([0, 0, 0]);
    expect(Math.max(...waits)).toBe(60_000);
    watch(docker, memory, { fromMs: 301_000, toMs: 301_000 }, always(healthy({ uptimeS: 10 })));
    expect(watch(docker, memory, { fromMs: 302_000, toMs: 302_000 }, always(dead()))).toHaveLength(1);
  });
});

describe('nomad', () => {
  it('waits 15 s and at most a quarter more, differently each time', () => {
    const memory = nomad.start(rosterOf());
    const starts = times(
      watch(nomad, memory, { stepMs: 100, toMs: 19_000 }, always(dead(), dead(), dead(), dead()), 'none'),
    );
    expect(starts).toHaveLength(4);
    for (const atMs of starts) {
      expect(atMs).toBeGreaterThanOrEqual(15_100);
      expect(atMs).toBeLessThanOrEqual(100 + 18_750 + 50);
    }
    expect(new Set(starts).size).toBeGreaterThan(1);
  });

  it('restarts twice in 30 min, then reschedules after 30 s, and after 60 s the next time', () => {
    const starts = times(watch(nomad, nomad.start(rosterOf()), { toMs: 400_000 }, always(dead())));
    const waits = starts.map((atMs, at) => atMs - (starts[at - 1] ?? 0) - 1_000);
    const isRestart = (waitMs: number) => waitMs >= 15_000 && waitMs <= 19_000;
    expect(waits.slice(0, 6).map((waitMs) => (isRestart(waitMs) ? 'restart' : waitMs))).toEqual([
      'restart',
      'restart',
      30_000,
      'restart',
      'restart',
      60_000,
    ]);
  });

  it('sends the third failed check through the same policy', () => {
    const starts = times(watch(nomad, nomad.start(rosterOf()), { toMs: 45_000 }, always(hung()), 'none'));
    expect(starts).toHaveLength(1);
    // Each check fails after its 2 s; the third ends at 22 s.
    expect(starts[0]).toBeGreaterThanOrEqual(22_000 + 15_000);
  });
});

describe('any supervisor', () => {
  it('asks again at the next look after a refusal, without counting the restart twice', () => {
    const memory = systemd.start(rosterOf());
    expect(times(watch(systemd, memory, { toMs: 30_000 }, always(dead()), 'refused'))).toHaveLength(30);
    // Counted once, at 1 s; that window of 10 s is over, so the retry at 31 s is followed by a fresh window of five.
    expect(watch(systemd, memory, { fromMs: 31_000, toMs: 60_000 }, always(dead()))).toHaveLength(6);
  });

  it('does not restart a replica whose restart is still under way', () => {
    expect(
      watch(restartAlways, restartAlways.start(rosterOf()), { toMs: 60_000 }, always(dead()), 'none'),
    ).toHaveLength(1);
  });

  it('acts again when the outcome never comes', () => {
    const actions = watch(restartAlways, restartAlways.start(rosterOf()), { toMs: 400_000 }, always(dead()), 'none');
    expect(times(actions)).toEqual([5_000, 310_000]);
  });
});
