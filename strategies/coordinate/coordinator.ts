/**
 * The coordinator: when a healer asks for help it has the causes ranked, plans, calls for proposals, awards what the overseer lets
 * pass, and holds the victims back meanwhile. It never acts itself.
 */

import type { Coordination } from '../strategy.ts';
import { isShort, keepClear, originsOf, reinforce } from './capacity.ts';
import {
  award,
  type ContractNet,
  callOut,
  NUMBERS_PER_EPOCH,
  netWakesAtMs,
  noteAnswer,
  noteDone,
  settleNet,
  startContractNet,
} from './contract-net.ts';
import { holdBack, releaseOf, servicesOn } from './holds.ts';
import type { Humans } from './humans.ts';
import { newEpoch, startLeases } from './lease.ts';
import type { Evidence, Message, RankedCause } from './messages.ts';
import type { Post } from './monitor.ts';
import {
  growthOf,
  isSpent,
  keyOf,
  type Operations,
  operationOn,
  pastOf,
  ROUNDS_MAX,
  turnsOf,
  withRounds,
} from './operations.ts';
import type { PlacedRoster } from './placement.ts';
import { type Draft, hostsInTrouble, planFor, troubleOn } from './plan.ts';
import { isAskedFor, isAsking, isBarred, noteHumanAnswer, startInquiry } from './questions.ts';

/** While there is trouble, causes are ranked again this often. */
const DIAGNOSE_EVERY_MS = 2_000;
/** The second ranking comes soon after the first, which knew only the quickest evidence. */
const DIAGNOSE_SOON_MS = 250;
/** Diagnoses in a row without trouble that end an incident. */
const WELL_TIMES = 3;
/** Causes that are treated at once. */
const CAUSES_MAX = 6;
/** How sure it is that more replicas help who is short of them, 0..1. */
const GROW_BENEFIT = 0.9;

export interface CoordinatorState extends Operations {
  readonly incident: number;
  readonly isActive: boolean;
  readonly wellTimes: number;
  readonly nextDiagnosisMs: number;
  /** Services held back. */
  readonly held: readonly number[];
  readonly net: ContractNet;
}

/** A coordinator that takes office: `epoch` must be above that of any before it. */
export const startCoordinator = (epoch: number): CoordinatorState => ({
  incident: epoch * NUMBERS_PER_EPOCH,
  isActive: false,
  wellTimes: 0,
  nextDiagnosisMs: 0,
  operations: [],
  past: [],
  held: [],
  net: startContractNet(newEpoch(startLeases(), epoch).book),
});

/** When it must be ticked next; Infinity while nothing is pending. */
export function coordinatorWakesAtMs(state: CoordinatorState): number {
  const net = netWakesAtMs(state.net);
  return state.isActive ? Math.min(state.nextDiagnosisMs, net) : net;
}

type Step = readonly [CoordinatorState, readonly Post[]];

/** A human's word on what was asked. No agent's letter: it comes from the host alone. */
export interface HumanAnswer {
  readonly kind: 'answer';
  readonly question: number;
  readonly isApproved: boolean;
  readonly by: string;
}

/** `humans`: whom to ask where an action needs a yes; null: nobody is there, and it is not done. */
export function coordinator(
  roster: PlacedRoster,
  how: Coordination,
  state: CoordinatorState,
  message: Message | HumanAnswer | { readonly kind: 'tick' },
  nowMs: number,
  humans: Humans | null = null,
): Step {
  const [next, posts] = hear(roster, how, state, message, nowMs, humans);
  return [planAnew(state, next, nowMs), posts];
}

