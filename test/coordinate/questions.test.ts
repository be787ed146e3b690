/** What the coordinator asks humans: awarded with their yes only, by a lease of then, and tried again while somebody else holds the service. */
import { describe, expect, it } from 'vitest';
import {
  award,
  type ContractNet,
  netWakesAtMs,
  noteAnswer,
  settleNet,
} from '../../strategies/coordinate/contract-net.ts';
import type { Humans } from '../../strategies/coordinate/humans.ts';
import { acquire } from '../../strategies/coordinate/lease.ts';
import type { Post } from '../../strategies/coordinate/monitor.ts';
import { isAsking, isBarred, noteHumanAnswer } from '../../strategies/coordinate/questions.ts';
import { bidOn, bodies, freshNet, HOW, ROSTER, reviewed, verdictOn } from './core-harness.ts';
import { CONSTITUTION } from './overseer-harness.ts';

const nobody = { approve: [], approveS: 120 };
const HUMANS: Humans = {
  rules: CONSTITUTION.approval,
  policies: { critical: nobody, default: nobody, lightweight: nobody },
};
const { answerWithinS, usableS, openMax } = CONSTITUTION.approval;

/** Asked at 20 ms about stepping a replica of cart aside. */
function asked(humans: Humans | null = HUMANS, verdict: 'ask-human' | 'approve' = 'ask-human') {
  const { net, tasks } = reviewed([1]);
  const [after, posts] = award(net, verdictOn(tasks[0]!.id, verdict), ROSTER, humans, 20);
  return { net: after, task: tasks[0]!, posts };
}

function answered(net: ContractNet, question: number, isApproved: boolean, nowMs: number) {
  const inquiry = noteHumanAnswer(net.inquiry, { question, isApproved, by: 'ann' }, HUMANS, nowMs);
  return settleNet(ROSTER, HOW, { ...net, inquiry }, nowMs);
}

/** What was called out is bid for and judged at once. */
function judged(net: ContractNet, posts: readonly Post[], verdict: 'approve' | 'refuse' | 'ask-human', nowMs: number) {
  const { task } = bodies(posts, 'call-for-proposals')[0]!;
  const [reviewing] = settleNet(ROSTER, HOW, noteAnswer(net, task.id, bidOn(task), nowMs), nowMs);
  return award(reviewing, verdictOn(task.id, verdict), ROSTER, HUMANS, nowMs);
}

