import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROBE_LEVELS, type ProbeLevel } from '../../../src/runtime/ports.ts';
import { bad, blind, good, type Look, type LookRecord, none } from '../../../src/runtime/probes/look.ts';
import { exitCodeOf, makeSignal, type ReplicaFacts, type ServiceFacts } from '../../../src/runtime/signals.ts';
import { trafficOfLooks } from '../../../src/runtime/signals-traffic.ts';
import type { ReplicaReading, RosterEntry } from '../../../strategies/contract.ts';
import { decode, defaultGenome } from '../../../strategies/genome.ts';
import { heal } from '../../../strategies/heal.ts';
import { healthOf } from '../../../strategies/health.ts';
import { parseHealInput } from '../../../strategies/input.ts';
import { startMemory } from '../../../strategies/start-memory.ts';

const ENTRY: RosterEntry = {
  id: 'api',
  tier: 'default',
  dependsOn: [],
  replicasMin: 1,
  replicasMax: 2,
  replicasStart: 1,
};
const RUNNING: ReplicaFacts = {
  process: { kind: 'running', uptimeS: 600, hasAnswered: true, wasBooting: false },
  inRotation: true,
  traffic: null,
};

function factsOf(more: Partial<ServiceFacts> = {}): ServiceFacts {
  return {
    atMs: 10_000,
    windowMs: 5000,
    service: 0,
    entry: ENTRY,
    levels: new Set(PROBE_LEVELS),
    startGraceMs: 30_000,
    replicas: [RUNNING],
    looks: [],
    deployAgeS: null,
    configAgeS: null,
    configDiffers: null,
    dependencies: [],
    ...more,
  };
}

function looked(level: ProbeLevel, look: Look, replica = 0): LookRecord {
  return { atMs: 9000, service: 'api', replica, level, look };
}

function first(more: Partial<ServiceFacts>): ReplicaReading {
  return makeSignal(factsOf(more)).replicas[0]!;
}