function hear(
  roster: PlacedRoster,
  how: Coordination,
  state: CoordinatorState,
  message: Parameters<typeof coordinator>[3],
  nowMs: number,
  humans: Humans | null,
): Step {
  const settled = (net: ContractNet): Step => withNet(state, settleNet(roster, how, net, nowMs));
  switch (message.kind) {
    case 'escalation':
      return state.isActive || nowMs < state.net.offUntilMs ? [state, []] : beginIncident(state, nowMs);
    case 'diagnosis':
      // One of an incident that is over, or of the coordinator before, says nothing of this one.
      if (message.incident !== state.incident) return [state, []];
      return treat(roster, how, state, message.causes, message.evidence, nowMs);
    case 'bid':
      return settled(noteAnswer(state.net, message.bid.task, message.bid, nowMs));
    case 'decline':
      return settled(noteAnswer(state.net, message.task, null, nowMs));
    case 'verdict':
      return withNet(state, award(state.net, message, roster, humans, nowMs));
    case 'done':
      return [{ ...state, net: noteDone(state.net, message, nowMs) }, []];
    case 'answer': {
      if (humans === null) return [state, []];
      const inquiry = noteHumanAnswer(state.net.inquiry, message, humans, nowMs);
      return inquiry === state.net.inquiry ? [state, []] : settled({ ...state.net, inquiry });
    }
    case 'tick': {
      const [next, posts] = settled(state.net);
      if (!next.isActive || nowMs < next.nextDiagnosisMs) return [next, posts];
      const [asked, question] = diagnose(next, nowMs, DIAGNOSE_EVERY_MS);
      return [asked, [...posts, ...question]];
    }
    default:
      return [state, []];
  }
}

const withNet = (state: CoordinatorState, [net, posts]: readonly [ContractNet, readonly Post[]]): Step => [
  net === state.net ? state : { ...state, net },
  posts,
];

function beginIncident(state: CoordinatorState, nowMs: number): Step {
  const begun = { ...state, isActive: true, incident: state.incident + 1, wellTimes: 0 };
  return diagnose(begun, nowMs, DIAGNOSE_SOON_MS);
}

function diagnose(state: CoordinatorState, nowMs: number, againMs: number): Step {
  return [
    { ...state, nextDiagnosisMs: nowMs + againMs },
    [{ to: 'diagnoser', body: { kind: 'diagnose', incident: state.incident } }],
  ];
}

/** Plans for the causes that are likely enough; ends the incident when nothing is amiss any more. */
function treat(
  roster: PlacedRoster,
  how: Coordination,
  state: CoordinatorState,
  causes: readonly RankedCause[],
  evidence: readonly Evidence[],
  nowMs: number,
): Step {
  if (!state.isActive) return [state, []];
  if (evidence.length === 0) {
    if (state.wellTimes + 1 < WELL_TIMES) return [{ ...state, wellTimes: state.wellTimes + 1 }, []];
    return endIncident(state, nowMs);
  }
  if (nowMs < state.net.offUntilMs) return endIncident(state, nowMs);
  const likely = causes
    .filter((one) => one.score >= how.minScore * causes[0]!.score && !isSpent(state, one.cause))
    .filter(({ cause }) => cause.kind !== 'host' || troubleOn(cause.host, roster, evidence) !== 'none')
    .slice(0, CAUSES_MAX);
  const posts: Post[] = [];
  let next: CoordinatorState = { ...state, wellTimes: 0 };
  for (const ranked of likely) {
    const [planned, calls] = actOn(roster, how, next, ranked, evidence, nowMs);
    next = planned;
    posts.push(...calls);
  }
  const crowded = likely.flatMap(({ cause }) =>
    cause.kind === 'host' && troubleOn(cause.host, roster, evidence) === 'crowded'
      ? servicesOn(roster, cause.host)
      : [],
  );
  const [held, holds] = holdBack(next, likely, new Set(crowded), how.holdS, nowMs);
  const short = evidence.filter((one) => isShort(how, one));
  const clear = keepClear(roster, [new Set(short.map(({ service }) => service)), originsOf(likely)], how, nowMs);
  const [grown, more] = provideCapacity(roster, how, { ...next, held }, short, evidence, nowMs);
  return [grown, [...posts, ...holds, ...clear, ...more]];
}

