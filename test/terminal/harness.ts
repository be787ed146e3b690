/** A real `healix run` on a few real services, and real terminals to watch it in, on a tmux server of the test's own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import type { FleetStatus } from '../../src/runtime/status.ts';
import { add, change } from '../runtime/bad-input/fleet.ts';
import { makeSite, type Site } from '../runtime/harness.ts';

/** What runs healix from its sources, as users run it from the package. */
export const HEALIX = [process.execPath, '--import', 'tsx', join(PACKAGE_ROOT, 'src/cli/main.ts')];

/** A machine that is busy with other tests takes its time. */
const WAIT_MS = 120_000;
const LOOK_EVERY_MS = 150;

/** Answers at once; for fleets of more than one. */
const PLAIN = `
import { createServer } from 'node:http';
createServer((_, response) => response.end('ok')).listen(Number(process.env.PORT), '127.0.0.1');
`;

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command line in a pipe. */
export function healix(words: readonly string[], input = '', env: Record<string, string> = {}): Promise<Ran> {
  const [program = '', ...rest] = HEALIX;
  return new Promise((resolve) => {
    const options = { cwd: PACKAGE_ROOT, timeout: WAIT_MS, env: { ...process.env, LANG: 'C.UTF-8', ...env } };
    const child = execFile(program, [...rest, ...words], options, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
    child.stdin?.end(input);
  });
}

export interface Fleet {
  readonly site: Site;
  readonly config: readonly ['--config', string];
  status(): Promise<FleetStatus>;
  pid(service: string): Promise<number>;
  /** Kills healix itself; the services run on. */
  killHealix(): Promise<void>;
  /** Starts it again, or another one. */
  startHealix(): Promise<void>;
  end(): Promise<void>;
}

/** `web`, which has a gateway, and two more that nobody asks. Restarts of `cart` wait for a yes. */
export async function startFleet(): Promise<Fleet> {
  const site = await makeSite();
  await add(site, 'cart', PLAIN, { tier: 'critical' });
  await add(site, 'stock', PLAIN, { tier: 'lightweight' });
  change(site, (known) => ({
    ...known,
    name: 'shop',
    guard: { minHealthy: 0, restartsPer10Min: 50 },
    policies: { critical: { approve: ['restart'], approveS: 500 } },
  }));
  let running: ChildProcess | null = null;
  const config = ['--config', site.config] as const;
  const fleet: Fleet = {
    site,
    config,
    async status() {
      const { code, out, err } = await healix(['status', '--json', ...config]);
      if (code !== 0) throw new Error(err);
      return JSON.parse(out) as FleetStatus;
    },
    async pid(service) {
      const { services } = await fleet.status();
      return services.find(({ id }) => id === service)!.replicas[0]!.pid!;
    },
    async killHealix() {
      running?.kill('SIGKILL');
      if (running !== null) await once(running, 'exit');
      running = null;
    },
    async startHealix() {
      const [program = '', ...rest] = HEALIX;
      const child = spawn(program, [...rest, 'run', ...config], {
        cwd: PACKAGE_ROOT,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      running = child;
      let told = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (told += String(text)));
      await until(
        'healix is ready',
        () => told.includes('ready:') || child.exitCode !== null,
        () => told,
      );
    },
    async end() {
      if (running !== null && running.exitCode === null) {
        running.kill('SIGTERM');
        await once(running, 'exit');
      }
      site.remove();
    },
  };
  try {
    await fleet.startHealix();
    return fleet;
  } catch (error) {
    await fleet.end();
    throw error;
  }
}

/** Looks again and again; a failure shows what there was instead. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  shown: () => string | Promise<string> = () => '',
): Promise<void> {
  const endMs = Date.now() + WAIT_MS;
  while (Date.now() < endMs) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  throw new Error(`waited in vain until ${what}. There was:\n${await shown()}`);
}

export interface Terminal {
  /** Presses keys, by tmux's names. */
  press(...keys: readonly string[]): Promise<void>;
  text(): Promise<string>;
  /** With its colours. */
  coloured(): Promise<string>;
  until(what: string, holds: (text: string) => boolean): Promise<string>;
  resize(columns: number, rows: number): Promise<void>;
  /** Of tmux's own words for a pane, such as `cursor_flag`. */
  is(flag: string): Promise<string>;
  /** The process in it. */
  pid(): Promise<number>;
}

export interface Terminals {
  /** Of the server that `healix tmux` makes sessions on when it is run in one of these terminals or with this environment. */
  readonly env: Readonly<Record<string, string>>;
  open(
    words: readonly string[],
    size?: readonly [columns: number, rows: number],
    env?: Record<string, string>,
  ): Promise<Terminal>;
  /** Asks the server of `healix tmux`. */
  tmux(...words: readonly string[]): Promise<string>;
  terminalOf(pane: string): Terminal;
  end(): Promise<void>;
}

/** Not in any tmux, as far as it knows. */
const OUTSIDE = ['env', '-u', 'TMUX'];

let servers = 0;

export function startTerminals(): Terminals {
  servers += 1;
  const socket = `healix-test-${process.pid}-${servers}`;
  const folder = mkdtempSync(join(tmpdir(), 'healix-tmux-'));
  // What holds the terminals, and what is made in them, know nothing of each other.
  const [outside, inside] = [mkdtempSync(join(folder, 'outside-')), mkdtempSync(join(folder, 'inside-'))];
  const env = { TMUX_TMPDIR: inside, TMUX: '', LANG: 'C.UTF-8', LC_ALL: '' };
  const outer = (...words: readonly string[]): Promise<string> =>
    tmux(['-L', socket, '-f', '/dev/null', '-u', ...words], { TMUX_TMPDIR: outside, TMUX: '' });
  const inner = (...words: readonly string[]): Promise<string> => tmux(['-f', '/dev/null', '-u', ...words], env);
  let opened = 0;
  return {
    env,
    tmux: inner,
    async open(words, [columns, rows] = [110, 30], more = {}) {
      opened += 1;
      const name = `t${opened}`;
      // CI on purpose: a terminal is one wherever it is.
      const settings = Object.entries({ ...env, CI: 'true', ...more }).flatMap(([key, value]) => [
        '-e',
        `${key}=${value}`,
      ]);
      const size = ['-x', String(columns), '-y', String(rows)];
      await outer(
        'new-session',
        '-d',
        '-s',
        name,
        ...size,
        '-c',
        PACKAGE_ROOT,
        ...settings,
        '--',
        ...OUTSIDE,
        ...words,
      );
      await outer('set-option', '-t', name, 'status', 'off');
      return terminal(`${name}:0.0`, outer);
    },
    terminalOf: (pane) => terminal(pane, inner),
    async end() {
      await inner('kill-server').catch(() => '');
      await outer('kill-server').catch(() => '');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function terminal(pane: string, ask: (...words: readonly string[]) => Promise<string>): Terminal {
  const text = (): Promise<string> => ask('capture-pane', '-p', '-t', pane);
  return {
    text,
    async press(...keys) {
      for (const key of keys) await ask('send-keys', '-t', pane, key);
    },
    coloured: () => ask('capture-pane', '-e', '-p', '-t', pane),
    async until(what, holds) {
      let last = '';
      await until(
        what,
        async () => {
          last = await text();
          return holds(last);
        },
        () => last,
      );
      return last;
    },
    async resize(columns, rows) {
      await ask('resize-window', '-t', pane, '-x', String(columns), '-y', String(rows));
    },
    is: async (flag) => (await ask('display-message', '-p', '-t', pane, `#{${flag}}`)).trim(),
    pid: async () => Number(await ask('display-message', '-p', '-t', pane, '#{pane_pid}')),
  };
}

function tmux(words: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...env }, timeout: WAIT_MS };
    execFile('tmux', [...words], options, (error, out, err) =>
      error === null ? resolve(out) : reject(new Error(`${words.join(' ')}: ${err}`)),
    );
  });
}

/** Every process's command line and environment, for what must not be there. */
export function commandLineOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
}

export function writeConfigBeside(site: Site, name: string, text: string): string {
  const path = join(site.folder, name);
  writeFileSync(path, text);
  return path;
}

export interface Followed {
  out(): string;
  err(): string;
  /** It has said something, or looked at least once. */
  isRunning(): boolean;
  /** Ctrl-C; resolves with its exit code. */
  end(): Promise<number>;
}

/** A command that goes on, in a pipe. */
export function followed(words: readonly string[]): Followed {
  const [program = '', ...rest] = HEALIX;
  const child = spawn(program, [...rest, ...words], { cwd: PACKAGE_ROOT, env: { ...process.env, LANG: 'C.UTF-8' } });
  const told = { out: '', err: '' };
  child.stdout.on('data', (text) => {
    told.out += String(text);
  });
  child.stderr.on('data', (text) => {
    told.err += String(text);
  });
  return {
    out: () => told.out,
    err: () => told.err,
    isRunning: () => told.out !== '',
    async end() {
      if (child.exitCode !== null) return child.exitCode;
      child.kill('SIGINT');
      const [code] = (await once(child, 'exit')) as [number];
      return code;
    },
  };
}
