/** Half-open: probes under a fixed number of permits, and the verdict on them. */
import type { BreakerConfig } from './breaker-config.ts';
import { type BreakerEffect, type BreakerState, type HalfOpen, NO_EFFECTS } from './breaker-state.ts';
import { enterOpen, enterServing } from './breaker-transitions.ts';
import { exceeds } from './breaker-trip.ts';
import type { CallTotals } from './breaker-window.ts';

export type ProbeResult = 'success' | 'failure' | 'give-back';

/** Probes that may still be admitted. */
export function freePermits({ halfOpen }: BreakerConfig, probing: HalfOpen): number {
  return halfOpen.permits - probing.inFlight - probing.succeeded - probing.failed;
}

/** Settles one probe that was in flight. */
export function endProbe(
  config: BreakerConfig,
  state: BreakerState,
  probing: HalfOpen,
  result: ProbeResult,
): readonly BreakerEffect[] {
  probing.inFlight -= 1;
  if (result === 'success') probing.succeeded += 1;
  if (result === 'failure') probing.failed += 1;
  return result === 'give-back' ? NO_EFFECTS : judgeProbes(config, state, probing);
}

/** Which of the outcomes were the probes is unknown: the free permits take failed ones in proportion, rounded. */
export function endProbes(
  config: BreakerConfig,
  state: BreakerState,
  probing: HalfOpen,
  added: Readonly<CallTotals>,
): readonly BreakerEffect[] {
  const probes = Math.min(added.calls, freePermits(config, probing));
  const bad = config.halfOpen.slow === 'failure' ? Math.max(added.failed, added.slow) : added.failed;
  const failed = Math.round((probes * bad) / added.calls);
  probing.failed += failed;
  probing.succeeded += probes - failed;
  return judgeProbes(config, state, probing);
}

function judgeProbes(config: BreakerConfig, state: BreakerState, probing: HalfOpen): readonly BreakerEffect[] {
  const missing = config.halfOpen.permits - probing.succeeded - probing.failed;
  if (config.halfOpen.verdict === 'after-all' && missing > 0) return NO_EFFECTS;
  if (probesFail(config, probing.failed)) return enterOpen(config, state, state.lastMs, 'probes-failed');
  const passes = !probesFail(config, probing.failed + missing);
  return passes ? enterServing(config, state, state.lastMs, 'probes-passed') : NO_EFFECTS;
}

/** Whether so many failures among all permitted probes keep the breaker open. */
function probesFail({ halfOpen: { pass, permits } }: BreakerConfig, failed: number): boolean {
  return pass.kind === 'successes'
    ? permits - failed < pass.required
    : exceeds(failed / permits, pass.share, pass.comparison);
}
