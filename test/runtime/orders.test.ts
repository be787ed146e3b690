/** An operator's order is told as refused only when the guard refused it, whatever else the guard refuses meanwhile. */
import { expect, it } from 'vitest';
import { createHealingLoop } from '../../src/runtime/healing-loop.ts';
import { takeOrder } from '../../src/runtime/orders.ts';
import type { Journal } from '../../src/runtime/ports.ts';
import type { Setup, Site } from '../../src/runtime/site.ts';
import type { Action, ActionKind } from '../../strategies/contract.ts';
import { strategyHealer } from '../../strategies/heal.ts';
import { makeRoster, makeStrategy } from '../heal/signals.ts';

const AT_MS = 1000;

const base = makeRoster();

/** One service; its journal takes an entry when it is told to. */
function bench(guarded: readonly string[]) {
  const roster = { ...base, guard: { ...base.guard, protected: guarded } };
  const healer = strategyHealer('test', makeStrategy({ ladders: { unresponsive: ['restart-hard'] } }));
  const memory = healer.start(roster);
  let written = (): void => {};
  const disk = new Promise<void>((resolve) => {
    written = resolve;
  });
  const journal: Journal = { isHealthy: true, append: () => disk, read: () => [], close: () => Promise.resolve() };
  const actuator = {
    can: () => new Set<ActionKind>(['restart', 'circuit-break']),
    act: () => Promise.resolve({ kind: 'done' } as const),
  };
  const clock = { now: () => AT_MS, after: () => () => {} };
  const loop = createHealingLoop({ healer, memory, services: ['a'], actuator, journal, clock, dryRun: false });
  const setup = { config: { services: [{ id: 'a' }] }, loop, memory } as unknown as Setup;
  const site = {
    ...{
      clock,
      actuator,
      tell: () => {},
      inUse: { kind: 'healer' },
      history: { last: () => [] },
      lessons: { note: () => {} },
    },
  } as unknown as Site;
  const refuse = (kind: Action['kind'], reason: string): void =>
    void memory.guard.refusals.push({ atMs: AT_MS, service: 0, replica: -1, kind, cause: 'slow', reason });
  const order = (what: 'pause' | 'isolate') => takeOrder(site, setup, 'a', { order: what, by: 'me' });
  return { order, refuse, written: () => written() };
}

it('is taken though the guard refuses something of the service just before it, or while it is written down', async () => {
  const { order, refuse, written } = bench([]);
  refuse('restart', 'restart budget of 5 in 10 minutes is spent');
  const paused = order('pause');
  refuse('restart', 'paused by an operator');
  written();
  expect(await paused).toEqual({ kind: 'taken', actions: [] });
});

it('is refused with the reason of the guard, and with no other', async () => {
  const { order, refuse, written } = bench([base.services[0]!.id]);
  const cutOff = order('isolate');
  refuse('rollback', 'paused by an operator');
  written();
  expect(await cutOff).toEqual({ kind: 'refused', reason: 'circuit-break: protected service' });
});
