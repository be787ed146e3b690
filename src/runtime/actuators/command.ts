/** Carries out an action as the user's own command line, the facts of the action in its environment. */
import { type Action, WHOLE_SERVICE } from '../../../strategies/contract.ts';
import { fillIn, type Slot } from '../fill-in.ts';
import type { Clock, Effect } from '../ports.ts';
import type { ActionCommand } from './managed-service.ts';
import { messageOf } from './process.ts';
import { OUTPUT_CHARS_MAX, runProgram } from './program.ts';

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

/** Exit code 0 is done, anything else failed. Never throws; an aborted one is ended like one that takes too long. */
export async function runCommand(run: CommandRun, signal: AbortSignal): Promise<Effect> {
  const { command, output } = run;
  if (signal.aborted) return { kind: 'failed', reason: 'called off before it began' };
  const values = slotOf(run);
  try {
    const { end, said } = await runProgram(
      {
        command: command.command.map((word) => fillIn(word, values)),
        cwd: fillIn(run.cwd, values),
        env: factsOf(run),
        output,
        timeoutMs: command.timeoutMs,
        clock: run.clock,
      },
      signal,
    );
    const detail = said === '' ? '' : `: ${said}`;
    if (end === 0) return { kind: 'done', detail: `${command.command[0]} succeeded${detail}` };
    return { kind: 'failed', reason: `${command.command[0]} ${end}${detail}` };
  } catch (error) {
    return { kind: 'failed', reason: `${command.command[0] ?? 'the command'} could not be run: ${messageOf(error)}` };
  }
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
