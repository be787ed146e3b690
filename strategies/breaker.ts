/**
 * The circuit breaker's core: `admit` a call, `settle` its outcome. Time is an argument, results are data, nothing waits.
 * The state is written in place by these functions alone; state and event determine everything that comes out.
 * Modes: strategies/breaker-state.ts. Operators: strategies/breaker-command.ts.
 */
import type { BreakerConfig } from './breaker-config.ts';
import { countLate, countOutcome, countOutcomes } from './breaker-counting.ts';
import { BreakerError } from './breaker-error.ts';
import { endProbe, freePermits } from './breaker-probes.ts';
import type { BreakerEffect, BreakerState, CallOutcome, HalfOpen, Ramping } from './breaker-state.ts';
import { issueTicket, NOT_IN_FLIGHT, redeemTicket, type Ticket } from './breaker-tickets.ts';
import { advance, enterHalfOpen, joinEffects } from './breaker-transitions.ts';
import { unreachable } from './contract.ts';

/** The call must not be made. */
export interface Refusal {
  readonly kind: 'refused';
  /** The breaker's name. */
  readonly breaker: string;
  readonly cause: 'open' | 'probing' | 'ramping' | 'forced-open';
  /**
   * When to ask again, milliseconds: the end of the wait; while probing or ramping the end of that at the latest, and an
   * earlier call may pass; null when operators decide.
   */
  readonly retryAtMs: number | null;
}

/** A ticket to settle or release, or a refusal. `typeof admission === 'number'` tells them apart. */
export type Admission = Ticket | Refusal;

/** Whole numbers of calls; `slow` ones are among the `ok` and `failed` ones. */
export interface CallCounts {
  readonly ok: number;
  readonly failed: number;
  readonly slow?: number;
}

/**
 * May this call be made? Callers that would rather wait than be refused queue outside and ask again after a transition.
 * @param happened if given, the transitions that fell due or that this call caused are appended to it.
 */
export function admit(config: BreakerConfig, state: BreakerState, atMs: number, happened?: BreakerEffect[]): Admission {
  report(advance(config, state, atMs), happened);
  const { mode } = state;
  switch (mode.kind) {
    case 'closed':
    case 'metrics-only':
      return letThrough(state);
    case 'disabled':
      return issueTicket(state.tickets, state.generation);
    case 'open':
      if (state.lastMs < mode.untilMs) return refuse(config, state, 'open', mode.untilMs);
      report(enterHalfOpen(state, state.lastMs, 'wait-over'), happened);
      return admit(config, state, atMs, happened);
    case 'half-open':
      return admitProbe(config, state, mode);
    case 'ramping':
      return admitOnRamp(config, state, mode);
    case 'forced-open':
      return refuse(config, state, 'forced-open', null);
    default:
      return unreachable(mode);
  }
}

/**
 * Counts the outcome of an admitted call and returns what happened, usually nothing. A late result (its mode has ended)
 * is reported and decides nothing; a second result of the same call is reported and ignored.
 * @param callClass picks the slow limit from `slowMsByClass`.
 */
export function settle(
  config: BreakerConfig,
  state: BreakerState,
  ticket: Ticket,
  outcome: CallOutcome,
  durationMs: number,
  atMs: number,
  callClass?: string,
): readonly BreakerEffect[] {
  const effects = advance(config, state, atMs);
  const generation = redeemTicket(state.tickets, ticket);
  if (state.mode.kind === 'disabled') return effects;
  if (generation === NOT_IN_FLIGHT) return joinEffects(effects, [{ kind: 'unknown-ticket', atMs: state.lastMs }]);
  if (generation !== state.generation) return joinEffects(effects, countLate(state, 1));
  const slow = outcome !== 'ignored' && durationMs > slowLimitMs(config, callClass);
  return joinEffects(effects, countOutcome(config, state, outcome, slow));
}

/**
 * Counts many outcomes at once, for callers that see windows and not calls. In closed it equals that many single calls
 * with the failed and slow ones evenly spread, judged once at the end. In half-open the outcomes stand for the missing
 * probes, in proportion; set `open.automatic`, since no call asks to be the first probe. While open they are late.
 * @throws BreakerError `bad-counts` unless the counts are whole, not negative, and slow <= ok + failed.
 */
export function settleMany(
  config: BreakerConfig,
  state: BreakerState,
  counts: CallCounts,
  atMs: number,
): readonly BreakerEffect[] {
  const { ok, failed, slow = 0 } = counts;
  const calls = ok + failed;
  if (![ok, failed, slow].every((count) => Number.isSafeInteger(count) && count >= 0) || slow > calls)
    throw new BreakerError('bad-counts', [`ok ${ok}, failed ${failed}, slow ${slow} are no whole numbers of calls`]);
  const effects = advance(config, state, atMs);
  if (calls === 0) return effects;
  return joinEffects(effects, countOutcomes(config, state, { calls, failed, slow }));
}

/** Gives a ticket back without an outcome: the call was not made, or its caller cancelled it. */
export function release(
  config: BreakerConfig,
  state: BreakerState,
  ticket: Ticket,
  atMs: number,
): readonly BreakerEffect[] {
  const effects = advance(config, state, atMs);
  const generation = redeemTicket(state.tickets, ticket);
  if (generation !== state.generation || state.mode.kind !== 'half-open') return effects;
  return joinEffects(effects, endProbe(config, state, state.mode, config.halfOpen.cancelled));
}

function letThrough(state: BreakerState): Ticket {
  state.counts.admitted += 1;
  return issueTicket(state.tickets, state.generation);
}

function refuse(
  config: BreakerConfig,
  state: BreakerState,
  cause: Refusal['cause'],
  retryAtMs: number | null,
): Refusal {
  state.counts.refused += 1;
  return { kind: 'refused', breaker: config.name, cause, retryAtMs };
}

function admitProbe(config: BreakerConfig, state: BreakerState, probing: HalfOpen): Admission {
  if (freePermits(config, probing) === 0) return refuse(config, state, 'probing', probing.untilMs);
  if (probing.inFlight === 0) probing.untilMs = state.lastMs + config.halfOpen.stayMs;
  probing.inFlight += 1;
  return letThrough(state);
}

/** Credit instead of chance: of any run of calls exactly the admitted share passes. */
function admitOnRamp(config: BreakerConfig, state: BreakerState, ramping: Ramping): Admission {
  const { from, lengthMs } = config.ramp!;
  ramping.credit += from ** (1 - (state.lastMs - ramping.sinceMs) / lengthMs);
  if (ramping.credit < 1) return refuse(config, state, 'ramping', ramping.untilMs);
  ramping.credit -= 1;
  return letThrough(state);
}

function report(effects: readonly BreakerEffect[], happened: BreakerEffect[] | undefined): void {
  if (effects.length > 0) happened?.push(...effects);
}

function slowLimitMs({ slowMs, slowMsByClass }: BreakerConfig, callClass: string | undefined): number {
  return callClass !== undefined && Object.hasOwn(slowMsByClass, callClass) ? slowMsByClass[callClass]! : slowMs;
}
