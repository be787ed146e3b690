/** The runtime in figures, for Prometheus: counts what it is told, and looks at the rest when it is asked. */
import { collectDefaultMetrics, type Registry } from 'prom-client';
import { ACTION_FACTS, HEALTH_STATUSES, type HealthStatus, ISSUES } from '../../../../strategies/contract.ts';
import type { Refusal } from '../../../../strategies/guard.ts';
import type { RuntimeEvent } from '../../events.ts';
import type { Journal } from '../../ports.ts';
import type { LookRecord } from '../../probes/look.ts';
import type { Beat } from '../../schedule.ts';
import type { RequestTotals } from '../../traffic-totals.ts';
import { ALERT_CHANNELS, type HealthEvent, SELF_TROUBLES, type SelfTrouble, type Sign } from '../signs.ts';
import { createInstruments, setOneHot } from './instruments.ts';
import { createRecoveryWatch } from './recovery.ts';
import { createRefusalReader, limitOf } from './refusals.ts';

/** What is looked at when somebody asks for the figures. */
export interface MetricsSources {
  status(): readonly {
    readonly id: string;
    readonly status: HealthStatus;
    readonly circuit: string;
    readonly paused: boolean;
    readonly replicas: readonly { readonly state: string }[];
  }[];
  /** The refusals that the guard keeps, oldest first; the list that it writes to, not a copy. */
  refusals(): readonly Refusal[];
  /** Requests at a service's gateway since it was opened; null without a gateway. */
  requests(service: string): RequestTotals | null;
  /** Actions begun and not ended. */
  underWay(): number;
  isJournalHealthy(): boolean;
  /** Null where every service heals alone. */
  agents?(): { readonly messages: number; readonly incident: object | null } | null;
  /** The articles that agents are judged by; none where every service heals alone. */
  articles?(): readonly string[];
  /** Who heals what; null where nobody says. */
  info?(): Readonly<Record<'fleet' | 'version' | 'pack' | 'level', string>>;
}

export interface MetricsOptions {
  /** Monotonic milliseconds, for the time to recover; `performance.now` unless a test says otherwise. */
  readonly monotonicMs?: () => number;
  /** Processor, memory, descriptors and garbage collection of this process, too (prom-client's default metrics); true when left out. */
  readonly ofProcess?: boolean;
}

export interface Metrics {
  /** For the answer's content-type. */
  readonly contentType: string;
  /** From now on these are looked at. Until then only what was told is known. */
  connect(sources: MetricsSources): void;
  observe(event: RuntimeEvent | Sign): void;
  /** For `onLook` of the probe schedule. */
  look(record: LookRecord): void;
  /** For `onBeat` of the probe schedule. */
  beat(beat: Beat): void;
  /** For `onLag` of the runtime's watch over itself. */
  lag(ms: number): void;
  /** The journal, with its appends timed. */
  timed(journal: Journal): Journal;
  /** The exposition text. */
  text(): Promise<string>;
}

const PHASES = ['closed', 'open', 'half-open', 'isolated'] as const;
const STATES = ['running', 'dead', 'empty'] as const;
/** What else than a symptom actions are decided for; a label must not grow with what agents or rules may be called one day. */
const CAUSES: ReadonlySet<string> = new Set([...ISSUES, 'rule', 'breaker', 'command', 'escalation', 'coordination']);
/** Calling a person has no outcome. */
const HEALINGS = Object.keys(ACTION_FACTS).filter((kind) => kind !== 'escalate');
const ASKED = ['ok', 'failed', 'refused', 'fallback', 'overloaded', 'unroutable'] as const;

