/** Probes as the runtime uses them: one look each, defaults filled in for the levels that the file leaves out. */
import { PROBE_LEVELS, type ProbeLevel } from '../ports.ts';
import { PROBE_TIMEOUT_MS } from './bounds.ts';
import type { ServiceShape } from './schema.ts';

export type LookConfig =
  | { readonly kind: 'http'; readonly path: string; readonly expect: string | null }
  | { readonly kind: 'tcp' }
  | { readonly kind: 'exec'; readonly command: readonly string[] }
  | { readonly kind: 'push'; readonly everyMs: number }
  /** The process's own figures, from /proc. */
  | { readonly kind: 'process' }
  /** Last known status of what the service depends on. */
  | { readonly kind: 'status' };

export interface ProbeConfig {
  readonly level: ProbeLevel;
  readonly look: LookConfig;
  /** Null = the window of the strategy pack. */
  readonly intervalMs: number | null;
  readonly timeoutMs: number;
  /** Null = the healer learns. `tookMs` makes a slow answer bad; a share is what already counts as the whole limit. */
  readonly thresholds: { readonly tookMs?: number; readonly cpu?: number; readonly memory?: number } | null;
}

/** At most one probe per level, in the order of the levels. */
export function resolveProbes({ probes, dependsOn }: ServiceShape, hasPort: boolean): ProbeConfig[] {
  const liveness = probes.liveness ?? (hasPort ? { tcp: true as const, timeoutMs: PROBE_TIMEOUT_MS } : undefined);
  const all = { ...probes, liveness };
  return PROBE_LEVELS.flatMap((level): ProbeConfig[] => {
    const probe = all[level];
    if (probe === undefined) return [];
    const look = lookOf(level, probe);
    // Without dependencies there is nothing to know of them.
    if (look.kind === 'status' && dependsOn.length === 0) return [];
    const { intervalMs = null, timeoutMs } = probe;
    return [{ level, look, intervalMs, timeoutMs, thresholds: withoutGaps(probe.thresholds) }];
  });
}

type ProbeShape = Omit<NonNullable<ServiceShape['probes'][ProbeLevel]>, 'thresholds'> & {
  readonly thresholds?:
    | { readonly tookMs?: number | undefined; readonly cpu?: number | undefined; readonly memory?: number | undefined }
    | undefined;
};

function lookOf(level: ProbeLevel, { http, expect, tcp, exec, push }: ProbeShape): LookConfig {
  if (http !== undefined) return { kind: 'http', path: http, expect: expect ?? null };
  if (tcp !== undefined) return { kind: 'tcp' };
  if (exec !== undefined) return { kind: 'exec', command: exec };
  if (push !== undefined) return { kind: 'push', everyMs: push.everyMs };
  return { kind: level === 'resource' ? 'process' : 'status' };
}

function withoutGaps(thresholds: ProbeShape['thresholds']): ProbeConfig['thresholds'] {
  if (thresholds === undefined) return null;
  const { tookMs, cpu, memory } = thresholds;
  return {
    ...(tookMs === undefined ? {} : { tookMs }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
  };
}
