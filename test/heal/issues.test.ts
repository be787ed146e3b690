import { describe, expect, test } from 'vitest';
import { ISSUES, type Issue, type ReplicaReading, type Signal, WHOLE_SERVICE } from '../../strategies/contract.ts';
import { evidence, findIssues } from '../../strategies/issues.ts';
import type { Detection } from '../../strategies/strategy.ts';
import { ABSENT, DEAD, makeRoster, makeStrategy, Patient, three } from './signals.ts';

/** What a service shows in the windows of a case; `after` well windows. */
interface Course {
  readonly well?: number;
  readonly show: (window: number) => readonly Partial<ReplicaReading>[];
  readonly rest?: (window: number) => Partial<Omit<Signal, 'replicas'>>;
  readonly windows: number;
  readonly detection?: Partial<Detection>;
}

interface Case {
  readonly issue: Issue;
  readonly slot: number;
  readonly raised: Course;
  readonly words: RegExp;
  readonly nearMiss: Course & { readonly why: string };
}

const well = () => [];
const erring = () => three({ failed: 20 });
const youngDeploy = (window: number) => ({ deployAgeS: 60 + window * 5 });
const leak = (perWindow: number, from: number) => (window: number) => [
  {},
  {},
  { memory: Math.min(1, from + perWindow * window) },
];

const CASES: readonly Case[] = [
  {
    issue: 'bad-deploy-suspected',
    slot: WHOLE_SERVICE,
    raised: { show: erring, rest: youngDeploy, windows: 3 },
    words: /20\.0 % of calls fail.*release is \d+ s old/,
    nearMiss: { why: 'the release is old', show: erring, rest: () => ({ deployAgeS: 1300 }), windows: 3 },
  },
  {
    issue: 'bad-deploy-suspected',
    slot: WHOLE_SERVICE,
    raised: { show: (w) => (w < 2 ? [] : [DEAD, DEAD]), rest: youngDeploy, windows: 3 },
    words: /release/,
    nearMiss: { why: 'one crash is no pattern', show: (w) => (w < 2 ? [] : [DEAD]), rest: youngDeploy, windows: 3 },
  },
  {
    issue: 'config-drift-suspected',
    slot: WHOLE_SERVICE,
    raised: { show: erring, rest: () => ({ configDiffers: 1, configAgeS: 30 }), windows: 3 },
    words: /configuration changed 30 s ago/,
    nearMiss: { why: 'it is the known-good copy', show: erring, rest: () => ({ configAgeS: 30 }), windows: 3 },
  },
  {
    issue: 'crash-loop',
    slot: 1,
    raised: { show: (w) => (w % 2 === 0 ? [] : [{}, DEAD]), windows: 6 },
    words: /3 exits within 10 min/,
    nearMiss: { why: 'it exited only twice', show: (w) => (w % 2 === 0 ? [] : [{}, DEAD]), windows: 4 },
  },
  {
    issue: 'unresponsive',
    slot: 2,
    raised: { show: () => [{}, {}, { live: 0 }], windows: 3 },
    words: /3 liveness probes unanswered/,
    nearMiss: { why: 'it answered in between', show: (w) => [{}, {}, { live: w === 2 ? 1 : 0 }], windows: 4 },
  },
  {
    issue: 'unresponsive',
    slot: 0,
    raised: { show: () => [DEAD], windows: 1 },
    words: /its process has exited/,
    nearMiss: { why: 'the slot is empty', show: () => [ABSENT], windows: 1 },
  },
  {
    issue: 'dependency-down',
    slot: WHOLE_SERVICE,
    raised: { show: erring, rest: () => ({ dependencyFailed: [0.6] }), windows: 3 },
    words: /60\.0 % of calls to a dependency fail/,
    nearMiss: { why: 'the service bears it', show: well, rest: () => ({ dependencyFailed: [0.6] }), windows: 3 },
  },
  {
    issue: 'error-burst',
    slot: WHOLE_SERVICE,
    raised: { show: erring, windows: 3 },
    words: /20\.0 % of calls fail, p95 30 ms/,
    nearMiss: {
      why: 'one bad window of three is noise',
      show: (w) => (w === 1 ? erring() : []),
      windows: 3,
      detection: { smoothing: 1 },
    },
  },
  {
    issue: 'error-burst',
    slot: 1,
    raised: { show: () => [{}, { failed: 60 }], windows: 3 },
    words: /60\.0 % of calls fail/,
    nearMiss: { why: 'four percent is below the threshold', show: () => three({ failed: 4 }), windows: 5 },
  },
  {
    issue: 'resource-exhausted',
    slot: 1,
    raised: { show: () => [{}, { memory: 0.93 }], windows: 3 },
    words: /memory 93\.0 %/,
    nearMiss: { why: '85 % is below the threshold', show: () => [{}, { memory: 0.85 }], windows: 5 },
  },
  {
    issue: 'saturated',
    slot: WHOLE_SERVICE,
    raised: { show: () => three({ queue: 0.6 }), windows: 3 },
    words: /queue 60\.0 %/,
    nearMiss: { why: 'the queue is a third full', show: () => three({ queue: 0.33 }), windows: 5 },
  },
  {
    issue: 'slow',
    slot: WHOLE_SERVICE,
    raised: { show: () => three({ p95Ms: 1500 }), windows: 3 },
    words: /p95 1500 ms/,
    nearMiss: { why: 'no normal is learnt yet to compare 200 ms with', show: () => three({ p95Ms: 200 }), windows: 3 },
  },
  {
    issue: 'slow',
    slot: 2,
    raised: { well: 30, show: () => [{}, {}, { p95Ms: 300 }], windows: 5 },
    words: /p95 \d+ ms/,
    nearMiss: { why: 'twice its normal is not three times', well: 30, show: () => [{}, {}, { p95Ms: 60 }], windows: 5 },
  },
  {
    issue: 'memory-growth',
    slot: 2,
    raised: { show: leak(0.002, 0.72), windows: 40 },
    words: /growing [12]\.\d % a minute/,
    nearMiss: { why: 'there is room enough', show: leak(0.002, 0.4), windows: 40 },
  },
  {
    issue: 'predicted-failure',
    slot: 2,
    raised: { show: leak(0.005, 0.4), windows: 40, detection: { predictS: 900 } },
    words: /full in \d+ s/,
    nearMiss: { why: 'forecasts are switched off', show: leak(0.005, 0.4), windows: 40, detection: { predictS: 0 } },
  },
  {
    issue: 'anomaly',
    slot: WHOLE_SERVICE,
    raised: { well: 30, show: () => three({ calls: 200 }), windows: 4 },
    words: /normal is 0\.0 % and 30 ms/,
    nearMiss: { why: 'a tenth more traffic is ordinary', well: 30, show: () => three({ calls: 110 }), windows: 4 },
  },
];

