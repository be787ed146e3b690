/** The diagnoser: keeps the latest evidence of every unwell service and ranks where their trouble comes from. */
import { LONG_AGO } from '../memory.ts';
import type { Coordination } from '../strategy.ts';
import type { Evidence, Message } from './messages.ts';
import type { Post } from './monitor.ts';
import type { PlacedRoster } from './placement.ts';
import { rankCauses } from './root-cause.ts';

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
}

export const startDiagnoser = (): DiagnoserState => ({ askedAtMs: LONG_AGO, evidence: [] });

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
  const causes = evidence.length === 0 ? [] : rankCauses(roster, evidence, nowMs);
  const body: Message = { kind: 'diagnosis', incident: message.incident, causes, evidence };
  return [{ ...state, evidence }, [{ to: 'coordinator', body }]];
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
  const known = state.evidence.find(({ service }) => service === news.service);
  if (known !== undefined && known.atMs >= news.atMs) return state;
  const others = kept(state, nowMs).filter(({ service }) => service !== news.service);
  const isWell =
    news.status === 0 && news.issues.length === 0 && news.down.length + news.slow.length + news.erring.length === 0;
  return { ...state, evidence: isWell ? others : [...others, news].sort((a, b) => a.service - b.service) };
}

function kept({ evidence }: DiagnoserState, nowMs: number): readonly Evidence[] {
  return evidence.filter(({ atMs }) => nowMs - atMs <= EVIDENCE_KEPT_MS);
}
