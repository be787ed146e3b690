import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BASELINES, findBaseline } from '../../strategies/baselines/index.ts';
import { type Action, NO_ACTIONS, type Outcome, type ReplicaReading } from '../../strategies/contract.ts';
import { absent, booting, dead, healthy, hung, outcomeOf, rosterOf, SLOTS, signalOf } from './harness.ts';

const names = BASELINES.map(({ name }) => name);

const reading: fc.Arbitrary<ReplicaReading> = fc.oneof(
  fc.constant(healthy()),
  fc.constant(dead()),
  fc.constant(dead({ exitCode: 137 })),
  fc.constant(hung()),
  fc.constant(absent()),
  fc.constant(healthy({ failed: 60 })),
  fc.constant(healthy({ failed: 8, p95Ms: 1500, memory: 0.95 })),
  fc.constant(healthy({ live: Number.NaN, memory: Number.NaN, queue: Number.NaN, p95Ms: Number.NaN })),
  fc.integer({ min: 0, max: 90 }).map(booting),
);
const result = fc.constantFrom<Outcome['result'] | 'none'>('done', 'failed', 'refused', 'unsupported', 'none');
/** Spells of the same state, so that counters get somewhere. */
const story = fc.array(
  fc.record({
    replicas: fc.array(reading, { minLength: SLOTS, maxLength: SLOTS }),
    windows: fc.integer({ min: 1, max: 40 }),
    result,
  }),
  { minLength: 1, maxLength: 8 },
);

describe('the list of baselines', () => {
  it('holds the ten systems people run, doing nothing, and the three that healix succeeds', () => {
    expect(names).toEqual(
      expect.arrayContaining(
        'nothing restart-always kubernetes systemd erlang-otp pm2 supervisord monit docker nomad azora sutazai hms'.split(
          ' ',
        ),
      ),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it('finds each by its name, and nothing by another', () => {
    for (const baseline of BASELINES) expect(findBaseline(baseline.name)).toBe(baseline);
    expect(findBaseline('docker-compose')).toBeUndefined();
  });
});

// The runbook is a strategy: it heeds commands and keeps the guard itself, and test/heal holds it to that.
const supervisors = BASELINES.filter(({ name }) => name !== 'sre-runbook');
describe.each(supervisors.map((baseline) => [baseline.name, baseline] as const))('%s', (_, baseline) => {
  it('answers healthy signals with the one empty list', () => {
    const memory = baseline.start(rosterOf());
    for (let look = 1; look <= 400; look += 1) {
      const signal = signalOf(baseline, look * baseline.windowMs, [healthy(), healthy(), absent(), healthy()]);
      expect(baseline.heal(memory, signal)).toBe(NO_ACTIONS);
    }
  });

  it('ignores ticks, commands, new limits and outcomes that it does not know', () => {
    const memory = baseline.start(rosterOf());
    const before = JSON.stringify(memory);
    const { guard } = rosterOf();
    expect(baseline.heal(memory, { kind: 'tick', atMs: 1 })).toBe(NO_ACTIONS);
    expect(baseline.heal(memory, { kind: 'config', atMs: 1, guard })).toBe(NO_ACTIONS);
    expect(baseline.heal(memory, { kind: 'command', atMs: 1, service: 0, command: 'pause' })).toBe(NO_ACTIONS);
    for (const service of [0, 7]) {
      for (const each of ['done', 'failed', 'refused', 'unsupported'] as const) {
        const outcome: Outcome = { kind: 'outcome', atMs: 1, service, action: 999, result: each };
        expect(baseline.heal(memory, outcome)).toBe(NO_ACTIONS);
      }
    }
    expect(JSON.stringify(memory)).toBe(before);
  });

  it('acts on present slots only, with growing ids and a reason, and is the same after its memory went through JSON', () => {
    fc.assert(
      fc.property(story, (spells) => {
        const straight = baseline.start(rosterOf());
        let stored: unknown = baseline.start(rosterOf());
        let atMs = 0;
        let lastId = 0;
        for (const spell of spells) {
          stored = JSON.parse(JSON.stringify(stored));
          for (let window = 0; window < spell.windows; window += 1) {
            atMs += baseline.windowMs;
            const signal = signalOf(baseline, atMs, spell.replicas);
            const actions = baseline.heal(straight, signal);
            expect(baseline.heal(stored, signal)).toEqual(actions);
            for (const action of actions) {
              expect(action.id).toBeGreaterThan(lastId);
              lastId = action.id;
              expectWellFormed(action, atMs, spell.replicas);
              if (spell.result === 'none') continue;
              expect(baseline.heal(straight, outcomeOf(action, spell.result, atMs))).toBe(NO_ACTIONS);
              baseline.heal(stored, outcomeOf(action, spell.result, atMs));
            }
            if (actions.length === 0) expect(actions).toBe(NO_ACTIONS);
          }
        }
        expect(JSON.parse(JSON.stringify(stored))).toEqual(straight);
      }),
      { numRuns: 25 },
    );
  });

  it('keeps the services apart', () => {
    const memory = baseline.start(rosterOf('default', 2));
    for (let look = 1; look <= 200; look += 1) {
      const atMs = look * baseline.windowMs;
      for (const action of baseline.heal(memory, signalOf(baseline, atMs, [dead(), hung(), healthy()], 0))) {
        expect(action.service).toBe(0);
        baseline.heal(memory, outcomeOf(action, 'done', atMs));
      }
      expect(baseline.heal(memory, signalOf(baseline, atMs, [healthy(), healthy()], 1))).toBe(NO_ACTIONS);
    }
  });
});

describe('every baseline but doing nothing', () => {
  it.each(names.filter((name) => name !== 'nothing'))('%s restarts a dead replica within two minutes', (name) => {
    const baseline = findBaseline(name)!;
    const memory = baseline.start(rosterOf());
    const restarted: number[] = [];
    for (let atMs = baseline.windowMs; atMs <= 120_000; atMs += baseline.windowMs) {
      for (const action of baseline.heal(memory, signalOf(baseline, atMs, [healthy(), dead(), healthy()]))) {
        if (action.kind === 'restart') restarted.push(action.replica);
        baseline.heal(memory, outcomeOf(action, 'done', atMs));
      }
    }
    expect(restarted[0]).toBe(1);
  });
});

function expectWellFormed(action: Action, atMs: number, replicas: readonly ReplicaReading[]): void {
  expect(action.atMs).toBe(atMs);
  expect(action.cause).not.toBe('');
  expect(action.reason).not.toMatch(/NaN|undefined|^$/);
  if (action.kind === 'restart') expect(replicas[action.replica]?.present).toBe(1);
  else expect(action.replica).toBe(-1);
}
