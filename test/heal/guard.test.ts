import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Action,
  type Command,
  type GuardLimits,
  type Healer,
  type HealInput,
  NO_ACTIONS,
  type Outcome,
  type ReplicaReading,
  type Roster,
} from '../../strategies/contract.ts';
import { decode, randomGenome } from '../../strategies/genome.ts';
import { admitAction, REFUSALS_KEPT, recordAction, recordOutcome, startGuard } from '../../strategies/guard.ts';
import { guarded, heal, strategyHealer } from '../../strategies/heal.ts';
import { startMemory } from '../../strategies/start-memory.ts';
import { ABSENT, DEAD, makeRoster, makeSignal, makeStrategy, Patient, three } from './signals.ts';

const SERVING = { present: 1, dead: 0, live: 1, ready: 1, inRotation: 1 };
const UNREADY = { ...SERVING, ready: 0 };
const AWAY = { ...SERVING, inRotation: 0 };
const EMPTY = { present: 0, dead: 0, live: 0, ready: 0, inRotation: 0 };
const THREE = [SERVING, SERVING, SERVING, EMPTY];
const BASE = { id: 1, atMs: 0, service: 0, replica: -1, cause: 'test', rung: 0, reason: '' };
const restart = (replica: number, atMs = 0, id = 1): Action => ({
  ...BASE,
  id,
  atMs,
  replica,
  kind: 'restart',
  mode: 'hard',
});
const out = (replica: number): Action => ({ ...BASE, replica, kind: 'reroute', out: true });
const roster = makeRoster([{ replicasMin: 2, replicasMax: 4 }, {}]);

