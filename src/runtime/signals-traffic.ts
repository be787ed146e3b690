/** Own probes of the `performance` level as calls, for services without a gateway and for windows in which nobody called. */
import type { LookRecord } from './probes/look.ts';

/** What one replica's performance looks of a window amount to. */
export interface LookedTraffic {
  readonly calls: number;
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

/**
 * Every look that could see is a call; bad and no answer are failures; quantiles are of the good ones (nearest rank). When a look
 * tells the service's own `calls` and `failed` (of about a window, as the service counts), the newest ones come on top; its own
 * `p50Ms` and `p95Ms` take the place of the looks'. Null when there was no such look.
 */
export function trafficOfLooks(looks: readonly LookRecord[]): LookedTraffic | null {
  const seen = looks.flatMap(({ level, look }) => (level === 'performance' && look.blind !== true ? [look] : []));
  if (seen.length === 0) return null;
  const told = (name: 'calls' | 'failed' | 'p50Ms' | 'p95Ms'): number | undefined =>
    seen.findLast(({ values }) => values?.[name] !== undefined)?.values?.[name];
  const tookMs = seen.flatMap((look) => (look.kind === 'good' ? [look.tookMs] : [])).sort((a, b) => a - b);
  return {
    calls: seen.length + (told('calls') ?? 0),
    failed: seen.length - tookMs.length + (told('failed') ?? 0),
    p50Ms: told('p50Ms') ?? quantile(tookMs, 0.5),
    p95Ms: told('p95Ms') ?? quantile(tookMs, 0.95),
  };
}

/** Nearest rank: the least value that a share of all stays within. */
function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}
