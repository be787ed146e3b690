/** Reads /proc: what runs, since when, whose child it is, and which replica it belongs to. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

/** One process as the kernel tells of it (proc_pid_stat(5)). */
export interface ProcessStat {
  readonly pid: number;
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Clock ticks since boot; with the pid the identity of a process, since a recycled pid has another. */
  readonly startTicks: number;
  readonly residentPages: number;
}

/** The process of this pid now, or null if there is none. Zombies are told of too (`hasEnded`). */
export function readStat(pid: number): ProcessStat | null {
  const text = readProc(`/proc/${pid}/stat`);
  return text === null ? null : parseStat(text);
}

/** The name in parentheses may hold spaces and parentheses, so fields are counted from the last one that closes. */
export function parseStat(text: string): ProcessStat | null {
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  const state = fields[0];
  if (!(pid > 0) || state === undefined || Number.isNaN(field(24))) return null;
  return {
    pid,
    state,
    parent: field(4),
    group: field(5),
    session: field(6),
    startTicks: field(22),
    residentPages: field(24),
  };
}

/** Dead, though its parent has not asked yet how it ended. */
export function hasEnded(stat: ProcessStat): boolean {
  return stat.state === 'Z' || stat.state === 'X';
}

/** Whether the very process that was recorded (not a later one with its pid) still runs. */
export function isAlive(record: { readonly pid: number; readonly startTicks: number }): boolean {
  const stat = readStat(record.pid);
  return stat !== null && stat.startTicks === record.startTicks && !hasEnded(stat);
}

/** Every process there is, by pid. Not a snapshot of one moment: who forks meanwhile may be missed, so look again. */
export function scanProcesses(): ReadonlyMap<number, ProcessStat> {
  const found = new Map<number, ProcessStat>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : null;
    if (stat !== null) found.set(stat.pid, stat);
  }
  return found;
}

/** Name of the environment variable that marks all processes of a replica: children inherit it, whatever session they open. */
export const MARK = 'HEALIX_RUN';

/** The mark a process was started with; null if it has none or is not ours to read. */
export function markOf(pid: number): string | null {
  const environment = readProc(`/proc/${pid}/environ`);
  if (environment === null) return null;
  const entry = environment.split('\0').find((one) => one.startsWith(`${MARK}=`));
  return entry === undefined ? null : entry.slice(MARK.length + 1);
}

/** When the machine was started, milliseconds since the epoch by today's clock; 0 if the kernel does not say. */
export function bootedAtMs(): number {
  const found = /^btime (\d+)$/m.exec(readProc('/proc/stat') ?? '');
  return found === null ? 0 : Number(found[1]) * 1000;
}

/** A process may end between the listing and the look: no file then means no process. */
function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
