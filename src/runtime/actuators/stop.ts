/** Ends a replica with everything it started: politely with a deadline, or at once. */
import type { Clock } from '../ports.ts';
import type { ProcessStat } from './proc.ts';
import { sendSignal, signalGroup, stillRunning, type TreeRoot, treeOf } from './tree.ts';
import { sleep } from './wait.ts';

export interface StopOptions {
  readonly clock: Clock;
  readonly mode: 'graceful' | 'hard';
  /** How long a graceful stop waits for all processes of the tree before it kills. */
  readonly graceMs: number;
  /** Aborted: the wait is over now. The stop is still carried through, since half a stop is nothing anybody asked for. */
  readonly signal?: AbortSignal;
  /** Of the tree too, seen at an earlier time. */
  readonly known?: readonly ProcessStat[];
}

/** `survivors` outlived SIGKILL for `KILL_WAIT_MS`: they hang in the kernel (state D) or are not ours to kill. */
export type StopResult =
  | { readonly kind: 'stopped'; readonly forced: boolean }
  | { readonly kind: 'survivors'; readonly pids: readonly number[] };

/** How long killed processes are waited for. */
export const KILL_WAIT_MS = 5_000;

/**
 * Graceful: SIGTERM to the group and to those outside it, SIGCONT after it so that a stopped process can obey; waits for the whole tree
 * (a wrapper may end long before the server that it started) and kills what is left at the deadline. Hard: SIGKILL straight away.
 * Ends only when a fresh look finds nobody, so forking while being killed does not help.
 */
export async function stopTree(root: TreeRoot, options: StopOptions): Promise<StopResult> {
  let seen = treeOf(root, options.known);
  if (seen.length === 0) return { kind: 'stopped', forced: false };
  if (options.mode === 'graceful') {
    askToEnd(root, seen);
    seen = await waitForEnd(root, seen, options);
    if (seen.length === 0) return { kind: 'stopped', forced: false };
  }
  return killAll(root, seen, options.clock);
}

function askToEnd(root: TreeRoot, tree: readonly ProcessStat[]): void {
  // The group gets one signal, its members no second one: many programs take the second SIGTERM for "now".
  const toGroup = signalGroup(root, 'SIGTERM');
  const others = tree.filter((stat) => !toGroup || stat.group !== root.pid);
  for (const stat of others) sendSignal(stat, 'SIGTERM');
  for (const stat of tree) sendSignal(stat, 'SIGCONT');
}

/** Who is left when all have ended or the time is over. */
async function waitForEnd(root: TreeRoot, tree: ProcessStat[], options: StopOptions): Promise<ProcessStat[]> {
  const { clock, graceMs, signal } = options;
  const deadline = clock.now() + graceMs;
  let left = stillRunning(tree);
  while (clock.now() < deadline && !signal?.aborted) {
    // Children that were born since the look are found only by another one.
    if (left.length === 0) left = treeOf(root, tree);
    if (left.length === 0) return left;
    await sleep(clock, Math.min(25, deadline - clock.now()), signal);
    left = stillRunning(left);
  }
  return treeOf(root, tree);
}

async function killAll(root: TreeRoot, tree: readonly ProcessStat[], clock: Clock): Promise<StopResult> {
  const deadline = clock.now() + KILL_WAIT_MS;
  let left: readonly ProcessStat[] = tree;
  for (;;) {
    signalGroup(root, 'SIGKILL');
    for (const stat of left) sendSignal(stat, 'SIGKILL');
    await sleep(clock, 10);
    left = treeOf(root, left);
    if (left.length === 0) return { kind: 'stopped', forced: true };
    if (clock.now() >= deadline) return { kind: 'survivors', pids: left.map((stat) => stat.pid) };
  }
}
