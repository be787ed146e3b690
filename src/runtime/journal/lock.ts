/**
 * One writer per journal. Whoever wants to write first leaves a lock file whose name says who it is, then looks for others: of two,
 * the later to leave its file sees the earlier one and withdraws (the flags of Dekker's algorithm), so that both can never win, and
 * a stale file can be removed by anybody without a race. Holds between processes of one pid namespace; not across hosts.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HealixError } from '../../errors.ts';
import { hasEnded, readStat } from '../actuators/proc.ts';
import { listFolder } from './segments.ts';

const NAME = /^lock-(\d{1,15})-(\d{1,20})-([0-9a-f]{1,32})$/;

/** Takes the lock; the function that is returned gives it back. Throws `HealixError` when another writer has it. */
export function lockJournal(folder: string): () => void {
  const mine = lockName(process.pid);
  try {
    // Empty: on a full disk a name may still be had.
    writeFileSync(join(folder, mine), '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw held(folder, process.pid);
    throw error;
  }
  const unlock = (): void => rmSync(join(folder, mine), { force: true });
  for (const name of listFolder(folder)) {
    const pid = pidOf(name);
    if (pid === null || name === mine) continue;
    if (name === lockName(pid)) {
      unlock();
      throw held(folder, pid);
    }
    rmSync(join(folder, name), { force: true });
  }
  return unlock;
}

/** The process that may write this journal now; null when there is none. */
export function holderOf(folder: string): number | null {
  for (const name of listFolder(folder)) {
    const pid = pidOf(name);
    if (pid !== null && name === lockName(pid)) return pid;
  }
  return null;
}

function pidOf(name: string): number | null {
  const found = NAME.exec(name);
  return found === null ? null : Number(found[1]);
}

/** The lock file of the process that has this pid now: a recycled pid has another start, a new boot another id. */
function lockName(pid: number): string {
  return `lock-${pid}-${startOf(pid)}-${bootId()}`;
}

/** Clock ticks from boot to its start; 0 when it has ended, or (where there is no /proc) as long as it runs. */
function startOf(pid: number): number | string {
  const stat = readStat(pid);
  if (stat !== null) return hasEnded(stat) ? 'ended' : stat.startTicks;
  if (readStat(process.pid) !== null) return 'ended';
  try {
    process.kill(pid, 0);
    return 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 0 : 'ended';
  }
}

function bootId(): string {
  try {
    return (
      readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')
        .replaceAll(/[^0-9a-f]/g, '')
        .slice(0, 32) || '0'
    );
  } catch {
    return '0';
  }
}

function held(folder: string, pid: number): HealixError {
  const who = pid === process.pid ? 'this process' : `process ${pid}`;
  return new HealixError(
    'journal-locked',
    `the journal in ${folder} is being written by ${who}.\nStop it first, or name another folder: two writers would break the chain.`,
  );
}
