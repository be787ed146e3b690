/** Events as lines of the log: how grave they are, fields for programs, words for people. */
import { type HealthStatus, unreachable } from '../../../strategies/contract.ts';
import type { ActuatorEvent } from '../actuators/process-actuator.ts';
import { recordWords, talkWords } from '../coordination/records.ts';
import type { RuntimeEvent } from '../events.ts';
import type { Effect } from '../ports.ts';
import type { Sign } from './signs.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Its texts are as they came: whoever writes it sanitises them. */
export interface Line {
  readonly level: LogLevel;
  readonly fields: Readonly<Record<string, string | number | boolean | null | undefined>>;
  readonly words: string;
}

const OF_STATUS: Readonly<Record<HealthStatus, LogLevel>> = {
  healthy: 'info',
  recovering: 'info',
  degraded: 'warn',
  critical: 'error',
  failed: 'error',
};

/** `statuses`: what every service was last said to be; written here, so that only a change is news. */
export function lineOf(event: RuntimeEvent | Sign, statuses: Map<string, HealthStatus>): Line {
  switch (event.kind) {
    case 'signal': {
      const { service, windowMs } = event.signal;
      return { level: 'trace', fields: { index: service, windowMs }, words: 'a window was measured' };
    }
    case 'health': {
      const { service, status, reason } = event;
      const before = statuses.get(service) ?? 'healthy';
      statuses.set(service, status);
      const words = `${service}: ${status}${reason === '' ? '' : `: ${reason}`}`;
      return {
        level: status === before ? 'trace' : OF_STATUS[status],
        fields: { service, status, before, reason },
        words,
      };
    }
    case 'decided': {
      const { service, action } = event;
      const { kind, id, replica, cause, rung, reason } = action;
      const level = kind === 'escalate' ? 'warn' : 'info';
      const fields = { service, action: kind, id, replica: replica < 0 ? undefined : replica, cause, rung, reason };
      return { level, fields, words: `${service}: ${kind} because of ${cause}: ${reason}` };
    }
    case 'acted': {
      const { service, action, effect, tookMs } = event;
      const reason = wordsOf(effect);
      const fields = { service, action: action.kind, id: action.id, outcome: effect.kind, reason, tookMs };
      return { level: OF_EFFECT[effect.kind], fields, words: `${service}: ${action.kind} ${effect.kind}: ${reason}` };
    }
    case 'journal-failed':
      return {
        level: 'error',
        fields: { reason: event.reason },
        words: `the journal cannot be written: ${event.reason}`,
      };
    case 'ready': {
      const { adopted, started } = event;
      return { level: 'info', fields: { adopted, started }, words: `ready: ${started} started, ${adopted} adopted` };
    }
    case 'resumed': {
      const { resumed, opening } = event;
      const { entries, unsettled } = resumed;
      const fields = {
        records: entries,
        unsettled: unsettled.length,
        findings: opening.findings.length,
        repaired: opening.repair !== null,
      };
      const level = opening.findings.length > 0 ? 'warn' : 'info';
      return { level, fields, words: `resumed from ${entries} records, ${unsettled.length} actions unsettled` };
    }
    case 'process':
      return processLine(event.event);
    case 'escalated':
      return {
        level: 'error',
        fields: { service: event.service, reason: event.reason },
        words: `${event.service}: a human is needed: ${event.reason}`,
      };
    case 'approval': {
      const { waiting, verdict } = event;
      const { id, service, action, reason } = waiting;
      const words =
        verdict === null
          ? 'waits for a yes'
          : verdict.kind === 'approved'
            ? `approved by ${verdict.by}`
            : verdict.reason;
      const fields = { service, action, id, verdict: verdict?.kind ?? 'waiting', reason };
      return {
        level: verdict?.kind === 'approved' ? 'info' : 'warn',
        fields,
        words: `${service}: ${action}: ${words}: ${reason}`,
      };
    }
    case 'ordered':
      return {
        level: 'info',
        fields: { service: event.service, order: event.order },
        words: `${event.service}: ordered to ${event.order}`,
      };
    case 'reloaded':
      return {
        level: 'info',
        fields: { changes: event.changes.length },
        words: `another config: ${event.changes.join('; ') || 'nothing changed'}`,
      };
    case 'agents': {
      const { record } = event;
      const service = 'service' in record ? record.service : undefined;
      const level = record.kind === 'lost' ? 'error' : 'info';
      return { level, fields: { agents: record.kind, service }, words: recordWords(record) };
    }
    case 'talk':
      return { level: 'trace', fields: { agents: event.talk.kind }, words: talkWords(event.talk) };
    case 'warning':
      return { level: 'warn', fields: { text: event.text }, words: event.text };
    case 'trouble':
      return { level: 'warn', fields: { reason: event.reason }, words: event.reason };
    case 'self-trouble': {
      const { trouble, phase, service, reason } = event;
      return {
        level: phase === 'began' ? 'error' : 'info',
        fields: { trouble, phase, service, reason },
        words: reason,
      };
    }
    case 'alert': {
      const { alert, service, channel, outcome, reason } = event;
      const level = outcome === 'done' ? 'info' : 'error';
      return {
        level,
        fields: { alert, service, channel, outcome, reason },
        words: `alert ${alert} by ${channel} ${outcome}: ${reason}`,
      };
    }
    default:
      return unreachable(event);
  }
}

const OF_EFFECT: Readonly<Record<Effect['kind'], LogLevel>> = { done: 'info', failed: 'error', unsupported: 'warn' };

function wordsOf(effect: Effect): string {
  return effect.kind === 'done' ? (effect.detail ?? '') : effect.reason;
}

/** Of a repair only the file is told: what was in it may be secret. */
function processLine(event: ActuatorEvent): Line {
  switch (event.kind) {
    case 'started':
    case 'adopted':
    case 'exited':
    case 'over-memory': {
      const { service, replica, pid, port, release } = event.record;
      const code = event.kind === 'exited' ? event.code : undefined;
      const limitMb = event.kind === 'over-memory' ? event.limitMb : undefined;
      const fields = { process: event.kind, service, replica, pid, port, release, code, limitMb };
      const isTrouble = event.kind === 'over-memory' || event.kind === 'exited';
      const how = event.kind === 'exited' ? ` with code ${event.code ?? 'unknown'}` : '';
      return {
        level: isTrouble ? 'warn' : 'info',
        fields,
        words: `${service} ${replica}: pid ${pid} ${event.kind}${how}`,
      };
    }
    case 'repaired':
      return {
        level: 'info',
        fields: { process: event.kind, service: event.service, file: event.file },
        words: `${event.service}: ${event.file} restored`,
      };
    case 'trouble':
      return { level: 'warn', fields: { process: event.kind, reason: event.reason }, words: event.reason };
  }
}
