/** How much memory each replica holds with all processes of its group, and which have held too much for too long. */
import { pageBytes } from '../kernel.ts';
import type { ProcessRecord } from '../ports.ts';
import type { ProcessStat } from './proc.ts';

/** Looks in a row above the limit before a replica is killed: a peak during a collection is no leak. */
export const LOOKS_OVER_LIMIT = 2;

export interface MemoryLook {
  readonly record: ProcessRecord;
  readonly limitMb: number;
}

/** Resident megabytes of the replica's group. Pages shared among its processes count for each. */
export function residentMb(
  record: ProcessRecord,
  processes: Iterable<ProcessStat>,
  bytesPerPage: number = pageBytes(),
): number {
  let pages = 0;
  for (const stat of processes) if (stat.group === record.pid) pages += stat.residentPages;
  return (pages * bytesPerPage) / 2 ** 20;
}

/** Counts looks above the limit per process; `look` answers who has reached `LOOKS_OVER_LIMIT`. */
export function memoryWatch(bytesPerPage: number = pageBytes()): {
  look(replicas: readonly MemoryLook[], processes: ReadonlyMap<number, ProcessStat>): readonly ProcessRecord[];
} {
  let over = new Map<string, number>();
  return {
    look(replicas, processes) {
      const next = new Map<string, number>();
      const found: ProcessRecord[] = [];
      for (const { record, limitMb } of replicas) {
        if (residentMb(record, processes.values(), bytesPerPage) <= limitMb) continue;
        const key = `${record.pid}/${record.startTicks}`;
        const looks = (over.get(key) ?? 0) + 1;
        next.set(key, looks);
        if (looks >= LOOKS_OVER_LIMIT) found.push(record);
      }
      over = next;
      return found;
    },
  };
}