describe('a reading', () => {
  it.each<[string, readonly LookRecord[], Partial<ReplicaReading>]>([
    ['was not looked at', [], { live: Number.NaN, ready: Number.NaN, cpu: Number.NaN, calls: Number.NaN }],
    ['answers', [looked('liveness', good(2)), looked('readiness', good(3))], { live: 1, ready: 1 }],
    ['answers badly', [looked('liveness', bad(2, 'status 500'))], { live: 0 }],
    ['does not answer', [looked('liveness', none('late'))], { live: 0 }],
    ['could not be looked at', [looked('liveness', blind('no sockets'))], { live: Number.NaN }],
    ['was seen before healix went blind', [looked('liveness', good(1)), looked('liveness', blind(''))], { live: 1 }],
    ['came back within the window', [looked('liveness', none('')), looked('liveness', good(1))], { live: 1 }],
    ['is alive but not ready', [looked('liveness', good(1)), looked('readiness', bad(1, 'no'))], { live: 1, ready: 0 }],
    ['tells its figures', [looked('resource', good(1, { cpu: 0.5, memory: 1.3 }))], { cpu: 0.5, memory: 1 }],
    [
      'tells some now and some before',
      [looked('resource', good(1, { cpu: 0.1, queue: 0.2 })), looked('resource', good(1, { cpu: 0.7 }))],
      { cpu: 0.7, queue: 0.2, memory: Number.NaN },
    ],
    ['tells figures at another level', [looked('performance', good(1, { cpu: 0.5 }))], { cpu: Number.NaN }],
  ])('of a replica that %s', (_, looks, expected) => {
    expect(first({ looks })).toMatchObject(expected);
  });

  it.each<[string, Partial<ReplicaFacts>, readonly LookRecord[], Partial<ReplicaReading>]>([
    [
      'boots',
      { process: { kind: 'running', uptimeS: 5, hasAnswered: false, wasBooting: false } },
      [looked('liveness', none('')), looked('readiness', none(''))],
      { present: 1, live: Number.NaN, ready: 0, uptimeS: 5 },
    ],
    [
      'boots, so that calls find nobody',
      {
        process: { kind: 'running', uptimeS: 8, hasAnswered: false, wasBooting: true },
        traffic: { calls: 9, failed: 9, p50Ms: null, p95Ms: null },
      },
      [looked('performance', none(''))],
      { calls: Number.NaN, failed: Number.NaN },
    ],
    [
      'began in this window, whose calls went to the one before it, too',
      {
        process: { kind: 'running', uptimeS: 4, hasAnswered: true, wasBooting: true },
        traffic: { calls: 9, failed: 8, p50Ms: 2, p95Ms: 2 },
      },
      [looked('performance', none('')), looked('liveness', good(1))],
      { live: 1, calls: Number.NaN, failed: Number.NaN, p50Ms: Number.NaN },
    ],
    [
      'began before this window and has answered',
      {
        process: { kind: 'running', uptimeS: 6, hasAnswered: true, wasBooting: false },
        traffic: { calls: 9, failed: 8, p50Ms: 2, p95Ms: 2 },
      },
      [],
      { calls: 9, failed: 8, p50Ms: 2 },
    ],
    [
      'should have booted, and own probes find nobody',
      { process: { kind: 'running', uptimeS: 31, hasAnswered: false, wasBooting: false }, traffic: null },
      [looked('performance', none(''))],
      { calls: 1, failed: 1 },
    ],
    [
      'booted when the window began, whose calls nobody could answer',
      {
        process: { kind: 'running', uptimeS: 5, hasAnswered: true, wasBooting: true },
        traffic: { calls: 30, failed: 20, p50Ms: 1, p95Ms: 2 },
      },
      [looked('liveness', good(1))],
      { live: 1, calls: Number.NaN, failed: Number.NaN, p95Ms: Number.NaN },
    ],
    [
      'boots too long',
      { process: { kind: 'running', uptimeS: 31, hasAnswered: false, wasBooting: false } },
      [looked('liveness', none(''))],
      { live: 0 },
    ],
    [
      'hangs soon after its first answer',
      { process: { kind: 'running', uptimeS: 5, hasAnswered: true, wasBooting: false } },
      [looked('liveness', none(''))],
      { live: 0 },
    ],
    [
      'answers its first look',
      { process: { kind: 'running', uptimeS: 5, hasAnswered: false, wasBooting: false } },
      [looked('liveness', good(1)), looked('readiness', good(1))],
      { live: 1, ready: 1 },
    ],
    [
      'died',
      { process: { kind: 'dead', exitCode: 137 } },
      [looked('liveness', good(1)), looked('resource', good(1, { cpu: 1 }))],
      { present: 1, live: 0, ready: 0, exitCode: 137, cpu: Number.NaN, uptimeS: Number.NaN },
    ],
    ['died unseen', { process: { kind: 'dead', exitCode: null } }, [], { present: 1, live: 0, exitCode: -1 }],
    ['died without a gateway', { process: { kind: 'dead', exitCode: 1 }, inRotation: null }, [], { inRotation: 0 }],
    ['died, and the gateway has not noticed', { process: { kind: 'dead', exitCode: 1 } }, [], { inRotation: 1 }],
    ['runs without a gateway', { inRotation: null }, [], { inRotation: 1 }],
    ['is out of rotation', { inRotation: false }, [], { inRotation: 0 }],
    ['is absent', { process: { kind: 'absent' } }, [looked('liveness', good(1))], { present: 0, ready: 0, calls: 0 }],
  ])('of a replica that %s', (_, replica, looks, expected) => {
    expect(first({ replicas: [{ ...RUNNING, ...replica }], looks })).toMatchObject(expected);
  });

  it('takes the process for its liveness, and liveness for its readiness, where there are no such probes', () => {
    expect(first({ levels: new Set() })).toMatchObject({ live: 1, ready: 1 });
    const levels = new Set<ProbeLevel>(['liveness']);
    expect(first({ levels, looks: [looked('liveness', none(''))] })).toMatchObject({ live: 0, ready: 0 });
  });

  it('takes calls from the gateway, and from own probes only when nobody called', () => {
    const looks = [
      looked('performance', good(40)),
      looked('performance', bad(9, 'no')),
      looked('performance', blind('')),
    ];
    const counted = { calls: 100, failed: 3, p50Ms: 4, p95Ms: 9 };
    const idle = { calls: 0, failed: 0, p50Ms: null, p95Ms: null };
    const reading = (traffic: ReplicaFacts['traffic'], some = looks) =>
      first({ replicas: [{ ...RUNNING, traffic }], looks: some });
    expect(reading(counted)).toMatchObject(counted);
    expect(reading(idle)).toMatchObject({ calls: 2, failed: 1, p50Ms: 40, p95Ms: 40 });
    expect(reading(null)).toMatchObject({ calls: 2, failed: 1 });
    expect(reading(idle, [])).toMatchObject({ calls: 0, failed: 0, p50Ms: Number.NaN });
    expect(reading(null, [])).toMatchObject({ calls: Number.NaN, failed: Number.NaN });
  });

  it('is of its own looks, and every slot has one', () => {
    const looks = [looked('liveness', good(1), 1), looked('liveness', none(''), 0)];
    const signal = makeSignal(factsOf({ replicas: [RUNNING, RUNNING], looks }));
    expect(signal.replicas.map(({ live }) => live)).toEqual([0, 1]);
    expect(makeSignal(factsOf({ replicas: [] })).replicas.map(({ present }) => present)).toEqual([0, 0]);
  });
});

