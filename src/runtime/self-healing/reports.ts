/** What is told of services and their healing to those who ask. */
import type { HealthStatus } from '../../../strategies/contract.ts';
import type { ExecuteMetrics } from '../execute/tally.ts';
import type { HealingRecord } from './history.ts';

export interface ServiceHealth {
  readonly service: string;
  /** As the healer judges it: symptoms must be confirmed before they count, as its strategy says. */
  readonly status: HealthStatus;
  /** Why it is not healthy; empty when it is. */
  readonly reason: string;
  /** Mode of the breaker of its calls, and the share of calls let through by order. */
  readonly breaker: string;
  readonly admit: number;
}

/** What a check has just found, and how the healer would judge it. */
export interface HealthReport extends ServiceHealth {
  readonly check: 'ok' | 'failed' | 'unanswered' | 'unchecked';
  readonly checkReason: string;
}

/** What a look led to; every action has ended. */
export interface HealReport {
  readonly service: string;
  readonly status: HealthStatus;
  readonly reason: string;
  readonly actions: readonly HealingRecord[];
}

export interface SystemHealth {
  /** The worst of the services. */
  readonly status: HealthStatus;
  readonly services: readonly (ServiceHealth & { readonly paused: boolean; readonly lookedAtMs: number | null })[];
  readonly actionsUnderWay: number;
  /** Without it, nothing risky is done. */
  readonly isJournalHealthy: boolean;
  readonly isMonitoring: boolean;
}

export interface HealthMetrics {
  readonly service: string;
  readonly status: HealthStatus;
  readonly reason: string;
  readonly calls: ExecuteMetrics;
  /** Actions kept in the history, by how they ended. */
  readonly actions: Readonly<Record<'done' | 'failed' | 'unsupported' | 'underWay', number>>;
  readonly lookedAtMs: number | null;
}
