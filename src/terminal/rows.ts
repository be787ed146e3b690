/** One service as a line of the table: what is shown of it, in which order, and which are shown. Pure. */
import { HEALTH_STATUSES, type HealthStatus } from '../../strategies/contract.ts';
import type { HistoryRow } from '../runtime/history.ts';
import type { View } from './feed.ts';

export interface LastAction {
  readonly action: string;
  readonly result: 'done' | 'failed' | 'unsupported' | 'open';
  readonly atMs: number;
}

export interface ServiceRow {
  readonly id: string;
  readonly tier: string;
  readonly status: HealthStatus;
  readonly reason: string;
  readonly isPaused: boolean;
  readonly circuit: string;
  readonly ready: number;
  readonly replicas: number;
  /** Null where nothing was measured. */
  readonly errorRate: number | null;
  readonly p95Ms: number | null;
  readonly callsPerS: number | null;
  readonly attempts: number;
  /** Share of windows since healix started. */
  readonly availability: number | null;
  readonly last: LastAction | null;
  /** An action of it waits for a yes. */
  readonly isWaiting: boolean;
}

export const SORTS = ['trouble', 'service', 'errors', 'p95', 'calls', 'last action', 'available'] as const;
export type Sort = (typeof SORTS)[number];

export interface Order {
  readonly by: Sort;
  readonly isReversed: boolean;
}

/** Lines in the order of the config. */
export function serviceRows({ status, history, figures }: View): readonly ServiceRow[] {
  const last = lastActions(history);
  const waiting = new Set(status.waitingForApproval.map(({ service }) => service));
  return status.services.map((service) => {
    const running = service.replicas.filter(({ state }) => state === 'running').length;
    const measured = service.figures;
    return {
      id: service.id,
      tier: service.tier,
      status: service.status,
      reason: service.reason,
      isPaused: service.paused,
      circuit: service.circuit,
      // What died since the last look is not ready, whatever was measured then.
      ready: Math.min(running, measured?.ready ?? running),
      replicas: service.replicas.filter(({ state }) => state !== 'empty').length,
      errorRate: measured?.errorRate ?? null,
      p95Ms: measured?.p95Ms ?? null,
      callsPerS: measured?.callsPerS ?? null,
      attempts: measured?.attempts ?? 0,
      availability: figures.availabilityOf.get(service.id) ?? null,
      last: last.get(service.id) ?? null,
      isWaiting: waiting.has(service.id),
    };
  });
}

/** Those whose name, tier, status or circuit holds every word of the filter; `paused` finds those that are. */
export function filterRows(rows: readonly ServiceRow[], filter: string): readonly ServiceRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const text = `${row.id} ${row.tier} ${row.status} ${row.circuit}${row.isPaused ? ' paused' : ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** What wants attention first; reversed, last. Names decide between equals, so that nothing jumps about. */
export function sortRows(rows: readonly ServiceRow[], { by, isReversed }: Order): readonly ServiceRow[] {
  const sign = isReversed ? -1 : 1;
  return rows.toSorted((a, b) => sign * compare(by, a, b) || (a.id < b.id ? -1 : Number(a.id > b.id)));
}

function compare(by: Sort, a: ServiceRow, b: ServiceRow): number {
  switch (by) {
    case 'trouble':
      return trouble(b) - trouble(a);
    case 'service':
      return a.id < b.id ? -1 : Number(a.id > b.id);
    case 'errors':
      return (b.errorRate ?? -1) - (a.errorRate ?? -1);
    case 'p95':
      return (b.p95Ms ?? -1) - (a.p95Ms ?? -1);
    case 'calls':
      return (b.callsPerS ?? -1) - (a.callsPerS ?? -1);
    case 'last action':
      return (b.last?.atMs ?? 0) - (a.last?.atMs ?? 0);
    case 'available':
      return (a.availability ?? 2) - (b.availability ?? 2);
  }
}

/** Worse first: by health, then who waits for a yes, whose calls are cut off, who is being healed. */
function trouble(row: ServiceRow): number {
  const marks = [row.isWaiting, row.circuit !== 'closed', row.attempts > 0, row.isPaused];
  return HEALTH_STATUSES.indexOf(row.status) * 16 + marks.reduce((sum, mark, at) => sum + (mark ? 8 >> at : 0), 0);
}

function lastActions(history: readonly HistoryRow[]): ReadonlyMap<string, LastAction> {
  const last = new Map<string, LastAction>();
  for (const row of history) {
    if (row.kind !== 'action') continue;
    const { action, result, atMs } = row;
    last.set(row.service, { action, result, atMs });
  }
  return last;
}