export function createMetrics({
  monotonicMs = () => performance.now(),
  ofProcess = true,
}: MetricsOptions = {}): Metrics {
  const { registry, instruments: to } = createInstruments();
  if (ofProcess) collectOfProcess(registry);
  const recoveries = createRecoveryWatch();
  const recovered = new Map<string, { tier: string; sum: number; count: number }>();
  const windows = new Map<string, { all: number; healthy: number }>();
  const newRefusals = createRefusalReader();
  const waiting = new Set<number>();
  let sources: MetricsSources | null = null;
  for (const trouble of SELF_TROUBLES) to.troubles.set({ trouble }, 0);
  for (const channel of ALERT_CHANNELS)
    for (const outcome of ['done', 'failed']) to.alerts.inc({ channel, outcome }, 0);

  const countRefusals = (): void => {
    if (sources === null) return;
    const fresh = newRefusals(sources.refusals());
    if (fresh.length === 0) return;
    const services = sources.status();
    for (const { service, reason } of fresh)
      to.refusals.inc({ service: services[service]?.id ?? 'unknown', limit: limitOf(reason) });
  };

  const countWindow = (event: HealthEvent): void => {
    const { service, tier, status } = event;
    to.windows.inc({ service, status });
    // There from the first window, so that the first recovery is an increase.
    if (!windows.has(service)) to.timeToRecover.zero({ service, tier });
    const known = windows.get(service) ?? { all: 0, healthy: 0 };
    windows.set(service, { all: known.all + 1, healthy: known.healthy + Number(status === 'healthy') });
    const seconds = recoveries.see(event, monotonicMs());
    if (seconds === null) return;
    to.timeToRecover.observe({ service, tier }, seconds);
    const { sum, count } = recovered.get(service) ?? { sum: 0, count: 0 };
    recovered.set(service, { tier, sum: sum + seconds, count: count + 1 });
  };

  const lookAtSources = (): void => {
    for (const gauge of [to.health, to.circuit, to.paused, to.replicas, to.availability, to.meanTimeToRecover])
      gauge.reset();
    to.requests.reset();
    to.requestSuccess.reset();
    if (sources !== null) lookAtServices(sources);
    for (const [service, { tier, sum, count }] of recovered) to.meanTimeToRecover.set({ service, tier }, sum / count);
    for (const [service, { all, healthy }] of windows) to.availability.set({ service }, healthy / all);
  };

  const lookAtServices = (known: MetricsSources): void => {
    countRefusals();
    to.underWay.set(known.underWay());
    const agents = known.agents?.() ?? null;
    to.messages.reset();
    to.messages.inc(agents?.messages ?? 0);
    to.incidents.set(agents?.incident == null ? 0 : 1);
    for (const article of known.articles?.() ?? []) to.verdicts.inc({ article, verdict: 'refuse' }, 0);
    to.journalHealthy.set(Number(known.isJournalHealthy()));
    to.info.reset();
    const info = known.info?.();
    if (info !== undefined) to.info.set(info, 1);
    const statuses = known.status();
    const running = new Set(statuses.map(({ id }) => id));
    recoveries.keepOnly(running);
    for (const kept of [recovered, windows]) for (const id of kept.keys()) if (!running.has(id)) kept.delete(id);
    for (const { id: service, status, circuit, paused, replicas } of statuses) {
      setOneHot(to.health, service, 'status', HEALTH_STATUSES, status);
      setOneHot(to.circuit, service, 'phase', PHASES, circuit);
      to.paused.set({ service }, Number(paused));
      // There from the start, so that the first of them is an increase: alerts look for that.
      to.exits.inc({ service }, 0);
      to.escalations.inc({ service }, 0);
      for (const action of HEALINGS)
        for (const outcome of ['done', 'failed']) to.healings.inc({ service, action, outcome }, 0);
      to.refusals.inc({ service, limit: 'restart-budget' }, 0);
      for (const state of STATES)
        to.replicas.set({ service, state }, replicas.filter((replica) => replica.state === state).length);
      const totals = known.requests(service);
      if (totals === null) continue;
      for (const [outcome, count] of Object.entries(totals)) to.requests.inc({ service, outcome }, count);
      const asked = ASKED.reduce((sum, outcome) => sum + totals[outcome], 0);
      if (asked > 0) to.requestSuccess.set({ service }, totals.ok / asked);
    }
  };

  return {
    contentType: registry.contentType,
    connect(given) {
      sources = given;
      // What the guard refused before is of an earlier run.
      newRefusals(given.refusals());
    },
    observe(event) {
      switch (event.kind) {
        case 'signal':
          // Once per service and window, so that few refusals of a busy guard are pushed out uncounted.
          return countRefusals();
        case 'health':
          return countWindow(event);
        case 'decided': {
          const { kind: action, cause } = event.action;
          return to.decisions.inc({
            service: event.service,
            action,
            cause: CAUSES.has(cause) ? cause : 'other',
          });
        }
        case 'approval':
          if (event.verdict === null) waiting.add(event.waiting.id);
          else {
            waiting.delete(event.waiting.id);
            to.approvals.inc({ action: event.waiting.action, verdict: event.verdict.kind });
          }
          return to.approvalsWaiting.set(waiting.size);
        case 'process':
          if (event.event.kind === 'exited') to.exits.inc({ service: event.event.record.service });
          return;
        case 'acted': {
          const labels = { action: event.action.kind, outcome: event.effect.kind };
          to.healings.inc({ service: event.service, ...labels });
          return to.healingDuration.observe(labels, Math.max(0, event.tookMs) / 1000);
        }
        case 'agents':
          if (event.record.kind === 'escalation') to.escalations.inc({ service: event.record.service });
          if (event.record.kind === 'verdict')
            to.verdicts.inc({ article: event.record.article, verdict: event.record.verdict });
          return;
        case 'journal-failed':
          return to.journalFailures.inc();
        case 'self-trouble':
          return standing(event.trouble, event.phase);
        case 'alert':
          return to.alerts.inc({ channel: event.channel, outcome: event.outcome });
        default:
          return;
      }
    },
    look({ service, level, look }) {
      const outcome = look.blind === true ? 'blind' : look.kind;
      to.looks.inc({ service, level, outcome });
      if (look.kind !== 'none') to.probeDuration.observe({ level, outcome }, look.tookMs / 1000);
    },
    beat: ({ level, isLate }) => void (isLate && to.looksLate.inc({ level })),
    lag: (ms) => to.eventLoopLag.observe(ms / 1000),
    timed: (journal) => timedJournal(journal, (ms) => to.journalAppend.observe(ms / 1000)),
    text() {
      lookAtSources();
      return registry.metrics();
    },
  };

  function standing(trouble: SelfTrouble, phase: 'began' | 'over'): void {
    if (phase === 'began') to.troubles.inc({ trouble });
    else to.troubles.dec({ trouble });
  }
}

/**
 * What prom-client tells of any process, but for the lag of the event loop: it is forgotten at every scrape, so that two who scrape see
 * half of it each, and what follows a reset at once is missed (node 20). `healix_event_loop_lag_seconds` is kept for good.
 */
function collectOfProcess(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const { name } of registry.getMetricsAsArray())
    if (name.startsWith('nodejs_eventloop_lag')) registry.removeSingleMetric(name);
}

function timedJournal(journal: Journal, onAppend: (ms: number) => void): Journal {
  return {
    async append(entry) {
      const startedAt = performance.now();
      await journal.append(entry);
      onAppend(performance.now() - startedAt);
    },
    read: () => journal.read(),
    get isHealthy() {
      return journal.isHealthy;
    },
    close: () => journal.close(),
  };
}
