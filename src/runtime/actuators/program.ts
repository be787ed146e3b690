/**
 * Runs a command line to its end: no shell, killed with all its children when it takes too long. Its output goes into a file, not
 * through us: a command that starts a server must not take that server's output along when we die.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../ports.ts';
import { readTail } from './logs.ts';
import { MARK, readStat } from './proc.ts';
import { inheritedEnvironment, openOutput } from './process.ts';
import { stopTree } from './stop.ts';
import { sleep } from './wait.ts';

export interface ProgramRun {
  readonly command: readonly string[];
  readonly cwd: string;
  /** On top of what children inherit. */
  readonly env: Readonly<Record<string, string>>;
  /** Read from standard input; without, there is none. */
  readonly input?: string;
  /** Output is appended here; whoever owns the file rotates it. */
  readonly output: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export interface ProgramEnd {
  /** 0, or in words how it ended. */
  readonly end: 0 | string;
  /** The end of its output. */
  readonly said: string;
}

/** Characters of output that are told on. */
export const OUTPUT_CHARS_MAX = 2_000;
/** A polite word before the kill, so that a command can take back what it has half done. */
const COMMAND_GRACE_MS = 500;

let runs = 0;

/** An aborted one is ended like one that takes too long. Throws when it cannot be begun at all. */
export async function runProgram(run: ProgramRun, signal: AbortSignal): Promise<ProgramEnd> {
  const { output } = run;
  mkdirSync(dirname(output), { recursive: true, mode: 0o750 });
  const from = statSync(output, { throwIfNoEntry: false })?.size ?? 0;
  const end = await runToEnd(run, signal);
  return { end, said: (await readTail(output, OUTPUT_CHARS_MAX, from)).trim() };
}

async function runToEnd(run: ProgramRun, signal: AbortSignal): Promise<0 | string> {
  const { command, clock, input } = run;
  runs += 1;
  // Not the mark of a replica: what a command starts on purpose must survive the replica's next stop.
  const mark = `command/${process.pid}/${runs}/${clock.now()}`;
  const [program, ...rest] = command;
  const file = openOutput(run.output);
  const child = spawn(program ?? '', rest, {
    cwd: run.cwd,
    env: { ...inheritedEnvironment(), ...run.env, [MARK]: mark },
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', file, file],
  });
  closeSync(file);
  // One that does not read its input is no trouble of ours.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const ended = new Promise<0 | string>((resolve) => {
    child.once('exit', (code, by) =>
      resolve(code === 0 ? 0 : by === null ? `exited with ${code}` : `was ended by ${by}`),
    );
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
  });
  const stat = child.pid === undefined ? null : readStat(child.pid);
  if (stat === null) return ended;
  const over = new AbortController();
  const timeout = sleep(clock, run.timeoutMs, AbortSignal.any([signal, over.signal]));
  const first = await Promise.race([ended, timeout.then(() => null)]);
  over.abort();
  if (first !== null) return first;
  const why = signal.aborted ? 'was called off' : `took longer than ${run.timeoutMs} ms and was ended`;
  const stopped = await stopTree({ ...stat, mark }, { clock, mode: 'graceful', graceMs: COMMAND_GRACE_MS });
  return stopped.kind === 'stopped' ? why : `${why}, but ${stopped.pids.join(', ')} would not end`;
}
