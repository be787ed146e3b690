/** Processor time and resident memory of a replica with its children, read from /proc. Linux only; elsewhere it is blind. */
import { readFileSync } from 'node:fs';
import { type Kernel, readKernel } from '../kernel.ts';
import { blind, good, type LookingProbe, none } from './look.ts';
import { type ProcessFigures, parseStat } from './proc-figures.ts';

/** Processes of one replica that are added up. */
const PROCESSES_MAX = 64;

export interface ResourceOptions {
  /** Limit of resident memory; null = memory is told in megabytes only. */
  readonly memoryMb: number | null;
  /** Processors' worth of work that is a share of 1. */
  readonly cpus: number;
  /** Milliseconds of a clock that never jumps. */
  readonly now?: () => number;
  readonly read?: (path: string) => string;
  readonly kernel?: Kernel;
}

/**
 * A probe for one replica, as it remembers the processor time of its last look. Figures: `cpu` (share of `cpus` since the last
 * look; none at the first), `memory` (share of `memoryMb`), `memoryMb`. Children are counted as long as their parents live; pages
 * that processes share count for each of them.
 */
export function resourceProbe(options: ResourceOptions): LookingProbe {
  const { now = () => performance.now(), read = readText, kernel = readKernel() } = options;
  let before: { readonly atMs: number; readonly ticks: ReadonlyMap<string, number> } | undefined;
  return {
    level: 'resource',
    look: ({ pid }) => {
      const startedAt = now();
      if (kernel === null) return Promise.resolve(blind('there is no /proc'));
      if (pid === null) return Promise.resolve(blind('it has no process'));
      const processes = readTree(pid, read);
      const leader = processes[0];
      if (leader === undefined) return Promise.resolve(none(`there is no process ${pid}`));
      const ticks = new Map(processes.map((one) => [`${one.pid}/${one.startTicks}`, one.cpuTicks]));
      // Another leader: the figures of the old process are nothing to compare with.
      const isSame: boolean = before?.ticks.has(`${leader.pid}/${leader.startTicks}`) === true;
      const values = figures(options, kernel, processes, isSame ? before : undefined, { atMs: startedAt, ticks });
      before = { atMs: startedAt, ticks };
      return Promise.resolve(good(Math.max(0, now() - startedAt), values));
    },
  };
}

interface Moment {
  readonly atMs: number;
  readonly ticks: ReadonlyMap<string, number>;
}

type Figures = { memoryMb: number; memory?: number; cpu?: number };

function figures(
  { memoryMb, cpus }: ResourceOptions,
  kernel: Kernel,
  processes: readonly ProcessFigures[],
  before: Moment | undefined,
  now: Moment,
): Figures {
  const pages = processes.reduce((sum, { residentPages }) => sum + residentPages, 0);
  const found: Figures = { memoryMb: (pages * kernel.pageBytes) / 2 ** 20 };
  if (memoryMb !== null) found.memory = found.memoryMb / memoryMb;
  const elapsedS = before === undefined ? 0 : (now.atMs - before.atMs) / 1000;
  if (before === undefined || elapsedS <= 0) return found;
  let ticks = 0;
  // Of a child that is new since the last look, all it has spent was spent since.
  for (const [process, spent] of now.ticks) ticks += Math.max(0, spent - (before.ticks.get(process) ?? 0));
  found.cpu = ticks / kernel.ticksPerS / elapsedS / cpus;
  return found;
}

/** The process and its descendants, the process first; empty when it is gone or a zombie. Never one twice. */
function readTree(pid: number, read: (path: string) => string): ProcessFigures[] {
  const found = new Map<number, ProcessFigures>();
  const waiting = [pid];
  for (let next = waiting.shift(); next !== undefined && found.size < PROCESSES_MAX; next = waiting.shift()) {
    if (found.has(next)) continue;
    const figures = parseStat(attempt(() => read(`/proc/${next}/stat`)));
    if (figures === null || figures.isEnded) {
      if (next === pid) return [];
      continue;
    }
    found.set(next, figures);
    // Children of the first thread: who forks from another is missed (a walk over all threads would cost too much).
    const children = attempt(() => read(`/proc/${next}/task/${next}/children`));
    for (const word of children.split(' ')) if (/^\d+$/.test(word)) waiting.push(Number(word));
  }
  return [...found.values()];
}

/** A process may end between any two reads. */
function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

function readText(path: string): string {
  return readFileSync(path, 'latin1');
}
