import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { carryMemory } from '../../strategies/carry-memory.ts';
import { heal } from '../../strategies/heal.ts';
import type { FleetMemory } from '../../strategies/memory.ts';
import { startMemory } from '../../strategies/start-memory.ts';
import { DEAD, makeRoster, makeSignal, makeStrategy, WINDOW_MS } from './signals.ts';

const LADDER = ['restart-hard', 'restart-hard'] as const;
const strategy = makeStrategy({ ladders: { unresponsive: LADDER, 'crash-loop': LADDER } });

/** A fleet of a, b and c whose second service has been in trouble for a while. */
function troubled(windows = 30): FleetMemory {
  const memory = startMemory(makeRoster([{}, {}, {}]), 'seed');
  for (let window = 1; window <= windows; window++)
    heal(strategy, memory, { ...makeSignal(window * WINDOW_MS, [DEAD]), service: 1 });
  heal(strategy, memory, { kind: 'command', atMs: windows * WINDOW_MS, service: 2, command: 'pause' });
  return memory;
}

describe('the memory of a fleet that changed', () => {
  it('is the same when nothing changed', () => {
    const memory = troubled();
    expect(carryMemory(memory, memory.roster)).toEqual(memory);
  });

  it('goes with the services that stay, wherever they stand now', () => {
    const memory = troubled();
    const next = carryMemory(memory, makeRoster([{ id: 'c' }, { id: 'new' }, { id: 'b' }], { inFlight: 7 }));
    expect(memory.guard.restartsAtMs[1]!.length).toBeGreaterThan(0);
    expect(next.services[2]).toEqual(memory.services[1]);
    expect(next.guard.restartsAtMs).toEqual([[], [], memory.guard.restartsAtMs[1]]);
    expect(next.guard.paused).toEqual([1, 0, 0]);
    expect(next.guard.flights.every(({ service }) => service === 2)).toBe(true);
    expect(next.guard.limits.inFlight).toBe(7);
    expect(next.nextActionId).toBe(memory.nextActionId);
    expect(next.services[1]).toEqual(startMemory(makeRoster([{}]), '').services[0]);
  });

  it('forgets slots that are gone, and the healer goes on with what is left', () => {
    const memory = troubled();
    const next = carryMemory(memory, makeRoster([{ id: 'b', replicasMax: 2, replicasStart: 1 }]));
    expect(next.services[0]!.slots).toEqual(memory.services[1]!.slots.slice(0, 2));
    expect(next.services[0]!.worstSlot).toBeLessThan(2);
    for (let window = 31; window <= 60; window++)
      heal(strategy, next, { ...makeSignal(window * WINDOW_MS, [DEAD]), service: 0 });
    expect(next.services[0]!.atMs).toBe(60 * WINDOW_MS);
  });

  it('survives any change of the list as plain data, and the old one is left as it was', () => {
    const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 });
    fc.assert(
      fc.property(ids, fc.integer({ min: 1, max: 8 }), (services, replicasMax) => {
        const memory = troubled(12);
        const before = JSON.stringify(memory);
        const roster = makeRoster(services.map((id) => ({ id, replicasMax, replicasStart: 1 })));
        const next = carryMemory(memory, roster);
        expect(JSON.stringify(memory)).toBe(before);
        expect(JSON.parse(JSON.stringify(next))).toEqual(next);
        expect(next.services.map(({ slots }) => slots.length)).toEqual(services.map(() => replicasMax));
        for (const { service } of next.guard.flights) expect(roster.services[service]!.id).toBe('b');
      }),
    );
  });
});
