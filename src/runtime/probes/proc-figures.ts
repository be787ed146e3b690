/** What the kernel tells of a process in one line (proc_pid_stat(5)), and the units it tells it in. */
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';

export interface ProcessFigures {
  readonly pid: number;
  /** Clock ticks since boot; with the pid the identity of a process. */
  readonly startTicks: number;
  /** Spent in user and kernel mode, its waited-for children not included. */
  readonly cpuTicks: number;
  readonly residentPages: number;
  /** A zombie, or as good as gone. */
  readonly isEnded: boolean;
}

export interface Kernel {
  readonly ticksPerS: number;
  readonly pageBytes: number;
}

/** The name in parentheses may hold anything, so fields are counted from the last one that closes. Null when it is no such line. */
export function parseStat(line: string): ProcessFigures | null {
  const pid = Number.parseInt(line, 10);
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  const figures = {
    pid,
    startTicks: field(22),
    cpuTicks: field(14) + field(15),
    residentPages: field(24),
    isEnded: fields[0] === 'Z' || fields[0] === 'X',
  };
  const isWhole = [pid, figures.startTicks, figures.cpuTicks, figures.residentPages].every(Number.isFinite);
  return isWhole ? figures : null;
}

/** Units from the auxiliary vector (getauxval(3): AT_PAGESZ 6, AT_CLKTCK 17); null where there is no /proc. */
export function readKernel(): Kernel | null {
  let pairs: Buffer;
  try {
    pairs = readFileSync('/proc/self/auxv');
  } catch {
    return null;
  }
  // The values of every Linux that Node runs on, should the vector be cut short.
  const kernel = { ticksPerS: 100, pageBytes: 4096 };
  if (endianness() !== 'LE') return kernel;
  for (let at = 0; at + 16 <= pairs.length; at += 16) {
    const value = Number(pairs.readBigUInt64LE(at + 8));
    if (pairs.readBigUInt64LE(at) === 6n && value > 0) kernel.pageBytes = value;
    if (pairs.readBigUInt64LE(at) === 17n && value > 0) kernel.ticksPerS = value;
  }
  return kernel;
}
