import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  award,
  CALL_MS,
  type ContractNet,
  callOut,
  netWakesAtMs,
  noteAnswer,
  noteDone,
  settleNet,
} from '../../strategies/coordinate/contract-net.ts';
import type { Task } from '../../strategies/coordinate/messages.ts';
import { LONG_AGO } from '../../strategies/memory.ts';
import { awarded, bidOn, bodies, called, drafts, freshNet, HOW, ROSTER, reviewed, verdictOn } from './core-harness.ts';

const LEASE_MS = 60_000;
const VERDICT_MS = 1_500;
const ALL = { ...HOW, parallel: 12 };
const done = (task: number, result: 'done' | 'failed' | 'refused' = 'done') =>
  ({ kind: 'done', task, service: 0, result }) as const;

/** Nothing is awaited, and nobody holds a lease. */
function expectIdle(net: ContractNet): void {
  expect(net).toMatchObject({ calls: [], reviewing: [], awarded: [], leases: { leases: [] } });
  expect(netWakesAtMs(net)).toBe(Number.POSITIVE_INFINITY);
}

describe('a call for proposals', () => {
  it('goes to the healer of each service, under task numbers of its own', () => {
    const [net, posts] = callOut(freshNet(), drafts(2, 0), { share: 1, benefit: 0.6, key: 'service/0' }, 70);
    const tasks = bodies(posts, 'call-for-proposals');
    expect(posts.map(({ to }) => to)).toEqual(['healer/2', 'healer/0']);
    expect(tasks.map(({ deadlineMs }) => deadlineMs)).toEqual([70 + CALL_MS, 70 + CALL_MS]);
    const [, again] = callOut(net, drafts(1), { share: 1, benefit: 0.6, key: 'service/0' }, 80);
    const ids = [...tasks, ...bodies(again, 'call-for-proposals')].map(({ task }) => task.id);
    expect(new Set(ids).size).toBe(3);
  });

  it('that nobody answers ends at its deadline, and awards nothing', () => {
    const { net } = called([0, 1]);
    expect(netWakesAtMs(net)).toBe(CALL_MS);
    expect(settleNet(ROSTER, HOW, net, CALL_MS - 1)).toEqual([net, []]);
    const [after, posts] = settleNet(ROSTER, HOW, net, CALL_MS);
    expect(posts).toEqual([]);
    expectIdle(after);
  });

  it('that all decline ends at once', () => {
    const { net, tasks } = called([0, 1]);
    const one = noteAnswer(net, tasks[0]!.id, null, 10);
    expect(settleNet(ROSTER, HOW, one, 10)).toEqual([one, []]);
    const [after, posts] = settleNet(ROSTER, HOW, noteAnswer(one, tasks[1]!.id, null, 11), 11);
    expect(posts).toEqual([]);
    expectIdle(after);
  });

  it('takes what was bid when its deadline comes, without those who are silent', () => {
    const { net, tasks } = called([0, 1, 2]);
    const [after, posts] = settleNet(ROSTER, HOW, noteAnswer(net, tasks[1]!.id, bidOn(tasks[1]!), 10), CALL_MS);
    expect(bodies(posts, 'review').map(({ task }) => task.service)).toEqual([1]);
    expect(after.calls).toEqual([]);
  });

  it('hears no bid after its deadline, whether the clock was looked at since or not', () => {
    const { net, tasks } = called([0]);
    const bid = bidOn(tasks[0]!);
    const [over] = settleNet(ROSTER, HOW, net, CALL_MS);
    expect(settleNet(ROSTER, HOW, noteAnswer(over, bid.task, bid, CALL_MS + 1), CALL_MS + 1)[1]).toEqual([]);
    expect(settleNet(ROSTER, HOW, noteAnswer(net, bid.task, bid, CALL_MS + 1), CALL_MS + 1)[1]).toEqual([]);
    expect(settleNet(ROSTER, HOW, noteAnswer(net, bid.task, bid, CALL_MS), CALL_MS)[1]).toHaveLength(1);
  });

  it('counts the first of two answers, and none to a task that nobody was called for', () => {
    const { net, tasks } = called([0, 1]);
    const cheap = bidOn(tasks[0]!, { cost: 0 });
    const bid = noteAnswer(net, tasks[0]!.id, cheap, 10);
    for (const second of [bidOn(tasks[0]!, { cost: 1 }), null, cheap])
      expect(noteAnswer(bid, tasks[0]!.id, second, 11)).toEqual(bid);
    const declined = noteAnswer(net, tasks[0]!.id, null, 10);
    expect(noteAnswer(declined, tasks[0]!.id, cheap, 11)).toEqual(declined);
    expect(noteAnswer(net, 99, { ...cheap, task: 99 }, 11)).toEqual(net);
  });
});

