import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTION_FACTS, type Roster, TIERS } from '../../strategies/contract.ts';
import type { Constitution } from '../../strategies/coordinate/constitution.ts';
import { totalHarm } from '../../strategies/coordinate/harm.ts';
import type { Bid, Message, ToldFacts } from '../../strategies/coordinate/messages.ts';
import { askReview, oversee, review, startOverseer, verdictAtDeadline } from '../../strategies/coordinate/overseer.ts';
import { actionFactsOf, isKnown, kindOf, type ReviewFacts } from '../../strategies/coordinate/overseer-facts.ts';
import { LONG_AGO } from '../../strategies/memory.ts';
import {
  CONSTITUTION,
  ENTRY,
  failedAt,
  GUARD,
  ORDINARY,
  sensibleFacts,
  spoiltFacts,
  without,
  withRemedy,
} from './overseer-harness.ts';

const DENIED = { verdict: 'refuse', article: 'default-deny' };
const { atMs, task, traits } = ORDINARY;

describe('the overseer refuses', () => {
  it.each([
    ['a number that is missing', { ...ORDINARY, ready: Number.NaN }],
    ['more ready than present', { ...ORDINARY, ready: 7 }],
    ['a serving target where none is ready', { ...ORDINARY, present: 1, ready: 0 }],
    ['a blast radius below nothing', { ...ORDINARY, blastRadius: -0.1 }],
    ['more held out than there is', { ...ORDINARY, heldOut: { ...ORDINARY.heldOut, host: { out: 3, all: 2 } } }],
    ['a restart of no replica', { ...ORDINARY, target: 'service' as const, task: { ...task, replica: -1 } }],
    ['a target that is not the task’s', { ...ORDINARY, target: 'service' as const }],
    ['a slot that the service does not have', { ...ORDINARY, task: { ...task, replica: 12 } }],
    ['an unknown proposer', { ...ORDINARY, proposer: 'admin' as ReviewFacts['proposer'] }],
    ['too many failures told', { ...ORDINARY, failed: failedAt(...Array.from({ length: 257 }, () => atMs)) }],
    ['facts of a kind that it does not know', { ...ORDINARY, confidence: 1 } as ReviewFacts],
    ['nothing at all', null as unknown as ReviewFacts],
  ])('%s, by default', (_, facts) => {
    expect(review(CONSTITUTION, facts)).toMatchObject(DENIED);
  });

  it.each(['reboot', 'restart', 'wait', '__proto__', 'constructor', ''])(
    'the action %j, which nobody knows, by its article and without one',
    (remedy) => {
      const facts = withRemedy(remedy);
      expect(review(CONSTITUTION, facts)).toMatchObject({ verdict: 'refuse', article: 'known-actions' });
      const boundless = { ...CONSTITUTION.articles.at(-1)!, condition: { kind: 'harm' as const, limit: 1 } };
      expect(review({ ...CONSTITUTION, articles: [boundless] }, facts)).toMatchObject(DENIED);
    },
  );

  it('what an error kept it from judging', () => {
    const trap = Object.defineProperty({ ...ORDINARY }, 'ready', {
      enumerable: true,
      get: () => {
        throw new Error('no probe');
      },
    });
    expect(review(CONSTITUTION, trap)).toMatchObject({ ...DENIED, reason: 'The review failed: no probe.' });
    const torn = { ...CONSTITUTION, harm: undefined } as unknown as Constitution;
    expect(review(torn, ORDINARY)).toMatchObject(DENIED);
  });

  it('when it does not answer in time', () => {
    const { answerWithinMs } = CONSTITUTION.otherwise;
    expect(verdictAtDeadline(CONSTITUTION, atMs, atMs + answerWithinMs - 1)).toBeNull();
    expect(verdictAtDeadline(CONSTITUTION, atMs, atMs + answerWithinMs)).toMatchObject(DENIED);
    expect(verdictAtDeadline(CONSTITUTION, atMs, Number.NaN)).toMatchObject(DENIED);
  });

  it('everything when no article approves', () => {
    expect(review(without('least-harm'), ORDINARY)).toMatchObject(DENIED);
    expect(review({ ...CONSTITUTION, articles: [] }, ORDINARY)).toMatchObject(DENIED);
  });
});

