/** What a human or a program is sent: one small JSON object, the same over every channel. */
import type { Sanitise } from '../sanitise.ts';
import { type Alert, endsByItself } from './alert.ts';
import type { Ended } from './repeats.ts';

export interface AlertMessage {
  /** Of the form of this object. */
  readonly version: 1;
  /** Unique: a receiver that sees one twice has got the same message twice. */
  readonly id: string;
  readonly state: 'firing' | 'resolved';
  readonly kind: string;
  readonly fleet: string;
  readonly service: string | null;
  readonly cause: string;
  readonly action: string | null;
  readonly reason: string;
  /** When it happened, ISO 8601. */
  readonly at: string;
  /** The same that came since it was last told, and were not sent. */
  readonly repeats: number;
  /** All of it in one line; Slack, Mattermost and others show this field. */
  readonly text: string;
}

const CAUSE_CHARS_MAX = 100;
const WORDS: Readonly<Record<Alert['kind'], string>> = {
  'healing-failed': 'healing failed',
  'gave-up': 'a human is needed',
  'approval-needed': 'an action waits for a yes',
  'journal-failed': 'the journal cannot be written',
  'event-loop-stalled': 'healix is held up',
  'action-stuck': 'an action does not end',
  'probes-late': 'probes come late',
  'looks-stopped': 'services are not looked at',
  'agents-lost': 'services heal alone',
  trouble: 'trouble',
};

export function firing(id: string, fleet: string, alert: Alert, repeats: number, sanitise: Sanitise): AlertMessage {
  const { kind, service, action, atMs } = alert;
  const reason = sanitise(alert.reason);
  const what = action === null || kind === 'gave-up' ? WORDS[kind] : `${WORDS[kind]} (${action})`;
  return {
    ...{ version: 1, id, state: 'firing', kind, fleet, service },
    ...{ cause: sanitise(alert.cause, CAUSE_CHARS_MAX), action, reason, at: isoOf(atMs), repeats },
    text: `${placeOf(fleet, service)}: ${what}: ${reason}${counted(repeats)}`,
  };
}

/** One message for all that is over at once, which is of one service or of healix itself. */
export function resolved(id: string, fleet: string, ended: readonly Ended[], atMs: number): AlertMessage {
  const [{ alert }] = ended as [Ended];
  const kinds = [...new Set(ended.map((one) => WORDS[one.alert.kind]))].join(', ');
  const repeats = ended.reduce((sum, one) => sum + one.repeats, 0);
  const isOver = alert.service === null || endsByItself(alert) ? 'over' : 'healthy again';
  return {
    ...{ version: 1, id, state: 'resolved', kind: alert.kind, fleet, service: alert.service },
    ...{ cause: alert.cause, action: alert.action, reason: isOver, at: isoOf(atMs), repeats },
    text: `${placeOf(fleet, alert.service)}: ${isOver} (${kinds})${counted(repeats)}`,
  };
}

/** The message for the environment of a command. NUL ends a string for the kernel; there is none in what was sanitised. */
export function environmentOf(message: AlertMessage): Record<string, string> {
  const { id, state, kind, fleet, service, cause, action, reason, at, repeats, text } = message;
  const facts = { ID: id, STATE: state, KIND: kind, FLEET: fleet, SERVICE: service, CAUSE: cause };
  const all = { ...facts, ACTION: action, REASON: reason, AT: at, REPEATS: repeats, TEXT: text };
  const known = Object.entries(all).filter(([, value]) => value !== null);
  return Object.fromEntries(known.map(([name, value]) => [`HEALIX_ALERT_${name}`, String(value)]));
}

/** A time that is none (from a clock gone mad) must not take the alert along. */
export function isoOf(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? 'unknown' : date.toISOString();
}

function placeOf(fleet: string, service: string | null): string {
  return service === null ? `healix of ${fleet}` : `${fleet}/${service}`;
}

function counted(repeats: number): string {
  return repeats === 0 ? '' : ` (${repeats} more of the same before)`;
}
