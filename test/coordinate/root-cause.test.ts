import { describe, expect, it } from 'vitest';
import { rankCauses } from '../../strategies/coordinate/root-cause.ts';
import { HEALTH_RANK } from '../../strategies/health.ts';
import { causes, failing, fleetOf, NOW_MS, report, service } from './root-cause-fleet.ts';

/** a calls b calls c calls d. */
const CHAIN = fleetOf([[1], [2], [3], []]);

describe('the cause of a cascade', () => {
  it('is the last of a chain whose callers fail with it', () => {
    const evidence = [
      failing(CHAIN, 0, 0.5, 30, { dependencyFailed: [0.5] }),
      failing(CHAIN, 1, 0.5, 30, { dependencyFailed: [0.5] }),
      failing(CHAIN, 2, 0.5, 30, { dependencyFailed: [0.5] }),
      failing(CHAIN, 3, 0.5),
    ];
    const [first] = rankCauses(CHAIN, evidence, NOW_MS);
    expect(first!.cause).toEqual(service(3));
    expect(first!.score).toBeGreaterThan(0.8);
    expect(first!.victims).toEqual([0, 1, 2]);
    expect(first!.reasons).toEqual(['50 % of calls to it fail', 'explains the trouble of a, b, c']);
  });

  it('is in the middle of a chain when the callee of that one is well', () => {
    const evidence = [
      failing(CHAIN, 0, 0.5, 30, { dependencyFailed: [0.5] }),
      failing(CHAIN, 1, 0.5, 33, { issues: ['config-drift-suspected', 'error-burst'] }),
    ];
    const [first] = rankCauses(CHAIN, evidence, NOW_MS);
    expect(first).toMatchObject({ cause: service(1), victims: [0] });
    expect(first!.reasons).toContain('its configuration changed just before');
    expect(first!.reasons).toContain('was ill first, 3 s before any other');
  });

  it('is the slow foot of a diamond', () => {
    const diamond = fleetOf([[1, 2], [3], [3], []]);
    const slow = (at: number, latencyRatio: number) =>
      failing(diamond, at, 0.001, 30, { status: HEALTH_RANK.degraded, issues: ['slow'], latencyRatio });
    const [first] = rankCauses(diamond, [slow(0, 2), slow(1, 3), slow(2, 3), slow(3, 6)], NOW_MS);
    expect(first).toMatchObject({ cause: service(3), victims: [0, 1, 2] });
  });

  it('is a service with a dead replica, also when it is only slower and its caller fails', () => {
    const evidence = [
      failing(CHAIN, 2, 0.3, 20, { dependencyFailed: [0.1] }),
      report(CHAIN, 3, { status: HEALTH_RANK.recovering, sinceMs: NOW_MS - 26_000, latencyRatio: 2, down: [1] }),
    ];
    const [first] = rankCauses(CHAIN, evidence, NOW_MS);
    expect(first!.cause).toEqual(service(3));
    expect(first!.reasons[0]).toBe('1 of 3 replicas down');
  });

  it('is not the victim whose release happens to be young', () => {
    const evidence = [
      failing(CHAIN, 0, 0.6, 30, { dependencyFailed: [0.6] }),
      failing(CHAIN, 1, 0.6, 30, { dependencyFailed: [0.6] }),
      failing(CHAIN, 2, 0.6, 30, { dependencyFailed: [0.6], issues: ['bad-deploy-suspected', 'error-burst'] }),
      failing(CHAIN, 3, 0.6),
    ];
    expect(causes(rankCauses(CHAIN, evidence, NOW_MS))[0]).toEqual(service(3));
  });

  it('is found twice when two services fail by themselves', () => {
    const fork = fleetOf([[1, 2], [], []]);
    const evidence = [
      failing(fork, 0, 0.7, 30, { dependencyFailed: [0.4, 0.4] }),
      failing(fork, 1, 0.4),
      failing(fork, 2, 0.4),
    ];
    const ranked = rankCauses(fork, evidence, NOW_MS);
    expect(causes(ranked).slice(0, 2)).toEqual([service(1), service(2)]);
    expect(ranked[0]!.score).toBeCloseTo(ranked[1]!.score, 6);
    expect(ranked[0]!.victims).toEqual([0]);
    expect(ranked[1]!.victims).toEqual([0]);
  });

  it('is the one that was first ill by itself, when retries overload another for ever', () => {
    // e calls a, a calls b and c, b calls d. c lost a replica; the retries of that time keep d from ever answering.
    const fleet = fleetOf([[1, 2], [3], [], [], [0]]);
    const storm = { throughputRatio: 2, cpuShare: 0.99, latencyRatio: 4 };
    const evidence = [
      failing(fleet, 0, 0.8, 24, { dependencyFailed: [0.8, 0], throughputRatio: 1.3, cpuShare: 0.8 }),
      failing(fleet, 1, 0.8, 24, { dependencyFailed: [0.97], ...storm, throughputRatio: 1.8 }),
      report(fleet, 2, { status: HEALTH_RANK.recovering, sinceMs: NOW_MS - 33_000, down: [0] }),
      failing(fleet, 3, 0.99, 24, storm),
      failing(fleet, 4, 0.8, 24, { dependencyFailed: [0.8] }),
    ];
    expect(causes(rankCauses(fleet, evidence, NOW_MS))[0]).toEqual(service(2));
    // Without it, only the overloaded one can be the cause.
    const others = evidence.filter((report) => report.service !== 2);
    expect(causes(rankCauses(fleet, others, NOW_MS))[0]).toEqual(service(3));
  });
});

