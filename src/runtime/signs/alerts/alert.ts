/** What is worth calling a human for: events as alerts. Pure. */
import type { Action } from '../../../../strategies/contract.ts';
import type { RuntimeEvent } from '../../events.ts';
import type { SelfTrouble, Sign } from '../signs.ts';

/** `gave-up`: the strategy has nothing left to try, or was told to call a human; the others are what their names say. */
export type AlertKind =
  | 'healing-failed'
  | 'gave-up'
  | 'approval-needed'
  | 'journal-failed'
  | 'event-loop-stalled'
  | 'action-stuck'
  | 'probes-late'
  | 'looks-stopped'
  | 'agents-lost'
  | 'trouble';

export interface Alert {
  readonly kind: AlertKind;
  readonly atMs: number;
  /** Null when it is about healix itself. */
  readonly service: string | null;
  /** With kind and service it says whether two alerts are the same: a word of a fixed list. */
  readonly cause: string;
  readonly action: string | null;
  readonly reason: string;
}

/** Stands until the same is told as over. */
const OF_TROUBLE: Readonly<Record<SelfTrouble, AlertKind | null>> = {
  journal: 'journal-failed',
  'event-loop': 'event-loop-stalled',
  'stuck-action': 'action-stuck',
  'late-probes': 'probes-late',
  'no-looks': 'looks-stopped',
  agents: 'agents-lost',
  // Clocks are set at every boot; the log is enough.
  'clock-jump': null,
};

/** The alert that an event calls for; null for most. What became of an alert never calls for another. */
export function alertOf(event: RuntimeEvent | Sign): Alert | null {
  const { atMs } = event;
  switch (event.kind) {
    case 'acted': {
      const { action, service, effect } = event;
      if (action.kind === 'escalate') return alertOfEscalation(action, service);
      if (effect.kind !== 'failed') return null;
      return { kind: 'healing-failed', atMs, service, cause: action.cause, action: action.kind, reason: effect.reason };
    }
    case 'approval': {
      const { service, action, reason, id } = event.waiting;
      if (event.verdict !== null) return null;
      const words = `healix approve ${id}: ${reason}`;
      return { kind: 'approval-needed', atMs, service, cause: action, action, reason: words };
    }
    case 'self-trouble': {
      const kind = event.phase === 'began' ? OF_TROUBLE[event.trouble] : null;
      if (kind === null) return null;
      return { kind, atMs, service: event.service, cause: event.trouble, action: null, reason: event.reason };
    }
    case 'trouble':
      return { kind: 'trouble', atMs, service: null, cause: 'runtime', action: null, reason: event.reason };
    default:
      return null;
  }
}

export function alertOfEscalation({ atMs, cause, reason }: Action, service: string): Alert {
  return { kind: 'gave-up', atMs, service, cause, action: 'escalate', reason };
}

const ENDS_BY_ITSELF: ReadonlySet<AlertKind> = new Set(['action-stuck', 'approval-needed']);

/** Of an alert of a service: whether another event than its health ends it. */
export function endsByItself({ kind }: Pick<Alert, 'kind'>): boolean {
  return ENDS_BY_ITSELF.has(kind);
}

/** What an event says is over: a service that is healthy again, or a trouble of healix itself; null for most. */
export function endOf(event: RuntimeEvent | Sign): ((alert: Alert) => boolean) | null {
  if (event.kind === 'health' && event.status === 'healthy')
    return ({ kind, service }) => service === event.service && !endsByItself({ kind });
  if (event.kind === 'approval' && event.verdict !== null)
    return ({ kind, service, action }) =>
      kind === 'approval-needed' && service === event.waiting.service && action === event.waiting.action;
  if (event.kind === 'self-trouble' && event.phase === 'over')
    return ({ kind, service }) => kind === OF_TROUBLE[event.trouble] && service === event.service;
  return null;
}
