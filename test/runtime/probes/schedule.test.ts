import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RuntimeConfig } from '../../../src/runtime/config.ts';
import { plannedProbes } from '../../../src/runtime/probes/from-config.ts';
import { LOOKS_KEPT, ProbeHistory } from '../../../src/runtime/probes/history.ts';
import { good, type Look, type LookingProbe, type LookRecord } from '../../../src/runtime/probes/look.ts';
import { PushBoard } from '../../../src/runtime/probes/push.ts';
import { nextBeat, type PlannedProbe, ProbeSchedule } from '../../../src/runtime/schedule.ts';
import { configOf, makeFolder } from '../config/folder.ts';
import { FakeClock, settled } from './fake-clock.ts';
import { targetAt } from './loopback.ts';

/** A probe whose looks end when the test says so. */
class HeldProbe implements LookingProbe {
  readonly level = 'liveness';
  readonly under: { readonly end: (look: Look) => void; readonly signal: AbortSignal }[] = [];
  looks = 0;

  look(_target: unknown, signal: AbortSignal): Promise<Look> {
    this.looks += 1;
    return new Promise((end) => this.under.push({ end, signal }));
  }
}

const instant: LookingProbe = { level: 'liveness', look: () => Promise.resolve(good(1)) };

function planned(probe: LookingProbe, more: Partial<PlannedProbe> = {}): PlannedProbe {
  return { service: 'api', replica: 0, probe, intervalMs: 1000, timeoutMs: 200, target: () => targetAt(1), ...more };
}

function scheduleWith(plans: readonly PlannedProbe[], looksAtOnce?: number) {
  const clock = new FakeClock();
  const records: LookRecord[] = [];
  const schedule = new ProbeSchedule({
    clock,
    onLook: (record) => records.push(record),
    ...(looksAtOnce === undefined ? {} : { looksAtOnce }),
  });
  schedule.start(plans);
  const startMs = clock.now();
  return { clock, schedule, records, times: () => records.map(({ atMs }) => atMs - startMs) };
}

describe('a probe schedule', () => {
  it('keeps the beat, with the probes of an interval spread evenly over it', async () => {
    const plans = [0, 1, 2, 3].map((replica) => planned(instant, { replica }));
    const { clock, records, times } = scheduleWith(plans);
    clock.advance(0);
    await settled();
    await clock.run(2000);
    expect(times()).toEqual([0, 250, 500, 750, 1000, 1250, 1500, 1750, 2000]);
    expect(records.map(({ replica }) => replica)).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0]);
  });

  it('never looks twice at once, and calls what has not ended in time no answer', async () => {
    const probe = new HeldProbe();
    const { clock, records } = scheduleWith([planned(probe, { timeoutMs: 500 })]);
    await clock.run(1400);
    expect(probe.looks).toBe(1);
    expect(records).toEqual([]);
    await clock.run(200);
    expect(records.map(({ look }) => look)).toEqual([{ kind: 'none', reason: 'not over within 500 ms' }]);
    expect(probe.under[0]!.signal.aborted).toBe(true);
    await clock.run(1000);
    expect(probe.looks).toBe(1);
    expect(records.at(-1)!.look).toEqual({ kind: 'none', reason: 'its last look has still not ended' });
    const before = records.length;
    probe.under[0]!.end(good(1));
    await settled();
    expect(records).toHaveLength(before);
    await clock.run(1000);
    expect(probe.looks).toBe(2);
  });

  it('has no more looks under way than it may, and stuck ones do not starve the others', async () => {
    const stuck = [new HeldProbe(), new HeldProbe(), new HeldProbe()];
    const plans = [...stuck.map((probe, replica) => planned(probe, { replica })), planned(instant, { service: 'db' })];
    const { clock, records } = scheduleWith(plans, 2);
    await clock.run(900);
    expect(stuck.map(({ looks }) => looks)).toEqual([1, 1, 0]);
    await clock.run(3000);
    expect(stuck.map(({ looks }) => looks)).toEqual([1, 1, 1]);
    expect(records.filter(({ service }) => service === 'db').length).toBeGreaterThan(1);
  });

  it('is blind where a look waited a whole interval for its turn', async () => {
    const { clock, records } = scheduleWith(
      [planned(new HeldProbe(), { timeoutMs: 5000 }), planned(instant, { replica: 1 })],
      1,
    );
    await clock.run(1600);
    expect(records.map(({ replica, look }) => [replica, look.blind])).toEqual([[1, true]]);
  });

  it('is blind where healix itself was held up, and where a probe breaks its promise', async () => {
    const { clock, records } = scheduleWith([planned(new HeldProbe())]);
    clock.advance(0);
    clock.jump(5000);
    clock.advance(1200);
    expect(records.map(({ look }) => look.blind)).toEqual([true]);
    const throwing: LookingProbe = {
      level: 'liveness',
      look: () => {
        throw new Error('oh');
      },
    };
    const other = scheduleWith([planned(throwing)]);
    await other.clock.run(100);
    expect(other.records[0]!.look).toMatchObject({ blind: true, reason: 'the probe itself failed: oh' });
  });

  it('looks at nobody where nobody is', async () => {
    const { clock, records, schedule } = scheduleWith([planned(instant, { target: () => null })]);
    await clock.run(3000);
    expect(records).toEqual([]);
    expect(await schedule.lookNow('api')).toEqual([]);
  });

  it('looks now when asked to, and joins a look that is under way', async () => {
    const held = new HeldProbe();
    const { clock, schedule } = scheduleWith([planned(instant), planned(held, { replica: 1 })]);
    await clock.run(550);
    expect(held.looks).toBe(1);
    const now = schedule.lookNow('api');
    await settled();
    expect(held.looks).toBe(1);
    held.under[0]!.end(good(7));
    expect((await now).map(({ replica, look }) => [replica, look.kind])).toEqual([
      [0, 'good'],
      [1, 'good'],
    ]);
    expect(await schedule.lookNow('nobody')).toEqual([]);
  });

  it('goes on when the clock is put back or far ahead', async () => {
    for (const jumpMs of [-3_600_000, 3_600_000]) {
      const { clock, records } = scheduleWith([planned(instant)]);
      await clock.run(1500);
      clock.jump(jumpMs);
      records.length = 0;
      await clock.run(10_000);
      expect(Math.abs(records.length - 10)).toBeLessThanOrEqual(1);
    }
  });

  it('keeps what it found of the services that stay, and forgets the others', async () => {
    const { clock, schedule } = scheduleWith([planned(instant), planned(instant, { service: 'db' })]);
    await clock.run(1000);
    schedule.start([planned(instant)]);
    expect(schedule.history.latest('api').length).toBeGreaterThan(0);
    expect(schedule.history.latest('db')).toEqual([]);
  });

  it('leaves nothing running once it is closed', async () => {
    const held = new HeldProbe();
    const { clock, schedule, records } = scheduleWith([planned(held), planned(instant, { replica: 1 })]);
    await clock.run(100);
    const waiting = schedule.lookNow('api');
    await settled();
    const before = records.length;
    schedule.close();
    expect(held.under[0]!.signal.aborted).toBe(true);
    held.under[0]!.end(good(1));
    await clock.run(5000);
    expect(records).toHaveLength(before);
    expect(clock.timers).toBe(0);
    expect((await waiting).every(({ replica }) => replica === 1)).toBe(true);
  });
});

