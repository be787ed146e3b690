/**
 * The contract net: tasks are called out, healers bid, the best bids go before the overseer, and what it lets pass is awarded with a
 * lease (FIPA contract net; the lease and its fence are what that protocol lacks).
 */
import { WHOLE_SERVICE } from '../contract.ts';
import { LONG_AGO } from '../memory.ts';
import type { Coordination } from '../strategy.ts';
import type { AskedBy } from './approval-words.ts';
import { type Humans, policyMs } from './humans.ts';
import { acquire, expire, type LeaseBook, release } from './lease.ts';
import type { Bid, Lease, Message, Task } from './messages.ts';
import type { Post } from './monitor.ts';
import { factsOf } from './net-facts.ts';
import { askReview } from './overseer.ts';
import { FAILED_TOLD_MAX } from './overseer-facts.ts';
import type { PlacedRoster } from './placement.ts';
import {
  askHumans,
  bar,
  barOverdue,
  type Inquiry,
  inquiryWakesAtMs,
  type Question,
  questionOf,
  settle,
  startInquiry,
  takeTries,
} from './questions.ts';

/** Bids are awaited for so long; a verdict somewhat longer than the constitution gives the overseer. */
export const CALL_MS = 500;
const VERDICT_MS = 1_500;
/** A winner that has not reported by then has lost its lease, and what it was to do may be awarded anew. */
const LEASE_MS = 60_000;
/** What failed counts for so long (longer than any window of the constitution is of no use). */
const FAILED_KEPT_MS = 3_600_000;
/** Numbers of one term of office: a letter that was written to another coordinator names no task of this one. */
export const NUMBERS_PER_EPOCH = 1_000_000;

/** A call for proposals that waits for bids: all drafts of one round of a plan. */
export interface Call {
  readonly tasks: readonly Task[];
  /** Of the cause that they are for. */
  readonly key: string;
  /** Share of the bids that is wanted, 0..1. */
  readonly share: number;
  /** How sure the coordinator is that it helps, 0..1. */
  readonly benefit: number;
  readonly deadlineMs: number;
  readonly bids: readonly Bid[];
  readonly declined: readonly number[];
}

/** A bid that waits for the overseer's verdict. */
interface Review extends Pick<Call, 'key' | 'benefit'> {
  readonly task: Task;
  readonly bid: Bid;
  readonly deadlineMs: number;
}

/** A replica that coordination holds out. */
interface Aside {
  readonly service: number;
  readonly replica: number;
  readonly untilMs: number;
}

export interface ContractNet {
  readonly nextTask: number;
  readonly calls: readonly Call[];
  readonly reviewing: readonly Review[];
  readonly inquiry: Inquiry;
  readonly awarded: readonly { readonly task: Task; readonly lease: Lease }[];
  readonly leases: LeaseBook;
  readonly aside: readonly Aside[];
  readonly failed: readonly { readonly atMs: number; readonly service: number }[];
  /** Until when the overseer has switched the agents off, or `LONG_AGO`. */
  readonly offUntilMs: number;
}

export const startContractNet = (leases: LeaseBook): ContractNet => ({
  nextTask: leases.epoch * NUMBERS_PER_EPOCH + 1,
  calls: [],
  reviewing: [],
  inquiry: startInquiry(),
  awarded: [],
  leases,
  aside: [],
  failed: [],
  offUntilMs: LONG_AGO,
});

/** Infinity while nothing is awaited. */
export function netWakesAtMs({ calls, reviewing, inquiry, awarded }: ContractNet): number {
  return Math.min(
    inquiryWakesAtMs(inquiry),
    ...calls.map(({ deadlineMs }) => deadlineMs),
    ...reviewing.map(({ deadlineMs }) => deadlineMs),
    ...awarded.map(({ lease }) => lease.untilMs),
  );
}

/** Calls for proposals. */
export function callOut(
  net: ContractNet,
  drafts: readonly Omit<Task, 'id'>[],
  { share, benefit, key }: Pick<Call, 'share' | 'benefit' | 'key'>,
  nowMs: number,
): readonly [ContractNet, readonly Post[]] {
  const tasks = drafts.map((draft, at): Task => ({ ...draft, id: net.nextTask + at }));
  return callFor({ ...net, nextTask: net.nextTask + tasks.length }, { tasks, share, benefit, key }, nowMs);
}

