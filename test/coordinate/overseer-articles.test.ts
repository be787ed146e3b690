import { describe, expect, it } from 'vitest';
import { review, type Verdict } from '../../strategies/coordinate/overseer.ts';
import type { ReviewFacts } from '../../strategies/coordinate/overseer-facts.ts';
import { CONSTITUTION, ENTRY, failedAt, GUARD, ORDINARY, without, withRemedy } from './overseer-harness.ts';

const S = 1000;
const { atMs, heldOut, traits } = ORDINARY;
const STATEFUL = { ...traits, stateful: true };
const CRITICAL = { ...ENTRY, tier: 'critical' } as const;

interface Case {
  readonly facts: ReviewFacts;
  readonly verdict: Verdict['verdict'];
  /** What the verdict is when the article is gone. */
  readonly otherwise: Verdict['verdict'];
}

/** For each article a case that it decides. An article without one fails the test. */
const CASES: Readonly<Record<string, Case>> = {
  'known-actions': { facts: withRemedy('escalate'), verdict: 'refuse', otherwise: 'approve' },
  'separate-powers': { facts: { ...ORDINARY, proposer: 'overseer' }, verdict: 'refuse', otherwise: 'approve' },
  'emergency-shutdown': {
    facts: { ...ORDINARY, failed: failedAt(...[5, 4, 3, 2, 1, 0].map((minutes) => atMs - minutes * 60 * S)) },
    ...{ verdict: 'refuse', otherwise: 'approve' },
  },
  'protected-services': {
    facts: { ...ORDINARY, guard: { ...GUARD, protected: ['stock', 'cart'] } },
    ...{ verdict: 'refuse', otherwise: 'approve' },
  },
  'keep-user-data': {
    facts: withRemedy('scale-down', { traits: STATEFUL }),
    ...{ verdict: 'refuse', otherwise: 'approve' },
  },
  'guard-user-data': {
    facts: withRemedy('restart-hard', { traits: STATEFUL }),
    ...{ verdict: 'ask-human', otherwise: 'approve' },
  },
  'keep-quorum': { facts: { ...ORDINARY, ready: 4 }, verdict: 'refuse', otherwise: 'approve' },
  'one-at-a-time': {
    facts: { ...ORDINARY, heldOut: { ...heldOut, service: { out: 2, all: 6 } } },
    ...{ verdict: 'refuse', otherwise: 'approve' },
  },
  'spare-the-host': {
    facts: { ...ORDINARY, heldOut: { ...heldOut, host: { out: 7, all: 10 } } },
    ...{ verdict: 'refuse', otherwise: 'approve' },
  },
  'spare-the-fleet': {
    facts: { ...ORDINARY, heldOut: { ...heldOut, fleet: { out: 8, all: 40 } } },
    ...{ verdict: 'refuse', otherwise: 'approve' },
  },
  'cause-first': { facts: { ...ORDINARY, underHold: true }, verdict: 'refuse', otherwise: 'approve' },
  'leave-the-scaler': {
    facts: withRemedy('scale-up', { traits: { ...traits, autoscaled: true } }),
    ...{ verdict: 'refuse', otherwise: 'approve' },
  },
  'prefer-reversible': {
    facts: { ...ORDINARY, alternatives: [{ remedy: 'reroute', replica: 2, benefit: 0.55 }] },
    ...{ verdict: 'refuse', otherwise: 'approve' },
  },
  'ask-for-the-critical': {
    facts: withRemedy('circuit-break', { entry: CRITICAL, traits: { ...traits, usersShare: 0.9 } }),
    ...{ verdict: 'ask-human', otherwise: 'approve' },
  },
  // It is what approves: without it nothing is.
  'least-harm': { facts: ORDINARY, verdict: 'approve', otherwise: 'refuse' },
};

