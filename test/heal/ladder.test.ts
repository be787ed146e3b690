import { describe, expect, test } from 'vitest';
import type { Action, GuardLimits } from '../../strategies/contract.ts';
import { heal } from '../../strategies/heal.ts';
import { ABSENT, DEAD, makeRoster, makeStrategy, Patient, three, WINDOW_MS } from './signals.ts';

const erring = three({ failed: 30 });
const FAST = { verifyS: 10, cooldownS: 10, backoff: 1, cooldownMaxS: 60, attempts: 10 };

describe('ladders', () => {
  test('each action that does not help is followed by the next rung, then the person on duty is called', () => {
    const ladders = { 'error-burst': ['reconnect', 'rollback', 'fallback'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: FAST }));
    treat(patient, erring, 60);
    expect(kinds(patient.log).slice(0, 3)).toEqual(['reconnect', 'rollback', 'fallback']);
    expect(patient.log.map(({ rung }) => rung).slice(0, 3)).toEqual([0, 1, 2]);
  });

  test('an action that helped ends the episode, and the next trouble begins at the first rung', () => {
    const ladders = { 'error-burst': ['reconnect', 'rollback'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: FAST, detection: { smoothing: 1 } }));
    treat(patient, erring, 3);
    expect(kinds(patient.log)).toEqual(['reconnect']);
    treat(patient, [], 10);
    treat(patient, erring, 3);
    expect(kinds(patient.log)).toEqual(['reconnect', 'reconnect']);
  });

  test('nothing is done while an action is under way, nor before fresh evidence has come in', () => {
    const ladders = { 'error-burst': ['reconnect', 'rollback'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: { ...FAST, verifyS: 30 } }));
    const [action] = patient.repeat(20, erring);
    expect(patient.log).toHaveLength(1);
    const doneAtMs = patient.atMs;
    patient.report(action!);
    patient.repeat(20, erring);
    expect(kinds(patient.log)).toEqual(['reconnect', 'rollback']);
    expect(patient.log[1]!.atMs - doneAtMs).toBeGreaterThanOrEqual(30_000);
  });

  test('the cool-down grows with each attempt, up to its limit', () => {
    const pacing = { verifyS: 1, cooldownS: 20, backoff: 2, cooldownMaxS: 60, attempts: 10 };
    const ladders = { 'error-burst': ['reconnect', 'reconnect', 'reconnect', 'reconnect', 'reconnect'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing }));
    treat(patient, erring, 60);
    const gaps = patient.log.slice(1, 5).map(({ atMs }, at) => atMs - patient.log[at]!.atMs);
    expect(gaps).toEqual([20_000, 40_000, 60_000, 60_000]);
  });

  test('jitter lengthens the cool-down by at most its share, and differs from action to action', () => {
    const pacing = { verifyS: 1, cooldownS: 100, backoff: 1, cooldownMaxS: 100, jitter: 0.5, attempts: 10 };
    const ladders = { 'error-burst': ['reconnect', 'reconnect', 'reconnect', 'reconnect', 'reconnect'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing }));
    treat(patient, erring, 150);
    const gaps = patient.log.slice(1, 5).map(({ atMs }, at) => atMs - patient.log[at]!.atMs);
    for (const gap of gaps) {
      expect(gap).toBeGreaterThanOrEqual(100_000);
      expect(gap).toBeLessThanOrEqual(150_000 + WINDOW_MS);
    }
    expect(new Set(gaps).size).toBeGreaterThan(1);
  });

  test('wait takes a rung and its time, and does nothing', () => {
    const ladders = { 'error-burst': ['wait', 'rollback'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: { ...FAST, verifyS: 30 } }));
    treat(patient, erring, 10);
    expect(kinds(patient.log)).toEqual(['rollback']);
    expect(patient.log[0]).toMatchObject({ rung: 1, atMs: 40_000 });
  });

  test('the person on duty is called once per episode, and the last useful rung goes on at the slowest pace', () => {
    const ladders = { 'error-burst': ['reconnect', 'wait', 'escalate'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: FAST }));
    treat(patient, erring, 60);
    expect(kinds(patient.log).filter((kind) => kind === 'escalate')).toHaveLength(1);
    const late = patient.log.filter(({ kind }) => kind === 'reconnect').slice(1);
    expect(late.length).toBeGreaterThan(2);
    const gaps = late.slice(1).map(({ atMs }, at) => atMs - late[at]!.atMs);
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(60_000);
  });

  test('after the attempts of an episode are spent the person on duty is called, though rungs are left', () => {
    const ladders = { 'error-burst': ['reconnect', 'rollback', 'fallback'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: { ...FAST, attempts: 1 } }));
    treat(patient, erring, 8);
    expect(kinds(patient.log).slice(0, 2)).toEqual(['reconnect', 'escalate']);
  });

  test('unbroken trouble calls the person on duty after a while, whatever the rung', () => {
    const patient = new Patient(makeStrategy({ pacing: { ...FAST, verifyS: 300, escalateAfterS: 60 } }));
    treat(patient, erring, 30);
    expect(patient.log).toMatchObject([{ kind: 'escalate', cause: 'escalation', atMs: 70_000 }]);
  });

  test('a dead replica is restarted even after its ladder is at its end', () => {
    const ladders = { unresponsive: ['wait'], 'crash-loop': ['wait'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: FAST }));
    treat(patient, [DEAD], 60);
    expect(patient.log.filter(({ kind }) => kind === 'restart').length).toBeGreaterThan(2);
  });

  test('one that is alone and silent is not rerouted, and is restarted for as long as it is silent', () => {
    const ladders = { unresponsive: ['restart-hard', 'reroute', 'reconnect'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: FAST }));
    treat(patient, [{ live: 0 }, ABSENT, ABSENT], 100);
    expect(kinds(patient.log).slice(0, 4)).toEqual(['restart', 'reconnect', 'escalate', 'restart']);
    expect(new Set(kinds(patient.log).slice(3))).toEqual(new Set(['restart']));
    expect(patient.memory.guard.refusals).toEqual([]);
  });

  test('an order to heal starts a ladder anew that is at its end', () => {
    const strategy = makeStrategy({ ladders: { 'error-burst': ['reconnect', 'rollback', 'wait'] }, pacing: FAST });
    const patient = new Patient(strategy);
    treat(patient, erring, 20);
    expect(kinds(patient.log).slice(0, 3)).toEqual(['reconnect', 'rollback', 'escalate']);
    const forced = { kind: 'command', atMs: patient.atMs, service: 0, command: 'force-heal' } as const;
    expect(heal(strategy, patient.memory, forced)).toMatchObject([{ kind: 'reconnect', rung: 0 }]);
  });

  test('a replica that dies again before enough good windows is met with the next rung', () => {
    const ladders = { unresponsive: ['restart-graceful', 'restart-hard'] } as const;
    const dieAgainAfter = (good: number) => {
      const patient = new Patient(makeStrategy({ ladders, pacing: { ...FAST, verifyS: 1, cooldownS: 1 } }));
      treat(patient, [DEAD], 1);
      treat(patient, [{ uptimeS: 5 }], good);
      treat(patient, [DEAD], 1);
      return patient.log.map((action) => action.kind === 'restart' && action.mode);
    };
    expect(dieAgainAfter(2)).toEqual(['graceful', 'hard']);
    expect(dieAgainAfter(3)).toEqual(['graceful', 'graceful']);
  });

  test('several dead replicas are restarted in the same window', () => {
    const patient = new Patient(makeStrategy({ ladders: { unresponsive: ['restart-hard'] } }));
    expect(patient.feed([DEAD, DEAD])).toMatchObject([
      { kind: 'restart', mode: 'hard', replica: 0, cause: 'unresponsive' },
      { kind: 'restart', mode: 'hard', replica: 1, cause: 'unresponsive' },
    ]);
  });

  test('a replica remedy for the whole service goes from replica to replica before the next rung is climbed', () => {
    const ladders = { 'error-burst': ['restart-graceful', 'rollback'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: { ...FAST, cooldownS: 60 } }));
    treat(patient, [{ failed: 30 }, { failed: 35 }, { failed: 32 }], 30);
    expect(patient.log.slice(0, 4)).toMatchObject([
      { kind: 'restart', replica: 1, rung: 0 },
      { kind: 'restart', replica: 2, rung: 0 },
      { kind: 'restart', replica: 0, rung: 0 },
      { kind: 'rollback', rung: 1 },
    ]);
  });

  test('when only some replicas ail, the others are left alone', () => {
    const ladders = { 'error-burst': ['restart-graceful', 'reconnect'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: FAST, detection: { outlierShare: 0.8 } }));
    treat(patient, [{ failed: 30 }, { failed: 30 }, {}], 20);
    const restarted = patient.log.filter(({ kind }) => kind === 'restart').map(({ replica }) => replica);
    expect(restarted.slice(0, 2).sort()).toEqual([0, 1]);
    expect(restarted).not.toContain(2);
    expect(kinds(patient.log)).toContain('reconnect');
  });

  test('a failed action is tried again, an unsupported one is passed over', () => {
    const ladders = { 'error-burst': ['reconnect', 'rollback', 'fallback'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: FAST }));
    const results = ['failed', 'unsupported', 'done', 'done'] as const;
    for (let window = 0; window < 20; window++)
      for (const action of patient.feed(erring)) patient.report(action, results[patient.log.length - 1] ?? 'done');
    expect(kinds(patient.log).slice(0, 4)).toEqual(['reconnect', 'reconnect', 'rollback', 'fallback']);
  });

  test('a rung that would change nothing is passed over', () => {
    const ladders = { 'error-burst': ['scale-up', 'repair-config', 'reconnect'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: FAST }), makeRoster([{ replicasMax: 3 }]));
    treat(patient, erring, 3);
    expect(kinds(patient.log)).toEqual(['reconnect']);
  });

  test('a refused rung is tried again in each window and given up after five', () => {
    const ladders = { 'error-burst': ['rollback', 'reconnect'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: FAST }), makeRoster([{}], { restartsPer10Min: 0 }));
    treat(patient, erring, 6);
    expect(patient.memory.guard.refusals).toHaveLength(5);
    expect(patient.memory.guard.refusals[0]).toMatchObject({ kind: 'rollback', reason: /budget/ });
    expect(kinds(patient.log)).toEqual(['reconnect']);
  });

  test('a rung that was given up because it was refused is taken after all once the guard allows it', () => {
    const ladders = { 'error-burst': ['rollback', 'reconnect', 'fallback'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: FAST }), makeRoster([{}], { restartsPer10Min: 0 }));
    treat(patient, erring, 16);
    expect(kinds(patient.log)).toEqual(['reconnect', 'fallback', 'escalate']);
    allow(patient, { restartsPer10Min: 5 });
    treat(patient, erring, 3);
    expect(patient.log.slice(3)).toMatchObject([{ kind: 'rollback', rung: 0, cause: 'error-burst' }]);
    treat(patient, erring, 60);
    expect(kinds(patient.log.slice(4))).not.toContain('rollback');
  });

  test('as long as it is refused the other rungs go on at the slowest pace', () => {
    const ladders = { 'error-burst': ['rollback', 'reconnect'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: FAST }), makeRoster([{}], { restartsPer10Min: 0 }));
    treat(patient, erring, 60);
    const late = patient.log.filter(({ kind }) => kind === 'reconnect').slice(1);
    expect(late.length).toBeGreaterThan(2);
    for (const [at, { atMs }] of late.slice(1).entries()) expect(atMs - late[at]!.atMs).toBeGreaterThanOrEqual(60_000);
  });

  test('it is not taken while another service is the cause, nor when the ladder of another issue has done it', () => {
    const ladders = { 'error-burst': ['rollback', 'reconnect'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: FAST }), makeRoster([{}], { restartsPer10Min: 0 }));
    treat(patient, erring, 16);
    allow(patient, { restartsPer10Min: 5 });
    const service = patient.memory.services[0]!;
    service.heldUntilMs = patient.atMs + 100_000;
    treat(patient, erring, 15);
    expect(kinds(patient.log)).not.toContain('rollback');
    service.trustedDeployMs = patient.atMs;
    treat(patient, erring, 30);
    expect(kinds(patient.log)).not.toContain('rollback');
  });

  test('a rollback that was refused comes before one more restart of the dead', () => {
    const ladders = { unresponsive: ['rollback', 'reconnect'] } as const;
    const strategy = makeStrategy({ ladders, pacing: FAST, detection: { crashLoopExits: 100 } });
    const patient = new Patient(strategy, makeRoster([{}], { restartsPer10Min: 0 }));
    treat(patient, [DEAD], 16);
    expect(kinds(patient.log)).toEqual(['reconnect', 'escalate']);
    allow(patient, { restartsPer10Min: 5 });
    treat(patient, [DEAD], 3);
    expect(kinds(patient.log).slice(2)).toEqual(['rollback']);
  });

  test('a refused rung that has become impossible is no longer waited for', () => {
    const ladders = { 'error-burst': ['scale-up', 'reconnect'] } as const;
    const roster = makeRoster([{ replicasMax: 4 }], { protected: ['a'] });
    const patient = new Patient(makeStrategy({ ladders, pacing: FAST }), roster);
    treat(patient, erring, 16);
    expect(kinds(patient.log)).toEqual(['escalate']);
    allow(patient, { protected: [] });
    treat(patient, [...erring, { failed: 30 }], 40);
    expect(new Set(kinds(patient.log).slice(1))).toEqual(new Set(['reconnect']));
  });

  test('to roll a suspect release back does not wait for the budget of restarts that the strategy sets itself, but for the guard', () => {
    const ladders = {
      'bad-deploy-suspected': ['rollback'],
      'error-burst': ['rollback'],
      unresponsive: ['restart-hard'],
    } as const;
    const strategy = makeStrategy({ ladders, pacing: FAST, limits: { restartsPer10Min: 0 } });
    const doneUnder = (restartsPer10Min: number, deployAgeS: number, replicas = erring) => {
      const patient = new Patient(strategy, makeRoster([{}], { restartsPer10Min }));
      for (let window = 0; window < 20; window++)
        for (const action of patient.feed(replicas, { deployAgeS: deployAgeS + 5 * window })) patient.report(action);
      return kinds(patient.log).filter((kind) => kind !== 'escalate');
    };
    expect(doneUnder(2, 30)).toEqual(['rollback']);
    expect(doneUnder(0, 30)).toEqual([]);
    expect(doneUnder(2, 86_400)).toEqual([]);
    expect(doneUnder(2, 86_400, [DEAD])).toEqual([]);
  });

  test('where nothing of a ladder can be carried out, replicas that ail are restarted at the slowest pace', () => {
    const ladders = { 'error-burst': ['reconnect', 'rollback'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: FAST }));
    for (let window = 0; window < 80; window++)
      for (const action of patient.feed([{ failed: 30 }]))
        patient.report(action, action.kind === 'rollback' || action.kind === 'reconnect' ? 'unsupported' : 'done');
    expect(kinds(patient.log).slice(0, 4)).toEqual(['reconnect', 'rollback', 'escalate', 'restart']);
    const late = patient.log.slice(3);
    expect(late.length).toBeGreaterThan(2);
    for (const action of late) expect(action).toMatchObject({ kind: 'restart', mode: 'graceful', replica: 0 });
    for (const [at, { atMs }] of late.slice(1).entries()) expect(atMs - late[at]!.atMs).toBeGreaterThanOrEqual(60_000);
  });

  test('of a ladder that can partly be carried out the rest goes on, and the next trouble begins at its beginning', () => {
    const ladders = { 'error-burst': ['reconnect', 'fallback', 'rollback'] } as const;
    const strategy = makeStrategy({ ladders, pacing: FAST, detection: { smoothing: 1 }, holds: { fallbackS: 15 } });
    const patient = new Patient(strategy);
    const suffer = (windows: number) => {
      for (let window = 0; window < windows; window++)
        for (const action of patient.feed(erring))
          patient.report(action, action.kind === 'rollback' ? 'unsupported' : 'done');
    };
    suffer(40);
    const climbed = kinds(patient.log.filter(({ cause }) => cause !== 'hold'));
    expect(climbed.slice(0, 4)).toEqual(['reconnect', 'fallback', 'rollback', 'escalate']);
    expect(new Set(climbed.slice(4))).toEqual(new Set(['fallback']));
    treat(patient, [], 10);
    const before = patient.log.length;
    suffer(2);
    expect(kinds(patient.log).slice(before)).toEqual(['reconnect']);
  });

  test('when the ladder of one issue is at its end, the next issue gets its turn', () => {
    const ladders = { 'bad-deploy-suspected': ['rollback'], 'error-burst': ['reconnect'] } as const;
    const patient = new Patient(makeStrategy({ ladders, pacing: FAST }));
    for (let window = 0; window < 20; window++) {
      const actions = patient.feed(erring, { deployAgeS: 30 + window * 5 });
      for (const action of actions) patient.report(action);
    }
    expect(kinds(patient.log).slice(0, 2)).toEqual(['rollback', 'reconnect']);
  });

  test('a stubborn symptom that is gone from the newest windows is watched, not treated', () => {
    const ladders = { 'error-burst': ['reconnect', 'rollback'] } as const;
    const strategy = makeStrategy({ ladders, pacing: FAST, detection: { smoothing: 1, clear: 12 } });
    const patient = new Patient(strategy);
    treat(patient, erring, 2);
    treat(patient, [], 11);
    expect(kinds(patient.log)).toEqual(['reconnect']);
  });
});

