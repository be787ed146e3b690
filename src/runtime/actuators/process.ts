/**
 * Starts a replica as a process that does not need us: session and group of its own, no standard input, output into files.
 * When the runtime dies, nothing happens to it.
 *
 * Memory is limited by watching (`memory.ts`), not here: `ulimit -v` counts reserved addresses, of which node takes gigabytes;
 * `--max-old-space-size` leaves buffers and native memory out and fits node alone; a cgroup needs rights that we may not have.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants as files, mkdirSync, openSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { fillIn, type Slot } from '../fill-in.ts';
import type { ProcessRecord } from '../ports.ts';
import { logPath, type ManagedService } from './managed-service.ts';
import { writeMark } from './mark.ts';
import { isAlive, MARK, readStat } from './proc.ts';
import { type Account, findAccount } from './user.ts';

/** What a start came to. `exited` resolves with the exit code, 128 + n for signal n; null if nobody saw it (adopted processes). */
export type Started =
  | { readonly kind: 'started'; readonly record: ProcessRecord; readonly exited: Promise<number | null> }
  | { readonly kind: 'failed'; readonly reason: string };

export interface StartOptions {
  readonly service: ManagedService;
  readonly replica: number;
  readonly release: string | null;
  readonly instance: string;
  readonly nowMs: number;
}

/** Exit code of a program that could not be started at all, as shells have it. */
export const NOT_STARTED = 127;

export async function startReplica(options: StartOptions): Promise<Started> {
  const { service, replica, release, nowMs } = options;
  const values = { service: service.id, replica, port: service.ports[replica] ?? null, release };
  const marked = { service: service.id, replica, startedAtMs: nowMs, port: values.port, release };
  const cwd = fillIn(service.cwd, values);
  const [program, ...rest] = service.command.map((word) => fillIn(word, values));
  const account = findAccount(service.user);
  if (program === undefined) return failed(service, 'its command is empty');
  if (account === undefined) return failed(service, `there is no user ${service.user}`);
  if (!isFolder(cwd)) return failed(service, `its working directory ${cwd} does not exist`);
  const env = environmentOf(service, values, account, writeMark(options.instance, marked));
  try {
    const child = spawnDetached(service, replica, program, rest, { cwd, env, account });
    const exited = exitOf(child);
    const pid = child.pid;
    // Read before anything is awaited: until then the child cannot be reaped, so the pid is surely still its own.
    const stat = pid === undefined ? null : readStat(pid);
    if (stat === null) return failed(service, await exited.then((end) => end.error ?? 'it ended at once'));
    const record: ProcessRecord = { ...marked, pid: stat.pid, startTicks: stat.startTicks };
    return { kind: 'started', record, exited: exited.then((end) => end.code) };
  } catch (error) {
    return failed(service, messageOf(error));
  }
}

/** Which of these have ended. For adopted processes, whose exit nobody tells us: ask every second or so. */
export function findEnded(records: readonly ProcessRecord[]): readonly ProcessRecord[] {
  return records.filter((record) => !isAlive(record));
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface Surroundings {
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly account: Account | null;
}

function spawnDetached(
  service: ManagedService,
  replica: number,
  program: string,
  rest: readonly string[],
  { cwd, env, account }: Surroundings,
): ChildProcess {
  mkdirSync(service.logFolder, { recursive: true, mode: 0o750 });
  const outputs: number[] = [];
  try {
    for (const stream of ['out', 'err'] as const) outputs.push(openOutput(logPath(service, replica, stream)));
    const child = spawn(program, rest, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', outputs[0], outputs[1]],
      ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
    });
    child.unref();
    return child;
  } finally {
    for (const output of outputs) closeSync(output);
  }
}

/** Opened for append, so that a file cut short by rotation goes on at its new end. */
export function openOutput(path: string): number {
  return openSync(path, files.O_WRONLY | files.O_CREAT | files.O_APPEND | files.O_NOFOLLOW, 0o640);
}

/** The mark goes first, so that it is found in the first page of the environment. */
function environmentOf(
  service: ManagedService,
  values: Slot,
  account: Account | null,
  mark: string,
): Record<string, string> {
  const own = Object.entries(service.env).map(([name, value]) => [name, fillIn(value, values)] as const);
  const home = account === null ? {} : { HOME: account.home, USER: account.name, LOGNAME: account.name };
  const all = Object.entries({ ...inheritedEnvironment(), ...home, ...Object.fromEntries(own) });
  return Object.fromEntries([[MARK, mark], ...all.filter(([name]) => name !== MARK)]);
}

/** What children get of our own environment: everything but what is ours alone, such as tokens. */
export function inheritedEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('HEALIX_'));
  return Object.fromEntries(kept) as Record<string, string>;
}

function exitOf(child: ChildProcess): Promise<{ code: number | null; error?: string }> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) =>
      resolve({ code: signal === null ? code : 128 + (constants.signals[signal] ?? 0) }),
    );
    child.once('error', (error) => {
      // Also told when a signal could not be sent; only without a pid does it mean that nothing was started.
      if (child.pid === undefined) resolve({ code: NOT_STARTED, error: messageOf(error) });
    });
    child.on('error', () => {});
  });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function failed(service: ManagedService, reason: string): Started {
  return { kind: 'failed', reason: `${service.id} could not be started: ${reason}` };
}
