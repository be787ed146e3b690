import { describe, expect, test } from 'vitest';
import type { Action } from '../../strategies/contract.ts';
import { heal } from '../../strategies/heal.ts';
import { closedBreaker, judgeTrial, OPEN_MAX_MS, open, openForMs } from '../../strategies/window-breaker.ts';
import { DEAD, makeStrategy, Patient, three, WELL } from './signals.ts';

const OUT = { inRotation: 0, calls: 0, failed: 0, p95Ms: Number.NaN };

describe('reroute', () => {
  const strategy = makeStrategy({ ladders: { 'error-burst': ['reroute'] }, holds: { rerouteS: 30 } });

  test('a rerouted replica that answers its probes returns after the hold', () => {
    const { patient, outAtMs } = reroute();
    patient.repeat(20, [{}, OUT]);
    expect(patient.log[1]).toMatchObject({
      kind: 'reroute',
      out: false,
      replica: 1,
      cause: 'hold',
      atMs: outAtMs + 30_000,
    });
    expect(patient.log).toHaveLength(2);
  });

  test('one that does not answer returns after four holds, and a dead one not at all', () => {
    const silent = reroute();
    silent.patient.repeat(30, [{}, { ...OUT, ready: 0 }]);
    expect(silent.patient.log.filter(({ kind }) => kind === 'reroute').at(-1)).toMatchObject({
      out: false,
      atMs: silent.outAtMs + 120_000,
    });
    const dead = reroute();
    dead.patient.repeat(40, [{}, { ...DEAD, inRotation: 0 }]);
    expect(dead.patient.log.filter(({ kind }) => kind === 'reroute')).toHaveLength(1);
  });

  test('a reroute that failed leaves nothing to take back', () => {
    const { patient } = reroute('failed');
    patient.repeat(20);
    expect(patient.log).toHaveLength(1);
  });

  test('while too few in rotation answer, one that is well returns before its hold', () => {
    const { patient, outAtMs } = reroute();
    patient.repeat(1, [{}, OUT]);
    expect(patient.log).toHaveLength(1);
    // Two of three are down: the one that is aside is all there is.
    patient.repeat(3, [{ live: 0 }, OUT, { live: 0 }]);
    expect(patient.log.filter(({ kind }) => kind === 'reroute')[1]).toMatchObject({
      ...{ out: false, replica: 1, cause: 'hold', atMs: outAtMs + 20_000 },
      reason: 'out of rotation for 20 s, answers, and too few others do',
    });
  });

  test('one that is not well itself stays aside, however few answer', () => {
    const { patient } = reroute();
    patient.repeat(4, [{ live: 0 }, { ...OUT, live: 0 }, { live: 0 }]);
    expect(patient.log.filter(({ kind }) => kind === 'reroute')).toHaveLength(1);
  });

  test('a tick is enough for the return', () => {
    const { patient, outAtMs } = reroute();
    patient.repeat(2, [{}, OUT]);
    const tick = (atMs: number) => heal(strategy, patient.memory, { kind: 'tick', atMs });
    expect(tick(outAtMs + 29_999)).toEqual([]);
    expect(tick(outAtMs + 30_000)).toMatchObject([{ kind: 'reroute', out: false }]);
    expect(tick(outAtMs + 30_001)).toEqual([]);
  });

  function reroute(result: 'done' | 'failed' = 'done') {
    const patient = new Patient(strategy);
    const [action] = patient.repeat(2, [{}, { failed: 80 }]);
    expect(action).toMatchObject({ kind: 'reroute', out: true, replica: 1 });
    patient.report(action!, result);
    return { patient, outAtMs: action!.atMs };
  }
});

