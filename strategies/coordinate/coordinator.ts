/**
 * The coordinator: when a healer asks for help it has the causes ranked, plans, calls for proposals, awards what the overseer lets
 * pass, and holds the victims back meanwhile. It never acts itself.
 */

import type { Coordination } from '../strategy.ts';
import { callersOf, isShort, reinforce } from './capacity.ts';
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
import { newEpoch, startLeases } from './lease.ts';
import type { Evidence, Message, RankedCause } from './messages.ts';
import type { Post } from './monitor.ts';
import { growthOf, isSpent, keyOf, type Operations, operationOn, pastOf, turnsOf, withRounds } from './operations.ts';
import type { PlacedRoster } from './placement.ts';
import { type Draft, planFor, troubleOn } from './plan.ts';

/** While there is trouble, causes are ranked again this often. */
const DIAGNOSE_EVERY_MS = 2_000;
/** The second ranking comes soon after the first, which knew only the quickest evidence. */
const DIAGNOSE_SOON_MS = 250;
/** Diagnoses in a row without trouble that end an incident. */
const WELL_TIMES = 3;
/** Causes that are treated at once. */
const CAUSES_MAX = 6;
/** Services on a host without room leave their replicas alone for so long; what that is worth `npm run bench -- together` says. */
const CROWDED_HOLD_S = 60;
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

export function coordinator(
  roster: PlacedRoster,
  how: Coordination,
  state: CoordinatorState,
  message: Message | { readonly kind: 'tick' },
  nowMs: number,
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
      return withNet(state, award(state.net, message, nowMs));
    case 'done':
      return [{ ...state, net: noteDone(state.net, message, nowMs) }, []];
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
  const [grown, more] = provideCapacity(roster, how, held, evidence, nowMs);
  return [grown, [...posts, ...holds, ...more]];
}

/** Whoever is short of capacity grows, and of circuits one behind the other only the lowest may open. */
function provideCapacity(
  roster: PlacedRoster,
  how: Coordination,
  state: CoordinatorState,
  evidence: readonly Evidence[],
  nowMs: number,
): Step {
  const short = evidence.filter((one) => isShort(how, one));
  if (short.length === 0) return [state, []];
  const untilMs = nowMs + how.clearS * 1000;
  const reason = 'calls fail further down';
  const clear = callersOf(roster, new Set(short.map(({ service }) => service))).map(
    (service): Post => ({ to: `healer/${service}`, body: { kind: 'keep-clear', service, untilMs, reason } }),
  );
  const isDue = ({ service }: Draft): boolean => nowMs >= (operationOn(state, growthOf(service))?.nextAtMs ?? nowMs);
  const avoid = hostsOf(evidence, roster).filter((host) => troubleOn(host, roster, evidence) !== 'none');
  const drafts = reinforce(roster, short, new Set(avoid)).filter(isDue);
  if (drafts.length === 0) return [state, clear];
  const [next, calls] = withNet(
    drafts.reduce(
      (all, { service }) => withRounds(all, growthOf(service), 1, nowMs + how.growAgainS * 1000, nowMs),
      state,
    ),
    callOut(
      state.net,
      drafts.map((draft) => ({ ...draft, incident: state.incident })),
      1,
      GROW_BENEFIT,
      nowMs,
    ),
  );
  return [next, [...clear, ...calls]];
}

function hostsOf(evidence: readonly Evidence[], { hosts = [] }: PlacedRoster): readonly number[] {
  return [...new Set(evidence.flatMap(({ service }) => hosts[service] ?? []))].filter((host) => host >= 0);
}

/** One round for one cause, unless the round before is still being verified. */
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
  if (known !== undefined && nowMs < known.nextAtMs) return [state, []];
  const round = known?.round ?? 0;
  const { drafts, share } = planFor(
    ranked,
    { round, turns: turnsOf(state, key, nowMs), forMs: nowMs - (known?.sinceMs ?? nowMs) },
    roster,
    evidence,
    how,
  );
  // A plan of nothing is no try: its cause is not spent by it.
  const next = withRounds(state, key, drafts.length === 0 ? 0 : 1, nowMs + how.verifyS * 1000, nowMs);
  if (drafts.length === 0) return [next, []];
  const { incident } = state;
  return withNet(
    next,
    callOut(
      next.net,
      drafts.map((draft) => ({ ...draft, incident })),
      share,
      ranked.score,
      nowMs,
    ),
  );
}

/** Victims of what is being healed are told to wait, for a time; who is none any more is let go. */
function holdBack(
  state: CoordinatorState,
  causes: readonly RankedCause[],
  crowded: ReadonlySet<number>,
  holdS: number,
  nowMs: number,
): Step {
  const ends = new Map<number, number>();
  for (const { cause, victims } of causes) {
    const operation = operationOn(state, keyOf(cause));
    // A hold that is never renewed ends by itself, whatever becomes of the cause and of the coordinator.
    const sinceMs = operation?.sinceMs ?? nowMs;
    const hold = (services: Iterable<number>, seconds: number): void => {
      const untilMs = sinceMs + seconds * 1000;
      for (const service of services) if (untilMs > nowMs) ends.set(service, Math.max(untilMs, ends.get(service) ?? 0));
    };
    hold(victims, holdS);
    // On a host without room everybody waits, well or not, and nobody grows: what is new might land there.
    if (cause.kind === 'host') hold(crowded, CROWDED_HOLD_S);
  }
  const reason = causes.map(({ cause, reasons }) => reasons[0] ?? keyOf(cause)).join('; ');
  const held = [...ends.keys()].sort((a, b) => a - b);
  const holds = held.map((service): Post => {
    const untilMs = ends.get(service)!;
    return { to: `healer/${service}`, body: { kind: 'hold', service, untilMs, small: crowded.has(service), reason } };
  });
  const released = state.held.filter((service) => !ends.has(service)).map(releaseOf);
  return [{ ...state, held }, [...holds, ...released]];
}

function servicesOn({ hosts = [] }: PlacedRoster, host: number): readonly number[] {
  return hosts.flatMap((slots, service) => (slots.includes(host) ? [service] : []));
}

function endIncident(state: CoordinatorState, nowMs: number): Step {
  const ended = { ...state, isActive: false, wellTimes: 0, operations: [], held: [], past: pastOf(state, nowMs) };
  return [ended, state.held.map(releaseOf)];
}

const releaseOf = (service: number): Post => ({ to: `healer/${service}`, body: { kind: 'release', service } });
