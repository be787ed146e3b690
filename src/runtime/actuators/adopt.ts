/** After a restart of the runtime: which of the recorded processes still run, which are gone, which pids belong to others now. */
import type { ProcessRecord } from '../ports.ts';
import { readMark, slotMark } from './mark.ts';
import { bootedAtMs, hasEnded, markOf, type ProcessStat, scanProcesses } from './proc.ts';

/** `found`: no record tells of it (we died before it was written down), but its mark says it is ours. */
export type Adoption =
  | { readonly kind: 'adopted'; readonly record: ProcessRecord }
  | { readonly kind: 'found'; readonly record: ProcessRecord }
  /** Runs, but a later process of the same slot does too: one of them is too many. */
  | { readonly kind: 'surplus'; readonly record: ProcessRecord }
  | { readonly kind: 'gone'; readonly record: ProcessRecord }
  | { readonly kind: 'recycled'; readonly record: ProcessRecord; readonly startTicks: number };

/** Clocks are set now and then: a record may seem this much older than the machine's start and yet be true. */
const CLOCK_STEP_MS = 60_000;

/** Judges the records of a previous run and looks for what it failed to record. Signals nobody. */
export function adopt(records: readonly ProcessRecord[], instance: string): readonly Adoption[] {
  const all = scanProcesses();
  const judged = records.map((record) => judge(record, all.get(record.pid), instance));
  const taken = new Set(judged.filter(({ kind }) => kind === 'adopted').map(({ record }) => slotOf(record)));
  // What carries the mark of a recorded start is left over from it, not a replica that we failed to record.
  const recorded = new Set(records.map(startOf));
  const unrecorded = findMarked(all, instance).filter(
    (found) => !taken.has(slotOf(found)) && !recorded.has(startOf(found)),
  );
  return withoutSurplus([...judged, ...unrecorded.map((record) => ({ kind: 'found' as const, record }))]);
}

function judge(record: ProcessRecord, stat: ProcessStat | undefined, instance: string): Adoption {
  if (stat === undefined) return { kind: 'gone', record };
  if (stat.startTicks !== record.startTicks) return { kind: 'recycled', record, startTicks: stat.startTicks };
  if (hasEnded(stat)) return { kind: 'gone', record };
  // After a reboot another process may have started at the same tick under the same pid: the mark tells them apart, and for
  // a program that overwrites its environment (setproctitle) the time of the boot does.
  const isMarked = markOf(record.pid)?.startsWith(slotMark(instance, record.service, record.replica)) ?? false;
  const isSinceBoot = record.startedAtMs >= bootedAtMs() - CLOCK_STEP_MS;
  return isMarked || isSinceBoot
    ? { kind: 'adopted', record }
    : { kind: 'recycled', record, startTicks: stat.startTicks };
}

/** The leaders among all marked processes: of each start the oldest that has a session of its own. */
function findMarked(all: ReadonlyMap<number, ProcessStat>, instance: string): ProcessRecord[] {
  const leaders = new Map<string, ProcessRecord>();
  for (const stat of all.values()) {
    if (stat.session !== stat.pid || hasEnded(stat)) continue;
    const mark = markOf(stat.pid);
    const marked = readMark(instance, mark);
    if (marked === null || mark === null) continue;
    const before = leaders.get(mark);
    if (before !== undefined && before.startTicks <= stat.startTicks) continue;
    leaders.set(mark, { ...marked, pid: stat.pid, startTicks: stat.startTicks });
  }
  return [...leaders.values()];
}

/** Of several that run in one slot the latest is the replica. */
function withoutSurplus(adoptions: readonly Adoption[]): readonly Adoption[] {
  const latest = new Map<string, ProcessRecord>();
  const runs = ({ kind }: Adoption): boolean => kind === 'adopted' || kind === 'found';
  for (const { record } of adoptions.filter(runs)) {
    const before = latest.get(slotOf(record));
    if (before === undefined || before.startTicks < record.startTicks) latest.set(slotOf(record), record);
  }
  return adoptions.map((one) =>
    runs(one) && latest.get(slotOf(one.record)) !== one.record ? { kind: 'surplus', record: one.record } : one,
  );
}

function slotOf(record: ProcessRecord): string {
  return `${encodeURIComponent(record.service)}/${record.replica}`;
}

function startOf(record: ProcessRecord): string {
  return `${slotOf(record)}/${record.startedAtMs}`;
}