describe('whatever the facts', () => {
  const runs = { numRuns: 500 };

  it('nothing is approved that the guard would refuse', () => {
    const floor = ({ task: { remedy }, target, ready, guard, entry }: ReviewFacts): boolean => {
      if (!isKnown(remedy) || guard.protected.includes(entry.id)) return false;
      const isTaken = ACTION_FACTS[kindOf(remedy)].disables && (target === 'serving' || target === 'service');
      return !isTaken || ready - 1 >= guard.minHealthy;
    };
    let refusedByFloor = 0;
    fc.assert(
      fc.property(sensibleFacts, (facts) => {
        if (floor(facts)) return;
        refusedByFloor++;
        expect(review(CONSTITUTION, facts).verdict).toBe('refuse');
      }),
      runs,
    );
    expect(refusedByFloor).toBeGreaterThan(10);
  });

  it('nothing is approved on facts that are spoilt', () => {
    fc.assert(
      fc.property(spoiltFacts, (facts) => {
        expect(review(CONSTITUTION, facts).verdict).toBe('refuse');
      }),
      runs,
    );
  });

  it('the verdict cites an article, weighs within 0..1, is the same again and changes no fact', () => {
    const cited = new Map([...CONSTITUTION.articles, CONSTITUTION.otherwise].map(({ id, words }) => [id, words]));
    fc.assert(
      fc.property(fc.oneof(sensibleFacts, spoiltFacts), (facts) => {
        const before = structuredClone(facts);
        const verdict = review(CONSTITUTION, facts);
        expect(cited.get(verdict.article)).toBe(verdict.words);
        expect(verdict.reason).not.toBe('');
        for (const part of Object.values(verdict.harm)) expect(part >= 0 && part <= 1).toBe(true);
        expect(review(CONSTITUTION, structuredClone(facts))).toEqual(verdict);
        expect(facts).toEqual(before);
      }),
      runs,
    );
  });

  it('an action of which a bid admits more is never judged more mildly', () => {
    const rank = { approve: 0, 'ask-human': 1, refuse: 2 };
    fc.assert(
      fc.property(sensibleFacts, fc.double({ min: 0, max: 1, noNaN: true }), (facts, other) => {
        const [less, more] = [facts.blastRadius, other].sort((a, b) => a - b) as [number, number];
        const verdicts = [less, more].map((blastRadius) => review(CONSTITUTION, { ...facts, blastRadius }));
        expect(rank[verdicts[1]!.verdict]).toBeGreaterThanOrEqual(rank[verdicts[0]!.verdict]);
        expect(verdicts[1]!.harm.total).toBeGreaterThanOrEqual(verdicts[0]!.harm.total);
      }),
      runs,
    );
  });
});

