/** Clears away what a test's fleet has left. */
import { readFileSync, rmSync } from 'node:fs';

/** Ends those of the processes that still run and are of this folder, and removes it. */
export function removeFleet(folder: string, pids: readonly number[]): void {
  for (const pid of pids) if (isFrom(folder, pid)) kill(pid);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** A process of this folder, and not one that got its pid later. */
function isFrom(folder: string, pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile.
  }
}
