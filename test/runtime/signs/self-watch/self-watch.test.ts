import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RuntimeEvent } from '../../../../src/runtime/events.ts';
import { createHealingLoop } from '../../../../src/runtime/healing-loop.ts';
import { type Disk, openJournal, realDisk } from '../../../../src/runtime/journal/index.ts';
import type { Actuator } from '../../../../src/runtime/ports.ts';
import type { LookingProbe } from '../../../../src/runtime/probes/look.ts';
import { ProbeSchedule } from '../../../../src/runtime/schedule.ts';
import { backgroundClock } from '../../../../src/runtime/signs/background-clock.ts';
import { createSelfWatch, type SelfWatch, stuckAfterMs } from '../../../../src/runtime/signs/self-watch.ts';
import type { SelfTroubleEvent } from '../../../../src/runtime/signs/signs.ts';
import { ACTION_FACTS, type ActionKind } from '../../../../strategies/contract.ts';
import { strategyHealer } from '../../../../strategies/heal.ts';
import { DEAD, makeRoster, makeSignal, makeStrategy, WINDOW_MS } from '../../../heal/signals.ts';
import { order, until } from '../../actuators/harness.ts';
import { FakeClock } from '../../probes/fake-clock.ts';
import { AT_MS, acted, approval, decided, health } from '../told.ts';

let clock: FakeClock;
/** By how much the clock was set: what is left of it is monotonic. */
let setMs: number;
let isJournalHealthy: boolean;
let told: SelfTroubleEvent[];
let lags: number[];
let watch: SelfWatch;

beforeEach(() => {
  clock = new FakeClock();
  setMs = 0;
  isJournalHealthy = true;
  told = [];
  lags = [];
  watch = createSelfWatch({
    tell: (event) => told.push(event),
    onLag: (ms) => lags.push(ms),
    clock,
    monotonicMs: () => clock.now() - setMs,
  });
});
afterEach(() => watch.close());

const phases = (): string[] => told.map(({ trouble, phase }) => `${trouble} ${phase}`);
const setClock = (ms: number): void => {
  setMs += ms;
  clock.jump(ms);
};
/** The event loop is held up: time goes by, and no timer is called. */
const stall = (ms: number): void => clock.jump(ms);
/** Looks go on as they should. */
const run = (ms: number): void => {
  for (let left = ms; left > 0; left -= 1000) {
    watch.observe(health('cart', 'healthy'));
    clock.advance(Math.min(1000, left));
  }
};

describe('all in order', () => {
  it('nothing is told, and every second the lag is', () => {
    watch.connect({ isJournalHealthy: () => true, windowMs: () => 5000 });
    watch.observe(decided(order('restart')));
    run(60_000);
    expect(told).toEqual([]);
    expect(lags).toHaveLength(60);
    expect(lags.every((ms) => ms === 0)).toBe(true);
  });

  it('ends with close, and leaves no timer', () => {
    expect(clock.timers).toBe(1);
    watch.close();
    expect(clock.timers).toBe(0);
  });
});

describe('the event loop', () => {
  it('held up for long is told once, and when it has run freely for a while', () => {
    stall(1500);
    run(1000);
    stall(3000);
    run(9000);
    expect(told).toMatchObject([
      { trouble: 'event-loop', phase: 'began', reason: expect.stringMatching(/held up for 1[45]\d\d ms/) },
    ]);
    run(3000);
    expect(phases()).toEqual(['event-loop began', 'event-loop over']);
    expect(Math.max(...lags)).toBeGreaterThanOrEqual(2900);
    expect(watch.standing()).toEqual([]);
  });

  it('held up for a moment only counts into the lag', () => {
    stall(600);
    run(2000);
    expect(told).toEqual([]);
    expect(Math.max(...lags)).toBeGreaterThanOrEqual(500);
  });

  it('of this very process is measured', async () => {
    const real: number[] = [];
    const troubles: SelfTroubleEvent[] = [];
    const mine = createSelfWatch({
      tell: (event) => troubles.push(event),
      onLag: (ms) => real.push(ms),
      clock: backgroundClock,
    });
    await until('it runs', () => real.length > 0);
    for (const end = performance.now() + 1300; performance.now() < end; );
    await until('it is told', () => troubles.length > 0);
    await until('it is measured', () => Math.max(...real) > 1000);
    mine.close();
    expect(troubles[0]).toMatchObject({ trouble: 'event-loop', phase: 'began' });
  });
});

