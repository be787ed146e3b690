import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Situation } from '../../../src/runtime/self-healing/recovery.ts';
import { type BasicOptions, createBasicSelfHealing } from '../../../src/runtime/self-healing.ts';
import { DOWN, FakeClock, settled } from '../execute/harness.ts';
import { beat, packWith } from './harness.ts';

const restarting = packWith({}, { unresponsive: ['restart-graceful', 'restart-hard', 'escalate'] });

/** A service whose check fails until it was restarted. */
function sick(options: BasicOptions = {}) {
  const clock = new FakeClock();
  const state = { isWell: false, restarts: [] as string[] };
  const service = createBasicSelfHealing('web', {
    pack: restarting,
    clock,
    check: () => state.isWell,
    actions: {
      restart: (action) => {
        state.restarts.push(action.mode);
        state.isWell = true;
      },
    },
    ...options,
  });
  return { clock, state, service };
}

/** Looks until something is done, at most so often. */
async function healUntilActed({ clock, service }: Pick<ReturnType<typeof sick>, 'clock' | 'service'>, looks = 10) {
  for (let look = 0; look < looks; look++) {
    await beat(clock);
    const report = await service.heal();
    if (report.actions.length > 0) return report;
  }
  throw new Error(`nothing was done in ${looks} looks`);
}

