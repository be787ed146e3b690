/** The diagnoser: keeps the latest evidence of every unwell service, and the most telling, and ranks where their trouble comes from. */
import { LONG_AGO } from '../memory.ts';
import type { Coordination } from '../strategy.ts';
import type { Evidence, Message } from './messages.ts';
import type { Post } from './monitor.ts';
import type { PlacedRoster } from './placement.ts';
import { EVIDENCE_OLD_MS, FEW_CALLS, rankCauses } from './root-cause.ts';

/** Evidence that was not repeated for so long is void: its monitor is gone, or cut off. */
const EVIDENCE_KEPT_MS = 30_000;

/** Rank of `degraded`: from here on a service counts as unwell. */
const UNWELL = 2;
/** Help is asked for again after so long, should a message have been lost. */
const ASK_AGAIN_MS = 5_000;

export interface DiagnoserState {
  /** When it last asked the coordinator for help. */
  readonly askedAtMs: number;
  /** Latest of each unwell service, ordered by service. */
  readonly evidence: readonly Evidence[];
  /** What told most of each service of late, ordered by service. */
  readonly telling: readonly Telling[];
}

/**
 * The newest report of a service that came while it got its share of calls. Where circuits opened or callers gave up since, what is
 * measured now says little of what was wrong.
 */
export interface Telling {
  readonly report: Evidence;
  /** Most calls that a report of late told of, as a multiple of the normal, and when. */
  readonly busiest: number;
  readonly busiestAtMs: number;
  /** When the service was heard of last, and whether it was unwell then. */
  readonly heardAtMs: number;
  readonly isUnwell: boolean;
}

export const startDiagnoser = (): DiagnoserState => ({ askedAtMs: LONG_AGO, evidence: [], telling: [] });

export function diagnoser(
  roster: PlacedRoster,
  rule: Coordination,
  state: DiagnoserState,
  message: Message,
  nowMs: number,
): readonly [DiagnoserState, readonly Post[]] {
  if (message.kind === 'evidence') return askForHelp(rule, takeIn(state, message.evidence, nowMs), nowMs);
  if (message.kind !== 'diagnose') return [state, []];
  const evidence = kept(state, nowMs);
  const telling = state.telling.filter((one) => isOfLate(one, nowMs));
  const reports = telling.map(({ report }) => report);
  const causes = evidence.length === 0 ? [] : rankCauses(roster, reports, nowMs);
  const body: Message = { kind: 'diagnosis', incident: message.incident, causes, evidence };
  return [{ ...state, evidence, telling }, [{ to: 'coordinator', body }]];
}

/** Trouble in several places at once is rarely several troubles. */
function askForHelp(
  rule: Coordination,
  state: DiagnoserState,
  nowMs: number,
): readonly [DiagnoserState, readonly Post[]] {
  const unwell = state.evidence.filter(({ status }) => status >= UNWELL);
  if (unwell.length < rule.neighbours || nowMs - state.askedAtMs < ASK_AGAIN_MS) return [state, []];
  const body: Message = {
    kind: 'escalation',
    service: unwell[0]!.service,
    why: `${unwell.length} services are unwell`,
  };
  return [{ ...state, askedAtMs: nowMs }, [{ to: 'coordinator', body }]];
}

/** Messages may overtake each other and come twice: only what is newer counts. */
function takeIn(state: DiagnoserState, news: Evidence, nowMs: number): DiagnoserState {
  const known = state.telling.find(({ report }) => report.service === news.service);
  if (known !== undefined && known.heardAtMs >= news.atMs) return state;
  const others = kept(state, nowMs).filter(({ service }) => service !== news.service);
  const isUnwell =
    news.status > 0 || news.issues.length > 0 || news.down.length + news.slow.length + news.erring.length > 0;
  const told = tellingMost(known, news, isUnwell);
  const rest = state.telling.filter((one) => one !== known && isOfLate(one, nowMs));
  return {
    ...state,
    evidence: isUnwell ? [...others, news].sort((a, b) => a.service - b.service) : others,
    telling: [...rest, told].sort((a, b) => a.report.service - b.report.service),
  };
}

function tellingMost(known: Telling | undefined, news: Evidence, isUnwell: boolean): Telling {
  const heard = { heardAtMs: news.atMs, isUnwell };
  const calls = news.throughputRatio;
  const isRecent = (atMs: number): boolean => news.atMs - atMs <= EVIDENCE_OLD_MS;
  const newest = { ...heard, report: news, busiest: calls, busiestAtMs: news.atMs };
  if (known === undefined || !isRecent(known.report.atMs) || !isRecent(known.busiestAtMs)) return newest;
  if (calls >= known.busiest) return newest;
  const kept = { ...heard, busiest: known.busiest, busiestAtMs: known.busiestAtMs };
  const isTelling = calls < 0 || calls >= FEW_CALLS * known.busiest;
  return { ...kept, report: isTelling ? news : known.report };
}

/** Of a service that said that it is well, nothing more is heard; one that is unwell says so again. */
function isOfLate({ report, heardAtMs, isUnwell }: Telling, nowMs: number): boolean {
  return nowMs - report.atMs <= EVIDENCE_OLD_MS && (!isUnwell || nowMs - heardAtMs <= EVIDENCE_KEPT_MS);
}

function kept({ evidence }: DiagnoserState, nowMs: number): readonly Evidence[] {
  return evidence.filter(({ atMs }) => nowMs - atMs <= EVIDENCE_KEPT_MS);
}
