import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HealInput, NO_ACTIONS } from '../../strategies/contract.ts';
import { FEATURES, type FeatureName } from '../../strategies/features.ts';
import { decode, defaultGenome, randomGenome } from '../../strategies/genome.ts';
import { heal, step, strategyHealer } from '../../strategies/heal.ts';
import { healthOf } from '../../strategies/health.ts';
import { parseHealInput } from '../../strategies/input.ts';
import { EXITS_KEPT } from '../../strategies/memory.ts';
import { startMemory } from '../../strategies/start-memory.ts';
import { AT, lookAt } from '../../strategies/view.ts';
import { ABSENT, DEAD, makeRoster, makeSignal, makeStrategy, Patient, three, WELL } from './signals.ts';

describe('heal', () => {
  test('a quiet step returns the one shared empty answer', () => {
    const patient = new Patient(decode(defaultGenome()));
    for (let window = 0; window < 100; window++) expect(patient.feed()).toBe(NO_ACTIONS);
  });

  test('a signal that is older than the last one, or of an unknown service, changes nothing', () => {
    const strategy = makeStrategy({ ladders: { unresponsive: ['restart-hard'] } });
    const patient = new Patient(strategy);
    patient.repeat(3);
    const before = structuredClone(patient.memory);
    expect(heal(strategy, patient.memory, makeSignal(patient.atMs, [DEAD]))).toBe(NO_ACTIONS);
    expect(heal(strategy, patient.memory, makeSignal(patient.atMs - 1, [DEAD]))).toBe(NO_ACTIONS);
    expect(heal(strategy, patient.memory, makeSignal(patient.atMs + 1, [DEAD], { service: 7 }))).toBe(NO_ACTIONS);
    expect(patient.memory).toEqual(before);
  });

  test('a signal of more or fewer replicas than there are slots is taken as far as it goes', () => {
    const strategy = makeStrategy({ ladders: { unresponsive: ['restart-hard'] } });
    const patient = new Patient(strategy, makeRoster([{ replicasMax: 4 }]));
    expect(patient.feed([{}, {}, {}, {}, DEAD])).toBe(NO_ACTIONS);
    const short = { ...makeSignal(20_000), replicas: [{ ...WELL, ...DEAD }] };
    expect(heal(strategy, patient.memory, short)).toMatchObject([{ kind: 'restart', replica: 0 }]);
  });

  test('an outcome that nobody waits for changes nothing', () => {
    const patient = new Patient(makeStrategy());
    patient.feed();
    const before = structuredClone(patient.memory);
    const outcome = { kind: 'outcome', atMs: 1, service: 0, action: 99, result: 'done' } as const;
    expect(heal(patient.strategy, patient.memory, outcome)).toBe(NO_ACTIONS);
    heal(patient.strategy, patient.memory, { ...outcome, service: 5 });
    expect(patient.memory).toEqual(before);
  });

  test('an action whose outcome never comes blocks its target for ten minutes, not for ever', () => {
    const patient = new Patient(makeStrategy({ ladders: { unresponsive: ['restart-hard', 'restart-hard'] } }));
    patient.repeat(130, [DEAD]);
    expect(patient.log.filter(({ kind }) => kind === 'restart').map(({ atMs }) => atMs)).toEqual([5000, 605_000]);
  });

  test('exits during our own restart are not counted against the replica', () => {
    const patient = new Patient(makeStrategy({ ladders: { unresponsive: ['restart-hard'] } }));
    const [action] = patient.feed([DEAD]);
    patient.feed([{ ready: 0, live: 0, uptimeS: 1 }]);
    patient.feed([DEAD]);
    patient.report(action!);
    expect(patient.memory.services[0]!.slots[0]!.exitsAtMs).toEqual([5000]);
  });

  test('memory stays bounded under the worst of services', () => {
    const patient = new Patient(decode(defaultGenome()));
    const sizes: number[] = [];
    for (let window = 0; window < 3000; window++) {
      for (const action of patient.feed(window % 2 === 0 ? [DEAD, DEAD, DEAD] : three({ failed: 90 })))
        if (window % 3 > 0) patient.report(action, window % 5 === 0 ? 'failed' : 'done');
      if (window % 1000 === 999) sizes.push(JSON.stringify(patient.memory).length);
    }
    expect(patient.memory.services[0]!.slots[0]!.exitsAtMs.length).toBeLessThanOrEqual(EXITS_KEPT);
    expect(Math.max(...sizes)).toBeLessThan(40_000);
  });
});