describe('calls from looks', () => {
  it('have quantiles by nearest rank, of good looks only', () => {
    const looks = [5, 1, 4, 2, 3].map((tookMs) => looked('performance', good(tookMs)));
    expect(trafficOfLooks([...looks, looked('performance', none(''))])).toEqual({
      calls: 6,
      failed: 1,
      p50Ms: 3,
      p95Ms: 5,
    });
    expect(trafficOfLooks([looked('performance', none(''))])).toEqual({
      calls: 1,
      failed: 1,
      p50Ms: null,
      p95Ms: null,
    });
    expect(trafficOfLooks([looked('liveness', good(1)), looked('performance', blind(''))])).toBe(null);
  });

  it('add what the service counts itself', () => {
    const told = { calls: 50, failed: 5, p50Ms: 12, p95Ms: 80 };
    const looks = [looked('performance', good(1, told)), looked('performance', none(''))];
    expect(trafficOfLooks(looks)).toEqual({ calls: 52, failed: 6, p50Ms: 12, p95Ms: 80 });
  });
});

describe('a signal', () => {
  it('knows ages and digests only where they are known', () => {
    expect(makeSignal(factsOf())).toMatchObject({
      deployAgeS: Number.NaN,
      configAgeS: Number.NaN,
      configDiffers: Number.NaN,
    });
    const known = { deployAgeS: 60, configAgeS: -5, configDiffers: true };
    expect(makeSignal(factsOf(known))).toMatchObject({ deployAgeS: 60, configAgeS: 0, configDiffers: 1 });
    expect(makeSignal(factsOf({ configDiffers: false })).configDiffers).toBe(0);
  });

  it('takes the failed share of calls to a dependency from who knows best', () => {
    const dependency = (failedShare: number | null, status: 'ok' | 'failed' | 'unknown') => ({
      id: 'db',
      failedShare,
      status,
    });
    const share = (facts: ServiceFacts['dependencies'][number], looks: readonly LookRecord[] = []) =>
      makeSignal(factsOf({ dependencies: [facts], looks })).dependencyFailed[0];
    const told = [looked('dependency', bad(1, '', { db: 1 }), 0), looked('dependency', good(1, { db: 0 }), 1)];
    expect(share(dependency(0.2, 'failed'), told)).toBe(0.2);
    expect(share(dependency(null, 'failed'), told)).toBe(0.5);
    expect(share(dependency(null, 'failed'))).toBe(1);
    expect(share(dependency(null, 'ok'))).toBe(0);
    expect(share(dependency(null, 'unknown'))).toBe(Number.NaN);
  });

  it('is legal, whatever was measured, and survives the journal', () => {
    fc.assert(
      fc.property(anyFacts(), (facts) => {
        const signal = makeSignal(facts);
        const read = parseHealInput(JSON.parse(JSON.stringify(signal)));
        expect(read).toEqual({ kind: 'input', input: signal });
        expect(makeSignal(facts)).toEqual(signal);
        for (const { calls, failed, cpu, memory, queue } of signal.replicas) {
          expect(failed > calls).toBe(false);
          for (const share of [cpu, memory, queue]) expect(share < 0 || share > 1).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('makes a dead and a mute service fail in the eyes of the healer, and a well one healthy', () => {
    const status = (replica: ReplicaFacts, looks: readonly LookRecord[]): string => {
      const entry = { ...ENTRY, replicasMax: 1 };
      const guard = {
        restartsPer10Min: 5,
        minHealthy: 1,
        maxDisabledShare: 1,
        inFlight: 3,
        protected: [],
        dryRun: false,
      };
      const memory = startMemory({ services: [entry], guard }, 'seed');
      const strategy = decode(defaultGenome());
      for (let window = 1; window <= 12; window++) {
        heal(strategy, memory, makeSignal(factsOf({ atMs: window * 5000, entry, replicas: [replica], looks })));
      }
      return healthOf(memory, 0).status;
    };
    const well = [looked('liveness', good(1)), looked('readiness', good(1)), looked('performance', good(20))];
    const mute = [looked('liveness', none('')), looked('readiness', none('')), looked('performance', none(''))];
    expect(status(RUNNING, well)).toBe('healthy');
    expect(status(RUNNING, mute)).toBe('failed');
    expect(status({ ...RUNNING, process: { kind: 'dead', exitCode: 1 } }, [])).toBe('failed');
  });
});

describe('an exit code', () => {
  it.each([
    [0, null, 0],
    [3, null, 3],
    [null, 'SIGKILL', 137],
    [null, 'SIGTERM', 143],
    [null, null, -1],
  ] as const)('of %s and %s is %s', (code, signal, expected) => {
    expect(exitCodeOf(code, signal)).toBe(expected);
  });
});

function anyFacts(): fc.Arbitrary<ServiceFacts> {
  const figure = fc.double({ min: 0, max: 50, noNaN: true });
  const names = ['cpu', 'memory', 'queue', 'calls', 'failed', 'p50Ms', 'p95Ms', 'db'] as const;
  const values = fc.dictionary(fc.constantFrom(...names), figure, { noNullPrototype: true });
  const look = fc.oneof(
    fc.tuple(figure, values).map(([tookMs, told]) => good(tookMs, told)),
    fc.tuple(figure, values).map(([tookMs, told]) => bad(tookMs, 'x', told)),
    fc.constantFrom(none('x'), blind('x')),
  );
  const looks = fc.array(
    fc
      .tuple(fc.constantFrom(...PROBE_LEVELS), look, fc.nat(3))
      .map(([level, found, replica]) => looked(level, found, replica)),
    { maxLength: 20 },
  );
  const process = fc.oneof(
    fc.constant({ kind: 'absent' } as const),
    fc.record({ kind: fc.constant('dead' as const), exitCode: fc.option(fc.integer({ min: 0, max: 255 })) }),
    fc.record({
      kind: fc.constant('running' as const),
      uptimeS: fc.double({ min: -5, max: 1e6, noNaN: true }),
      hasAnswered: fc.boolean(),
    }),
  );
  const traffic = fc.record({
    calls: fc.nat(50),
    failed: fc.nat(60),
    p50Ms: fc.option(figure),
    p95Ms: fc.option(figure),
  });
  const replica = fc.record({ process, inRotation: fc.option(fc.boolean()), traffic: fc.option(traffic) });
  const age = fc.option(fc.double({ min: -10, max: 1e6, noNaN: true }));
  return fc.record({
    atMs: fc.nat(),
    windowMs: fc.integer({ min: 1, max: 60_000 }),
    service: fc.nat(5),
    entry: fc.nat(5).map((replicasMax) => ({ ...ENTRY, replicasMax })),
    levels: fc.subarray([...PROBE_LEVELS]).map((levels) => new Set(levels)),
    startGraceMs: fc.nat(60_000),
    replicas: fc.array(replica, { maxLength: 6 }),
    looks,
    deployAgeS: age,
    configAgeS: age,
    configDiffers: fc.option(fc.boolean()),
    dependencies: fc.array(
      fc.record({
        id: fc.constantFrom('db', 'cache'),
        failedShare: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        status: fc.constantFrom('ok', 'failed', 'unknown'),
      }),
      { maxLength: 3 },
    ),
  }) as fc.Arbitrary<ServiceFacts>;
}
