/** Finds all processes that a leader brought forth, those too that left its group, its session or lost their parent. */
import { hasEnded, isAlive, markOf, type ProcessStat, readStat, scanProcesses } from './proc.ts';

/** Whose tree. `mark`: how the marks of its processes begin; null finds only what group, session and parents tell. */
export interface TreeRoot {
  readonly pid: number;
  readonly startTicks: number;
  readonly mark: string | null;
}

/**
 * The running processes of the tree: the leader's group and session, everyone who carries the mark, `known` members of an earlier look,
 * and the descendants of them all. When the pid belongs to another process by now, its group and session are that one's and are left
 * alone. Not found is only who cleared its environment, opened a session and lost its parent before the first look; that takes a cgroup.
 */
export function treeOf(root: TreeRoot, known: readonly ProcessStat[] = []): ProcessStat[] {
  const all = scanProcesses();
  const isOurs = isTouchable(root.pid) && all.get(root.pid)?.startTicks === root.startTicks;
  const members = new Map<number, ProcessStat>();
  for (const { pid, startTicks } of known) {
    // As it is now: it may have ended since, and wait for its parent to ask.
    const now = all.get(pid);
    if (now?.startTicks === startTicks) members.set(pid, now);
  }
  for (const stat of all.values()) {
    if (!isTouchable(stat.pid)) continue;
    const isNear = isOurs && (stat.pid === root.pid || stat.group === root.pid || stat.session === root.pid);
    if (isNear || (root.mark !== null && markOf(stat.pid)?.startsWith(root.mark))) members.set(stat.pid, stat);
  }
  addDescendants(members, all);
  return [...members.values()].filter((stat) => !hasEnded(stat));
}

/**
 * The leader's group and session without itself, and the descendants of those. Only while it runs or right after it was reaped: the
 * kernel gives its pid to nobody as long as its group or session has a member, so whoever is in them then is of its tree.
 */
export function companionsOf(leader: { readonly pid: number; readonly startTicks: number }): ProcessStat[] {
  const all = scanProcesses();
  const now = all.get(leader.pid);
  if (!isTouchable(leader.pid) || (now !== undefined && now.startTicks !== leader.startTicks)) return [];
  const members = new Map<number, ProcessStat>();
  for (const stat of all.values()) {
    const isNear = stat.group === leader.pid || stat.session === leader.pid;
    if (isNear && isTouchable(stat.pid)) members.set(stat.pid, stat);
  }
  addDescendants(members, all);
  return [...members.values()].filter((stat) => stat.pid !== leader.pid && !hasEnded(stat));
}

/** Those of an earlier look that run still. Cheaper than looking at everything again. */
export function stillRunning(stats: readonly ProcessStat[]): ProcessStat[] {
  return stats.filter(isAlive);
}

/** Signals exactly the process that was seen; false when it has ended or belongs to somebody we may not touch. */
export function sendSignal(to: { pid: number; startTicks: number }, signal: NodeJS.Signals): boolean {
  return isTouchable(to.pid) && isAlive(to) && kill(to.pid, signal);
}

/** Signals a whole group at once, so that nobody can fork away meanwhile; only while its leader is the process that was meant. */
export function signalGroup(leader: { pid: number; startTicks: number }, signal: NodeJS.Signals): boolean {
  const stat = readStat(leader.pid);
  const leads = stat !== null && stat.startTicks === leader.startTicks && stat.group === leader.pid;
  return leads && isTouchable(leader.pid) && kill(-leader.pid, signal);
}

function addDescendants(members: Map<number, ProcessStat>, all: ReadonlyMap<number, ProcessStat>): void {
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const stat of all.values()) {
      if (members.has(stat.parent) && isTouchable(stat.pid)) members.set(stat.pid, stat);
    }
  }
}

/** Never init and never ourselves, nor what hangs on us, whatever a record says: a tree that began there would be the machine. */
function isTouchable(pid: number): boolean {
  return Number.isSafeInteger(pid) && pid > 1 && pid !== process.pid;
}

function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
