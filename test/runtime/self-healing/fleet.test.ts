import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal, verifyJournal } from '../../../src/runtime/journal/index.ts';
import { createBasicSelfHealing, createFleetSelfHealing } from '../../../src/runtime/self-healing.ts';
import { strategyHealer } from '../../../strategies/heal.ts';
import { packStrategy } from '../../../strategies/pack.ts';
import { DOWN, FakeClock, settled } from '../execute/harness.ts';
import { beat, packWith } from './harness.ts';

const pack = packWith({}, { unresponsive: ['restart-graceful', 'restart-hard', 'escalate'] });

/** Two services; the first is sick. */
function pair(options: { readonly journal?: string; readonly clock?: FakeClock } = {}) {
  const clock = options.clock ?? new FakeClock();
  const fleet = createFleetSelfHealing({ pack, ...options, clock });
  const restarts: string[] = [];
  const state = { isWell: false };
  const actions = (id: string) => ({
    restart: () => {
      restarts.push(id);
      state.isWell = true;
    },
  });
  const web = fleet.registerService('web', { dependsOn: ['db'], check: () => state.isWell, actions: actions('web') });
  const db = fleet.registerService('db', { tier: 'critical', check: () => true, actions: actions('db') });
  return { clock, fleet, web, db, restarts, state };
}

