/** What the runtime tells of its services' health, of itself, and of the alerts it sent, besides what it does. */
import type { HealthStatus } from '../../../strategies/contract.ts';

export type Sign = HealthEvent | SelfTroubleEvent | AlertEvent;

/** What a window came to, told once per service and window, after the healer has judged it. */
export interface HealthEvent {
  readonly kind: 'health';
  readonly atMs: number;
  readonly service: string;
  readonly tier: string;
  readonly status: HealthStatus;
  /** Why it is not healthy; empty when it is. */
  readonly reason: string;
}

/**
 * What can be wrong with healix itself: the disk does not take the journal; the event loop is held up; an action takes far longer than
 * it should; probes come late; no service has been looked at for several windows; the system's clock was set; the agents that heal
 * together are lost.
 */
export const SELF_TROUBLES = [
  'journal',
  'event-loop',
  'stuck-action',
  'late-probes',
  'no-looks',
  'clock-jump',
  'agents',
] as const;
export type SelfTrouble = (typeof SELF_TROUBLES)[number];

/** Told once when a trouble begins and once when it is over. */
export interface SelfTroubleEvent {
  readonly kind: 'self-trouble';
  readonly atMs: number;
  readonly trouble: SelfTrouble;
  readonly phase: 'began' | 'over';
  /** Of a stuck action; null when the trouble is of no service. */
  readonly service: string | null;
  readonly reason: string;
}

/** What became of an alert. `dropped`: too many waited. */
export interface AlertEvent {
  readonly kind: 'alert';
  readonly atMs: number;
  readonly alert: string;
  readonly service: string | null;
  readonly channel: AlertChannel;
  readonly outcome: 'done' | 'failed' | 'dropped';
  readonly reason: string;
}

export const ALERT_CHANNELS = ['webhook', 'command'] as const;
export type AlertChannel = (typeof ALERT_CHANNELS)[number];
