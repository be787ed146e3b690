/** The few figures of a running healix that one looks at first, from what it tells Prometheus. */
import { METRICS } from '../runtime/signs/metrics/list.ts';
import { type Exposition, total } from './exposition.ts';

/** All since healix started, unless said otherwise. Null where nothing was measured yet. */
export interface KeyFigures {
  /** Share of all windows of all services in which the service was healthy. */
  readonly availability: number | null;
  /** The same, service by service. */
  readonly availabilityOf: ReadonlyMap<string, number>;
  /** Requests at the gateways: all that were to be answered, and those answered well. */
  readonly requests: number;
  readonly requestsOk: number;
  /** Actions that ended: carried out, and not. */
  readonly actionsDone: number;
  readonly actionsFailed: number;
  /** Recoveries of services, and the mean time of one, seconds. */
  readonly recoveries: number;
  readonly meanTimeToRecoverS: number | null;
  /** Decisions that the guard refused. */
  readonly refusals: number;
  /** Letters that agents sent, and incidents that were opened. */
  readonly messages: number;
  readonly escalations: number;
  /** Looks that came late. */
  readonly looksLate: number;
  /** Of healix itself: troubles that stand, resident megabytes, seconds of processor. */
  readonly troubles: readonly string[];
  readonly memoryMb: number | null;
  readonly processorS: number;
}

/** Those that somebody waited for: a caller that went away, or sent no request, is nobody's failure. */
const ANSWERED = ['ok', 'failed', 'refused', 'fallback', 'overloaded', 'unroutable'] as const;

export function keyFigures(from: Exposition): KeyFigures {
  const windows = total(from, METRICS.windows.name);
  const recoveries = total(from, `${METRICS.timeToRecover.name}_count`);
  const memory = total(from, 'process_resident_memory_bytes');
  const sum = (name: string, label: string, values: readonly string[]): number =>
    values.reduce((soFar, value) => soFar + total(from, name, { [label]: value }), 0);
  return {
    availability: windows === 0 ? null : total(from, METRICS.windows.name, { status: 'healthy' }) / windows,
    availabilityOf: new Map(
      (from.get(METRICS.availability.name) ?? []).map(({ labels: { service = '' }, value }) => [service, value]),
    ),
    requests: sum(METRICS.requests.name, 'outcome', ANSWERED),
    requestsOk: total(from, METRICS.requests.name, { outcome: 'ok' }),
    actionsDone: total(from, METRICS.healings.name, { outcome: 'done' }),
    actionsFailed: sum(METRICS.healings.name, 'outcome', ['failed', 'unsupported']),
    recoveries,
    meanTimeToRecoverS: recoveries === 0 ? null : total(from, `${METRICS.timeToRecover.name}_sum`) / recoveries,
    refusals: total(from, METRICS.refusals.name),
    messages: total(from, METRICS.messages.name),
    escalations: total(from, METRICS.escalations.name),
    looksLate: total(from, METRICS.looksLate.name),
    troubles: (from.get(METRICS.troubles.name) ?? []).flatMap(({ labels: { trouble = 'unknown' }, value }) =>
      value > 0 ? [trouble] : [],
    ),
    memoryMb: memory === 0 ? null : memory / 1_000_000,
    processorS: total(from, 'process_cpu_seconds_total'),
  };
}