describe('a beat', () => {
  it('is after now, on the grid, and never more than an interval away', () => {
    const ms = fc.integer({ min: 0, max: 10_000_000 });
    fc.assert(
      fc.property(ms, fc.integer({ min: 100, max: 60_000 }), ms, (dueAtMs, intervalMs, nowMs) => {
        const next = nextBeat(dueAtMs, intervalMs, nowMs);
        expect(next).toBeGreaterThan(nowMs);
        // A timer that is a little early keeps its beat, so the next may be up to half an interval further away.
        expect(next - nowMs).toBeLessThanOrEqual(1.5 * intervalMs);
        if (nowMs >= dueAtMs) expect((next - dueAtMs) % intervalMs).toBe(0);
      }),
    );
  });
});

describe('a history', () => {
  const record = (atMs: number, service = 'api', replica = 0): LookRecord => ({
    atMs,
    service,
    replica,
    level: 'liveness',
    look: good(1),
  });

  it('keeps the newest thousand of each service', () => {
    const history = new ProbeHistory();
    for (let atMs = 1; atMs <= LOOKS_KEPT + 250; atMs++) history.add(record(atMs));
    history.add(record(5, 'db'));
    expect(LOOKS_KEPT).toBe(1000);
    expect(history.latest('api')).toHaveLength(LOOKS_KEPT);
    expect(history.latest('api', 2).map(({ atMs }) => atMs)).toEqual([1249, 1250]);
    expect(history.latest('api')[0]!.atMs).toBe(251);
    expect(history.latest('db')).toHaveLength(1);
  });

  it('gives windows that neither overlap nor leave a gap', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { maxLength: 60 }), fc.integer({ min: 1, max: 200 }), (times, windowMs) => {
        const history = new ProbeHistory(50);
        for (const atMs of times.sort((a, b) => a - b)) history.add(record(atMs));
        const seen: number[] = [];
        for (let untilMs = 0; untilMs <= 1000 + windowMs; untilMs += windowMs) {
          seen.push(...history.within('api', untilMs - windowMs, untilMs).map(({ atMs }) => atMs));
        }
        expect(seen).toEqual(times.slice(-50));
      }),
      { numRuns: 100 },
    );
  });

  it('finds the last look of a probe', () => {
    const history = new ProbeHistory();
    for (const [atMs, replica] of [
      [1, 0],
      [2, 1],
      [3, 0],
    ] as const)
      history.add(record(atMs, 'api', replica));
    expect(history.last('api', 1, 'liveness')!.atMs).toBe(2);
    expect(history.last('api', 2, 'liveness')).toBe(undefined);
    expect(history.last('api', 1, 'readiness')).toBe(undefined);
  });
});

describe('the probes of a config', () => {
  it('are one per service, slot and level, at the interval of the file or of the pack', () => {
    const config: RuntimeConfig = configOf(
      {
        name: 'shop',
        services: [
          { id: 'api', command: ['x'], port: 4000, replicas: { max: 2 }, dependsOn: [{ service: 'db' }] },
          {
            id: 'db',
            command: ['x'],
            probes: {
              liveness: { exec: ['x'], intervalMs: 700, timeoutMs: 300 },
              performance: { push: { everyMs: 9 } },
            },
          },
        ],
      },
      makeFolder(),
    );
    const plans = plannedProbes(config, {
      board: new PushBoard(new FakeClock()),
      statusOf: () => 'ok',
      targetOf: (service, replica) => ({ ...targetAt(null), service, replica }),
      windowMs: 3000,
    });
    expect(
      plans.map(({ service, replica, probe, intervalMs }) => `${service}/${replica} ${probe.level} ${intervalMs}`),
    ).toEqual([
      'api/0 liveness 3000',
      'api/0 resource 3000',
      'api/0 dependency 3000',
      'api/1 liveness 3000',
      'api/1 resource 3000',
      'api/1 dependency 3000',
      'db/0 liveness 700',
      'db/0 performance 3000',
      'db/0 resource 3000',
    ]);
    expect(plans[3]!.target()).toMatchObject({ service: 'api', replica: 1 });
  });
});