describe('a fleet', () => {
  it('looks at all of its services on the beat of the strategy until it is told to stop', async () => {
    const { clock, fleet, restarts } = pair();
    await fleet.startMonitoring();
    await fleet.startMonitoring();
    expect(clock.timers).toBe(1);
    await beat(clock, 30_000);
    expect(restarts).toEqual(['web']);
    expect(fleet.systemHealth()).toMatchObject({
      status: 'healthy',
      isMonitoring: true,
      isJournalHealthy: true,
      services: [
        { service: 'web', status: 'healthy', lookedAtMs: 30_000 },
        { service: 'db', breaker: 'closed', admit: 1, paused: false, lookedAtMs: 30_000 },
      ],
    });
    await fleet.stopMonitoring();
    expect(clock.timers).toBe(0);
    expect(fleet.systemHealth().isMonitoring).toBe(false);
    await fleet.close();
  });

  it('looks as often as it is told, from the moment it is told', async () => {
    const { clock, fleet, web } = pair();
    await fleet.startMonitoring();
    fleet.applyConfig({ everyMs: 100 });
    await beat(clock, 100);
    expect(web.healthMetrics().lookedAtMs).toBe(100);
    await fleet.close();
    expect(clock.timers).toBe(0);
  });

  it('is as well as its worst service', async () => {
    const { clock, fleet, web } = pair();
    fleet.applyConfig({ guard: { dryRun: true } });
    for (let call = 0; call < 60; call++) await web.execute(() => Promise.reject(DOWN)).catch(() => {});
    for (let look = 0; look < 2; look++) {
      await beat(clock);
      await web.heal();
    }
    expect(fleet.systemHealth().status).toBe('failed');
    expect(fleet.systemHealth().services.map(({ status }) => status)).toEqual(['failed', 'healthy']);
  });

  it('obeys orders: pause, resume, and healing now; the guard holds for these, too', async () => {
    const { clock, fleet, restarts } = pair();
    await fleet.order('web', 'pause');
    expect(fleet.systemHealth().services[0]).toMatchObject({ paused: true });
    for (let look = 0; look < 5; look++) {
      await beat(clock);
      await fleet.service('web').heal();
    }
    expect(restarts).toEqual([]);
    await fleet.order('web', 'resume');
    await beat(clock);
    const report = await fleet.forceHeal('web');
    expect(report.actions).toMatchObject([{ action: { kind: 'restart' }, effect: { kind: 'done' } }]);
    expect(await fleet.order('db', 'isolate')).toMatchObject({
      actions: [{ action: { kind: 'circuit-break', admit: 0 } }],
    });
    await expect(fleet.service('db').execute(() => 1)).rejects.toMatchObject({ cause: 'circuit-break' });
    await fleet.order('db', 'release');
    expect(await fleet.service('db').execute(() => 1)).toBe(1);
    await expect(fleet.forceHeal('wbe')).rejects.toMatchObject({ code: 'unknown-service' });
  });

  it('keeps a bounded history, newest last', async () => {
    const { clock, fleet } = pair();
    for (let round = 0; round < 4; round++) {
      await beat(clock, 700_000);
      await fleet.order('db', 'isolate');
      await fleet.order('db', 'release');
    }
    expect(fleet.healingHistory(3)).toHaveLength(3);
    expect(fleet.healingHistory(0)).toEqual([]);
    expect(fleet.healingHistory().at(-1)).toMatchObject({
      service: 'db',
      action: { admit: 1 },
      effect: { kind: 'done' },
    });
  });

  it("tells a service's listeners of that service only, and a listener that throws of nothing else", async () => {
    const { clock, fleet, web, db } = pair();
    const heard: string[] = [];
    const troubles: string[] = [];
    web.on('acted', ({ service }) => void heard.push(service));
    db.on('acted', ({ service }) => void heard.push(`db hears ${service}`));
    fleet.on('decided', () => {
      throw new Error('listener broken');
    });
    fleet.on('trouble', ({ reason }) => void troubles.push(reason));
    for (let look = 0; look < 4; look++) {
      await beat(clock);
      await Promise.all([web.heal(), db.heal()]);
    }
    expect(heard).toEqual(['web']);
    expect(troubles).toEqual(['a listener of decided failed: listener broken']);
  });

  it('names every problem of what is registered, and what comes too late', async () => {
    const fleet = createFleetSelfHealing();
    const bad = {
      tier: 'vital',
      actions: { reboot: () => {} },
      check: 5,
      calls: { timeoutMs: -1 },
      replicas: { min: 3 },
      x: 1,
    };
    let message = '';
    try {
      fleet.registerService('no spaces', bad as never);
    } catch (error) {
      message = (error as Error).message;
    }
    for (const field of ['letters, digits', 'tier', 'actions', 'check', 'calls.timeoutMs', 'replicas', '"x"'])
      expect(message).toContain(field);
    fleet.registerService('web', { dependsOn: ['db', 'cache'] });
    expect(() => fleet.registerService('web')).toThrow('already');
    await expect(fleet.initialize()).rejects.toThrow(/db[\s\S]*cache/);
    fleet.registerService('db');
    fleet.registerService('cache');
    await fleet.initialize();
    expect(() => fleet.registerService('late')).toThrow(expect.objectContaining({ code: 'fleet-begun' }));
    await fleet.close();
    await expect(fleet.initialize()).rejects.toMatchObject({ code: 'closed' });
  });

  it('closes with the last of its services', async () => {
    const { fleet, web, db } = pair();
    await fleet.initialize();
    await web.close();
    expect(await db.execute(() => 1)).toBe(1);
    await db.close();
    await expect(fleet.initialize()).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('a fleet with a journal in a folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'healix-face-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('writes down what it was told and did, so that a replay gives the identical actions', async () => {
    const journal = join(folder, 'journal');
    const first = pair({ journal });
    first.web.addStrategy({ name: 'mine', canHandle: () => true, recover: () => false });
    await first.fleet.startMonitoring();
    for (let look = 0; look < 6; look++) {
      await beat(first.clock);
      // Writing takes real time.
      for (let turn = 0; turn < 50 && first.fleet.systemHealth().actionsUnderWay > 0; turn++) await settled();
    }
    await first.fleet.close();
    expect(first.restarts).toEqual(['web']);
    expect(verifyJournal(journal)).toMatchObject({ kind: 'good' });
    const opened = await openJournal(journal, { clock: first.clock });
    const entries = [...opened.read()];
    await opened.close();
    const kinds = new Set(entries.map(({ kind }) => kind));
    for (const kind of ['started', 'memory', 'input', 'intent', 'effect', 'note', 'stopped'])
      expect(kinds).toContain(kind);
    const intents = entries.flatMap((entry) => (entry.kind === 'intent' ? [entry.action] : []));
    const healer = strategyHealer('again', packStrategy(pack));
    const memory = entries.find((entry) => entry.kind === 'memory')!.memory as ReturnType<typeof healer.start>;
    const replayed = entries.flatMap((entry) => (entry.kind === 'input' ? healer.heal(memory, entry.input) : []));
    expect(JSON.stringify(replayed)).toBe(JSON.stringify(intents));
  });

  it('goes on where an earlier process ended: its budget, its history, and what it held back', async () => {
    const journal = join(folder, 'journal');
    const hourAhead = new FakeClock();
    hourAhead.nowMs = 3_600_000;
    const first = pair({ journal, clock: hourAhead });
    first.state.isWell = true;
    await beat(first.clock);
    await first.web.heal();
    await first.fleet.order('db', 'isolate');
    const [record] = first.fleet.healingHistory();
    await first.fleet.close();
    // The wall clock was put back by an hour in between.
    const clock = new FakeClock();
    const second = pair({ journal, clock });
    await second.fleet.initialize();
    expect(second.fleet.healingHistory()).toMatchObject([{ action: record!.action, effect: { kind: 'done' } }]);
    await expect(second.db.execute(() => 1)).rejects.toMatchObject({ cause: 'circuit-break' });
    await second.fleet.order('db', 'release');
    expect(await second.db.execute(() => 1)).toBe(1);
    for (let look = 0; look < 4; look++) {
      await beat(clock);
      await second.web.heal();
    }
    expect(second.restarts).toEqual(['web']);
    await second.fleet.close();
  });

  it('leaves the circuit to a handler of the user when it goes on, and keeps what is known of services that stay', async () => {
    const journal = join(folder, 'journal');
    const first = pair({ journal });
    await first.fleet.order('db', 'isolate');
    await first.fleet.close();
    const own = createFleetSelfHealing({ pack, journal, clock: new FakeClock() });
    own.registerService('web', { dependsOn: ['db'], replicas: {} });
    const db = own.registerService('db', { tier: 'critical', actions: { 'circuit-break': () => {} } });
    await own.initialize();
    expect(own.healingHistory()).toHaveLength(1);
    expect(await db.execute(() => 1)).toBe(1);
    await own.close();
    const other = createFleetSelfHealing({ pack, journal, clock: new FakeClock() });
    other.registerService('cache');
    const same = other.registerService('db', { tier: 'critical' });
    await other.initialize();
    expect(other.healingHistory()).toMatchObject([{ service: 'db', action: { kind: 'circuit-break' } }]);
    await expect(same.execute(() => 1)).rejects.toMatchObject({ cause: 'circuit-break' });
    expect(await other.service('cache').execute(() => 1)).toBe(1);
    await other.close();
  });

  it('is held by one process at a time, and can be tried again after', async () => {
    const journal = join(folder, 'journal');
    const first = pair({ journal });
    await first.fleet.initialize();
    const second = pair({ journal });
    await expect(second.fleet.initialize()).rejects.toMatchObject({ name: 'HealixError' });
    await first.fleet.close();
    await second.fleet.initialize();
    await second.fleet.close();
  });
});

it('a single service is a view of a fleet of one', async () => {
  const service = createBasicSelfHealing('web');
  expect(service.fleet.service('web')).toBe(service);
  expect(service.fleet.systemHealth().services).toMatchObject([
    { service: 'web', status: 'healthy', lookedAtMs: null },
  ]);
  await service.close();
});