describe('admitAction', () => {
  const TIGHT: Partial<GuardLimits> = { maxDisabledShare: 0.34, minHealthy: 1, inFlight: 3, restartsPer10Min: 5 };
  const TABLE: readonly [string, Action, Partial<GuardLimits>, typeof THREE, RegExp | null][] = [
    ['one of three', restart(0), TIGHT, THREE, null],
    ['a second of three', restart(0), TIGHT, [SERVING, UNREADY, SERVING], /more than 1 of 3/],
    ['the last but the minimum', restart(0), { ...TIGHT, minHealthy: 3 }, THREE, /fewer than 3 healthy/],
    ['one of two, whatever the share', restart(0), { maxDisabledShare: 0.1 }, [SERVING, SERVING], null],
    ['one that serves nobody', restart(1), { ...TIGHT, minHealthy: 3 }, [SERVING, UNREADY, UNREADY], null],
    ['a replica that is not there', restart(3), TIGHT, THREE, /no such replica/],
    ['no replica at all', restart(-1), TIGHT, THREE, /no such replica/],
    ['a protected service', restart(0), { protected: ['a'] }, THREE, /protected/],
    ['a call for help from it', { ...BASE, kind: 'escalate' }, { protected: ['a'] }, THREE, null],
    ['nothing in a dry run', restart(0), { dryRun: true }, THREE, /dry run/],
    ['not even a call for help', { ...BASE, kind: 'escalate' }, { dryRun: true }, THREE, /dry run/],
    ['a fifth of four', { ...BASE, kind: 'scale-up' }, {}, [SERVING, SERVING, SERVING, SERVING], /at most 4/],
    ['down below the minimum', { ...BASE, kind: 'scale-down' }, {}, [SERVING, SERVING], /at least 2/],
    ['a spent budget', { ...BASE, kind: 'rollback' }, { restartsPer10Min: 0 }, THREE, /budget of 0/],
    ['back into rotation', { ...BASE, replica: 0, kind: 'reroute', out: false }, { protected: ['a'] }, THREE, null],
    ['out of rotation', out(0), TIGHT, THREE, null],
    ['out of rotation, of too few', out(0), { minHealthy: 3 }, THREE, /fewer than 3 replicas would stay in rotation/],
    ['one that serves nobody, out of rotation', out(1), TIGHT, [SERVING, UNREADY, UNREADY], null],
    [
      'the last in rotation, though it serves nobody',
      out(1),
      { minHealthy: 0 },
      [AWAY, UNREADY],
      /fewer than 1 replica/,
    ],
    ['more than half out, none of which serves', out(2), TIGHT, [AWAY, UNREADY, UNREADY, AWAY], /fewer than 2 replica/],
    ['half out, none of which serves', out(2), TIGHT, [AWAY, UNREADY, UNREADY, UNREADY], null],
    ['of an unknown service', { ...restart(0), service: 9 }, {}, THREE, /unknown service/],
  ];
  test.each(TABLE)('%s', (_, action, limits, replicas, refusal) => {
    const reason = admitAction({ ...roster.guard, ...limits }, startGuard(roster), roster, replicas, action);
    if (refusal === null) expect(reason).toBeNull();
    else expect(reason).toMatch(refusal);
  });

  test('a second scale-down while the first is under way, at one above the minimum', () => {
    const guard = startGuard(roster);
    const first: Action = { ...BASE, kind: 'scale-down' };
    const limits = { ...roster.guard, maxDisabledShare: 1 };
    expect(admitAction(limits, guard, roster, THREE, first)).toBeNull();
    recordAction(guard, first);
    expect(admitAction(limits, guard, roster, THREE, { ...first, id: 2 })).toMatch(/at least 2 replicas/);
  });

  test('the budget is a sliding window of ten minutes, and a rollback costs one', () => {
    const guard = startGuard(roster);
    const limits = { ...roster.guard, restartsPer10Min: 2 };
    const ask = (atMs: number) => admitAction(limits, guard, roster, THREE, restart(0, atMs));
    recordAction(guard, restart(0, 0));
    recordAction(guard, { ...BASE, id: 2, atMs: 1000, kind: 'rollback' });
    expect(ask(599_999)).toMatch(/budget/);
    expect(ask(600_000)).toBeNull();
    expect(admitAction(limits, guard, roster, THREE, { ...restart(0, 2000), service: 1 })).toBeNull();
  });

  test('a disruptive action counts as under way until its outcome, or for ten minutes', () => {
    const guard = startGuard(roster);
    const limits = { ...roster.guard, inFlight: 1 };
    const ask = (atMs: number) => admitAction(limits, guard, roster, THREE, { ...restart(1, atMs), service: 1 });
    recordAction(guard, restart(0, 0));
    expect(ask(599_999)).toMatch(/1 disruptive/);
    expect(ask(600_000)).toBeNull();
    const outcome = { kind: 'outcome', atMs: 10, service: 0, action: 1, result: 'done' } as const;
    expect(recordOutcome(guard, { ...outcome, service: 1 })).toBeUndefined();
    expect(recordOutcome(guard, outcome)).toMatchObject({ id: 1 });
    expect(recordOutcome(guard, outcome)).toBeUndefined();
    expect(ask(20)).toBeNull();
    recordAction(guard, { ...BASE, id: 5, kind: 'rollback' });
    expect(ask(20)).toBeNull();
  });

  test('a replica that an action is about to take away no longer counts as healthy', () => {
    const guard = startGuard(roster);
    const limits = { ...roster.guard, minHealthy: 2 };
    recordAction(guard, restart(0, 0));
    expect(admitAction(limits, guard, roster, THREE, restart(1, 10))).toMatch(/healthy/);
  });
});

