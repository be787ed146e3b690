/** Stretches of services not being healthy, from what is told of every window. */
import { HEALTH_STATUSES } from '../../strategies/contract.ts';
import type { HealthEvent } from '../runtime/signs/signs.ts';
import { type IncidentView, KEPT } from './frames.ts';
import { Rows } from './rows.ts';

/** Recoveries that the 95th percentile is taken of. */
const RECOVERIES_KEPT = 1000;

export class Incidents {
  readonly rows = new Rows<IncidentView>(KEPT.incidents);
  readonly #open = new Map<string, string>();
  #windows = 0;
  #healthy = 0;
  #recoveries: number[] = [];
  #recovered = 0;
  #recoveredS = 0;

  /** A service's window was judged. Time goes by `event.atMs`. */
  see({ service, tier, status, reason, atMs }: HealthEvent): void {
    this.#windows += 1;
    if (status === 'healthy') this.#healthy += 1;
    const key = this.#open.get(service);
    const row = key === undefined ? undefined : this.rows.get(key);
    if (status === 'healthy') {
      if (key === undefined) return;
      this.#open.delete(service);
      const sinceMs = row?.sinceMs ?? Number(key.slice(key.lastIndexOf('@') + 1));
      this.#noteRecovery(Math.max(0, atMs - sinceMs) / 1000);
      this.rows.change(key, { endedMs: atMs });
      return;
    }
    if (key === undefined) {
      const begun = `${service}@${atMs}`;
      this.#open.set(service, begun);
      const known = { service, tier: tier as IncidentView['tier'], sinceMs: atMs, endedMs: null };
      this.rows.put({ key: begun, ...known, worst: status, reason, actions: 0 });
      return;
    }
    if (row === undefined) return;
    const isWorse = HEALTH_STATUSES.indexOf(status) > HEALTH_STATUSES.indexOf(row.worst);
    if (isWorse) this.rows.change(key, { worst: status, reason: reason || row.reason });
    else if (row.reason === '' && reason !== '') this.rows.change(key, { reason });
  }

  /** An action was begun on a service. */
  noteAction(service: string): void {
    const row = this.rows.get(this.#open.get(service) ?? '');
    if (row !== undefined) this.rows.change(row.key, { actions: row.actions + 1 });
  }

  isOpen(service: string): boolean {
    return this.#open.has(service);
  }

  /** Services that are not run any more are not waited for. */
  keepOnly(services: ReadonlySet<string>, atMs: number): void {
    for (const [service, key] of this.#open) {
      if (services.has(service)) continue;
      this.#open.delete(service);
      this.rows.change(key, { endedMs: atMs });
    }
  }

  get healthyShare(): number | null {
    return this.#windows === 0 ? null : this.#healthy / this.#windows;
  }

  get timeToRecoverS(): { readonly mean: number; readonly p95: number; readonly count: number } | null {
    if (this.#recovered === 0) return null;
    const sorted = this.#recoveries.toSorted((a, b) => a - b);
    const p95 = sorted[Math.ceil(0.95 * sorted.length) - 1]!;
    return { mean: this.#recoveredS / this.#recovered, p95, count: this.#recovered };
  }

  #noteRecovery(seconds: number): void {
    this.#recovered += 1;
    this.#recoveredS += seconds;
    this.#recoveries.push(seconds);
    if (this.#recoveries.length > 2 * RECOVERIES_KEPT) this.#recoveries = this.#recoveries.slice(-RECOVERIES_KEPT);
  }
}
