/** Every metric that healix itself keeps: name, type, labels and what it means. Registry, documents and tests read this table. */

export interface MetricSpec {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Each has few values: ids of the config's services, or words of a fixed list. */
  readonly labels: readonly string[];
  readonly help: string;
  /** Upper bounds of a histogram's buckets, seconds. */
  readonly buckets?: readonly number[];
}

const MOMENTS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const DISK = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const PROBES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const ACTIONS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600];
const RECOVERIES = [5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600];

export const METRICS = {
  healings: {
    name: 'healix_healings_total',
    type: 'counter',
    labels: ['service', 'action', 'outcome'],
    help: 'Actions that ended, by how the actuator reports them: done (carried out, not: it helped), failed, unsupported.',
  },
  decisions: {
    name: 'healix_decisions_total',
    type: 'counter',
    labels: ['service', 'action', 'cause'],
    help: 'Actions decided on, by what was amiss: a symptom, a rule, the breaker, an operator (command), agents (coordination), or other.',
  },
  healingDuration: {
    name: 'healix_healing_duration_seconds',
    type: 'histogram',
    labels: ['action', 'outcome'],
    help: 'Time from the beginning of an action to its end.',
    buckets: ACTIONS,
  },
  timeToRecover: {
    name: 'healix_time_to_recover_seconds',
    type: 'histogram',
    labels: ['service', 'tier'],
    help: 'From the end of the first window in which a service is not healthy to the end of the first in which it is again. Mean time to recover (MTTR) is sum / count.',
    buckets: RECOVERIES,
  },
  meanTimeToRecover: {
    name: 'healix_mean_time_to_recover_seconds',
    type: 'gauge',
    labels: ['service', 'tier'],
    help: 'MTTR since healix started: healix_time_to_recover_seconds, sum / count. For another span use rate() on both.',
  },
  windows: {
    name: 'healix_windows_total',
    type: 'counter',
    labels: ['service', 'status'],
    help: 'Windows judged, by the health status that the service had at their end.',
  },
  availability: {
    name: 'healix_availability_ratio',
    type: 'gauge',
    labels: ['service'],
    help: 'Share of healix_windows_total since healix started in which the service was healthy.',
  },
  requests: {
    name: 'healix_requests_total',
    type: 'counter',
    labels: ['service', 'outcome'],
    help: 'Requests at the gateway: ok, failed (by a replica), abandoned (by the caller), refused (circuit), fallback, overloaded, unroutable, malformed.',
  },
  requestSuccess: {
    name: 'healix_request_success_ratio',
    type: 'gauge',
    labels: ['service'],
    help: 'Since healix started: ok / (ok + failed + refused + fallback + overloaded + unroutable) of healix_requests_total.',
  },
  health: {
    name: 'healix_health_status',
    type: 'gauge',
    labels: ['service', 'status'],
    help: '1 for the health status that the service has, 0 for the others.',
  },
  circuit: {
    name: 'healix_circuit_state',
    type: 'gauge',
    labels: ['service', 'phase'],
    help: '1 for the phase that the circuit breaker is in, 0 for the others.',
  },
  paused: {
    name: 'healix_paused',
    type: 'gauge',
    labels: ['service'],
    help: '1 while an operator has paused the healing of the service.',
  },
  replicas: {
    name: 'healix_replicas',
    type: 'gauge',
    labels: ['service', 'state'],
    help: 'Replica slots by what is in them: running, dead, empty.',
  },
  exits: {
    name: 'healix_replica_exits_total',
    type: 'counter',
    labels: ['service'],
    help: 'Replica processes that ended, whoever ended them; those that ended while healix did not run count when it finds out.',
  },
  approvalsWaiting: {
    name: 'healix_approvals_waiting',
    type: 'gauge',
    labels: [],
    help: 'Actions that wait for a yes from a person.',
  },
  approvals: {
    name: 'healix_approvals_total',
    type: 'counter',
    labels: ['action', 'verdict'],
    help: 'Answers to actions that waited for a person: approved, denied (no answer in time is a denial).',
  },
  refusals: {
    name: 'healix_guard_refusals_total',
    type: 'counter',
    labels: ['service', 'limit'],
    help: 'Decisions that the guard refused, by the limit that they would have crossed.',
  },
  messages: {
    name: 'healix_agent_messages_total',
    type: 'counter',
    labels: [],
    help: 'Letters that agents sent each other.',
  },
  escalations: {
    name: 'healix_escalations_total',
    type: 'counter',
    labels: ['service'],
    help: 'Incidents that were opened because a service asked for help.',
  },
  incidents: {
    name: 'healix_incidents_open',
    type: 'gauge',
    labels: [],
    help: '1 while agents heal together, 0 while every service heals alone.',
  },
  verdicts: {
    name: 'healix_verdicts_total',
    type: 'counter',
    labels: ['article', 'verdict'],
    help: 'Verdicts on coordinated actions (approve, refuse, ask-human), by the article of the constitution that decided.',
  },
  looks: {
    name: 'healix_probe_looks_total',
    type: 'counter',
    labels: ['service', 'level', 'outcome'],
    help: 'Looks of probes: good, bad, none (no answer), blind (healix itself could not look).',
  },
  probeDuration: {
    name: 'healix_probe_duration_seconds',
    type: 'histogram',
    labels: ['level', 'outcome'],
    help: 'Time until a probe was answered; looks without an answer have none.',
    buckets: PROBES,
  },
  looksLate: {
    name: 'healix_probe_looks_late_total',
    type: 'counter',
    labels: ['level'],
    help: 'Looks that healix made much later than planned, or left out as too many were under way.',
  },
  underWay: {
    name: 'healix_actions_under_way',
    type: 'gauge',
    labels: [],
    help: 'Actions begun and not ended.',
  },
  journalHealthy: {
    name: 'healix_journal_healthy',
    type: 'gauge',
    labels: [],
    help: '1 while the disk takes the journal; while it does not, nothing risky is begun.',
  },
  journalFailures: {
    name: 'healix_journal_failures_total',
    type: 'counter',
    labels: [],
    help: 'Entries that the disk did not take.',
  },
  journalAppend: {
    name: 'healix_journal_append_seconds',
    type: 'histogram',
    labels: [],
    help: 'Time until an entry would survive a power cut.',
    buckets: DISK,
  },
  eventLoopLag: {
    name: 'healix_event_loop_lag_seconds',
    type: 'histogram',
    labels: [],
    help: 'The longest that the event loop was held up, second by second.',
    buckets: MOMENTS,
  },
  troubles: {
    name: 'healix_self_trouble',
    type: 'gauge',
    labels: ['trouble'],
    help: 'Troubles of healix itself that stand: journal, event-loop, stuck-action, late-probes, no-looks, clock-jump, agents.',
  },
  info: {
    name: 'healix_info',
    type: 'gauge',
    labels: ['fleet', 'version', 'pack', 'level'],
    help: 'Always 1; the labels say which fleet is healed, by which version of healix, with which strategy, and whether together.',
  },
  alerts: {
    name: 'healix_alerts_total',
    type: 'counter',
    labels: ['channel', 'outcome'],
    help: 'Alerts by what became of them: done, failed, dropped (too many waited).',
  },
} as const satisfies Record<string, MetricSpec>;

export type MetricKey = keyof typeof METRICS;