/** Whoever is short of capacity grows. */
function provideCapacity(
  roster: PlacedRoster,
  how: Coordination,
  state: CoordinatorState,
  short: readonly Evidence[],
  evidence: readonly Evidence[],
  nowMs: number,
): Step {
  if (short.length === 0) return [state, []];
  const { inquiry } = state.net;
  const isDue = (draft: Draft): boolean =>
    nowMs >= (operationOn(state, growthOf(draft.service))?.nextAtMs ?? nowMs) &&
    !isBarred(inquiry, draft) &&
    !isAskedFor(inquiry, draft);
  const drafts = reinforce(roster, short, hostsInTrouble(roster, evidence)).filter(isDue);
  if (drafts.length === 0) return [state, []];
  const { incident } = state;
  const nextAtMs = nowMs + how.growAgainS * 1000;
  return withNet(
    drafts.reduce((all, { service }) => withRounds(all, growthOf(service), 1, nextAtMs, nowMs), state),
    callOut(
      state.net,
      drafts.map((draft) => ({ ...draft, incident })),
      { share: 1, benefit: GROW_BENEFIT, key: 'growth' },
      nowMs,
    ),
  );
}

/** What humans would not have leaves its cause to be planned for again, at once. */
function planAnew(before: CoordinatorState, state: CoordinatorState, nowMs: number): CoordinatorState {
  const fresh = state.net.inquiry.barred.slice(before.net.inquiry.barred.length);
  if (fresh.length === 0) return state;
  const operations = state.operations.map((one) =>
    fresh.some(({ key }) => key === one.key)
      ? { ...one, nextAtMs: nowMs, round: Math.min(one.round, ROUNDS_MAX - 1) }
      : one,
  );
  return { ...state, operations, nextDiagnosisMs: Math.min(state.nextDiagnosisMs, nowMs) };
}

/** One round for one cause, unless the round before is still being verified, or humans are asked about it. */
function actOn(
  roster: PlacedRoster,
  how: Coordination,
  state: CoordinatorState,
  ranked: RankedCause,
  evidence: readonly Evidence[],
  nowMs: number,
): Step {
  const key = keyOf(ranked.cause);
  const known = operationOn(state, key);
  const { inquiry } = state.net;
  if ((known !== undefined && nowMs < known.nextAtMs) || isAsking(inquiry, key)) return [state, []];
  const round = known?.round ?? 0;
  const tried = { round, turns: turnsOf(state, key, nowMs), forMs: nowMs - (known?.sinceMs ?? nowMs) };
  const { drafts: all, share } = planFor(ranked, tried, roster, evidence, how);
  const drafts = all.filter((draft) => !isBarred(inquiry, draft));
  const refused = drafts.length > 0 ? undefined : inquiry.barred.findLast((one) => one.key === key);
  // A plan of nothing is no try: its cause is not spent by it.
  const rounds = refused !== undefined ? ROUNDS_MAX - round : drafts.length === 0 ? 0 : 1;
  const next = withRounds(state, key, rounds, nowMs + how.verifyS * 1000, nowMs);
  if (refused !== undefined) return [next, [giveUp(refused)]];
  if (drafts.length === 0) return [next, []];
  const { incident } = state;
  return withNet(
    next,
    callOut(
      next.net,
      drafts.map((draft) => ({ ...draft, incident })),
      { share, benefit: ranked.score, key },
      nowMs,
    ),
  );
}

/** Nothing is left to do about a cause but what humans would not have: it is theirs. */
function giveUp({ service, remedy, reason }: CoordinatorState['net']['inquiry']['barred'][number]): Post {
  const why = `nothing else is left to try: ${remedy} was ${reason}`;
  return { to: `healer/${service}`, body: { kind: 'give-up', service, reason: why } };
}

function endIncident(state: CoordinatorState, nowMs: number): Step {
  const ended = { ...state, isActive: false, wellTimes: 0, operations: [], held: [], past: pastOf(state, nowMs) };
  // What was asked for it need not be decided any more, and is not done.
  const net =
    state.net.inquiry.questions.length + state.net.inquiry.barred.length === 0
      ? state.net
      : { ...state.net, inquiry: startInquiry() };
  return [{ ...ended, net }, state.held.map(releaseOf)];
}
