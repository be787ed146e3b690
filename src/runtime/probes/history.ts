/** What probes found: the newest looks of each service, a fixed number of them. */
import type { ProbeLevel } from '../ports.ts';
import type { LookRecord } from './look.ts';

/** Looks kept per service. */
export const LOOKS_KEPT = 1000;

/** A ring per service. */
interface Ring {
  readonly records: LookRecord[];
  /** Where the next one goes once the ring is full: the place of the oldest. */
  next: number;
}

export class ProbeHistory {
  readonly #rings = new Map<string, Ring>();
  readonly #kept: number;

  constructor(kept: number = LOOKS_KEPT) {
    this.#kept = kept;
  }

  add(record: LookRecord): void {
    let ring = this.#rings.get(record.service);
    if (ring === undefined) {
      ring = { records: [], next: 0 };
      this.#rings.set(record.service, ring);
    }
    if (ring.records.length < this.#kept) ring.records.push(record);
    else {
      ring.records[ring.next] = record;
      ring.next = (ring.next + 1) % this.#kept;
    }
  }

  /** The newest `limit` looks of a service, oldest first. */
  latest(service: string, limit: number = this.#kept): LookRecord[] {
    const found: LookRecord[] = [];
    for (const record of this.#newestFirst(service)) {
      if (found.length >= limit) break;
      found.push(record);
    }
    return found.reverse();
  }

  /** Looks of a service that ended after `afterMs`, up to and including `untilMs`, oldest first: those of a window. */
  within(service: string, afterMs: number, untilMs: number): LookRecord[] {
    const found: LookRecord[] = [];
    for (const record of this.#newestFirst(service)) {
      if (record.atMs > untilMs) continue;
      if (record.atMs <= afterMs) break;
      found.push(record);
    }
    return found.reverse();
  }

  /** The newest look of one probe that is kept, or undefined. */
  last(service: string, replica: number, level: ProbeLevel): LookRecord | undefined {
    for (const record of this.#newestFirst(service)) {
      if (record.replica === replica && record.level === level) return record;
    }
    return undefined;
  }

  /** Forgets all other services. */
  keepOnly(services: ReadonlySet<string>): void {
    for (const service of [...this.#rings.keys()]) if (!services.has(service)) this.#rings.delete(service);
  }

  *#newestFirst(service: string): Generator<LookRecord> {
    const ring = this.#rings.get(service);
    if (ring === undefined) return;
    const { records, next } = ring;
    for (let back = 1; back <= records.length; back++) {
      yield records[(next - back + records.length) % records.length]!;
    }
  }
}