describe('findIssues', () => {
  test('the cases cover every issue', () => {
    expect(new Set(CASES.map(({ issue }) => issue))).toEqual(new Set(ISSUES));
  });

  test.each(CASES)('$issue is raised on slot $slot, and says why', ({ issue, slot, raised, words }) => {
    const { patient, detection } = live(raised);
    const service = patient.memory.services[0]!;
    const found = findIssues(detection, service).find((finding) => finding.issue === issue && finding.slot === slot);
    expect(found, `held ${service.held.toString(2)}, bad ${service.bad.toString(2)}`).toMatchObject({ isFresh: true });
    expect(evidence(service, issue, slot)).toMatch(words);
  });

  test.each(CASES)('$issue is not raised when $nearMiss.why', ({ issue, nearMiss }) => {
    const { patient, detection } = live(nearMiss);
    expect(findIssues(detection, patient.memory.services[0]!).map((finding) => finding.issue)).not.toContain(issue);
  });

  test('issues come in the order of precedence', () => {
    const { patient, detection } = live({
      show: () => [DEAD, { failed: 60, queue: 0.95 }, { p95Ms: 3000, memory: 0.95 }],
      rest: (window) => ({ deployAgeS: window, configDiffers: 1, configAgeS: window, dependencyFailed: [0.9] }),
      windows: 4,
    });
    const found = findIssues(detection, patient.memory.services[0]!).map(({ issue }) => ISSUES.indexOf(issue));
    expect(found.length).toBeGreaterThanOrEqual(7);
    expect(found).toEqual([...found].sort((a, b) => a - b));
  });

  test('a service whose dependency has failed is a victim, even if it cannot measure its calls to it', () => {
    const strategy = makeStrategy();
    const patient = new Patient(strategy, makeRoster([{ dependsOn: [1] }, {}]));
    for (let window = 0; window < 4; window++) {
      patient.feed(three({ failed: 90 }), { service: 1 });
      patient.feed(three({ failed: 20 }), { dependencyFailed: [Number.NaN] });
    }
    const issues = findIssues(strategy.detection, patient.memory.services[0]!).map(({ issue }) => issue);
    expect(issues).toContain('dependency-down');
  });

  test('a process that has not answered yet is booting, not unresponsive', () => {
    const { patient, detection } = live({
      show: (window) => (window === 0 ? [DEAD] : [{ live: 0, ready: 0, calls: 0, uptimeS: window * 5 }]),
      windows: 6,
    });
    expect(findIssues(detection, patient.memory.services[0]!)).toEqual([]);
    patient.repeat(3, [{ live: 0, ready: 0, calls: 0, uptimeS: 70 }]);
    expect(findIssues(detection, patient.memory.services[0]!)).toMatchObject([{ issue: 'unresponsive', slot: 0 }]);
  });

  test('a release that we rolled back to is not suspected in its turn', () => {
    const strategy = makeStrategy({ ladders: { 'bad-deploy-suspected': ['rollback'] } });
    const patient = new Patient(strategy);
    const [rollback] = patient.repeat(3, erring(), { deployAgeS: 60 });
    expect(rollback).toMatchObject({ kind: 'rollback', cause: 'bad-deploy-suspected' });
    patient.report(rollback!);
    const { detection } = strategy;
    const rolledBackAtMs = patient.atMs;
    for (let window = 0; window < 5; window++)
      patient.feed(erring(), { deployAgeS: (patient.atMs + 5000 - rolledBackAtMs) / 1000 });
    expect(findIssues(detection, patient.memory.services[0]!).map(({ issue }) => issue)).not.toContain(
      'bad-deploy-suspected',
    );
  });
});

function live({ well: before = 0, show, rest, windows, detection = {} }: Course): {
  patient: Patient;
  detection: Detection;
} {
  const strategy = makeStrategy({ detection });
  const patient = new Patient(strategy, makeRoster([{ dependsOn: [1] }, {}]));
  patient.repeat(before);
  for (let window = 0; window < windows; window++) patient.feed(show(window), rest?.(window) ?? {});
  return { patient, detection: strategy.detection };
}
