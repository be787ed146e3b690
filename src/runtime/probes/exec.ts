/** Runs a command that looks at a replica. It has a process group of its own, and whatever the command leaves behind goes with it. */
import { spawn } from 'node:child_process';
import { fillIn } from '../fill-in.ts';
import type { ProbeLevel, Target } from '../ports.ts';
import { judge } from './judge.ts';
import { blind, type Look, type LookingProbe, lookWithin, since } from './look.ts';
import { readValues } from './values.ts';

/** What is kept of the output; the rest is read and thrown away, so that the command never blocks on it. */
export const OUTPUT_BYTES_MAX = 64 * 1024;
/** Once the command has ended, its output is awaited this long: a child that left the group may hold the pipe open. */
const OUTPUT_GRACE_MS = 100;

export interface ExecOptions {
  readonly level: ProbeLevel;
  /** Program and arguments, without a shell; placeholders are filled in. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** Added to healix's own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Exit code 0 in time is good. Too late: the whole group is killed and there is no answer. */
export function execProbe(options: ExecOptions): LookingProbe {
  return {
    level: options.level,
    look: (target, signal) => lookWithin(options.timeoutMs, signal, (settle) => run(options, target, settle)),
  };
}

function run(options: ExecOptions, target: Target, settle: (look: Look) => void): () => void {
  const startedAt = performance.now();
  const fill = (text: string): string => fillIn(text, { ...target, release: null });
  const [program = '', ...rest] = options.command.map(fill);
  const env = Object.fromEntries(Object.entries(options.env).map(([name, value]) => [name, fill(value)]));
  const child = spawn(program, rest, {
    cwd: options.cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // A probe that cannot be run says nothing of the service. Listened for first: without pipes left, there is no `stdout`.
  child.on('error', (error) => settle(blind(`cannot run the probe: ${error.message}`)));
  if (child.stdout === undefined) return () => {};
  const output = { out: '', error: '' };
  collect(child.stdout, (text) => {
    output.out += text;
  });
  collect(child.stderr, (text) => {
    output.error += text;
  });
  let grace: NodeJS.Timeout | undefined;
  const end = (code: number | null, signal: NodeJS.Signals | null): void =>
    settle(
      judge(options.level, {
        tookMs: since(startedAt),
        fault: code === 0 ? undefined : faultOf(code, signal, output),
        told: readValues(options.level, output.out),
      }),
    );
  const killGroup = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nobody is left in it.
    }
  };
  child.on('exit', (code, signal) => {
    killGroup();
    grace = setTimeout(() => end(code, signal), OUTPUT_GRACE_MS);
  });
  child.on('close', end);
  return () => {
    clearTimeout(grace);
    // After its end the pid may belong to somebody else; `exit` has killed the group already.
    if (child.exitCode === null && child.signalCode === null) killGroup();
    child.stdout.destroy();
    child.stderr.destroy();
    child.unref();
  };
}

function collect(stream: NodeJS.ReadableStream, take: (text: string) => void): void {
  let bytes = 0;
  stream.setEncoding('utf8');
  stream.on('error', () => {});
  stream.on('data', (text: string) => {
    if (bytes < OUTPUT_BYTES_MAX) take(text.slice(0, OUTPUT_BYTES_MAX - bytes));
    bytes += text.length;
  });
}

function faultOf(code: number | null, signal: NodeJS.Signals | null, output: { out: string; error: string }): string {
  const end = code === null ? `killed by ${signal}` : `exit code ${code}`;
  const lastLine = (output.error.trim() === '' ? output.out : output.error).trim().split('\n').at(-1);
  return lastLine === undefined || lastLine === '' ? end : `${end}: ${lastLine}`;
}