describe('the guard in heal', () => {
  test('a refusal is recorded with its reason, and the list is bounded', () => {
    const strategy = makeStrategy({ ladders: { unresponsive: ['restart-hard'] } });
    const patient = new Patient(strategy, makeRoster([{}], { restartsPer10Min: 0 }));
    patient.repeat(2000, [DEAD, DEAD]);
    expect(patient.log.map(({ kind }) => kind)).toEqual(['escalate']);
    expect(patient.memory.guard.refusals).toHaveLength(REFUSALS_KEPT);
    expect(patient.memory.guard.refusals[0]).toMatchObject({
      kind: 'restart',
      reason: /budget/,
      cause: 'unresponsive',
    });
  });

  test('a dry run decides at the pace of a real one, and does nothing', () => {
    const ladders = { 'error-burst': ['reconnect', 'rollback'] } as const;
    const patient = new Patient(makeStrategy({ ladders }), makeRoster([{}], { dryRun: true }));
    patient.repeat(20, three({ failed: 30 }));
    expect(patient.log).toEqual([]);
    expect(patient.memory.guard.refusals.map(({ kind }) => kind)).toEqual(['reconnect', 'rollback']);
    expect(patient.memory.guard.refusals[0]!.reason).toBe('dry run');
  });

  test('a strategy may tighten the guard, never loosen it', () => {
    const act = (own: number, guard: number) => {
      const limits = { restartsPer10Min: own };
      const strategy = makeStrategy({ ladders: { unresponsive: ['restart-hard'] }, limits });
      return new Patient(strategy, makeRoster([{}], { restartsPer10Min: guard })).feed([DEAD, DEAD, DEAD]).length;
    };
    expect([act(2, 100), act(100, 2), act(1, 2)]).toEqual([2, 2, 1]);
  });

  test('between the outcome and the next signal a replica still counts as taken away', () => {
    const ladders = { 'error-burst': ['reroute', 'reroute'] } as const;
    const strategy = makeStrategy({ ladders, detection: { outlierShare: 0.9 } });
    const patient = new Patient(strategy, makeRoster([{}], { minHealthy: 2 }));
    const [out] = patient.repeat(2, three({ failed: 30 }));
    expect(out).toMatchObject({ kind: 'reroute' });
    patient.report(out!);
    const forced = { kind: 'command', atMs: patient.atMs, service: 0, command: 'force-heal' } as const;
    expect(heal(strategy, patient.memory, forced)).toBe(NO_ACTIONS);
    expect(patient.memory.guard.refusals).toMatchObject([{ reason: /healthy/ }]);
  });

  test('new limits hold from the next action on', () => {
    const strategy = makeStrategy({ ladders: { unresponsive: ['restart-hard'] } });
    const patient = new Patient(strategy);
    heal(strategy, patient.memory, { kind: 'config', atMs: 1, guard: { ...patient.roster.guard, protected: ['a'] } });
    expect(patient.feed([DEAD])).toBe(NO_ACTIONS);
    expect(patient.memory.guard.refusals).toMatchObject([{ reason: 'protected service' }]);
  });
});

describe('guarded', () => {
  const eager: Healer<{ told: string[]; next: number }> = {
    name: 'eager',
    windowMs: 5000,
    start: () => ({ told: [], next: 1 }),
    heal: (memory, input) => {
      if (input.kind === 'outcome') memory.told.push(input.result);
      if (input.kind !== 'signal') return NO_ACTIONS;
      return [0, 1, 2].map((replica) => restart(replica, input.atMs, memory.next++));
    },
  };
  const limits = { maxDisabledShare: 0.34, minHealthy: 1 };

  test('holds a healer that knows no limits to the same limits, and tells it of every refusal', () => {
    const healer = guarded(eager);
    const memory = healer.start(makeRoster([{}], limits));
    expect(healer.heal(memory, makeSignal(5000))).toMatchObject([{ kind: 'restart', replica: 0 }]);
    expect(memory.inner.told).toEqual(['refused', 'refused']);
    expect(memory.guard.refusals).toHaveLength(2);
  });

  test('a pause stops it', () => {
    const healer = guarded(eager);
    const memory = healer.start(makeRoster());
    const order = (command: 'pause' | 'resume') =>
      healer.heal(memory, { kind: 'command', atMs: 1, service: 0, command });
    order('pause');
    expect(healer.heal(memory, makeSignal(5000))).toBe(NO_ACTIONS);
    order('resume');
    expect(healer.heal(memory, makeSignal(10_000))).toHaveLength(3);
  });

  test('an endless answer to refusals ends', () => {
    const stubborn: Healer<null> = { ...eager, start: () => null, heal: (_, { atMs }) => [restart(0, atMs)] };
    const healer = guarded(stubborn);
    const memory = healer.start(makeRoster([{}], { protected: ['a'] }));
    expect(healer.heal(memory, makeSignal(5000))).toBe(NO_ACTIONS);
  });
});