function callFor(
  net: ContractNet,
  asked: Pick<Call, 'tasks' | 'share' | 'benefit' | 'key'>,
  nowMs: number,
): readonly [ContractNet, readonly Post[]] {
  const deadlineMs = nowMs + CALL_MS;
  const posts = asked.tasks.map((task): Post => {
    return { to: `healer/${task.service}`, body: { kind: 'call-for-proposals', task, deadlineMs } };
  });
  return [{ ...net, calls: [...net.calls, { ...asked, deadlineMs, bids: [], declined: [] }] }, posts];
}

/** Notes a bid, or that there will be none. Second answers, late ones and those that no call waits for change nothing. */
export function noteAnswer(net: ContractNet, task: number, bid: Bid | null, nowMs: number): ContractNet {
  const calls = net.calls.map((call) => {
    const isAwaited =
      nowMs <= call.deadlineMs &&
      call.tasks.some(({ id }) => id === task) &&
      !call.declined.includes(task) &&
      !call.bids.some((one) => one.task === task);
    if (!isAwaited) return call;
    return bid === null ? { ...call, declined: [...call.declined, task] } : { ...call, bids: [...call.bids, bid] };
  });
  return { ...net, calls };
}

/** Time has passed or an answer has come: calls that are complete or overdue are decided, what was awaited too long is given up. */
export function settleNet(
  roster: PlacedRoster,
  how: Coordination,
  state: ContractNet,
  nowMs: number,
): readonly [ContractNet, readonly Post[]] {
  const [net, tries] = tryApproved(dropOverdue(state, nowMs), nowMs);
  const isOver = ({ deadlineMs, bids, declined, tasks }: Call) =>
    nowMs >= deadlineMs || bids.length + declined.length >= tasks.length;
  const over = net.calls.filter(isOver);
  if (over.length === 0) return [net, tries];
  let room = how.parallel - net.awarded.length - net.reviewing.length;
  const posts: Post[] = [...tries];
  const reviewing = [...net.reviewing];
  for (const call of over) {
    const best = [...call.bids].sort(
      (a, b) => priceOf(how, a) - priceOf(how, b) || a.service - b.service || a.task - b.task,
    );
    for (const bid of best.slice(0, Math.max(0, Math.min(Math.ceil(call.share * best.length), room)))) {
      const task = call.tasks.find(({ id }) => id === bid.task)!;
      posts.push({
        to: 'overseer',
        body: askReview(task, bid, factsOf(roster, { ...net, reviewing }, task, bid, call.benefit, nowMs)),
      });
      const { key, benefit } = call;
      reviewing.push({ task, bid, key, benefit, deadlineMs: nowMs + VERDICT_MS });
      room -= 1;
    }
  }
  return [{ ...net, calls: net.calls.filter((call) => !isOver(call)), reviewing }, posts];
}

/** What a human approved goes the way of all others again, by the facts of now: their yes stands for nothing but the overseer's question. */
function tryApproved(state: ContractNet, nowMs: number): readonly [ContractNet, readonly Post[]] {
  const [inquiry, due] = takeTries(state.inquiry, nowMs);
  if (due.length === 0) return [state, []];
  const posts: Post[] = [];
  let net: ContractNet = { ...state, inquiry };
  for (const { task, key, benefit } of due) {
    const [called, calls] = callFor(net, { tasks: [task], share: 1, benefit, key }, nowMs);
    net = called;
    posts.push(...calls);
  }
  return [net, posts];
}

/**
 * The overseer has spoken: what it approves is awarded, if nobody else holds the service. What it leaves to a human, or a policy does,
 * is asked where there is one; with their yes it is awarded, by a lease of then.
 */
