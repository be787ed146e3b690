/** A breaker that was saved in an earlier process, under the same settings and under others. */
import { describe, expect, it } from 'vitest';
import {
  type BasicOptions,
  createBasicSelfHealing,
  createFleetSelfHealing,
} from '../../../src/runtime/self-healing.ts';
import { DOWN, FakeClock } from '../execute/harness.ts';

const HOUR_MS = 3_600_000;
type Window = NonNullable<NonNullable<BasicOptions['calls']>['breaker']>['window'];

/** At a time of this century, as in a real process. */
function begin(window: Window, savedBreaker?: unknown, clock = new FakeClock()) {
  if (clock.nowMs === 0) clock.nowMs = 1_700_000_000_000;
  const trip = [{ kind: 'failed-count' as const, failures: 5 }];
  const service = createBasicSelfHealing('db', { clock, seed: 1, savedBreaker, calls: { breaker: { window, trip } } });
  return { clock, service, call: () => service.execute(() => Promise.reject(DOWN)).catch(() => {}) };
}

const windows: readonly (readonly [name: string, window: Window])[] = [
  ['3 s', { kind: 'time', lengthMs: 3000 }],
  ['10 s', { kind: 'time', lengthMs: 10_000 }],
  ['10 s in 5 slots', { kind: 'time', lengthMs: 10_000, slots: 5 }],
  ['100 calls', { kind: 'count', calls: 100 }],
  ['20 calls', { kind: 'count', calls: 20 }],
];
const pairs = windows.flatMap(([from, before]) => windows.map(([to, after]) => ({ from, to, before, after })));

describe('a saved breaker', () => {
  it.each(pairs)('of a window of $from forgets in time under one of $to', async ({ before, after }) => {
    const old = begin(before);
    for (let call = 0; call < 30; call++) await old.service.execute(() => 1);
    await old.call();
    const saved = JSON.parse(JSON.stringify(old.service.saveBreaker()));
    const { clock, service, call } = begin(after, saved, old.clock);
    for (let hour = 0; hour < 8; hour++) {
      await call();
      if (after?.kind === 'count') for (let ok = 0; ok < 100; ok++) await service.execute(() => 1);
      await clock.advance(HOUR_MS);
    }
    const { mode, failed } = service.healthMetrics().calls.breaker;
    expect({ mode, failed }).toEqual({
      mode: 'closed',
      failed: after?.kind === 'count' && after.calls === 100 ? 0 : 0,
    });
  });

  it('keeps its calls under the same window', async () => {
    const old = begin({ kind: 'time', lengthMs: 3000 });
    for (let call = 0; call < 4; call++) await old.call();
    const { service, call } = begin({ kind: 'time', lengthMs: 3000 }, old.service.saveBreaker(), old.clock);
    expect(service.healthMetrics().calls.breaker).toMatchObject({ mode: 'closed', failed: 4 });
    await call();
    expect(service.healthMetrics().calls.breaker.mode).toBe('open');
  });

  it('that cannot be used is a bad setting that names the service, every field and what to do', () => {
    const bad = { version: 1, mode: { kind: 'ajar' } };
    let thrown: unknown;
    try {
      createFleetSelfHealing().registerService('db', { savedBreaker: bad });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: 'HealixError', code: 'bad-settings', cause: { code: 'bad-saved-state' } });
    for (const part of ['"db"', 'savedBreaker', 'mode.kind', 'generation', 'leave it out'])
      expect((thrown as Error).message).toContain(part);
  });

  it('that was refused leaves no trace: the service can be registered without', () => {
    const fleet = createFleetSelfHealing();
    expect(() => fleet.registerService('db', { savedBreaker: 5 })).toThrow(
      expect.objectContaining({ code: 'bad-settings' }),
    );
    expect(() => fleet.registerService('db', { savedBreaker: 5 })).toThrow('savedBreaker: Invalid');
    fleet.registerService('db');
    expect(fleet.systemHealth().services).toHaveLength(1);
  });
});