describe('commands', () => {
  const strategy = makeStrategy({
    ladders: { 'error-burst': ['reconnect', 'rollback'], anomaly: ['reconnect'], unresponsive: ['restart-hard'] },
    pacing: { verifyS: 300, cooldownS: 300 },
  });
  const order = (patient: Patient, command: 'force-heal' | 'pause' | 'resume') =>
    heal(strategy, patient.memory, { kind: 'command', atMs: patient.atMs, service: 0, command });

  test('force-heal takes the next rung without waiting for a cool-down, but not while an action is under way', () => {
    const patient = new Patient(strategy);
    const [first] = patient.repeat(3, three({ failed: 30 }));
    expect(order(patient, 'force-heal')).toBe(NO_ACTIONS);
    patient.report(first!);
    expect(order(patient, 'force-heal')).toMatchObject([{ kind: 'rollback', cause: 'command', rung: 1 }]);
  });

  test('force-heal of a service on which nothing is seen amiss follows the ladder of anomalies', () => {
    const patient = new Patient(strategy);
    patient.feed();
    expect(order(patient, 'force-heal')).toMatchObject([{ kind: 'reconnect', cause: 'command', rung: 0 }]);
  });

  test('force-heal of a healthy service for which there is nothing to do leaves it healthy', () => {
    const idle = makeStrategy({ ladders: { anomaly: ['wait'] } });
    const patient = new Patient(idle);
    patient.feed();
    const forced = { kind: 'command', atMs: patient.atMs, service: 0, command: 'force-heal' } as const;
    expect(heal(idle, patient.memory, forced)).toBe(NO_ACTIONS);
    expect(patient.memory.services[0]!.episode.startedAtMs).toBeLessThan(0);
    patient.feed();
    expect(healthOf(patient.memory, 0).status).toBe('healthy');
  });

  test('a pause stops all actions, even forced ones, until it is lifted', () => {
    const patient = new Patient(strategy);
    patient.feed();
    order(patient, 'pause');
    expect(patient.repeat(5, [DEAD])).toEqual([]);
    expect(order(patient, 'force-heal')).toBe(NO_ACTIONS);
    order(patient, 'resume');
    expect(patient.feed([DEAD])).toMatchObject([{ kind: 'restart' }]);
  });
});

describe('the view', () => {
  test('every feature is written where FEATURES has it', () => {
    expect(Object.entries(AT)).toEqual(FEATURES.map(({ name }, at) => [name, at]));
  });

  test('it shows what was measured, in the units of the table', () => {
    const patient = new Patient(makeStrategy({ detection: { smoothing: 1 } }), makeRoster([{ dependsOn: [1] }, {}]));
    patient.repeat(30);
    patient.feed([{ failed: 30, p95Ms: 90, queue: 0.3 }, { ready: 0, live: 0, memory: 0.7 }, DEAD], {
      deployAgeS: 120,
      configAgeS: 60,
      configDiffers: 1,
      dependencyFailed: [0.4],
    });
    const view = new Float64Array(FEATURES.length);
    lookAt(view, patient.memory, 0);
    const seen = Object.fromEntries(FEATURES.map(({ name }, at) => [name, view[at]!])) as Record<FeatureName, number>;
    expect(seen).toMatchObject({ queueShare: 0.3, deployAgeMin: 2, configAgeMin: 1, configDiffers: 1 });
    expect(seen.errorRateNow).toBeCloseTo(0.15, 10);
    expect(seen.outlierShare).toBeCloseTo(0.3, 10);
    expect(seen.outlierLatencyRatio).toBeCloseTo(3, 10);
    expect(seen.latencyRatio).toBeCloseTo(2, 10);
    expect(seen.unreadyShare).toBeCloseTo(2 / 3, 10);
    expect(seen.unansweredShare).toBeCloseTo(1 / 3, 10);
    expect(seen.deadShare).toBeCloseTo(1 / 3, 10);
    expect(seen.dependencyFailedShare).toBe(0.4);
    expect(seen.memoryShare).toBeCloseTo(0.46, 2);
  });

  test('the slope of memory is found through noise of one percent', () => {
    const patient = new Patient(makeStrategy());
    const noise = fc.sample(fc.double({ min: -0.01, max: 0.01, noNaN: true }), { numRuns: 240, seed: 1 });
    noise.forEach((off, window) => {
      patient.feed([{ memory: 0.3 + (0.02 * (window * 5)) / 60 + off }, { memory: 0.5 + off }]);
    });
    const [rising, level] = patient.memory.services[0]!.slots;
    expect(rising!.memoryPerMin).toBeGreaterThan(0.016);
    expect(rising!.memoryPerMin).toBeLessThan(0.024);
    expect(Math.abs(level!.memoryPerMin)).toBeLessThan(0.004);
  });
});