export function award(
  state: ContractNet,
  verdict: Extract<Message, { kind: 'verdict' }>,
  roster: PlacedRoster,
  humans: Humans | null,
  nowMs: number,
): readonly [ContractNet, readonly Post[]] {
  const found = state.reviewing.find(({ task }) => task.id === verdict.task);
  if (found === undefined) return [state, []];
  const { task } = found;
  const reviewing = state.reviewing.filter((one) => one !== found);
  const net = { ...state, reviewing, offUntilMs: Math.max(state.offUntilMs, verdict.offUntilMs) };
  // No verdict in time is a refusal, though the clock may not have been looked at since.
  if (nowMs > found.deadlineMs) return [net, []];
  const question = questionOf(net.inquiry, task.id);
  if (verdict.verdict === 'refuse') {
    const reason = `approved, but article ${verdict.article} refuses it now`;
    return [question === undefined ? net : { ...net, inquiry: bar(net.inquiry, question, reason) }, []];
  }
  const asked = questionFor(found, verdict, roster, humans, nowMs);
  if (asked !== null && question?.approved == null)
    return [humans === null ? net : { ...net, inquiry: askHumans(net.inquiry, asked, humans) }, []];
  // A yes that is over is none, though the clock may not have been looked at since.
  if (asked !== null && question!.approved!.usableUntilMs <= nowMs) return [net, []];
  const holder = `healer/${task.service}` as const;
  const { book, result } = acquire(net.leases, { service: task.service, holder, termMs: LEASE_MS }, nowMs);
  if (result.kind === 'refused') return [net, []];
  const { lease } = result;
  return [
    {
      ...net,
      leases: book,
      awarded: [...net.awarded, { task, lease }],
      inquiry: question === undefined ? net.inquiry : settle(net.inquiry, question),
    },
    [{ to: holder, body: { kind: 'award', task, lease } }],
  ];
}

/** What a human is to be asked before this is awarded; null: nothing. */
function questionFor(
  { task, bid, key, benefit }: Review,
  { verdict, article, reason, edition, harm }: Extract<Message, { kind: 'verdict' }>,
  roster: PlacedRoster,
  humans: Humans | null,
  nowMs: number,
): Question | null {
  const { tier } = roster.services[task.service]!;
  const byPolicyMs = humans === null ? null : policyMs(humans, tier, task.remedy);
  if (verdict !== 'ask-human' && byPolicyMs === null) return null;
  const askedBy: AskedBy =
    verdict === 'ask-human' ? { kind: 'article', article, reason, edition, harm } : { kind: 'policy', tier };
  const withinMs = verdict === 'ask-human' ? (humans?.rules.answerWithinS ?? 0) * 1000 : byPolicyMs!;
  return { task, key, benefit, bid, askedBy, sinceMs: nowMs, untilMs: nowMs + withinMs, approved: null };
}

/** The winner has reported: its lease is free again, and what failed is remembered. */
export function noteDone(
  net: ContractNet,
  { task: id, result }: Extract<Message, { kind: 'done' }>,
  nowMs: number,
): ContractNet {
  const found = net.awarded.find(({ task }) => task.id === id);
  if (found === undefined) return net;
  const { task, lease } = found;
  const takesAway = result === 'done' && task.remedy === 'reroute' && task.replica !== WHOLE_SERVICE;
  const until = { service: task.service, replica: task.replica, untilMs: nowMs + Math.max(0, task.holdS) * 1000 };
  return {
    ...net,
    awarded: net.awarded.filter((one) => one !== found),
    leases: release(net.leases, lease).book,
    aside: takesAway ? [...net.aside.filter(({ untilMs }) => untilMs > nowMs), until] : net.aside,
    failed: result === 'failed' ? remembered(net, { atMs: nowMs, service: task.service }, nowMs) : net.failed,
  };
}

function dropOverdue(net: ContractNet, nowMs: number): ContractNet {
  const lost = net.awarded.some(({ lease }) => lease.untilMs <= nowMs);
  const unheard = net.reviewing.some(({ deadlineMs }) => deadlineMs <= nowMs);
  const inquiry = net.inquiry.questions.length === 0 ? net.inquiry : barOverdue(net.inquiry, nowMs);
  if (!lost && !unheard && inquiry === net.inquiry) return net;
  return {
    ...net,
    inquiry,
    reviewing: net.reviewing.filter(({ deadlineMs }) => deadlineMs > nowMs),
    awarded: net.awarded.filter(({ lease }) => lease.untilMs > nowMs),
    leases: expire(net.leases, nowMs).book,
  };
}

function remembered(net: ContractNet, failure: ContractNet['failed'][number], nowMs: number): ContractNet['failed'] {
  const kept = net.failed.filter(({ atMs }) => nowMs - atMs < FAILED_KEPT_MS);
  return [...kept, failure].slice(-FAILED_TOLD_MAX);
}

/** Lower is better. */
function priceOf({ radiusWeight }: Coordination, bid: Bid): number {
  const rest = (Math.min(1, bid.expectedRecoveryS / 60) + bid.cost + (1 - bid.confidence)) / 3;
  return radiusWeight * bid.blastRadius + (1 - radiusWeight) * rest;
}