describe('a service that heals itself', () => {
  it('is restarted by its handler when its check fails, once, and is well again after', async () => {
    const { clock, state, service } = sick();
    const seen: string[] = [];
    service.on('status', ({ from, to }) => void seen.push(`${from}>${to}`));
    const report = await healUntilActed({ clock, service });
    expect(report.actions).toMatchObject([
      { service: 'web', action: { kind: 'restart', cause: 'unresponsive', replica: 0 }, effect: { kind: 'done' } },
    ]);
    for (let look = 0; look < 5; look++) {
      await beat(clock);
      expect((await service.heal()).actions).toEqual([]);
    }
    expect(state.restarts).toEqual(['graceful']);
    expect(service.healthMetrics()).toMatchObject({ status: 'healthy', actions: { done: 1, failed: 0 } });
    expect(seen.at(-1)).toMatch(/>healthy$/);
    expect(service.fleet.healingHistory(10)).toHaveLength(1);
    await service.close();
    expect(clock.timers).toBe(0);
  });

  it('learns from the outcomes of calls alone', async () => {
    const pack = packWith({}, { 'error-burst': ['reconnect', 'wait', 'wait'] });
    const clock = new FakeClock();
    let reconnects = 0;
    const service = createBasicSelfHealing('db', {
      pack,
      clock,
      actions: {
        reconnect: () => {
          reconnects += 1;
        },
      },
    });
    for (let look = 0; look < 4 && reconnects === 0; look++) {
      for (let call = 0; call < 20; call++) await service.execute(() => Promise.reject(DOWN)).catch(() => {});
      await beat(clock);
      await service.heal();
    }
    expect(reconnects).toBe(1);
    expect(service.healthMetrics().calls).toMatchObject({ ok: 0, failed: expect.any(Number) });
  });

  it('takes a rung without a handler as unsupported and goes on to the next', async () => {
    const pack = packWith({}, { unresponsive: ['rollback', 'restart-hard', 'escalate'] });
    const { clock, state, service } = sick({ pack });
    const first = await healUntilActed({ clock, service });
    expect(first.actions).toMatchObject([{ action: { kind: 'rollback' }, effect: { kind: 'unsupported' } }]);
    const second = await healUntilActed({ clock, service });
    expect(second.actions).toMatchObject([{ action: { kind: 'restart', mode: 'hard' }, effect: { kind: 'done' } }]);
    expect(state.restarts).toEqual(['hard']);
  });

  it('holds calls back by itself when the playbook says so, and lets them through again', async () => {
    const genes = { 'breaker.openS': 10, 'breaker.probeShare': 0.5, 'breaker.closeShare': 0.5 };
    const pack = packWith(genes, { 'error-burst': ['circuit-break', 'wait', 'wait'] });
    const clock = new FakeClock();
    let isDown = true;
    const service = createBasicSelfHealing('api', { pack, clock, calls: { breaker: { trip: [] } } });
    const admits: number[] = [];
    for (let look = 0; look < 12; look++) {
      for (let call = 0; call < 20; call++)
        await service.execute(() => (isDown ? Promise.reject(DOWN) : 1)).catch(() => {});
      await beat(clock);
      await service.heal();
      admits.push(service.healthMetrics().calls.admit);
      if (admits.at(-1) === 0) isDown = false;
    }
    expect(admits.filter((admit, at) => admit !== admits[at - 1])).toEqual([0, 0.5, 1]);
    expect(service.healthMetrics().calls.refusedBy['circuit-break']).toBeGreaterThan(0);
  });

  it('calls for a person by an event, and by a handler if there is one', async () => {
    const pack = packWith({}, { unresponsive: ['escalate', 'wait', 'wait'] });
    const told: string[] = [];
    const { clock, service } = sick({ pack, actions: { escalate: ({ reason }) => void told.push(reason) } });
    const events: string[] = [];
    service.on('escalated', ({ service: id, reason }) => void events.push(`${id}: ${reason}`));
    await healUntilActed({ clock, service });
    expect(events).toEqual([`web: ${told[0]}`]);
  });

  it('keeps to the limits of the guard, whatever the ladder asks for', async () => {
    const { clock, state, service } = sick({ guard: { restartsPer10Min: 2 } });
    service.on('acted', () => {
      state.isWell = false;
    });
    for (let look = 0; look < 60; look++) {
      await beat(clock);
      await service.heal();
    }
    expect(state.restarts).toHaveLength(2);
    const dry = sick({ guard: { dryRun: true } });
    const careful = sick({ guard: { protected: ['web'] } });
    for (const { clock: time, service: one } of [dry, careful]) {
      for (let look = 0; look < 10; look++) {
        await beat(time);
        await one.heal();
      }
    }
    expect([...dry.state.restarts, ...careful.state.restarts]).toEqual([]);
  });

  it('contains a handler that throws, and one that never ends', async () => {
    const genes = { 'default.cooldownS': 1 };
    const pack = packWith(genes, { unresponsive: ['restart-graceful', 'restart-hard', 'escalate'] });
    let calls = 0;
    let signal: AbortSignal | undefined;
    const { clock, service } = sick({
      pack,
      actionTimeoutMs: 2000,
      actions: {
        restart: (_action, stop) => {
          calls += 1;
          signal = stop;
          if (calls === 1) throw new Error('no such unit');
          return new Promise<undefined>(() => {});
        },
      },
    });
    const first = await healUntilActed({ clock, service });
    expect(first.actions).toMatchObject([{ effect: { kind: 'failed', reason: 'no such unit' } }]);
    let second: Promise<unknown> | undefined;
    for (let look = 0; look < 10 && calls < 2; look++) {
      await beat(clock);
      second = service.heal();
      await settled();
    }
    expect(service.healthMetrics().actions.underWay).toBe(1);
    await clock.advance(2000);
    expect(await second).toMatchObject({
      actions: [{ effect: { kind: 'failed', reason: 'not done within 2000 ms' } }],
    });
    expect(signal?.aborted).toBe(true);
  });

  it('tells what a check finds, and decides and remembers nothing by it', async () => {
    const { clock, state, service } = sick();
    for (let look = 0; look < 20; look++) {
      await beat(clock);
      expect(await service.checkHealth()).toMatchObject({
        service: 'web',
        check: 'failed',
        breaker: 'closed',
        admit: 1,
      });
    }
    expect(state.restarts).toEqual([]);
    expect(service.healthMetrics()).toMatchObject({ status: 'healthy', lookedAtMs: null });
    state.isWell = true;
    expect(await service.checkHealth()).toMatchObject({ check: 'ok', checkReason: '' });
  });

  it.each([
    { check: () => true, found: 'ok' },
    { check: () => undefined, found: 'ok' },
    { check: () => Promise.resolve({ ok: true, memory: 0.2, cpu: 7, queue: Number.NaN }), found: 'ok' },
    { check: () => ({ ok: false, reason: 'disk full' }), found: 'failed' },
    { check: () => Promise.reject(DOWN), found: 'failed' },
    { check: () => new Promise<boolean>(() => {}), found: 'unanswered' },
  ])('a check that is $check.name finds it $found', async ({ check, found }) => {
    const { clock, service } = sick({ check });
    const report = service.checkHealth();
    await clock.advance(1000);
    expect(await report).toMatchObject({ check: found });
    expect(clock.timers).toBe(0);
  });

  it('is healed because of what its check tells of memory', async () => {
    const pack = packWith({}, { 'resource-exhausted': ['restart-graceful', 'wait', 'wait'] });
    const { clock, service } = sick({ pack, check: () => ({ ok: true, memory: 0.97 }) });
    const { actions } = await healUntilActed({ clock, service });
    expect(actions).toMatchObject([{ action: { kind: 'restart', cause: 'resource-exhausted' } }]);
  });

  it('takes its breaker from the pack, and what the user says over it', () => {
    const pack = packWith({ 'breaker.tripShare': 0.7, 'breaker.minimumCalls': 40, 'breaker.openS': 9 });
    const service = createBasicSelfHealing('api', { pack, calls: { breaker: { open: { waitMs: 250 } } } });
    expect(service.config.calls.breaker).toMatchObject({
      trip: [{ kind: 'failed-share', share: 0.7, minimumCalls: 40 }],
      open: { waitMs: 250 },
    });
    const plain = createBasicSelfHealing('api');
    expect(plain.config.calls.breaker.trip).toMatchObject([{ share: 0.5, minimumCalls: 20 }]);
  });
});

