import { describe, expect, test } from 'vitest';
import type { ReplicaReading } from '../../strategies/contract.ts';
import { healthOf } from '../../strategies/health.ts';
import { DEAD, makeStrategy, Patient, three } from './signals.ts';

describe('health status', () => {
  const TABLE: readonly [string, readonly Partial<ReplicaReading>[], string, RegExp][] = [
    ['calls that fail at 7 %', three({ failed: 7 }), 'degraded', /calls fail/],
    ['calls that fail at 11 %', three({ failed: 11 }), 'failed', /too many calls fail/],
    ['a p95 of 1.2 s', three({ p95Ms: 1200 }), 'degraded', /slow/],
    ['memory at 91 %', [{ memory: 0.91 }], 'critical', /memory/],
    ['a queue at 95 %', [{ queue: 0.95 }], 'critical', /queue/],
    ['one ready replica of three', [{ ready: 0 }, { ready: 0 }], 'critical', /one ready/],
    ['no ready replica', three({ ready: 0 }), 'failed', /no replica/],
    ['one dead replica of three', [DEAD], 'recovering', /^$/],
  ];
  test.each(TABLE)('%s makes the service %s', (_, replicas, status, reason) => {
    const patient = new Patient(makeStrategy());
    patient.repeat(4, replicas);
    const health = healthOf(patient.memory, 0);
    expect(health.status).toBe(status);
    expect(health.reason).toMatch(reason);
  });

  test('one bad window is not enough, and a good one between two bad ones does not hide them', () => {
    const patient = new Patient(makeStrategy({ detection: { smoothing: 1 } }));
    patient.feed(three({ failed: 20 }));
    expect(healthOf(patient.memory, 0).status).toBe('healthy');
    patient.feed();
    patient.feed(three({ failed: 20 }));
    expect(healthOf(patient.memory, 0).status).toBe('failed');
  });

  test('on the way back the threshold is lower', () => {
    const between = three({ failed: 4.5 });
    const strategy = makeStrategy({ detection: { smoothing: 1, hysteresis: 0.8 } });
    const fresh = new Patient(strategy);
    fresh.repeat(5, between);
    expect(healthOf(fresh.memory, 0).status).toBe('healthy');
    const ailing = new Patient(strategy);
    ailing.repeat(3, three({ failed: 7 }));
    ailing.repeat(5, between);
    expect(healthOf(ailing.memory, 0).status).toBe('degraded');
    ailing.repeat(3, three({ failed: 3 }));
    expect(healthOf(ailing.memory, 0).status).toBe('healthy');
  });

  test('it is recovering from the first good window until enough of them', () => {
    const patient = new Patient(makeStrategy({ detection: { smoothing: 1, clear: 3 } }));
    patient.repeat(3, three({ failed: 20 }));
    const statuses = Array.from({ length: 4 }, () => {
      patient.feed();
      return healthOf(patient.memory, 0).status;
    });
    expect(statuses).toEqual(['recovering', 'recovering', 'healthy', 'healthy']);
  });

  test('after an action, too, it takes that many good windows', () => {
    const ladders = { 'error-burst': ['reconnect'] } as const;
    const patient = new Patient(makeStrategy({ ladders, detection: { smoothing: 1, clear: 3 } }));
    patient.report(patient.repeat(2, three({ failed: 20 }))[0]!);
    patient.repeat(2);
    expect(healthOf(patient.memory, 0).status).toBe('recovering');
    patient.feed();
    expect(healthOf(patient.memory, 0).status).toBe('healthy');
  });

  test('one good window after an action does not yet lift the threshold again', () => {
    const ladders = { 'error-burst': ['reconnect'] } as const;
    const patient = new Patient(makeStrategy({ ladders, detection: { smoothing: 1, clear: 3, hysteresis: 0.8 } }));
    patient.report(patient.repeat(2, three({ failed: 20 }))[0]!);
    patient.feed();
    patient.repeat(2, three({ failed: 4.5 }));
    expect(healthOf(patient.memory, 0).status).toBe('degraded');
  });

  test('a relapse while recovering starts the count of good windows anew', () => {
    const patient = new Patient(makeStrategy({ detection: { smoothing: 1, clear: 3 } }));
    patient.repeat(3, three({ failed: 20 }));
    patient.repeat(2);
    patient.feed(three({ failed: 20 }));
    patient.repeat(2);
    expect(healthOf(patient.memory, 0).status).toBe('recovering');
  });

  test('missing measurements change nothing', () => {
    const blind = three({
      calls: Number.NaN,
      failed: Number.NaN,
      p95Ms: Number.NaN,
      live: Number.NaN,
      ready: Number.NaN,
      memory: Number.NaN,
      queue: Number.NaN,
      cpu: Number.NaN,
      uptimeS: Number.NaN,
    });
    const patient = new Patient(makeStrategy());
    patient.repeat(4, three({ failed: 20, memory: 0.6 }));
    const before = structuredClone(patient.memory.services[0]!);
    patient.repeat(3, blind);
    const after = patient.memory.services[0]!;
    expect(healthOf(patient.memory, 0).status).toBe('failed');
    expect({ ...after.slots[0]!, uptimeS: 0 }).toEqual({ ...before.slots[0]!, uptimeS: 0 });
    expect(after.errorRate).toBe(before.errorRate);
  });

  test('trouble that nobody calls about any more is forgotten after a minute', () => {
    const patient = new Patient(makeStrategy());
    patient.repeat(3, three({ failed: 20 }));
    const silent = three({ calls: 0, p95Ms: Number.NaN });
    patient.repeat(10, silent);
    expect(healthOf(patient.memory, 0).status).toBe('failed');
    patient.repeat(10, silent);
    expect(healthOf(patient.memory, 0).status).toBe('healthy');
  });
});
