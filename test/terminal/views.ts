/** A fleet as a running healix tells it, made of plain data. */
import type { HistoryRow } from '../../src/runtime/history.ts';
import type { FleetStatus, ServiceStatus } from '../../src/runtime/status.ts';
import { parseExposition } from '../../src/terminal/exposition.ts';
import type { View } from '../../src/terminal/feed.ts';
import { keyFigures } from '../../src/terminal/key-figures.ts';

/** The moment that all of it is seen at. */
export const NOW = Date.UTC(2026, 0, 2, 12, 0, 0);

export function service(id: string, more: Partial<ServiceStatus> = {}): ServiceStatus {
  return {
    id,
    tier: 'default',
    status: 'healthy',
    reason: '',
    circuit: 'closed',
    paused: false,
    replicas: [{ state: 'running', pid: 100, port: 4000 }],
    figures: { ready: 1, errorRate: 0, p95Ms: 12, callsPerS: 5, attempts: 0, troubleSinceMs: null, issues: [] },
    ...more,
  };
}

export function action(id: string, secondsAgo: number, more: Partial<Extract<HistoryRow, { kind: 'action' }>> = {}) {
  return {
    kind: 'action',
    atMs: NOW - secondsAgo * 1000,
    service: id,
    action: 'restart',
    replica: 0,
    cause: 'unresponsive',
    reason: '3 liveness probes unanswered in a row',
    result: 'done',
    detail: '',
    tookMs: 1200,
    ...more,
  } satisfies HistoryRow;
}

export function status(services: readonly ServiceStatus[], more: Partial<FleetStatus> = {}): FleetStatus {
  return {
    name: 'shop',
    status: services.some(({ status: one }) => one === 'failed') ? 'failed' : 'healthy',
    healthy: services.filter(({ status: one }) => one === 'healthy').length,
    services,
    healedBy: 'default',
    coordination: { level: 'basic', agents: null },
    startedAtMs: NOW - 125_000,
    dryRun: false,
    actionsUnderWay: 0,
    waitingForApproval: [],
    journalHealthy: true,
    ...more,
  };
}

/** What Prometheus is told, as far as tests need it. */
export const METRICS_TEXT = `# HELP healix_windows_total Windows judged.
# TYPE healix_windows_total counter
healix_windows_total{service="web",status="healthy"} 90
healix_windows_total{service="web",status="failed"} 10
healix_windows_total{service="cart",status="healthy"} 100
healix_availability_ratio{service="web"} 0.9
healix_availability_ratio{service="cart"} 1
healix_requests_total{service="web",outcome="ok"} 950
healix_requests_total{service="web",outcome="failed"} 40
healix_requests_total{service="web",outcome="refused"} 10
healix_requests_total{service="web",outcome="abandoned"} 7
healix_healings_total{service="web",action="restart",outcome="done"} 3
healix_healings_total{service="web",action="reconnect",outcome="unsupported"} 2
healix_time_to_recover_seconds_bucket{le="5",service="web",tier="default"} 1
healix_time_to_recover_seconds_bucket{le="+Inf",service="web",tier="default"} 2
healix_time_to_recover_seconds_sum{service="web",tier="default"} 17
healix_time_to_recover_seconds_count{service="web",tier="default"} 2
healix_self_trouble{trouble="journal"} 0
healix_self_trouble{trouble="late-probes"} 1
process_resident_memory_bytes 64000000
process_cpu_seconds_total 12.5
`;

export const FIGURES = keyFigures(parseExposition(METRICS_TEXT));

export function view(
  services: readonly ServiceStatus[],
  history: readonly HistoryRow[] = [],
  more: Partial<FleetStatus> = {},
): View {
  return { atMs: NOW, status: status(services, more), history, figures: FIGURES };
}

export function waiting(id: number, of: string): FleetStatus['waitingForApproval'][number] {
  return {
    ...{ id, service: of, action: 'rollback', replica: -1, reason: '42.0 % of calls fail', sinceMs: NOW - 10_000 },
    untilMs: NOW + 250_000,
    ...{
      hash: String(id % 10).repeat(64),
      parameters: {},
      evidence: { askedBy: { kind: 'policy', tier: 'critical' }, symptoms: [], causes: [], bid: null } as const,
    },
  };
}
