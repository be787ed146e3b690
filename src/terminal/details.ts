/** All that is known of one service: issues with their evidence, reasons, replicas, and its own history. Pure. */
import type { HistoryRow } from '../runtime/history.ts';
import type { FleetStatus, ServiceStatus } from '../runtime/status.ts';
import { historyLines } from './activity.ts';
import type { View } from './feed.ts';
import { type Line, line, NO_LINE, type Signs, span, wrapped } from './spans.ts';
import { age, inline, latency, percent, rate, statusTone } from './words.ts';

interface DetailOptions {
  readonly width: number;
  readonly nowMs: number;
  readonly signs: Signs;
}

const HISTORY_SHOWN = 200;
const LABEL = 12;

/** Longer than a screen, often: it is scrolled. */
export function detailLines({ status, figures, history }: View, id: string, options: DetailOptions): readonly Line[] {
  const available = figures.availabilityOf.get(id) ?? null;
  const own = history.filter((row) => concerns(row, id));
  const shown = historyLines(own, HISTORY_SHOWN, options);
  return [
    ...serviceLines(status, id, options, `${percent(available, 2)} of the windows since healix started`),
    ...treatedLines(own, options),
    NO_LINE,
    line(span(`History of ${id}, newest first`, 'bold')),
    ...(shown.length === 0 ? [line('  nothing yet')] : shown),
  ];
}

/** The same without its history. */
export function serviceLines(
  status: FleetStatus,
  id: string,
  options: DetailOptions,
  available: string | null = null,
): readonly Line[] {
  const service = status.services.find((one) => one.id === id);
  if (service === undefined) return [line(`${id} is not among the services any more`)];
  return [
    ...stateLines(service, options),
    ...(available === null ? [] : [labelled('available', available)]),
    NO_LINE,
    ...issueLines(service, options),
    ...togetherLines(status, id, options),
    ...waitingLines(status, id, options),
  ];
}

function stateLines(service: ServiceStatus, { width, nowMs, signs }: DetailOptions): Line[] {
  const { id, status, reason, tier, circuit, paused, replicas, figures: measured } = service;
  const since = measured?.troubleSinceMs == null ? '' : ` for ${age(nowMs - measured.troubleSinceMs)}`;
  const calls =
    measured === null
      ? 'not measured'
      : `${rate(measured.callsPerS)} a second, ${percent(measured.errorRate)} fail, p95 ${latency(measured.p95Ms)}`;
  const places = replicas.map(({ state, pid, port }, at) =>
    state === 'running' ? `${at}: pid ${pid}${port === null ? '' : `, port ${port}`}` : `${at}: ${state}`,
  );
  return [
    line(
      span(id, 'bold'),
      '  ',
      span(`${signs.dot} ${status}${since}`, statusTone(status)),
      reason === '' ? '' : `  ${inline(reason)}`,
      ...(paused ? [span('  paused: left alone until it is resumed', 'warn')] : []),
    ),
    labelled('tier', tier),
    labelled('circuit', circuit),
    labelled('calls', calls),
    labelled('attempts', `${measured?.attempts ?? 0} at the trouble that stands`),
    ...wrapped(places.join('; ') || 'none', width - LABEL - 2).map((text, at) =>
      labelled(at === 0 ? 'replicas' : '', text),
    ),
  ];
}

function issueLines({ figures }: ServiceStatus, { width }: DetailOptions): Line[] {
  const issues = figures?.issues ?? [];
  if (issues.length === 0) return [line(span('No issue calls for an action', 'bold'))];
  return [
    line(span('Issues, and the evidence for them', 'bold')),
    ...issues.flatMap(({ issue, replica, evidence }) => {
      const text = `${issue}${replica < 0 ? '' : ` of replica ${replica}`}: ${inline(evidence)}`;
      return wrapped(text, width, 2).map((one) => line(span(one, 'warn')));
    }),
  ];
}

/** What is under way, and for which issue: while it is, the issue does not call for another action, and is not among those above. */
function treatedLines(own: readonly HistoryRow[], { width, nowMs }: DetailOptions): Line[] {
  const lines = own.flatMap((row) => {
    if (row.kind !== 'action' || row.result !== 'open') return [];
    const where = row.replica < 0 ? '' : ` of replica ${row.replica}`;
    const text = `${row.action}${where}, for ${age(nowMs - row.atMs)}, because of ${row.cause}: ${row.reason}`;
    return wrapped(inline(text), width, 2).map((one) => line(span(one, 'accent')));
  });
  return lines.length === 0 ? [] : [NO_LINE, line(span('Being treated', 'bold')), ...lines];
}

/** Its part in an incident, if agents are at one. */
function togetherLines(status: FleetStatus, id: string, { width, nowMs }: DetailOptions): Line[] {
  const agents = status.coordination.agents;
  if (agents === null) return [];
  const held = agents.held.filter(({ service }) => service === id);
  const causes = (agents.incident?.causes ?? []).filter(({ cause, victims }) => cause === id || victims.includes(id));
  const texts = [
    ...held.map(({ untilMs, reason }) => `held back for at most ${age(untilMs - nowMs)} more: ${reason}`),
    ...causes.map(({ cause, score, reasons }) => {
      const part = cause === id ? 'a likely cause' : `follows, likely, from ${cause}`;
      return `${part} (${score.toFixed(2)}): ${reasons.join('; ') || 'no reasons told'}`;
    }),
  ];
  if (texts.length === 0) return [];
  const lines = texts.flatMap((text) => wrapped(inline(text), width, 2).map((one) => line(one)));
  return [NO_LINE, line(span('Together', 'bold')), ...lines];
}

function waitingLines(status: FleetStatus, id: string, { width, nowMs }: DetailOptions): Line[] {
  const waiting = status.waitingForApproval.filter(({ service }) => service === id);
  if (waiting.length === 0) return [];
  const lines = waiting.flatMap(({ id: action, action: kind, reason, untilMs }) =>
    wrapped(`action ${action}, ${kind}: ${inline(reason)}; ${age(untilMs - nowMs)} left`, width, 2),
  );
  return [NO_LINE, line(span('Waits for a yes', 'bold')), ...lines.map((one) => line(span(one, 'warn')))];
}

function labelled(label: string, text: string): Line {
  return line(span(`  ${label.padEnd(LABEL)}`, 'dim'), text);
}

/** Its own rows, and those of agents that speak of it. */
function concerns(row: HistoryRow, id: string): boolean {
  switch (row.kind) {
    case 'action':
    case 'exit':
    case 'repair':
    case 'approval':
      return row.service === id;
    case 'agents':
      return 'service' in row.record && row.record.service === id;
    case 'reload':
      return false;
  }
}