describe('harm', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const harm = fc.record({ userHarm: share, systemicImpact: share, irreversibility: share, longTermCost: share });

  it('grows in total with each of its components', () => {
    const { weights } = CONSTITUTION.harm;
    const component = fc.constantFrom('userHarm', 'systemicImpact', 'irreversibility', 'longTermCost');
    fc.assert(
      fc.property(harm, component, share, (parts, name, more) => {
        const worse = { ...parts, [name]: Math.max(parts[name], more) };
        expect(totalHarm(weights, worse)).toBeGreaterThanOrEqual(totalHarm(weights, parts));
        expect(totalHarm(weights, { ...parts, [name]: 1 })).toBeGreaterThan(
          totalHarm(weights, { ...parts, [name]: 0.5 }),
        );
      }),
    );
  });

  it('counts replica, callers, tier, dependents, state and what failed before', () => {
    const of = (facts: ReviewFacts): object => review(CONSTITUTION, facts).harm;
    expect(of(ORDINARY)).toMatchObject({ userHarm: 0.6 * 0.5 * (1 / 6), irreversibility: 0.2, longTermCost: 0 });
    expect(of(ORDINARY)).toMatchObject({ systemicImpact: (1 / 6) * 0.2 + 1 / 40 });
    expect(of({ ...ORDINARY, entry: { ...ENTRY, tier: TIERS[0] } })).toMatchObject({ userHarm: 0.5 * (1 / 6) });
    expect(of({ ...ORDINARY, ready: 3 })).toMatchObject({ userHarm: 0.6 * 0.5 * (1 / 3) });
    expect(of({ ...ORDINARY, traits: { ...traits, stateful: true } })).toMatchObject({ irreversibility: 0.3 });
    expect(of({ ...ORDINARY, failed: [{ atMs, service: 3 }] })).toMatchObject({ longTermCost: 0.25 });
    expect(of(withRemedy('fallback', { blastRadius: 0 }))).toMatchObject({ userHarm: 0.6 * 0.5 * 0.5 });
    expect(of(withRemedy('fallback', { blastRadius: 0, served: 0.2 }))).toMatchObject({ userHarm: 0.6 * 0.5 * 0.1 });
    expect(of(withRemedy('fallback', { blastRadius: 0, ready: 0 }))).toMatchObject({ userHarm: 0 });
  });

  it('of what is done to a replica that serves nobody is only what a bid admits', () => {
    const facts = { ...ORDINARY, target: 'dead', blastRadius: 0 } as const;
    expect(review(CONSTITUTION, facts).harm.userHarm).toBe(0);
  });
});