describe('rules', () => {
  const rule = {
    first: { feature: 'queueShare', op: 'above', threshold: 0.5 },
    second: { feature: 'cpuShare', op: 'below', threshold: 0.9 },
    remedy: 'scale-up',
  } as const;

  test('a rule fires in the first window in which both conditions hold, ahead of every ladder', () => {
    const patient = new Patient(makeStrategy({ rules: [rule], ladders: { saturated: ['reconnect'] } }));
    expect(patient.feed(three({ queue: 0.4 }))).toEqual([]);
    expect(patient.feed(three({ queue: 0.6, cpu: 0.95 }))).toEqual([]);
    expect(patient.feed(three({ queue: 0.6 }))).toMatchObject([
      { kind: 'scale-up', cause: 'rule', rung: 0, reason: 'rule 1: queueShare above 0.5 and cpuShare below 0.9' },
    ]);
  });

  test('a condition on something that is not measured does not hold', () => {
    const below = { ...rule, first: { ...rule.first, op: 'below' } } as const;
    const patient = new Patient(makeStrategy({ rules: [below] }));
    expect(patient.repeat(3, three({ queue: Number.NaN }))).toEqual([]);
    expect(patient.feed(three({ queue: 0.1 }))).toMatchObject([{ kind: 'scale-up' }]);
  });

  test('a replica remedy goes to the replica that is worst off', () => {
    const restart = {
      ...rule,
      first: { feature: 'deadShare', op: 'above', threshold: 0.2 },
      remedy: 'restart-hard',
    } as const;
    const patient = new Patient(makeStrategy({ rules: [restart] }));
    expect(patient.feed([{ failed: 50 }, { failed: 10 }, DEAD])).toMatchObject([{ kind: 'restart', replica: 2 }]);
    expect(patient.repeat(3, [{ failed: 50 }, { failed: 10 }, DEAD])).toEqual([]);
  });

  test('wait switches a rule off, escalate calls once', () => {
    const off = { ...rule, remedy: 'wait' } as const;
    const call = { ...rule, remedy: 'escalate' } as const;
    const patient = new Patient(makeStrategy({ rules: [off, call] }));
    expect(kinds(patient.repeat(6, three({ queue: 0.6 })))).toEqual(['escalate']);
  });
});

/** Feeds windows and reports every action as done at once. */
function treat(patient: Patient, replicas: Parameters<Patient['feed']>[0], windows: number): void {
  for (let window = 0; window < windows; window++) for (const action of patient.feed(replicas)) patient.report(action);
}

/** The guard's limits are changed, as by a reload. */
function allow(patient: Patient, limits: Partial<GuardLimits>): void {
  const guard = { ...patient.roster.guard, ...limits };
  heal(patient.strategy, patient.memory, { kind: 'config', atMs: patient.atMs, guard });
}

function kinds(actions: readonly Action[]): string[] {
  return actions.map(({ kind }) => kind);
}
