/** `healix override`: a prompt for an operator's orders, and for nothing else. */
import type { Command } from 'commander';
import type { FleetStatus } from '../../runtime/status.ts';
import { ansiText } from '../../terminal/ansi.ts';
import { serviceLines } from '../../terminal/details.ts';
import { runPrompt } from '../../terminal/run-prompt.ts';
import { signsFor } from '../../terminal/spans.ts';
import { askRunning } from '../ask-running.ts';
import { type Context, EXIT_BAD_INPUT, withExamples } from '../context.ts';
import { hasColours, printable } from '../output.ts';
import { asking, type Raw } from './asking.ts';
import { PATIENCE_MS } from './following.ts';
import { statusText } from './running.ts';

export function addOverride(program: Command, context: Context): void {
  const command = asking(
    program,
    'override',
    'a prompt for orders',
    'Takes orders line by line: heal, pause, resume, isolate, release, approve, deny, status. Tab completes names. Lines may come ' +
      'from a pipe, too; then it exits 2 when one of them was not taken. With --json there is no prompt: each line is answered by one ' +
      'JSON object on one line.',
  );
  command.action(async ({ config, json }: Raw) => {
    const { io, paint } = context;
    const isJson = json === true;
    const isTerminal = io.stdout.isTTY && process.stdin.isTTY === true && !isJson;
    const isFine = await runPrompt({
      ask: (asked) => askRunning(config, asked, PATIENCE_MS),
      input: process.stdin,
      output: process.stdout,
      isTerminal,
      isJson,
      statusText: (status, service) =>
        service === null ? statusText(status, paint) : serviceText(status, service, context),
      paint: (text, tone) => paint(printable(text), tone === 'good' ? 'green' : 'red'),
    });
    if (!isFine && !isTerminal) context.exitCode = EXIT_BAD_INPUT;
  });
  withExamples(command, [
    'healix override',
    "printf 'pause cart\\nstatus cart\\n' | healix override",
    'echo status | healix override --json',
  ]);
}

function serviceText(status: FleetStatus, service: string, { io: { stdout, env } }: Context): string {
  const options = { width: stdout.columns, nowMs: Date.now(), signs: signsFor(env) };
  const lines = serviceLines(status, service, options);
  return lines.map((one) => ansiText(one, hasColours(stdout, env)).trimEnd()).join('\n');
}