const noisy = fc.array(
  fc.array(
    fc.constantFrom({}, DEAD, ABSENT, { failed: 50 }, { live: 0 }, { p95Ms: 3000 }, { memory: 0.95 }, { queue: 0.95 }),
    { minLength: 4, maxLength: 4 },
  ),
  { minLength: 5, maxLength: 30 },
);
const strategies = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })).map((stream) => {
  const draws = stream[Symbol.iterator]();
  return decode(randomGenome(() => draws.next().value ?? 0));
});

describe('laws', () => {
  test('step does what heal does to a clone, and leaves the memory it was given alone', () => {
    fc.assert(
      fc.property(strategies, noisy, (strategy, windows) => {
        let memory = startMemory(makeRoster(), 1);
        const twin = structuredClone(memory);
        windows.forEach((replicas, window) => {
          const signal = makeSignal((window + 1) * 5000, replicas, { deployAgeS: 40 });
          const before = JSON.stringify(memory);
          const [next, actions] = step(strategy, memory, signal);
          expect(JSON.stringify(memory)).toBe(before);
          expect(heal(strategy, twin, signal)).toEqual(actions);
          expect(twin).toEqual(next);
          memory = next;
        });
      }),
      { numRuns: 50 },
    );
  });

  test('same strategy, same inputs, same actions, whatever the healer is called', () => {
    fc.assert(
      fc.property(strategies, noisy, (strategy, windows) => {
        const run = (name: string) => {
          const healer = strategyHealer(name, structuredClone(strategy));
          const memory = healer.start(makeRoster());
          return windows.map((replicas, window) => healer.heal(memory, makeSignal((window + 1) * 5000, replicas)));
        };
        expect(run('one')).toEqual(run('another'));
      }),
      { numRuns: 50 },
    );
  });

  test('action ids are unique and grow', () => {
    fc.assert(
      fc.property(strategies, noisy, (strategy, windows) => {
        const patient = new Patient(strategy);
        for (const replicas of windows) patient.feed(replicas);
        const ids = patient.log.map(({ id }) => id);
        expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });
});

describe('parseHealInput', () => {
  const guard = makeRoster().guard;
  const INPUTS: readonly HealInput[] = [
    makeSignal(5000, [DEAD], { dependencyFailed: [0.5, Number.NaN] }),
    { kind: 'outcome', atMs: 1, service: 0, action: 4, result: 'done' },
    { kind: 'command', atMs: 1, service: 0, command: 'pause' },
    { kind: 'config', atMs: 1, guard },
    { kind: 'tick', atMs: 1 },
  ];
  test.each(INPUTS)('a $kind survives the way through JSON', (input) => {
    expect(parseHealInput(JSON.parse(JSON.stringify(input)))).toEqual({ kind: 'input', input });
  });

  test('every problem is named at once, with its path', () => {
    const signal = { ...makeSignal(5000), atMs: -1, service: 0.5, colour: 'red' };
    const bad = { ...signal, replicas: [{ ...WELL, live: 2, failed: -1 }] };
    const parsed = parseHealInput(bad);
    if (parsed.kind !== 'bad') expect.unreachable('it is bad');
    for (const word of ['atMs', 'service', 'colour', 'replicas[0].live', 'replicas[0].failed'])
      expect(parsed.problems).toContain(word);
  });

  test.each([null, 'signal', {}, { kind: 'explode' }, { kind: 'tick', atMs: Number.POSITIVE_INFINITY }])(
    '%j is no input',
    (value) => {
      expect(parseHealInput(value).kind).toBe('bad');
    },
  );
});