describe('the overseer as an agent', () => {
  const roster: Roster = { services: [ENTRY, ENTRY, ENTRY, ENTRY], guard: GUARD };
  const state = startOverseer(
    CONSTITUTION,
    roster,
    roster.services.map(() => traits),
  );
  const { atMs: _, reviewer, task: __, blastRadius, entry, guard, traits: ___, offUntilMs, ...told } = ORDINARY;
  const BID: Bid = {
    ...{ task: 7, service: 3, expectedRecoveryS: 20, cost: 0.2, blastRadius, confidence: 0.5 },
    state: { present: told.present, ready: told.ready, served: told.served, target: told.target },
  };
  const ask = (changes: Partial<ToldFacts> = {}, bid = BID): Message => askReview(task, bid, { ...told, ...changes });

  it('answers a review by a verdict, and nothing else by anything', () => {
    const [next, posted] = oversee(state, { from: 'coordinator', body: ask() }, atMs);
    expect(next).toBe(state);
    expect(posted).toMatchObject([
      {
        to: 'coordinator',
        body: { kind: 'verdict', task: 7, verdict: 'approve', article: 'least-harm', edition: CONSTITUTION.edition },
      },
    ]);
    expect(posted[0]!.body).toMatchObject({
      reason: expect.stringContaining('An action is approved while'),
      offUntilMs,
    });
    expect(oversee(state, { from: 'coordinator', body: { kind: 'diagnose', incident: 1 } }, atMs)).toEqual([state, []]);
    const torn = { kind: 'review', blastRadius } as unknown as Message;
    expect(oversee(state, { from: 'coordinator', body: torn }, atMs)).toEqual([state, []]);
  });

  it.each(['healer/3', 'overseer', 'diagnoser'] as const)('hears no review of %s', (from) => {
    const [, posted] = oversee(state, { from, body: ask() }, atMs);
    expect(posted).toMatchObject([{ to: from, body: DENIED }]);
  });

  it('looks up by itself what a service is, whatever it is told', () => {
    const lies = {
      entry: { ...ENTRY, id: 'free' },
      guard: { ...GUARD, protected: [] },
      reviewer: 'nobody',
      traits: {},
    };
    const guarded = { ...state, roster: { ...roster, guard: { ...GUARD, protected: ['cart'] } } };
    const [, posted] = oversee(guarded, { from: 'coordinator', body: ask(lies as Partial<ToldFacts>) }, atMs);
    expect(posted).toMatchObject([{ body: { verdict: 'refuse', article: 'protected-services' } }]);
    expect([entry, guard, reviewer]).toEqual([ENTRY, GUARD, 'overseer']);
  });

  it('refuses what is asked of a service that it does not know', () => {
    const body = { ...ask(), task: { ...task, service: 4 } } as Message;
    expect(oversee(state, { from: 'coordinator', body }, atMs)[1]).toMatchObject([{ body: DENIED }]);
  });

  it('cannot be outbid: recovery, cost and confidence do not reach it', () => {
    const number = fc.double({ min: -1e9, max: 1e9 });
    const offer = fc.record({ expectedRecoveryS: number, cost: number, confidence: number });
    fc.assert(
      fc.property(sensibleFacts, offer, offer, (facts, one, other) => {
        const { atMs: _, reviewer, task, blastRadius, entry, guard, traits, offUntilMs, ...told } = facts;
        const services = [ENTRY, ENTRY, ENTRY, entry];
        const own = { constitution: CONSTITUTION, roster: { services, guard }, traits: services.map(() => traits) };
        const answers = [one, other].map((bid) => {
          const body = askReview(task, { ...BID, ...bid, blastRadius }, told);
          return oversee({ ...own, offUntilMs }, { from: 'coordinator', body }, facts.atMs)[1];
        });
        expect(answers[1]).toEqual(answers[0]);
        expect(answers[0]).toMatchObject([{ body: { verdict: review(CONSTITUTION, facts).verdict } }]);
      }),
    );
    const smuggled = ask({ confidence: 1 } as Partial<ToldFacts>);
    expect(oversee(state, { from: 'coordinator', body: smuggled }, atMs)[1]).toMatchObject([{ body: DENIED }]);
  });

  it('remembers that it switched the agents off, though the coordinator forgets why', () => {
    const failed = failedAt(...Array.from({ length: 6 }, () => atMs));
    const [off, refused] = oversee(state, { from: 'coordinator', body: ask({ failed }) }, atMs);
    const untilMs = atMs + 1800 * 1000;
    expect(refused).toMatchObject([{ body: { article: 'emergency-shutdown', offUntilMs: untilMs } }]);
    const [still, again] = oversee(off, { from: 'coordinator', body: ask() }, untilMs - 1);
    expect(again).toMatchObject([{ body: { article: 'emergency-shutdown', offUntilMs: untilMs } }]);
    const [unmoved] = oversee(still, { from: 'coordinator', body: ask({ ready: 99 }) }, untilMs - 1);
    expect(unmoved.offUntilMs).toBe(untilMs);
    expect(review(CONSTITUTION, { ...ORDINARY, offUntilMs: atMs + 5000 }).offUntilMs).toBe(atMs + 5000);
    expect(oversee(unmoved, { from: 'coordinator', body: ask() }, untilMs)[1]).toMatchObject([
      { body: { verdict: 'approve' } },
    ]);
  });

  it('is not switched off for longer by a clock that is ahead', () => {
    const failed = failedAt(...Array.from({ length: 6 }, () => atMs + 1e9));
    const [off] = oversee(state, { from: 'coordinator', body: ask({ failed }) }, atMs);
    expect(off.offUntilMs).toBe(atMs + 1800 * 1000);
    expect(state.offUntilMs).toBe(LONG_AGO);
  });

  it('goes through JSON unchanged', () => {
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
    const [, posted] = oversee(state, { from: 'coordinator', body: JSON.parse(JSON.stringify(ask())) }, atMs);
    expect(posted).toMatchObject([{ body: { verdict: 'approve' } }]);
    expect(JSON.parse(JSON.stringify(posted))).toEqual(posted);
  });
});

describe('what a remedy declares of itself', () => {
  it('is what the contract says of its kind; of the unknown the worst is assumed', () => {
    expect(actionFactsOf('restart-hard')).toBe(ACTION_FACTS.restart);
    expect(actionFactsOf('reroute')).toBe(ACTION_FACTS.reroute);
    expect(actionFactsOf('toString')).toMatchObject({ disruption: 5, undoable: false, disables: true });
  });
});