describe('a live change of the configuration', () => {
  it('leaves the rest, gives the one before, and can be put back whole', async () => {
    const service = createBasicSelfHealing('api', { calls: { timeoutMs: 800, retry: { attempts: 5 } } });
    const first = service.config;
    const before = service.applyConfig({
      calls: { timeoutMs: 50, breaker: { open: { waitMs: 9 } } },
      checkTimeoutMs: 10,
    });
    expect(before).toBe(first);
    expect(service.config).toMatchObject({ checkTimeoutMs: 10, calls: { timeoutMs: 50, retry: { attempts: 5 } } });
    expect(service.config.calls.breaker).toMatchObject({ open: { waitMs: 9 }, trip: first.calls.breaker.trip });
    service.applyConfig(before);
    expect(service.config).toEqual(first);
  });

  it('is refused whole when anything of it is wrong, naming everything', () => {
    const service = createBasicSelfHealing('api');
    const before = service.config;
    const bad = { checkTimeoutMs: 5, actionTimeoutMs: -1, calls: { timeoutMs: 0, breaker: { open: { waitMs: 0 } } } };
    let message = '';
    try {
      service.applyConfig(bad);
    } catch (error) {
      message = (error as Error).message;
    }
    for (const field of ['actionTimeoutMs', 'calls.timeoutMs', 'calls.breaker.open.waitMs'])
      expect(message).toContain(field);
    expect(service.config).toBe(before);
    expect(() => service.applyConfig({ unknown: 1 } as never)).toThrow('unknown');
  });

  it('of the guard holds at once', async () => {
    const { clock, state, service } = sick({ guard: { dryRun: true } });
    await beat(clock);
    await service.heal();
    const before = service.fleet.applyConfig({ guard: { dryRun: false } });
    expect(before.guard).toMatchObject({ dryRun: true, restartsPer10Min: 5 });
    await healUntilActed({ clock, service });
    expect(state.restarts).toHaveLength(1);
    expect(() => service.fleet.applyConfig({ guard: { inFlight: 0 } })).toThrow('guard.inFlight');
  });
});

