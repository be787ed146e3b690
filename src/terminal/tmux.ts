/** A tmux session with healix in four panels. Everything is handed to tmux as separate words: no shell reads any of it. */
import { execFile, spawn } from 'node:child_process';
import { HealixError } from '../errors.ts';

/** One panel: its title, and the words of `healix` in it. */
interface Panel {
  readonly title: string;
  readonly words: readonly string[];
}

const HEALTH: Panel = { title: 'health', words: ['top'] };
const ACTIONS: Panel = { title: 'actions', words: ['history', '--follow', '--limit', '50'] };
const METRICS: Panel = { title: 'metrics', words: ['metrics', '--follow'] };
const OVERRIDE: Panel = { title: 'override', words: ['override'] };

/** By which a session of ours is known, and whose it is. */
const MARK = '@healix-config';
const WINDOW = 'healix';
/** Where nobody is attached yet. */
const SIZE = { columns: 200, rows: 50 };
/** tmux answers at once, or something is wrong with it. */
const ANSWER_MS = 10_000;

export interface TmuxOptions {
  readonly session: string;
  /** Absolute: panels may not run where they were ordered from. */
  readonly config: string;
  /** What runs healix: node, its arguments, the program. */
  readonly program: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly size: { readonly columns: number; readonly rows: number } | null;
}

export type Opened = 'made' | 'found';

/**
 * Makes the session unless it exists.
 * @throws HealixError `no-tmux`, `other-session` when the name is that of a session with another config or none of healix's.
 */
export async function openSession(options: TmuxOptions): Promise<Opened> {
  const { session, config } = options;
  const whose = await configOf(session);
  if (whose === config) return 'found';
  if (whose !== null) {
    const what = whose === '' ? 'is none of healix tmux' : `shows ${whose}`;
    throw new HealixError(
      'other-session',
      `the tmux session ${session} ${what}. Give this one another name: --session NAME`,
    );
  }
  await makeSession(options);
  return 'made';
}

/** False when there is none. @throws HealixError as `openSession` does. */
export async function killSession(session: string): Promise<boolean> {
  const whose = await configOf(session);
  if (whose === null) return false;
  if (whose === '') {
    throw new HealixError('other-session', `the tmux session ${session} is none of healix tmux: end it by tmux itself`);
  }
  await tmux('kill-session', '-t', `=${session}`);
  return true;
}

/** Shows it on this terminal; resolves with tmux's exit code when the user leaves. */
export function showSession(session: string, isInside: boolean): Promise<number> {
  const words = isInside ? ['switch-client', '-t', `=${session}`] : ['attach-session', '-t', `=${session}`];
  return new Promise((resolve, reject) => {
    const child = spawn('tmux', words, { stdio: 'inherit' });
    child.on('error', (error) => reject(missing(error)));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** Null: no such session. Empty: one that is not ours. */
async function configOf(session: string): Promise<string | null> {
  const found = await run(['has-session', '-t', `=${session}`]);
  if (found.code !== 0) return null;
  return (await run(['show-options', '-qv', '-t', `=${session}:`, MARK])).out.trim();
}

async function makeSession(options: TmuxOptions): Promise<void> {
  const { session, config, folder, env, size, program } = options;
  const { columns, rows } = size ?? SIZE;
  // A server that runs already has an environment of its own.
  const { NO_COLOR } = env;
  const colours = NO_COLOR === undefined ? [] : ['-e', `NO_COLOR=${NO_COLOR}`];
  // Of all words this one alone is a format to tmux, in which #( ) is a command for a shell.
  const place = ['-c', folder.replaceAll('#', '##'), ...colours, '-P', '-F', '#{pane_id}'];
  const started = ({ words: [verb = '', ...rest] }: Panel): string[] => [
    ...place,
    '--',
    ...program,
    verb,
    '--config',
    config,
    ...rest,
  ];
  const split = (from: string, how: '-h' | '-v', share: number, panel: Panel): Promise<string> =>
    tmux('split-window', '-d', '-t', from, how, '-l', `${share}%`, ...started(panel));
  const big = ['-x', String(columns), '-y', String(rows)];
  const health = await tmux('new-session', '-d', '-s', session, '-n', WINDOW, ...big, ...started(HEALTH));
  try {
    await tmux('set-option', '-t', `=${session}:`, MARK, config);
    const actions = await split(health, '-v', 45, ACTIONS);
    const override = await split(actions, '-v', 35, OVERRIDE);
    const metrics = await split(actions, '-h', 40, METRICS);
    await name(health, HEALTH);
    await name(actions, ACTIONS);
    await name(metrics, METRICS);
    await name(override, OVERRIDE);
    await tmux('set-option', '-w', '-t', health, 'pane-border-status', 'top');
    await tmux('set-option', '-w', '-t', health, 'pane-border-format', ' #{pane_title} ');
    await tmux('set-option', '-w', '-t', health, 'automatic-rename', 'off');
    await tmux('select-pane', '-t', health);
  } catch (error) {
    await run(['kill-session', '-t', `=${session}`]);
    throw error;
  }
}

async function name(pane: string, { title }: Panel): Promise<void> {
  await tmux('select-pane', '-t', pane, '-T', title);
  // One that ended in trouble stays, so that it can be read why; one that was left is gone. Older ones of tmux do not know that.
  await run(['set-option', '-p', '-t', pane, 'remain-on-exit', 'failed']);
}

/** What it printed. Throws what it complained of. */
async function tmux(...words: readonly string[]): Promise<string> {
  const { code, out, err } = await run(words);
  if (code !== 0) throw new HealixError('tmux-failed', `tmux ${words[0]} failed: ${err.trim() || `exit code ${code}`}`);
  return out.trim();
}

function run(words: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve, reject) => {
    execFile('tmux', [...words], { timeout: ANSWER_MS }, (error, out, err) => {
      if (error === null) return resolve({ code: 0, out, err });
      // A number is an exit code; a word is why it could not be started at all.
      if (typeof error.code === 'string') return reject(missing(error));
      resolve({ code: error.code ?? 1, out, err });
    });
  });
}

function missing(error: Error & { readonly code?: unknown }): Error {
  if (error.code !== 'ENOENT') return error;
  const how = 'Install it with the package tmux of your system (apt-get install tmux, brew install tmux)';
  return new HealixError(
    'no-tmux',
    `healix tmux needs tmux 3.1 or newer, which is not installed. ${how}, or use: healix top`,
  );
}