describe('the choice among bids', () => {
  const offer = fc.record({
    expectedRecoveryS: fc.integer({ min: 0, max: 90 }),
    cost: fc.constantFrom(0, 0.2, 1),
    blastRadius: fc.constantFrom(0, 0.33, 1),
    confidence: fc.constantFrom(0.5, 1),
  });
  const round = fc.record({
    services: fc.uniqueArray(fc.nat({ max: 3 }), { minLength: 1, maxLength: 4 }),
    offers: fc.array(offer, { minLength: 4, maxLength: 4 }),
    share: fc.constantFrom(0, 0.3, 0.5, 1),
    parallel: fc.integer({ min: 1, max: 4 }),
  });

  it('is the same whatever the order in which they come', () => {
    fc.assert(
      fc.property(round, fc.infiniteStream(fc.nat()), ({ services, offers, share, parallel }, dice) => {
        const how = { ...HOW, parallel };
        const [net, posts] = callOut(freshNet(), drafts(...services), { share, benefit: 0.6, key: 'service/0' }, 0);
        const bids = bodies(posts, 'call-for-proposals').map(({ task }, at) => bidOn(task, offers[at]));
        const shuffled = bids
          .map((bid) => ({ bid, at: dice.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ bid }) => bid);
        const [one, other] = [bids, shuffled].map(
          (order) =>
            settleNet(
              ROSTER,
              how,
              order.reduce((sum, bid) => noteAnswer(sum, bid.task, bid, 5), net),
              CALL_MS,
            )[1],
        );
        expect(other).toEqual(one);
        expect(one!.length).toBe(Math.min(Math.ceil(share * services.length), parallel));
      }),
      { numRuns: 200 },
    );
  });

  it('prefers the smaller blast radius, or the sooner and surer, as the strategy weighs them', () => {
    const { net, tasks } = called([0, 1]);
    const quick = bidOn(tasks[0]!, { blastRadius: 1, expectedRecoveryS: 1, cost: 0, confidence: 1 });
    const narrow = bidOn(tasks[1]!, { blastRadius: 0, expectedRecoveryS: 60, cost: 1, confidence: 0 });
    const both = noteAnswer(noteAnswer(net, narrow.task, narrow, 5), quick.task, quick, 5);
    const first = (radiusWeight: number): number =>
      bodies(settleNet(ROSTER, { ...HOW, radiusWeight, parallel: 1 }, both, 6)[1], 'review')[0]!.task.service;
    expect([first(0.9), first(0.1)]).toEqual([1, 0]);
  });

  it('never has more before the overseer and at work than the strategy allows', () => {
    const { net, tasks, reviews } = reviewed([0, 1, 2, 3], { ...HOW, parallel: 3 });
    expect(reviews).toHaveLength(3);
    const again = callOut(net, drafts(3), { share: 1, benefit: 0.6, key: 'service/0' }, 20);
    const task = bodies(again[1], 'call-for-proposals')[0]!.task;
    const [full, none] = settleNet(ROSTER, { ...HOW, parallel: 3 }, noteAnswer(again[0], task.id, bidOn(task), 21), 21);
    expect(none).toEqual([]);
    expect([full.reviewing.length, tasks.length]).toEqual([3, 4]);
  });

  it('tells the overseer what is held out: all that is under review or at work, but not the one itself', () => {
    const { reviews } = reviewed([0, 1, 2]);
    expect(reviews.map(({ facts }) => facts.heldOut.fleet)).toEqual([0, 1, 2].map((out) => ({ out, all: 12 })));
    expect(reviews.map(({ facts }) => facts.heldOut.host)).toEqual([0, 1, 2].map((out) => ({ out, all: 4 })));
    expect(reviews.map(({ facts }) => facts.heldOut.service)).toEqual([0, 1, 2].map(() => ({ out: 0, all: 3 })));
  });
});