describe('strategies of the user', () => {
  it('are tried by priority before the action, and the first that succeeds stands in for it', async () => {
    const tried: string[] = [];
    const strategy = (name: string, priority: number, answer: boolean) => ({
      name,
      priority,
      canHandle: ({ action }: Situation) => {
        tried.push(`${name}?`);
        return action.kind === 'restart' && name !== 'not-mine';
      },
      recover: () => {
        tried.push(name);
        return answer;
      },
    });
    const { clock, state, service } = sick({
      strategies: [strategy('second', 1, true), strategy('not-mine', 9, true)],
    });
    service.addStrategy(strategy('first', 5, false));
    service.addStrategy({ ...strategy('later', 20, true), level: 'full' });
    const outcomes: unknown[] = [];
    service.on('recovery', ({ strategy: name, effect }) => void outcomes.push([name, effect.kind]));
    const { actions } = await healUntilActed({ clock, service });
    expect(tried).toEqual(['not-mine?', 'first?', 'first', 'second?', 'second']);
    expect(actions).toMatchObject([{ effect: { kind: 'done', detail: 'recovered by second' } }]);
    expect(outcomes).toEqual([
      ['first', 'failed'],
      ['second', 'done'],
    ]);
    expect(state.restarts).toEqual([]);
  });

  it('below priority 0 come after an action that failed, or that has no handler', async () => {
    const last = { name: 'last', priority: -1, canHandle: () => true, recover: () => undefined };
    const { clock, service } = sick({ actions: {}, strategies: [last] });
    const { actions } = await healUntilActed({ clock, service });
    expect(actions).toMatchObject([
      { action: { kind: 'restart' }, effect: { kind: 'done', detail: 'recovered by last' } },
    ]);
  });

  it('that throw or never end harm nobody, and the action itself is done', async () => {
    let signal: AbortSignal | undefined;
    const throwing = {
      name: 'throwing',
      priority: 3,
      canHandle: () => {
        throw new Error('confused');
      },
      recover: () => true,
    };
    const hanging = {
      name: 'hanging',
      priority: 2,
      canHandle: () => true,
      recover: (_: Situation, stop: AbortSignal) => {
        signal = stop;
        return new Promise<boolean>(() => {});
      },
    };
    const { clock, state, service } = sick({ strategies: [throwing, hanging], recoveryTimeoutMs: 100 });
    const reasons: unknown[] = [];
    service.on('recovery', ({ effect }) => void reasons.push(effect));
    await beat(clock);
    let report = service.heal();
    for (let look = 0; look < 5 && signal === undefined; look++) {
      await settled();
      if (signal !== undefined) break;
      await report;
      await beat(clock);
      report = service.heal();
      await settled();
    }
    await clock.advance(100);
    await report;
    expect(state.restarts).toHaveLength(1);
    expect(signal?.aborted).toBe(true);
    expect(reasons).toEqual([
      { kind: 'failed', reason: 'canHandle threw: confused' },
      { kind: 'failed', reason: 'recover took too long' },
    ]);
  });

  it('that stand in for a standing measure have nothing taken back', async () => {
    const pack = packWith({ 'holds.fallbackS': 10 }, { unresponsive: ['fallback', 'wait', 'wait'] });
    const handled: boolean[] = [];
    const { clock, service } = sick({
      pack,
      actions: { fallback: ({ on }) => void handled.push(on) },
      strategies: [{ name: 'cache', canHandle: ({ action }) => action.kind === 'fallback', recover: () => true }],
    });
    const effects: unknown[] = [];
    service.on('acted', ({ action, effect }) => void effects.push([action.kind, effect]));
    for (let look = 0; look < 20; look++) {
      await beat(clock);
      await service.heal();
    }
    expect(handled).toEqual([]);
    expect(effects).toContainEqual(['fallback', { kind: 'done', detail: 'recovered by cache' }]);
    expect(effects).toContainEqual(['fallback', { kind: 'done', detail: 'nothing stood' }]);
  });

  it('are refused when they are none, or there are two of a name', () => {
    const service = createBasicSelfHealing('api');
    expect(() => service.addStrategy({ name: 'x', canHandle: true } as never)).toThrow(
      /canHandle[\s\S]*recover|recover[\s\S]*canHandle/,
    );
    const good = { name: 'x', canHandle: () => true, recover: () => true };
    const remove = service.addStrategy(good);
    expect(() => service.addStrategy(good)).toThrow('already');
    remove();
    service.addStrategy(good);
  });
});

describe('closing', () => {
  it('lets an action under way end, refuses calls, and is harmless the second time', async () => {
    let end = (): void => {};
    const { clock, state, service } = sick({
      actions: { restart: () => new Promise<undefined>((resolve) => (end = () => resolve(undefined))) },
    });
    let acted = 0;
    service.on('acted', () => {
      acted += 1;
    });
    for (let look = 0; look < 4; look++) {
      await beat(clock);
      void service.heal();
      await settled();
    }
    const closing = service.close();
    await settled();
    await expect(service.execute(() => 1)).rejects.toMatchObject({ cause: 'closed' });
    await expect(service.heal()).rejects.toMatchObject({ code: 'closed' });
    end();
    await closing;
    await service.close();
    expect([acted, state.restarts]).toEqual([1, []]);
    expect(clock.timers).toBe(0);
  });

  it('tells an action to stop that outlasts the grace', async () => {
    let signal: AbortSignal | undefined;
    const { clock, service } = sick({
      actions: {
        restart: (_action, stop) => {
          signal = stop;
          return new Promise<undefined>(() => {});
        },
      },
    });
    let report: Promise<unknown> = Promise.resolve();
    for (let look = 0; look < 6 && signal === undefined; look++) {
      await beat(clock);
      report = service.heal();
      await settled();
    }
    const closing = service.close({ graceMs: 300 });
    await clock.advance(300);
    await closing;
    expect(signal?.aborted).toBe(true);
    expect(await report).toMatchObject({ actions: [{ effect: { kind: 'failed', reason: 'closed before it ended' } }] });
    expect(clock.timers).toBe(0);
    expect(getEventListeners(signal!, 'abort')).toEqual([]);
  });

  it('ends a check that is under way', async () => {
    const { clock, service } = sick({ check: () => new Promise<boolean>(() => {}) });
    await service.initialize();
    await beat(clock);
    const report = service.heal();
    await settled();
    await service.close({ graceMs: 0 });
    expect(await report).toMatchObject({ actions: [] });
    expect(clock.timers).toBe(0);
  });
});