describe('other causes than services', () => {
  /** a calls b, c and d, which have a replica on each of the hosts 1, 2 and 3; a runs elsewhere. */
  const onHosts = fleetOf(
    [[1, 2, 3], [], [], []],
    [
      [7, 8, 9],
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ],
  );

  it('a host is, when replicas of all its services suffer and siblings do not', () => {
    const evidence = [
      failing(onHosts, 0, 0.3, 30, { dependencyFailed: [0.1, 0.1, 0.1] }),
      ...[1, 2, 3].map((at) => failing(onHosts, at, 0.1, 30, { down: [1], erring: [1] })),
    ];
    const [first] = rankCauses(onHosts, evidence, NOW_MS);
    expect(first).toMatchObject({ cause: { kind: 'host', host: 2 }, victims: [0, 1, 2, 3] });
    expect(first!.reasons[0]).toBe('replicas of b, c, d on it suffer while their siblings elsewhere do not');
  });

  it('no host is, when the replicas that suffer run on different ones', () => {
    const evidence = [1, 2, 3].map((at) => failing(onHosts, at, 0.1, 30, { down: [at - 1] }));
    expect(causes(rankCauses(onHosts, evidence, NOW_MS)).map(({ kind }) => kind)).not.toContain('host');
  });

  it('no host is, when the replicas elsewhere suffer as well', () => {
    const evidence = [1, 2, 3].map((at) => failing(onHosts, at, 0.1, 30, { slow: [0, 1, 2] }));
    expect(causes(rankCauses(onHosts, evidence, NOW_MS)).map(({ kind }) => kind)).not.toContain('host');
  });

  it('no host is, when it is not known where replicas run', () => {
    const { hosts: _, ...unplaced } = onHosts;
    const evidence = [1, 2, 3].map((at) => failing(onHosts, at, 0.1, 30, { down: [1] }));
    expect(causes(rankCauses(unplaced, evidence, NOW_MS))[0]!.kind).toBe('service');
  });

  it('dead connections are, when the callee is well and serves others', () => {
    // a and b call c.
    const fleet = fleetOf([[2], [2], []]);
    const [first] = rankCauses(fleet, [failing(fleet, 0, 0.9, 30, { dependencyFailed: [0.9] })], NOW_MS);
    expect(first).toMatchObject({ cause: { kind: 'connection', caller: 0, callee: 2 }, victims: [0] });
    expect(first!.reasons[0]).toBe('90 % of its calls to c fail, while c reports nothing amiss');
    const both = [0, 1].map((at) => failing(fleet, at, 0.9, 30, { dependencyFailed: [0.9] }));
    expect(causes(rankCauses(fleet, both, NOW_MS))[0]).toEqual(service(2));
  });

  it('too many users are, when the entry and all below it get more calls than they can serve', () => {
    const tooMany = { throughputRatio: 2.2, cpuShare: 0.99, latencyRatio: 6 };
    const evidence = [
      failing(CHAIN, 0, 0.9, 30, { ...tooMany, dependencyFailed: [0.9], down: [0, 1, 2] }),
      failing(CHAIN, 1, 0.9, 30, { ...tooMany, dependencyFailed: [0.9] }),
      failing(CHAIN, 2, 0.9, 30, { ...tooMany, dependencyFailed: [0.9] }),
      failing(CHAIN, 3, 0.9, 30, tooMany),
    ];
    const [first] = rankCauses(CHAIN, evidence, NOW_MS);
    expect(first).toMatchObject({ cause: { kind: 'load', service: 0 }, victims: [1, 2, 3] });
    expect(first!.reasons[0]).toBe('users make 2.2 times the usual calls');
  });

  it('a few more users are not, when a service fails by itself', () => {
    const evidence = [
      failing(CHAIN, 0, 0.6, 30, { throughputRatio: 1.2, dependencyFailed: [0.6] }),
      failing(CHAIN, 1, 0.6, 30, { throughputRatio: 1.2 }),
    ];
    expect(causes(rankCauses(CHAIN, evidence, NOW_MS))[0]).toEqual(service(1));
  });
});

