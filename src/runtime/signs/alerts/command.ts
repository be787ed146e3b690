/** Tells the user's own command of alerts: facts in its environment, all of it as JSON on its standard input. */
import { rotate } from '../../actuators/logs.ts';
import { messageOf } from '../../actuators/process.ts';
import { runProgram } from '../../actuators/program.ts';
import type { Clock, Effect } from '../../ports.ts';
import { type AlertMessage, environmentOf } from './message.ts';

export interface AlertCommandOptions {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly timeoutMs: number;
  /** Its output is appended here, and the file kept short. */
  readonly output: string;
  readonly clock: Clock;
}

/** Never throws. Exit code 0 is done; one that takes too long is ended with all it started. */
export async function runAlertCommand(
  options: AlertCommandOptions,
  message: AlertMessage,
  signal: AbortSignal,
): Promise<Effect> {
  const name = options.command[0] ?? 'the command';
  try {
    const run = { ...options, env: environmentOf(message), input: `${JSON.stringify(message)}\n` };
    const { end, said } = await runProgram(run, signal);
    await rotate(options.output).catch(() => {});
    if (end === 0) return { kind: 'done', detail: `${name} succeeded` };
    return { kind: 'failed', reason: `${name} ${end}${said === '' ? '' : `: ${said}`}` };
  } catch (error) {
    return { kind: 'failed', reason: `${name} could not be run: ${messageOf(error)}` };
  }
}