/** What the limits forbid, counted from outside: by what was asked for, what was reported and what was shown. */
class Auditor {
  readonly roster: Roster;
  readonly shown: ReplicaReading[][];
  readonly restarts: { atMs: number; service: number }[] = [];
  readonly taken = new Map<number, Action>();
  atMs = 0;

  constructor(roster: Roster) {
    this.roster = roster;
    this.shown = roster.services.map(() => makeSignal(0).replicas);
  }

  see(input: HealInput, actions: readonly Action[]): void {
    this.atMs = input.atMs;
    if (input.kind === 'signal') this.shown[input.service] = input.replicas;
    if (input.kind === 'outcome') this.taken.delete(input.action);
    for (const action of actions) this.check(action);
  }

  private check(action: Action): void {
    const { guard } = this.roster;
    const where = `${action.kind} of ${action.service}/${action.replica} at ${this.atMs} ms`;
    if (action.kind === 'restart' || action.kind === 'rollback') {
      this.restarts.push({ atMs: this.atMs, service: action.service });
      const recent = this.restarts.filter((one) => one.service === action.service && one.atMs > this.atMs - 600_000);
      expect(recent.length, where).toBeLessThanOrEqual(guard.restartsPer10Min);
    }
    const takesAway =
      action.kind === 'restart' || action.kind === 'scale-down' || (action.kind === 'reroute' && action.out);
    if (!takesAway) return;
    for (const [id, one] of this.taken) if (one.atMs <= this.atMs - 600_000) this.taken.delete(id);
    const wasServing = this.serves(action.service, action.replica);
    this.taken.set(action.id, action);
    expect(this.taken.size, where).toBeLessThanOrEqual(guard.inFlight);
    const present = this.shown[action.service]!.filter((one) => one.present === 1).length;
    if (action.kind === 'reroute')
      expect(this.inRotation(action.service), where).toBeGreaterThanOrEqual(
        Math.max(1, guard.minHealthy, Math.floor(present / 2)),
      );
    if (!wasServing) return;
    const serving = this.shown[action.service]!.filter((_, slot) => this.serves(action.service, slot)).length;
    const disabledMax = Math.max(1, Math.floor(guard.maxDisabledShare * present + 1e-9));
    expect(present - serving, where).toBeLessThanOrEqual(disabledMax);
    expect(serving, where).toBeGreaterThanOrEqual(guard.minHealthy);
  }

  /** As shown, and not being taken out. */
  private inRotation(service: number): number {
    const leaving = [...this.taken.values()].filter(
      (action) => action.kind === 'reroute' && action.service === service,
    );
    return this.shown[service]!.filter(
      (one, slot) => one.inRotation === 1 && !leaving.some(({ replica }) => replica === slot),
    ).length;
  }

  /** As shown, and not being taken away; an unnamed replica (scale-down) counts as one that serves. */
  private serves(service: number, slot: number): boolean {
    if (slot < 0) return true;
    const one = this.shown[service]![slot]!;
    const isTaken = [...this.taken.values()].some((action) => action.service === service && action.replica === slot);
    return one.present * one.live * one.ready * one.inRotation === 1 && Number.isNaN(one.exitCode) && !isTaken;
  }
}

const readings = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Partial<ReplicaReading>>({}) },
  { weight: 1, arbitrary: fc.constant<Partial<ReplicaReading>>(ABSENT) },
  {
    weight: 5,
    arbitrary: fc.constantFrom<Partial<ReplicaReading>>(
      DEAD,
      { failed: 60 },
      { failed: 10, p95Ms: 2500 },
      { live: 0 },
      { ready: 0 },
      { queue: 0.97, cpu: 0.99 },
      { memory: 0.96 },
      { inRotation: 0, calls: 0, p95Ms: Number.NaN },
      { ...DEAD, exitCode: 137, inRotation: 0 },
    ),
  },
);
const event = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('signal' as const),
      service: fc.integer({ min: 0, max: 2 }),
      replicas: fc.array(readings, { minLength: 6, maxLength: 6 }),
      deployAgeS: fc.constantFrom(20, 100_000),
      configDiffers: fc.constantFrom(0, 1),
      dependencyFailed: fc.constantFrom(0.9, 0).map((share) => [share]),
      repeat: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('outcomes' as const),
      result: fc.constantFrom<Outcome['result']>('done', 'failed', 'unsupported', 'refused'),
      keep: fc.nat({ max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('tick' as const), afterMs: fc.integer({ min: 1, max: 400_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('command' as const),
      command: fc.constantFrom<Command['command']>('force-heal', 'pause', 'resume', 'isolate', 'release'),
      service: fc.integer({ min: 0, max: 2 }),
    }),
  },
);
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