describe('every article', () => {
  it('has a case, and every case an article', () => {
    expect(Object.keys(CASES).sort()).toEqual(CONSTITUTION.articles.map(({ id }) => id).sort());
    expect(CONSTITUTION.articles.length).toBeGreaterThanOrEqual(12);
  });

  it.each(CONSTITUTION.articles.map(({ id }) => id))('%s decides, and without it the verdict is another', (id) => {
    const { facts, verdict, otherwise } = CASES[id]!;
    const { words } = CONSTITUTION.articles.find((article) => article.id === id)!;
    expect(review(CONSTITUTION, facts)).toMatchObject({ verdict, article: id, words });
    expect(review(without(id), facts).verdict).toBe(otherwise);
  });

  it.each(Object.entries(CASES))('%s alone stands against its case', (id, { facts, verdict }) => {
    expect(review(CONSTITUTION, facts).objections).toEqual(verdict === 'approve' ? [] : [id]);
  });
});

/** Both sides of every number that decides: the first case is approved, the second not, by the article. */
const EDGES: readonly (readonly [string, string, ReviewFacts, ReviewFacts])[] = [
  [
    'emergency-shutdown',
    'six failures within a quarter of an hour, not five',
    { ...ORDINARY, failed: failedAt(...Array.from({ length: 5 }, () => atMs)) },
    { ...ORDINARY, failed: failedAt(...Array.from({ length: 6 }, () => atMs)) },
  ],
  [
    'emergency-shutdown',
    'a window of 900 s',
    { ...ORDINARY, failed: failedAt(...[900, 4, 3, 2, 1, 0].map((s) => atMs - s * S)) },
    { ...ORDINARY, failed: failedAt(...[899, 4, 3, 2, 1, 0].map((s) => atMs - s * S)) },
  ],
  [
    'emergency-shutdown',
    'off for 1800 s after the last of them',
    { ...ORDINARY, failed: failedAt(...[2000, 1900, 1900, 1900, 1900, 1800].map((s) => atMs - s * S)) },
    { ...ORDINARY, failed: failedAt(...[2000, 1900, 1900, 1900, 1900, 1799].map((s) => atMs - s * S)) },
  ],
  [
    'emergency-shutdown',
    'as long as an earlier review said',
    { ...ORDINARY, offUntilMs: atMs },
    { ...ORDINARY, offUntilMs: atMs + 1 },
  ],
  ['keep-quorum', 'four of six stay', { ...ORDINARY, ready: 5 }, { ...ORDINARY, ready: 4 }],
  [
    'keep-quorum',
    'a majority is asked of three, not of two',
    withRemedy('reroute', { present: 2, ready: 2 }),
    withRemedy('reroute', { present: 3, ready: 2 }),
  ],
  [
    'keep-quorum',
    "the guard's minimum",
    withRemedy('reroute', { present: 2, ready: 2 }),
    withRemedy('reroute', { present: 2, ready: 2, guard: { ...GUARD, minHealthy: 2 } }),
  ],
  [
    'keep-quorum',
    'a replica that does not serve is no loss',
    { ...ORDINARY, ready: 1, target: 'failing' },
    { ...ORDINARY, ready: 1, target: 'serving' },
  ],
  [
    'one-at-a-time',
    'two of six, as 0.34 of them is 2.04',
    { ...ORDINARY, heldOut: { ...heldOut, service: { out: 1, all: 6 } } },
    { ...ORDINARY, heldOut: { ...heldOut, service: { out: 2, all: 6 } } },
  ],
  [
    'one-at-a-time',
    'one of two, though that is half',
    { ...ORDINARY, heldOut: { ...heldOut, service: { out: 0, all: 2 } } },
    { ...ORDINARY, heldOut: { ...heldOut, service: { out: 1, all: 2 } } },
  ],
  [
    'spare-the-host',
    'seven of ten',
    { ...ORDINARY, heldOut: { ...heldOut, host: { out: 6, all: 10 } } },
    { ...ORDINARY, heldOut: { ...heldOut, host: { out: 7, all: 10 } } },
  ],
  [
    'spare-the-host',
    'nothing where hosts are not known',
    { ...ORDINARY, heldOut: { ...heldOut, host: null } },
    { ...ORDINARY, heldOut: { ...heldOut, host: { out: 1, all: 1 } } },
  ],
  [
    'spare-the-fleet',
    'eight of forty',
    { ...ORDINARY, heldOut: { ...heldOut, fleet: { out: 7, all: 40 } } },
    { ...ORDINARY, heldOut: { ...heldOut, fleet: { out: 8, all: 40 } } },
  ],
  [
    'guard-user-data',
    'a dead process has nothing left to lose',
    withRemedy('restart-hard', { traits: STATEFUL, target: 'dead', ready: 5 }),
    withRemedy('restart-hard', { traits: STATEFUL, target: 'failing', ready: 5 }),
  ],
  [
    'guard-user-data',
    'another release is one for all replicas, the dead one among them',
    withRemedy('rollback', { task: { ...withRemedy('rollback').task, replica: 2 }, target: 'dead' }),
    withRemedy('rollback', { task: { ...withRemedy('rollback').task, replica: 2 }, target: 'dead', traits: STATEFUL }),
  ],
  [
    'keep-user-data',
    'only where there is state',
    withRemedy('scale-down'),
    withRemedy('scale-down', { traits: STATEFUL }),
  ],
  [
    'prefer-reversible',
    'a benefit at most 0.1 less',
    { ...ORDINARY, alternatives: [{ remedy: 'reroute', replica: 2, benefit: 0.49 }] },
    { ...ORDINARY, alternatives: [{ remedy: 'reroute', replica: 2, benefit: 0.51 }] },
  ],
  [
    'prefer-reversible',
    'no more disturbance',
    { ...ORDINARY, alternatives: [{ remedy: 'circuit-break', replica: -1, benefit: 0.9 }] },
    { ...ORDINARY, alternatives: [{ remedy: 'fallback', replica: -1, benefit: 0.9 }] },
  ],
  [
    'prefer-reversible',
    'what can be undone',
    { ...ORDINARY, alternatives: [{ remedy: 'reconnect', replica: 2, benefit: 0.9 }] },
    { ...ORDINARY, alternatives: [{ remedy: 'repair-config', replica: -1, benefit: 0.9 }] },
  ],
  [
    'prefer-reversible',
    'what the other articles allow',
    {
      ...{ ...ORDINARY, traits: { ...traits, autoscaled: true } },
      alternatives: [{ remedy: 'scale-up', replica: -1, benefit: 0.9 }],
    },
    { ...ORDINARY, alternatives: [{ remedy: 'scale-up', replica: -1, benefit: 0.9 }] },
  ],
  [
    'ask-for-the-critical',
    'more than half, of what a bid admits',
    { ...ORDINARY, entry: CRITICAL, blastRadius: 0.5 },
    { ...ORDINARY, entry: CRITICAL, blastRadius: 0.51 },
  ],
  [
    'ask-for-the-critical',
    'of what is served now',
    withRemedy('circuit-break', { entry: CRITICAL, served: 0.5 }),
    withRemedy('circuit-break', { entry: CRITICAL, served: 0.51 }),
  ],
  [
    'least-harm',
    'a total of 0.55',
    withRemedy('circuit-break', {
      traits: { ...traits, usersShare: 1, dependentsShare: 0.9 },
      failed: [
        { atMs: atMs - 1800 * S, service: 3 },
        { atMs: atMs, service: 4 },
      ],
    }),
    withRemedy('circuit-break', {
      traits: { ...traits, usersShare: 1, dependentsShare: 0.9 },
      failed: [{ atMs: atMs - 1799 * S, service: 3 }],
    }),
  ],
];

describe('an article goes as far as its numbers', () => {
  it.each(EDGES)('%s: %s', (id, _, within, beyond) => {
    expect(review(CONSTITUTION, within)).toMatchObject({ verdict: 'approve' });
    expect(review(CONSTITUTION, beyond)).toMatchObject({ article: id });
    expect(review(CONSTITUTION, beyond).verdict).not.toBe('approve');
  });
});

describe('a verdict', () => {
  it('is the strongest of the articles that object, and of equals the first', () => {
    const asked = withRemedy('restart-hard', { traits: STATEFUL });
    expect(review(CONSTITUTION, { ...asked, underHold: true, ready: 4 })).toMatchObject({
      ...{ verdict: 'refuse', article: 'keep-quorum' },
      objections: ['guard-user-data', 'keep-quorum', 'cause-first'],
    });
  });

  it('says what the article means here, and by which edition', () => {
    expect(review(CONSTITUTION, { ...ORDINARY, ready: 4 })).toMatchObject({
      ...{ reason: '3 of 6 replicas would stay, 4 must.', edition: CONSTITUTION.edition },
    });
  });
});
