/** The breaker of single calls from a strategy's breaker genes, which speak of windows. */
import { breakerConfigSchema } from '../../../strategies/breaker-config.ts';
import type { Strategy } from '../../../strategies/strategy.ts';
import { OPEN_MAX_MS } from '../../../strategies/window-breaker.ts';

/**
 * What the genes say of windows, said of calls: the strategy's window is the breaker's; the trial share of the fewest calls that
 * may open it is the number of probes, at least one; slow calls do not count, as the genes look at failures only. A strategy that
 * leaves the breaker to its playbook (`tripShare` 0) gives one that does not open by itself.
 */
export function breakerFromStrategy({ breaker, detection }: Strategy) {
  const { tripShare, minimumCalls, openS, openBackoff, probeShare, closeShare } = breaker;
  return breakerConfigSchema.parse({
    window: { kind: 'time', lengthMs: detection.windowS * 1000 },
    trip: tripShare === 0 ? [] : [{ kind: 'failed-share', share: tripShare, minimumCalls }],
    slowMs: detection.slowMs,
    open: { waitMs: openS * 1000, factor: openBackoff, waitMsMax: OPEN_MAX_MS },
    halfOpen: {
      permits: Math.max(1, Math.round(probeShare * minimumCalls)),
      pass: { kind: 'failed-share', share: closeShare, comparison: '>' },
      slow: 'success',
    },
  });
}