/** Plays events to a healer and hands on every input with the actions it led to. */
function play<M>(
  healer: Healer<M>,
  roster: Roster,
  events: readonly Event[],
  see: (input: HealInput, actions: readonly Action[]) => void,
): M {
  const memory = healer.start(roster);
  let atMs = 0;
  let open: Action[] = [];
  const tell = (input: HealInput) => {
    const actions = healer.heal(memory, input);
    see(input, actions);
    open.push(...actions);
  };
  for (const one of events) {
    if (one.kind === 'signal') {
      const { service, replicas, deployAgeS, configDiffers, dependencyFailed } = one;
      for (let window = 0; window < one.repeat; window++) {
        atMs += 5000;
        tell(makeSignal(atMs, replicas, { service, deployAgeS, configDiffers, configAgeS: 30, dependencyFailed }));
      }
    } else if (one.kind === 'outcomes') {
      atMs += 1000;
      const ended = open.slice(one.keep);
      open = open.slice(0, one.keep);
      for (const { service, id } of ended) tell({ kind: 'outcome', atMs, service, action: id, result: one.result });
    } else if (one.kind === 'tick') {
      atMs += one.afterMs;
      tell({ kind: 'tick', atMs });
    } else tell({ kind: 'command', atMs, service: one.service, command: one.command });
  }
  return memory;
}

const guards = fc.record({
  restartsPer10Min: fc.integer({ min: 0, max: 5 }),
  minHealthy: fc.integer({ min: 0, max: 3 }),
  maxDisabledShare: fc.constantFrom(0, 0.34, 0.5, 1),
  inFlight: fc.integer({ min: 1, max: 4 }),
});
const genomes = fc.integer({ min: 1, max: 1e9 }).map((seed) => {
  let state = seed;
  return randomGenome(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  });
});

describe('laws', () => {
  test('no sequence of inputs makes any strategy cross the guard', () => {
    let acted = 0;
    fc.assert(
      fc.property(genomes, guards, fc.array(event, { minLength: 10, maxLength: 60 }), (genome, limits, events) => {
        const strategy = decode(genome);
        const fleet = makeRoster([{ dependsOn: [1] }, { tier: 'critical' }, { tier: 'lightweight' }], limits);
        const auditor = new Auditor(fleet);
        play(strategyHealer('any', strategy), fleet, events, (input, actions) => {
          acted += actions.length;
          auditor.see(input, actions);
        });
      }),
      { numRuns: 300 },
    );
    expect(acted).toBeGreaterThan(1000);
  });

  test('memory survives JSON in the middle of trouble, and what follows is the same', () => {
    fc.assert(
      fc.property(genomes, fc.array(event, { minLength: 10, maxLength: 40 }), (genome, events) => {
        const strategy = decode(genome);
        const fleet = makeRoster([{ dependsOn: [1] }, {}, {}]);
        const whole: (readonly Action[])[] = [];
        play(strategyHealer('whole', strategy), fleet, events, (_, actions) => whole.push(actions));
        let memory = startMemory(fleet, 'healix');
        const broken: (readonly Action[])[] = [];
        const healer: Healer<null> = {
          name: 'broken',
          windowMs: 5000,
          start: () => null,
          heal: (_, input) => {
            const text = JSON.stringify(memory);
            const copy = JSON.parse(text) as typeof memory;
            expect(copy).toEqual(memory);
            memory = copy;
            return heal(strategy, memory, input);
          },
        };
        play(healer, fleet, events, (_, actions) => broken.push(actions));
        expect(broken).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });
});