describe('fallback', () => {
  const strategy = makeStrategy({
    ladders: { 'error-burst': ['fallback', 'fallback'] },
    holds: { fallbackS: 60 },
    pacing: { verifyS: 5, cooldownS: 5, backoff: 1 },
    detection: { smoothing: 1 },
  });
  const uncalled = three({ calls: 0, p95Ms: Number.NaN });

  test('it is switched off after its hold, on again when the trouble is still there, and then for twice as long', () => {
    const patient = new Patient(strategy);
    let isOn = false;
    for (let window = 0; window < 60; window++) {
      for (const action of patient.feed(isOn ? uncalled : three({ failed: 30 }))) {
        if (action.kind === 'fallback') isOn = action.on;
        patient.report(action);
      }
    }
    const turns = patient.log.filter((action) => action.kind === 'fallback');
    expect(turns.map(({ on }) => on).slice(0, 4)).toEqual([true, false, true, false]);
    expect(turns[1]!.atMs - turns[0]!.atMs).toBe(60_000);
    expect(turns[3]!.atMs - turns[2]!.atMs).toBe(120_000);
  });

  test('it is not taken back before it is known to be on: people could allow the two in the other order', () => {
    const patient = new Patient(makeStrategy({ ladders: { 'error-burst': ['fallback'] }, holds: { fallbackS: 30 } }));
    patient.repeat(20);
    const [on] = patient.repeat(3, three({ failed: 30 }));
    expect(on).toMatchObject({ kind: 'fallback', on: true });
    patient.repeat(20);
    expect(patient.log).toHaveLength(1);
    patient.report(on!);
    patient.repeat(1);
    expect(patient.log[1]).toMatchObject({ kind: 'fallback', on: false });
  });

  test('it stays while no replica is ready, up to four holds', () => {
    const patient = new Patient(strategy);
    const [on] = patient.repeat(2, three({ failed: 30 }));
    patient.report(on!);
    patient.repeat(60, three({ ready: 0, calls: 0, p95Ms: Number.NaN }));
    const off = patient.log.find((action) => action.kind === 'fallback' && !action.on);
    expect(off!.atMs - on!.atMs).toBe(240_000);
  });
});

describe('added replicas', () => {
  const strategy = makeStrategy({ ladders: { saturated: ['scale-up'] }, holds: { scaleDownAfterS: 60 } });
  const four = [...three({}), WELL];

  test('an added replica is given back after a quiet time', () => {
    const patient = new Patient(strategy);
    const [up] = patient.repeat(2, three({ queue: 0.8 }));
    expect(up).toMatchObject({ kind: 'scale-up' });
    patient.report(up!);
    patient.repeat(40, four);
    const down = patient.log.filter(({ kind }) => kind === 'scale-down');
    expect(down).toMatchObject([{ cause: 'hold', replica: -1 }]);
    expect(down[0]!.atMs - up!.atMs).toBeGreaterThanOrEqual(60_000);
  });

  test('it is kept while the others could not bear its load, and a replica that someone else added is never given back', () => {
    const busy = new Patient(strategy);
    busy.report(busy.repeat(2, three({ queue: 0.8 }))[0]!);
    busy.repeat(40, [...three({ cpu: 0.7 }), { cpu: 0.7 }]);
    const foreign = new Patient(strategy);
    foreign.repeat(40, four);
    expect([...busy.log, ...foreign.log].map(({ kind }) => kind)).toEqual(['scale-up']);
  });
});