describe('what counts as evidence', () => {
  it('names nothing when nothing is told, or nothing is wrong', () => {
    expect(rankCauses(CHAIN, [], NOW_MS)).toEqual([]);
    const well = [0, 1, 2, 3].map((at) => report(CHAIN, at));
    expect(rankCauses(CHAIN, well, NOW_MS)).toEqual([]);
    expect(rankCauses(CHAIN, [report(CHAIN, 2, { latencyRatio: 1.5 })], NOW_MS)).toEqual([]);
  });

  it('is an older report, when hardly any call came to the service since', () => {
    const before = failing(CHAIN, 3, 0.9, 30, { atMs: NOW_MS - 15_000 });
    const now = (throughputRatio: number) =>
      report(CHAIN, 3, { status: HEALTH_RANK.recovering, errorRate: 0, throughputRatio });
    expect(causes(rankCauses(CHAIN, [before, now(0.02)], NOW_MS))).toEqual([service(3)]);
    expect(rankCauses(CHAIN, [before, now(0.9)], NOW_MS)).toEqual([]);
  });

  it('is the newest report on a service', () => {
    const old = failing(CHAIN, 3, 0.9, 30, { atMs: NOW_MS - 3000 });
    expect(rankCauses(CHAIN, [old, report(CHAIN, 3)], NOW_MS)).toEqual([]);
    expect(rankCauses(CHAIN, [report(CHAIN, 3, { atMs: NOW_MS - 6000 }), old], NOW_MS)).toHaveLength(1);
  });

  it('is not a report older than two minutes', () => {
    expect(rankCauses(CHAIN, [failing(CHAIN, 3, 0.9)], NOW_MS + 120_000)).toHaveLength(1);
    expect(rankCauses(CHAIN, [failing(CHAIN, 3, 0.9)], NOW_MS + 120_001)).toEqual([]);
  });

  it('may lack every measurement but dead replicas', () => {
    const unknown = { errorRate: -1, latencyRatio: -1, throughputRatio: -1, cpuShare: -1, queueShare: -1 };
    const evidence = [
      report(CHAIN, 2, { ...unknown, status: HEALTH_RANK.degraded, dependencyFailed: [-1] }),
      report(CHAIN, 3, { ...unknown, status: HEALTH_RANK.failed, down: [0, 1, 2] }),
    ];
    expect(causes(rankCauses(CHAIN, evidence, NOW_MS))[0]).toEqual(service(3));
  });
});