describe('a verdict that leaves an action to a human', () => {
  it('is a no where there is none', () => {
    const { net, posts } = asked(null);
    expect(posts).toEqual([]);
    expect(net.inquiry.questions).toEqual([]);
    expect(netWakesAtMs(net)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is asked, and over by itself when nobody answers', () => {
    const { net, task, posts } = asked();
    expect(posts).toEqual([]);
    expect(isAsking(net.inquiry, 'service/0')).toBe(true);
    const endMs = 20 + answerWithinS * 1000;
    expect(netWakesAtMs(net)).toBe(endMs);
    const [waits] = settleNet(ROSTER, HOW, net, endMs - 1);
    expect(waits.inquiry.questions).toHaveLength(1);
    const [over] = settleNet(ROSTER, HOW, net, endMs);
    expect(over.inquiry).toMatchObject({ questions: [], barred: [{ key: 'service/0', reason: expect.any(String) }] });
    expect(isBarred(over.inquiry, task)).toBe(true);
    expect(answered(over, task.id, true, endMs)[1]).toEqual([]);
  });

  it('is asked by a policy, too, though the overseer approves', () => {
    const policy = { approve: ['reroute'], approveS: 120 };
    const humans = { ...HUMANS, policies: { ...HUMANS.policies, default: policy } };
    const { net } = asked(humans, 'approve');
    expect(net.inquiry.questions).toMatchObject([{ askedBy: { kind: 'policy', tier: 'default' }, untilMs: 120_020 }]);
    expect(asked(HUMANS, 'approve').posts).toHaveLength(1);
  });

  it('is not asked twice, nor about more than may be open', () => {
    const { net } = asked();
    const { tasks, net: again } = reviewed([1], HOW, { ...net, leases: net.leases });
    const [twice] = award(again, verdictOn(tasks[0]!.id, 'ask-human'), ROSTER, HUMANS, 30);
    expect(twice.inquiry.questions).toHaveLength(1);
    const full = {
      ...freshNet(),
      inquiry: { ...net.inquiry, questions: Array(openMax).fill(net.inquiry.questions[0]) },
    };
    const { tasks: others, net: more } = reviewed([2], HOW, full);
    const [kept] = award(more, verdictOn(others[0]!.id, 'ask-human'), ROSTER, HUMANS, 30);
    expect(kept.inquiry.questions).toHaveLength(openMax);
  });
});

describe('a human’s yes', () => {
  it('has the action called out, judged by the facts of then, and awarded by a lease of then', () => {
    const { net, task } = asked();
    const [called, posts] = answered(net, task.id, true, 200_000);
    const [after, awards] = judged(called, posts, 'ask-human', 200_010);
    expect(bodies(awards, 'award')).toMatchObject([{ task: { id: task.id }, lease: { untilMs: 260_010 } }]);
    expect(after.inquiry).toEqual({ questions: [], barred: [] });
  });

  it('does not outweigh a refusal of the overseer', () => {
    const { net, task } = asked();
    const [called, posts] = answered(net, task.id, true, 1000);
    const [after, awards] = judged(called, posts, 'refuse', 1010);
    expect(awards).toEqual([]);
    expect(after.inquiry).toMatchObject({ questions: [], barred: [{ service: 1 }] });
  });

  it('waits while somebody else holds the service, for as long as it may be used', () => {
    const { net, task } = asked();
    const ask = { service: 1, holder: 'healer/1', termMs: 10_000 } as const;
    const held = { ...net, leases: acquire(net.leases, ask, 500).book };
    const [called, posts] = answered(held, task.id, true, 1000);
    const [kept, none] = judged(called, posts, 'ask-human', 1010);
    expect(none).toEqual([]);
    expect(kept.inquiry.questions).toHaveLength(1);
    const nextMs = netWakesAtMs(kept);
    expect(nextMs).toBeGreaterThan(1010);
    const [later, again] = settleNet(ROSTER, HOW, kept, 11_000);
    expect(bodies(judged(later, again, 'ask-human', 11_010)[1], 'award')).toHaveLength(1);
    const [over] = settleNet(ROSTER, HOW, kept, 1000 + usableS * 1000);
    expect(over.inquiry).toMatchObject({ questions: [], barred: [{ reason: expect.stringContaining('in time') }] });
  });

  it('is none any more when it is over, though the verdict comes before anybody has looked at the clock', () => {
    const { net, task } = asked();
    const ask = { service: 1, holder: 'healer/1', termMs: 10_000 } as const;
    const held = { ...net, leases: acquire(net.leases, ask, 500).book };
    const [called, posts] = answered(held, task.id, true, 1000);
    const [kept] = judged(called, posts, 'ask-human', 1010);
    const endMs = 1000 + usableS * 1000;
    const [later, again] = settleNet(ROSTER, HOW, kept, endMs - 20);
    const { task: once } = bodies(again, 'call-for-proposals')[0]!;
    const [reviewing] = settleNet(ROSTER, HOW, noteAnswer(later, once.id, bidOn(once), endMs - 10), endMs - 10);
    const verdict = verdictOn(once.id, 'ask-human');
    expect(bodies(award(reviewing, verdict, ROSTER, HUMANS, endMs - 1)[1], 'award')).toHaveLength(1);
    expect(award(reviewing, verdict, ROSTER, HUMANS, endMs)[1]).toEqual([]);
  });

  it('counts once, and a no takes it back', () => {
    const { net, task } = asked();
    const [yes] = answered(net, task.id, true, 1000);
    expect(answered(yes, task.id, true, 1001)[1]).toEqual([]);
    const [no] = answered(yes, task.id, false, 1002);
    expect(no.inquiry).toMatchObject({ questions: [], barred: [{ reason: 'denied by ann' }] });
    expect(answered(net, task.id + 1, true, 1000)[0].inquiry).toEqual(net.inquiry);
  });
});
