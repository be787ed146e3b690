/**
 * Carries out an action as the user's own command line: no shell, the facts of the action in its environment, killed with all its
 * children when it takes too long. Its output goes into a file, not through us: a command that starts a server must not take
 * that server's output along when we die.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Action, WHOLE_SERVICE } from '../../../strategies/contract.ts';
import { fillIn, type Slot } from '../fill-in.ts';
import type { Clock, Effect } from '../ports.ts';
import { readTail } from './logs.ts';
import type { ActionCommand } from './managed-service.ts';
import { MARK, readStat } from './proc.ts';
import { inheritedEnvironment, messageOf, openOutput } from './process.ts';
import { stopTree } from './stop.ts';
import { sleep } from './wait.ts';

export interface CommandRun {
  readonly command: ActionCommand;
  readonly action: Action;
  readonly service: string;
  /** Of the slot, if the action is about one, and of the process that runs in it. */
  readonly pid: number | null;
  readonly port: number | null;
  readonly release: string | null;
  readonly cwd: string;
  /** Output is appended here; whoever owns the file rotates it. */
  readonly output: string;
  readonly clock: Clock;
}

/** Characters of output that an effect carries. */
export const OUTPUT_CHARS_MAX = 2_000;
/** A polite word before the kill, so that a command can take back what it has half done. */
const COMMAND_GRACE_MS = 500;

let runs = 0;

/** Exit code 0 is done, anything else failed. Never throws; an aborted one is ended like one that takes too long. */
export async function runCommand(run: CommandRun, signal: AbortSignal): Promise<Effect> {
  const { command, output } = run;
  if (signal.aborted) return { kind: 'failed', reason: 'called off before it began' };
  try {
    mkdirSync(dirname(output), { recursive: true, mode: 0o750 });
    const from = statSync(output, { throwIfNoEntry: false })?.size ?? 0;
    const end = await runToEnd(run, signal);
    const said = (await readTail(output, OUTPUT_CHARS_MAX, from)).trim();
    const detail = said === '' ? '' : `: ${said}`;
    if (end === 0) return { kind: 'done', detail: `${command.command[0]} succeeded${detail}` };
    return { kind: 'failed', reason: `${command.command[0]} ${end}${detail}` };
  } catch (error) {
    return { kind: 'failed', reason: `${command.command[0] ?? 'the command'} could not be run: ${messageOf(error)}` };
  }
}

/** 0, or in words how it ended. */
async function runToEnd(run: CommandRun, signal: AbortSignal): Promise<0 | string> {
  const { command, clock } = run;
  runs += 1;
  // Not the mark of the replica: what a command starts on purpose must survive the replica's next stop.
  const mark = `command/${process.pid}/${runs}/${clock.now()}`;
  const values = slotOf(run);
  const [program, ...rest] = command.command.map((word) => fillIn(word, values));
  const file = openOutput(run.output);
  const child = spawn(program ?? '', rest, {
    cwd: fillIn(run.cwd, values),
    env: { ...inheritedEnvironment(), ...factsOf(run), [MARK]: mark },
    detached: true,
    stdio: ['ignore', file, file],
  });
  closeSync(file);
  const ended = new Promise<0 | string>((resolve) => {
    child.once('exit', (code, by) =>
      resolve(code === 0 ? 0 : by === null ? `exited with ${code}` : `was ended by ${by}`),
    );
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
  });
  const stat = child.pid === undefined ? null : readStat(child.pid);
  if (stat === null) return ended;
  const over = new AbortController();
  const timeout = sleep(clock, command.timeoutMs, AbortSignal.any([signal, over.signal]));
  const first = await Promise.race([ended, timeout.then(() => null)]);
  over.abort();
  if (first !== null) return first;
  const why = signal.aborted ? 'was called off' : `took longer than ${command.timeoutMs} ms and was ended`;
  const stopped = await stopTree({ ...stat, mark }, { clock, mode: 'graceful', graceMs: COMMAND_GRACE_MS });
  return stopped.kind === 'stopped' ? why : `${why}, but ${stopped.pids.join(', ')} would not end`;
}

/** The facts of the action for the command, as text. NUL ends a string for the kernel, so it cannot be part of one. */
export function factsOf(run: Omit<CommandRun, 'command' | 'cwd' | 'output' | 'clock'>): Record<string, string> {
  const { action, service, pid, port, release } = run;
  const facts: Record<string, string | number | boolean | null> = {
    ACTION: action.kind,
    ACTION_ID: action.id,
    SERVICE: service,
    REPLICA: action.replica === WHOLE_SERVICE ? null : action.replica,
    CAUSE: action.cause,
    RUNG: action.rung,
    REASON: action.reason.slice(0, OUTPUT_CHARS_MAX),
    PID: pid,
    PORT: port,
    RELEASE: release,
    MODE: action.kind === 'restart' ? action.mode : null,
    ADMIT: action.kind === 'circuit-break' ? action.admit : null,
    OUT: action.kind === 'reroute' ? action.out : null,
    ON: action.kind === 'fallback' ? action.on : null,
  };
  const known = Object.entries(facts).filter(([, value]) => value !== null);
  return Object.fromEntries(known.map(([name, value]) => [`HEALIX_${name}`, String(value).replaceAll('\0', '')]));
}

function slotOf({ action, service, port, release }: CommandRun): Slot {
  return { service, replica: action.replica === WHOLE_SERVICE ? null : action.replica, port, release };
}
