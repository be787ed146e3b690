/** What the kernel tells of a process in one line (proc_pid_stat(5)). */

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