describe('the clock', () => {
  it.each([
    ['forward', 3_600_000, 'forward by 3600.0 s'],
    ['back', -7_000, 'back by 7.0 s'],
  ])('put %s is told, with how far', (_, ms, words) => {
    run(1000);
    setClock(ms);
    run(1000);
    expect(told).toMatchObject([{ trouble: 'clock-jump', phase: 'began', reason: expect.stringContaining(words) }]);
    run(11_000);
    expect(phases()).toEqual(['clock-jump began', 'clock-jump over']);
  });

  it('that is slewed is not', () => {
    for (let i = 0; i < 100; i++) {
      run(1000);
      setClock(50);
    }
    expect(told).toEqual([]);
  });
});

describe('an action', () => {
  it('under way for far longer than expected is told once, and when it has ended', () => {
    const event = acted('restart', { kind: 'failed', reason: 'x' });
    watch.observe({ kind: 'decided', atMs: AT_MS, service: 'cart', action: event.action });
    run(119_000);
    expect(told).toEqual([]);
    run(60_000);
    expect(told).toMatchObject([
      {
        trouble: 'stuck-action',
        phase: 'began',
        service: 'cart',
        reason: expect.stringContaining('restart has been under way for 120 s'),
      },
    ]);
    watch.observe(event);
    expect(told[1]).toMatchObject({
      trouble: 'stuck-action',
      phase: 'over',
      service: 'cart',
      reason: expect.stringMatching(/has ended \(failed\), after 59 s|after 60 s/),
    });
  });

  it('that waits for a human is not stuck, and is timed from the answer on', () => {
    const event = acted('rollback');
    const { id } = event.action;
    watch.observe({ kind: 'decided', atMs: AT_MS, service: 'cart', action: event.action });
    watch.observe(approval(id, null));
    run(1_000_000);
    watch.observe(approval(id, { kind: 'approved', by: 'ann' }));
    run(299_000);
    expect(told).toEqual([]);
    run(2000);
    expect(phases()).toEqual(['stuck-action began']);
  });

  it('that ended in time is not, nor one that nobody began', () => {
    const event = acted('restart');
    watch.observe({ kind: 'decided', atMs: AT_MS, service: 'cart', action: event.action });
    watch.observe(event);
    watch.observe(acted('rollback'));
    run(1_000_000);
    expect(told).toEqual([]);
  });

  it('is given several times what its facts say, and never less than a command may take', () => {
    for (const kind of Object.keys(ACTION_FACTS) as ActionKind[]) {
      const ms = stuckAfterMs(order(kind));
      expect(ms).toBeGreaterThan(ACTION_FACTS[kind].expectedS * 3000);
      expect(ms).toBeGreaterThan(60_000);
    }
  });
});

describe('looks', () => {
  it('that nobody makes are told, however the windows are', () => {
    watch.connect({ isJournalHealthy: () => true, windowMs: () => 5000 });
    run(20_000);
    clock.advance(14_000);
    expect(told).toEqual([]);
    clock.advance(4000);
    expect(phases()).toEqual(['no-looks began']);
    run(15_000);
    expect(phases()).toEqual(['no-looks began', 'no-looks over']);
  });

  it('are not missed before the runtime is ready', () => {
    clock.advance(100_000);
    expect(told).toEqual([]);
  });
});

describe('probes', () => {
  const slow: LookingProbe = {
    level: 'liveness',
    look: () => new Promise((resolve) => clock.after(4000, () => resolve({ kind: 'none', reason: 'x' }))),
  };
  const target = { service: 'cart', replica: 0, port: null, pid: null };
  const plan = (replica: number) => ({
    service: 'cart',
    replica,
    probe: slow,
    intervalMs: 1000,
    timeoutMs: 5000,
    target: () => target,
  });

  it('that come late are told by the schedule, once they are several', async () => {
    const levels: string[] = [];
    const schedule = new ProbeSchedule({
      clock,
      looksAtOnce: 1,
      onBeat(beat) {
        levels.push(`${beat.level} ${beat.isLate}`);
        watch.beat(beat);
      },
    });
    schedule.start([plan(0), plan(1), plan(2)]);
    await clock.run(5000);
    schedule.close();
    expect(levels).toContain('liveness false');
    expect(phases()).toEqual(['late-probes began']);
    run(41_000);
    expect(phases()).toEqual(['late-probes began', 'late-probes over']);
  });

  it('in time are not, nor those that a set clock makes look late', async () => {
    const beats: boolean[] = [];
    const schedule = new ProbeSchedule({
      clock,
      onBeat(beat) {
        beats.push(beat.isLate);
        watch.beat(beat);
      },
    });
    const quick: LookingProbe = { level: 'liveness', look: () => Promise.resolve({ kind: 'good', tookMs: 1 }) };
    schedule.start([0, 1, 2, 3].map((replica) => ({ ...plan(replica), probe: quick })));
    await clock.run(5000);
    expect(new Set(beats)).toEqual(new Set([false]));
    for (let i = 0; i < 4; i++) {
      setClock(30_000);
      await clock.run(2000);
    }
    schedule.close();
    expect(beats.filter(Boolean).length).toBeGreaterThan(3);
    expect(phases()).toEqual(['clock-jump began']);
  });

  it('late now and then are no trouble', () => {
    for (let i = 0; i < 10; i++) {
      watch.beat({ level: 'liveness', isLate: true });
      watch.beat({ level: 'liveness', isLate: false });
      run(16_000);
    }
    expect(told).toEqual([]);
  });
});

