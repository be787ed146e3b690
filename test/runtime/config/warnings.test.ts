import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admitAction, startGuard } from '../../../strategies/guard.ts';
import { makeRoster } from '../../heal/signals.ts';
import { configOf, makeFolder } from './folder.ts';

const folder = makeFolder();
const config = (replicas: object, guard?: object) =>
  configOf({ name: 'shop', services: [{ id: 'api', command: ['api'], replicas }], ...(guard && { guard }) }, folder);

describe('the minimum of healthy replicas', () => {
  it.each([
    ['one replica', {}, undefined, 0],
    ['one to three', { min: 1, start: 2, max: 3 }, undefined, 0],
    ['two', { min: 2 }, undefined, 1],
    ['one, and the user said otherwise', {}, { minHealthy: 1 }, 1],
    // Here it is all that keeps the last replica of several.
    ['one, and all may be disabled at once', {}, { maxDisabledShare: 1 }, 1],
  ])('of a service that runs on %s', (_, replicas, guard, expected) => {
    expect(config(replicas, guard).guard.minHealthy).toBe(expected);
  });

  it('of 0 admits nothing that 1 refuses, but on the only replica', () => {
    const state = fc.record({
      present: fc.constant<0 | 1>(1),
      ready: fc.constantFrom(0, 1),
      live: fc.constantFrom(0, 1),
      inRotation: fc.constantFrom(0, 1),
      dead: fc.constantFrom(0, 1),
    });
    let compared = 0;
    fc.assert(
      fc.property(
        fc.array(state, { minLength: 1, maxLength: 6 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        fc.nat(5),
        fc.constantFrom('restart', 'reroute', 'scale-down', 'rollback'),
        (replicas, maxDisabledShare, at, kind) => {
          const roster = makeRoster([{ replicasMin: 0 }], { maxDisabledShare });
          const base = { id: 1, atMs: 1, service: 0, cause: 'test', rung: 0, reason: '' };
          const replica = kind === 'restart' || kind === 'reroute' ? at % replicas.length : -1;
          const action = { ...base, kind, replica, mode: 'hard', out: true } as never;
          const verdict = (minHealthy: number) =>
            admitAction({ ...roster.guard, minHealthy }, startGuard(roster), roster, replicas as never, action);
          if (replicas.length > 1) expect(verdict(0) === null).toBe(verdict(1) === null);
          compared += 1;
        },
      ),
    );
    expect(compared).toBeGreaterThan(50);
  });
});

describe('a warning', () => {
  it('names each service that could not be restarted while it still serves', () => {
    expect(config({}, { minHealthy: 1 }).warnings).toEqual([
      expect.stringMatching(/^api: its one replica cannot be restarted while slow or failing/),
    ]);
    expect(config({ min: 2, max: 3 }, { minHealthy: 2 }).warnings[0]).toContain('its 2 replicas');
  });

  it('is not given where healix can heal, or where nobody is to touch the service', () => {
    expect(config({}).warnings).toEqual([]);
    expect(config({ min: 2 }, { minHealthy: 1 }).warnings).toEqual([]);
    expect(config({}, { minHealthy: 1, protected: ['api'] }).warnings).toEqual([]);
  });
});
