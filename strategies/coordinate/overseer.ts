/** The overseer: holds every coordinated action against the constitution. It can only forbid, and what it cannot judge it refuses. */
import type { Roster } from '../contract.ts';
import { LONG_AGO } from '../memory.ts';
import type { Constitution } from './constitution.ts';
import { WORST_HARM, weighHarm } from './harm.ts';
import type { Bid, Envelope, HarmScore, Message, Task, ToldFacts } from './messages.ts';
import { type Objection, objections, offUntil } from './overseer-articles.ts';
import { factsProblem, isKnown, type ReviewFacts, type ServiceTraits } from './overseer-facts.ts';

/** With the facts it was passed on, a certificate: whoever holds both can check it again. */
export interface Verdict {
  readonly verdict: 'approve' | 'refuse' | 'ask-human';
  /** Id and words of the article that decided; of the `otherwise` clause where none could. */
  readonly article: string;
  readonly words: string;
  /** What the article means here. */
  readonly reason: string;
  readonly harm: HarmScore;
  /** Ids of all articles that object, in their order. */
  readonly objections: readonly string[];
  readonly edition: number;
  /** Until when too many failures switch the agents off, or `LONG_AGO`. */
  readonly offUntilMs: number;
}

/** The overseer's memory: plain data. Roster and traits are its own, so that no other agent tells it what a service is. */
export interface OverseerState {
  readonly constitution: Constitution;
  readonly roster: Roster;
  /** One per service of the roster. */
  readonly traits: readonly ServiceTraits[];
  readonly offUntilMs: number;
}

export type Posted = Pick<Envelope, 'to' | 'body'>;

const NOTHING: readonly Posted[] = Object.freeze([]);

export function startOverseer(
  constitution: Constitution,
  roster: Roster,
  traits: readonly ServiceTraits[],
): OverseerState {
  return { constitution, roster, traits, offUntilMs: LONG_AGO };
}

/** Answers each review by a verdict, and nothing else. Only the coordinator, which knows all plans, is heard. */
export function oversee(
  state: OverseerState,
  { from, body }: Pick<Envelope, 'from' | 'body'>,
  nowMs: number,
): readonly [OverseerState, readonly Posted[]] {
  // What has no task cannot be answered; who asked takes the silence for a refusal at its deadline.
  if (body.kind !== 'review' || typeof body.task?.id !== 'number') return [state, NOTHING];
  const verdict =
    from === 'coordinator'
      ? review(state.constitution, completeFacts(state, body, nowMs))
      : refuseUnjudged(state.constitution, `${from} is not the coordinator.`);
  const offUntilMs = Math.max(state.offUntilMs, verdict.offUntilMs);
  const next = offUntilMs === state.offUntilMs ? state : { ...state, offUntilMs };
  return [next, [{ to: from, body: toMessage(body.task, { ...verdict, offUntilMs }) }]];
}

/** The coordinator's question. Of the bid it takes the blast radius and nothing else: the overseer cannot be outbid. */
export function askReview(task: Task, { blastRadius }: Bid, facts: ToldFacts): Extract<Message, { kind: 'review' }> {
  return { kind: 'review', task, blastRadius, facts };
}

/**
 * Judges one action. All articles are looked at: the first that refuses decides, else the first that asks a human, else the one that
 * weighs harm approves. Facts that are missing or make no sense, an action that nobody knows, and any error are refused.
 */
export function review(constitution: Constitution, facts: ReviewFacts): Verdict {
  try {
    const problem = factsProblem(facts);
    if (problem !== null) return refuseUnjudged(constitution, `${problem}.`);
    return judge(constitution, facts);
  } catch (error) {
    return refuseUnjudged(constitution, `The review failed: ${error instanceof Error ? error.message : 'no reason'}.`);
  }
}

/** What the one who asked takes for the verdict when none has come: null while there is time, then a refusal. */
export function verdictAtDeadline(constitution: Constitution, askedAtMs: number, nowMs: number): Verdict | null {
  const { answerWithinMs } = constitution.otherwise;
  // A time that is no number is past the deadline.
  if (nowMs - askedAtMs < answerWithinMs) return null;
  return refuseUnjudged(constitution, `No verdict within ${answerWithinMs} ms.`);
}

function judge(constitution: Constitution, facts: ReviewFacts): Verdict {
  const standing = objections(constitution, facts);
  const harm = weighHarm(constitution, facts);
  const shared = {
    harm,
    objections: standing.map(({ article }) => article.id),
    edition: constitution.edition,
    offUntilMs: offUntil(constitution, facts),
  };
  const refused = standing.find(({ article }) => article.consequence !== 'ask-human');
  if (refused !== undefined) return { ...shared, verdict: 'refuse', ...cite(refused) };
  if (!isKnown(facts.task.remedy)) return { ...refuseUnjudged(constitution, 'Nobody knows this action.'), ...shared };
  const asked = standing[0];
  if (asked !== undefined) return { ...shared, verdict: 'ask-human', ...cite(asked) };
  const grant = constitution.articles.find(({ condition }) => condition.kind === 'harm');
  if (grant === undefined) return { ...refuseUnjudged(constitution, 'No article approves it.'), ...shared };
  return { ...shared, verdict: 'approve', ...cite({ article: grant, reason: `Harm is ${harm.total.toFixed(2)}.` }) };
}

function cite({ article, reason }: Objection): Pick<Verdict, 'article' | 'words' | 'reason'> {
  return { article: article.id, words: article.words, reason };
}

function refuseUnjudged({ otherwise, edition }: Constitution, reason: string): Verdict {
  const { id, words } = otherwise;
  const none = { harm: WORST_HARM, objections: [], edition, offUntilMs: LONG_AGO };
  return { ...none, verdict: 'refuse', article: id, words, reason };
}

/** A service that the roster does not have leaves its facts missing, which is refused. */
function completeFacts(
  { roster, traits, offUntilMs }: OverseerState,
  { task, blastRadius, facts }: Extract<Message, { kind: 'review' }>,
  atMs: number,
): ReviewFacts {
  const entry = roster.services[task.service]!;
  const own = { atMs, reviewer: 'overseer', task, blastRadius, entry, guard: roster.guard, offUntilMs } as const;
  return { ...facts, ...own, traits: traits[task.service]! };
}

function toMessage(task: Task, verdict: Verdict): Extract<Message, { kind: 'verdict' }> {
  const { article, words, reason, harm, edition, offUntilMs } = verdict;
  const said = { article, reason: `${words} ${reason}`, harm, edition, offUntilMs };
  return { kind: 'verdict', task: task.id, verdict: verdict.verdict, ...said };
}