describe('a verdict', () => {
  it('that approves awards the task, with a lease on its service alone', () => {
    const { net, leases, tasks } = awarded([2]);
    expect(leases).toEqual([{ service: 2, holder: 'healer/2', epoch: 1, token: 1, untilMs: 20 + LEASE_MS }]);
    expect(net.awarded).toEqual([{ task: tasks[0], lease: leases[0] }]);
    expect(net.reviewing).toEqual([]);
  });

  it.each(['refuse', 'ask-human'] as const)('of %s awards nothing: in the simulator no human answers', (word) => {
    const { net, tasks } = reviewed([0]);
    const [after, posts] = award(net, verdictOn(tasks[0]!.id, word), ROSTER, null, 20);
    expect(posts).toEqual([]);
    expectIdle(after);
  });

  it('that never comes is a refusal', () => {
    const { net } = reviewed([0]);
    expect(netWakesAtMs(net)).toBe(10 + VERDICT_MS);
    const [after, posts] = settleNet(ROSTER, HOW, net, 10 + VERDICT_MS);
    expect(posts).toEqual([]);
    expectIdle(after);
  });

  it('that comes late is none, whether the clock was looked at since or not', () => {
    const { net, tasks } = reviewed([0]);
    const lateMs = 10 + VERDICT_MS + 1;
    const [after] = settleNet(ROSTER, HOW, net, lateMs);
    expect(award(after, verdictOn(tasks[0]!.id), ROSTER, null, lateMs)).toEqual([after, []]);
    const [unlooked, posts] = award(net, verdictOn(tasks[0]!.id), ROSTER, null, lateMs);
    expect(posts).toEqual([]);
    expectIdle(unlooked);
  });

  it('on a task that is not under review changes nothing, a second one neither', () => {
    const { net, tasks } = awarded([0]);
    for (const id of [tasks[0]!.id, 99]) expect(award(net, verdictOn(id), ROSTER, null, 30)).toEqual([net, []]);
  });

  it('that switches the agents off is remembered', () => {
    const { net, tasks } = reviewed([0]);
    const [after] = award(net, { ...verdictOn(tasks[0]!.id, 'refuse'), offUntilMs: 9_000 }, ROSTER, null, 20);
    expect(after.offUntilMs).toBe(9_000);
    expect(net.offUntilMs).toBe(LONG_AGO);
  });
});

describe('an award', () => {
  it('is made once per service at a time', () => {
    const { net, leases } = awarded([0, 0, 1], ALL);
    expect(leases.map(({ service }) => service)).toEqual([0, 1]);
    expect(net.awarded).toHaveLength(2);
  });

  it('whose winner never reports is void at the end of its lease, and may be made anew with a later token', () => {
    const { net, leases } = awarded([0]);
    const untilMs = leases[0]!.untilMs;
    expect(netWakesAtMs(net)).toBe(untilMs);
    expect(settleNet(ROSTER, HOW, net, untilMs - 1)[0].awarded).toHaveLength(1);
    const [over] = settleNet(ROSTER, HOW, net, untilMs);
    expectIdle(over);
    const anew = awarded([0], HOW, over);
    expect(anew.leases[0]!.token).toBeGreaterThan(leases[0]!.token);
  });

  it.each(['done', 'failed', 'refused'] as const)('that is reported %s is over, and its service free', (result) => {
    const { net, tasks } = awarded([0]);
    const after = noteDone(net, done(tasks[0]!.id, result), 30);
    expectIdle(after);
    expect(after.failed).toEqual(result === 'failed' ? [{ atMs: 30, service: 0 }] : []);
    expect(after.aside).toEqual(result === 'done' ? [{ service: 0, replica: 0, untilMs: 30 + 60_000 }] : []);
    expect(noteDone(after, done(tasks[0]!.id, result), 31)).toEqual(after);
  });

  it('that is lost with its report blocks no other task', () => {
    const first = awarded([0], { ...HOW, parallel: 1 });
    const later = settleNet(ROSTER, HOW, first.net, first.leases[0]!.untilMs)[0];
    expect(awarded([1], { ...HOW, parallel: 1 }, later).leases).toHaveLength(1);
  });

  it('remembers failures for an hour, the newest 256', () => {
    const fail = (net: ContractNet, atMs: number): ContractNet => {
      const task: Task = { ...drafts(0)[0]!, id: 1 };
      const lease = { service: 0, holder: 'healer/0', epoch: 1, token: 1, untilMs: atMs + 1 } as const;
      return noteDone({ ...net, awarded: [{ task, lease }] }, done(1, 'failed'), atMs);
    };
    let net = freshNet();
    for (let i = 0; i < 300; i += 1) net = fail(net, i);
    expect([net.failed.length, net.failed[0]!.atMs]).toEqual([256, 44]);
    const anHourLater = fail(net, 3_600_250).failed.map(({ atMs }) => atMs);
    expect([anHourLater.length, anHourLater[0], anHourLater.at(-1)]).toEqual([50, 251, 3_600_250]);
  });
});
