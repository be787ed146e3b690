/** When a breaker trips: each rule is a value of the counted calls, a threshold and an explicit comparison. */
import type { BreakerConfig, Comparison, TripRule } from './breaker-config.ts';
import type { BreakerState } from './breaker-state.ts';
import { unreachable } from './contract.ts';

/** Index of the first trip rule that holds, or -1. */
export function firstRuleThatHolds(config: BreakerConfig, state: BreakerState): number {
  for (let index = 0; index < config.trip.length; index++) {
    const rule = config.trip[index]!;
    if (exceeds(ruleValue(rule, state), ruleThreshold(rule), rule.comparison)) return index;
  }
  return -1;
}

/** False for an unknown value (NaN), whatever the comparison. */
export function exceeds(value: number, threshold: number, comparison: Comparison): boolean {
  return comparison === '>' ? value > threshold : value >= threshold;
}

/** The value a rule compares; NaN while there are too few calls to know it. */
export function ruleValue(rule: TripRule, { window, consecutive }: BreakerState): number {
  switch (rule.kind) {
    case 'consecutive':
      return consecutive;
    case 'failed-count':
      return window.failed;
    case 'failed-share':
      return shareOf(window.failed, window.calls, rule.minimumCalls);
    case 'slow-share':
      return shareOf(window.slow, window.calls, rule.minimumCalls);
    case 'weighted-share':
      return shareOf(
        rule.failedWeight * window.failed + rule.slowWeight * window.slow,
        window.calls,
        rule.minimumCalls,
      );
    default:
      return unreachable(rule);
  }
}

/** part / calls, or NaN below the minimum of calls (at least 1). */
export function shareOf(part: number, calls: number, minimumCalls: number): number {
  return calls >= minimumCalls ? part / calls : Number.NaN;
}

function ruleThreshold(rule: TripRule): number {
  switch (rule.kind) {
    case 'consecutive':
    case 'failed-count':
      return rule.failures;
    case 'failed-share':
    case 'slow-share':
      return rule.share;
    case 'weighted-share':
      return rule.threshold;
    default:
      return unreachable(rule);
  }
}