describe('a journal that cannot be written', () => {
  it('is told once, and when the disk has taken it for a while', () => {
    watch.connect({ isJournalHealthy: () => isJournalHealthy, windowMs: () => 5000 });
    isJournalHealthy = false;
    for (let i = 0; i < 20; i++) {
      watch.observe({ kind: 'journal-failed', atMs: AT_MS, reason: 'ENOSPC' });
      run(5000);
    }
    expect(told).toMatchObject([
      { trouble: 'journal', phase: 'began', reason: expect.stringContaining('nothing risky is begun: ENOSPC') },
    ]);
    isJournalHealthy = true;
    run(12_000);
    expect(phases()).toEqual(['journal began', 'journal over']);
  });

  it('is noticed even if no entry is lost', () => {
    watch.connect({ isJournalHealthy: () => isJournalHealthy, windowMs: () => 5000 });
    isJournalHealthy = false;
    run(2000);
    expect(phases()).toEqual(['journal began']);
  });

  it('as the disk is full: looks go on, nothing risky is done, and it is over when there is room again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'healix-full-'));
    let isFull = false;
    const disk: Disk = {
      ...realDisk,
      async open(path, mode) {
        const file = await realDisk.open(path, mode);
        const write: typeof file.write = (bytes, at) =>
          isFull
            ? Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', errno: -28 }))
            : file.write(bytes, at);
        return { ...file, write };
      },
    };
    const journal = await openJournal(join(folder, 'journal'), { clock, disk });
    const ladder = ['restart-hard', 'restart-hard', 'restart-hard'] as const;
    const healer = strategyHealer('test', makeStrategy({ ladders: { unresponsive: ladder, 'crash-loop': ladder } }));
    const begun: ActionKind[] = [];
    const actuator: Actuator = {
      can: () => new Set<ActionKind>(['restart']),
      act({ kind }) {
        begun.push(kind);
        return Promise.resolve({ kind: 'done' });
      },
    };
    const events: RuntimeEvent[] = [];
    const loop = createHealingLoop({
      ...{ healer, memory: healer.start(makeRoster()), services: ['a'], actuator, journal, clock, dryRun: false },
      onEvent(event) {
        events.push(event);
        watch.observe(event);
      },
    });
    watch.connect({ isJournalHealthy: () => journal.isHealthy, windowMs: () => WINDOW_MS });
    const suffer = async (windows: number): Promise<void> => {
      for (let i = 0; i < windows; i++) {
        await loop.look(makeSignal(clock.now(), [DEAD]));
        await until('actions have ended', () => loop.underWay === 0);
        clock.advance(WINDOW_MS);
      }
    };
    isFull = true;
    await suffer(12);
    expect(begun).toEqual([]);
    const effects = events.filter((event) => event.kind === 'acted').map(({ effect }) => effect);
    expect(effects.length).toBeGreaterThan(0);
    expect(effects.every((effect) => effect.kind === 'failed' && effect.reason.includes('journal'))).toBe(true);
    expect(events.filter(({ kind }) => kind === 'signal')).toHaveLength(12);
    expect(phases()).toEqual(['journal began']);
    isFull = false;
    await suffer(60);
    await loop.close();
    await journal.close();
    rmSync(folder, { recursive: true });
    expect(begun.length).toBeGreaterThan(0);
    expect(phases()).toEqual(['journal began', 'journal over']);
  });
});