describe('circuit breaker', () => {
  const strategy = makeStrategy({
    breaker: { tripShare: 0.5, minimumCalls: 20, openS: 10, openBackoff: 2, probeShare: 0.2, closeShare: 0.1 },
  });
  const failing = three({ failed: 60 });
  const uncalled = three({ calls: 0, p95Ms: Number.NaN });

  test('it trips in the first window with enough failures, tries again after openS and closes when the trial passes', () => {
    const patient = new Patient(strategy);
    feed(patient, failing);
    feed(patient, uncalled, 2);
    feed(patient, three({ calls: 20 }));
    feed(patient, [], 10);
    expect(admits(patient.log)).toEqual([0, 0.2, 1]);
    expect(patient.log.map(({ atMs }) => atMs)).toEqual([5000, 15_000, 20_000]);
  });

  test('kept clear by word from others it stays closed, closes if it is open, and trips again once that is over', () => {
    const patient = new Patient(strategy);
    const service = patient.memory.services[0]!;
    service.clearUntilMs = 12_000;
    feed(patient, failing, 2);
    expect(admits(patient.log)).toEqual([]);
    feed(patient, failing);
    expect(admits(patient.log)).toEqual([0]);
    service.clearUntilMs = 22_000;
    feed(patient, uncalled);
    expect(admits(patient.log)).toEqual([0, 1]);
    expect(patient.log.at(-1)).toMatchObject({ cause: 'coordination', atMs: 20_000 });
  });

  test("an operator's isolation is not lifted by word from others", () => {
    const patient = new Patient(strategy);
    patient.feed();
    heal(strategy, patient.memory, { kind: 'command', atMs: patient.atMs, service: 0, command: 'isolate' });
    patient.memory.services[0]!.clearUntilMs = 1e9;
    expect(patient.repeat(5, failing)).toEqual([]);
  });

  test('too few calls or too few failures do not trip it', () => {
    const patient = new Patient(strategy);
    feed(patient, three({ calls: 6, failed: 6 }));
    feed(patient, three({ failed: 49 }));
    expect(admits(patient.log)).toEqual([]);
  });

  test('each failed trial doubles the time until the next', () => {
    const patient = new Patient(strategy);
    let admit = 1;
    for (let window = 0; window < 60; window++) {
      for (const action of patient.feed(admit === 0 ? uncalled : failing)) {
        if (action.kind === 'circuit-break') admit = action.admit;
        patient.report(action);
      }
    }
    const trials = patient.log.filter((action) => action.kind === 'circuit-break' && action.admit > 0);
    const opened = patient.log.filter((action) => action.kind === 'circuit-break' && action.admit === 0);
    expect(trials.slice(0, 4).map(({ atMs }, at) => atMs - opened[at]!.atMs)).toEqual([10_000, 20_000, 40_000, 80_000]);
  });

  test('a trial that nobody calls closes after openS, so that two circuits in a row cannot lock each other', () => {
    const patient = new Patient(strategy);
    feed(patient, failing);
    feed(patient, uncalled, 8);
    expect(admits(patient.log)).toEqual([0, 0.2, 1]);
  });

  test('an order that failed leaves the share in doubt, and is settled by a trial at once', () => {
    const patient = new Patient(strategy);
    const [opened] = patient.feed(failing);
    patient.report(opened!, 'failed');
    expect(patient.feed(failing)).toMatchObject([{ kind: 'circuit-break', admit: 0.2 }]);
  });

  test('where nothing can open a circuit, none is thought to be open, and it is not tried again at every look', () => {
    const patient = new Patient(makeStrategy({ ladders: { 'error-burst': ['circuit-break', 'wait', 'wait'] } }));
    patient.repeat(20);
    const orders: Action[] = [];
    const suffer = (windows: number, replicas: ReturnType<typeof three>) => {
      for (let window = 0; window < windows; window++)
        for (const action of patient.feed(replicas)) {
          if (action.kind === 'circuit-break') orders.push(action);
          patient.report(action, action.kind === 'circuit-break' ? 'unsupported' : 'done');
        }
    };
    suffer(12, three({ failed: 60 }));
    expect(orders.length).toBeGreaterThan(0);
    const before = orders.length;
    suffer(100, three({}));
    expect(orders).toHaveLength(before);
    expect(patient.memory.services[0]!.breaker.phase).toBe('closed');
  });

  test("an operator's isolation outlives an order that failed", () => {
    const patient = new Patient(makeStrategy());
    const command = { kind: 'command', atMs: patient.atMs, service: 0, command: 'isolate' } as const;
    const [isolated] = heal(makeStrategy(), patient.memory, command);
    patient.report(isolated!, 'failed');
    patient.repeat(100);
    expect(patient.memory.services[0]!.breaker.phase).toBe('isolated');
  });

  test('an operator isolates a service until he releases it', () => {
    const patient = new Patient(strategy);
    patient.feed();
    const order = (command: 'isolate' | 'release') =>
      heal(strategy, patient.memory, { kind: 'command', atMs: patient.atMs, service: 0, command });
    expect(order('isolate')).toMatchObject([{ kind: 'circuit-break', admit: 0, cause: 'command' }]);
    expect(patient.repeat(100, uncalled)).toEqual([]);
    expect(order('release')).toMatchObject([{ kind: 'circuit-break', admit: 1, cause: 'command' }]);
    expect(order('release')).toEqual([]);
  });

  test('the pure core: the opening lasts at most five minutes, and a window from before the trial says nothing', () => {
    const policy = strategy.breaker;
    expect(openForMs(policy, 1)).toBe(10_000);
    expect(openForMs(policy, 50)).toBe(OPEN_MAX_MS);
    const breaker = closedBreaker();
    open(breaker, 100_000);
    breaker.phase = 'half-open';
    breaker.sinceMs = 200_000;
    expect(judgeTrial(policy, breaker, { fromMs: 199_999, calls: 10, failed: 10 })).toBe('undecided');
    expect(judgeTrial(policy, breaker, { fromMs: 200_000, calls: 10, failed: 1 })).toBe('passed');
    expect(judgeTrial(policy, breaker, { fromMs: 200_000, calls: 10, failed: 2 })).toBe('failed');
    expect(judgeTrial(policy, breaker, { fromMs: 209_999, calls: 0, failed: 0 })).toBe('undecided');
  });

  function feed(patient: Patient, replicas: Parameters<Patient['feed']>[0], windows = 1): void {
    for (let window = 0; window < windows; window++)
      for (const action of patient.feed(replicas)) patient.report(action);
  }
});

function admits(actions: readonly Action[]): number[] {
  return actions.flatMap((action) => (action.kind === 'circuit-break' ? [action.admit] : []));
}
