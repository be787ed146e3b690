/** What outcomes do to a breaker: counted while it serves, judged by the trip rules, or taken as probes. */
import type { BreakerConfig } from './breaker-config.ts';
import { endProbe, endProbes, type ProbeResult } from './breaker-probes.ts';
import { type BreakerEffect, type BreakerState, type CallOutcome, NO_EFFECTS } from './breaker-state.ts';
import { enterOpen } from './breaker-transitions.ts';
import { exceeds, firstRuleThatHolds, ruleValue, shareOf } from './breaker-trip.ts';
import { type CallTotals, recordCall, recordCalls } from './breaker-window.ts';

/** Counts one call of the present generation. */
export function countOutcome(
  config: BreakerConfig,
  state: BreakerState,
  outcome: CallOutcome,
  slow: boolean,
): readonly BreakerEffect[] {
  if (outcome === 'ignored') state.counts.ignored += 1;
  if (state.mode.kind === 'half-open') return endProbe(config, state, state.mode, probeResult(config, outcome, slow));
  if (outcome === 'ignored' || state.lastMs < state.warmUpUntilMs) return NO_EFFECTS;
  const failed = outcome === 'failed';
  recordCall(state.window, config.window, failed, slow, state.lastMs);
  state.consecutive = failed ? state.consecutive + 1 : 0;
  return judge(config, state, failed || slow);
}

/** Counts calls that are known by their number only. */
export function countOutcomes(
  config: BreakerConfig,
  state: BreakerState,
  added: Readonly<CallTotals>,
): readonly BreakerEffect[] {
  switch (state.mode.kind) {
    case 'disabled':
      return NO_EFFECTS;
    case 'open':
    case 'forced-open':
      return countLate(state, added.calls);
    case 'half-open':
      return endProbes(config, state, state.mode, added);
    default:
      break;
  }
  if (state.lastMs < state.warmUpUntilMs) return NO_EFFECTS;
  recordCalls(state.window, config.window, added, state.lastMs);
  state.consecutive = failuresInARow(state.consecutive, added.calls, added.failed);
  return judge(config, state, added.failed > 0 || added.slow > 0);
}

/** Results that came after their mode had ended. */
export function countLate(state: BreakerState, calls: number): readonly BreakerEffect[] {
  state.counts.late += calls;
  return [{ kind: 'late', atMs: state.lastMs, calls }];
}

/** Length of the run of failures that ends `calls` evenly spread outcomes. */
function failuresInARow(before: number, calls: number, failed: number): number {
  const ok = calls - failed;
  return ok === 0 ? before + failed : Math.ceil(calls / ok) - 1;
}

function probeResult({ halfOpen }: BreakerConfig, outcome: CallOutcome, slow: boolean): ProbeResult {
  if (outcome === 'ignored') return halfOpen.ignored;
  if (outcome === 'failed') return 'failure';
  return slow ? halfOpen.slow : 'success';
}

/** @param bad the newest outcome was failed or slow. */
function judge(config: BreakerConfig, state: BreakerState, bad: boolean): readonly BreakerEffect[] {
  const judged = bad || config.judgeOn === 'any-outcome';
  const { mode } = state;
  if (!judged && mode.kind !== 'metrics-only') return NO_EFFECTS;
  const rule = firstRuleThatHolds(config, state);
  if (mode.kind === 'metrics-only') {
    const isNew = rule >= 0 && judged && !mode.crossed;
    mode.crossed = rule >= 0 && (mode.crossed || isNew);
    return isNew ? [thresholdEffect(config, state, rule)] : NO_EFFECTS;
  }
  if (rule >= 0) return trip(config, state, rule);
  return mode.kind === 'ramping' && rampFails(config, state)
    ? enterOpen(config, state, state.lastMs, 'ramp-failed')
    : NO_EFFECTS;
}

function trip(config: BreakerConfig, state: BreakerState, rule: number): readonly BreakerEffect[] {
  return [thresholdEffect(config, state, rule), ...enterOpen(config, state, state.lastMs, 'trip-rule')];
}

function thresholdEffect(config: BreakerConfig, state: BreakerState, rule: number): BreakerEffect {
  return { kind: 'threshold', atMs: state.lastMs, rule, value: ruleValue(config.trip[rule]!, state) };
}

function rampFails({ ramp }: BreakerConfig, { window }: BreakerState): boolean {
  const { share, comparison, minimumCalls } = ramp!.rollback;
  return exceeds(shareOf(window.failed, window.calls, minimumCalls), share, comparison);
}
