/** `healix tmux`: one window with all of a running healix, in the terminal that people keep open. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { HealixError } from '../../errors.ts';
import { killSession, openSession, showSession } from '../../terminal/tmux.ts';
import { askRunning } from '../ask-running.ts';
import { type Context, EXIT_FAILED, withExamples } from '../context.ts';
import { PATIENCE_MS } from './following.ts';

interface Raw {
  readonly config: string;
  readonly session: string;
  readonly detach?: true;
  readonly kill?: true;
}

/** No sign that means something to tmux or a shell. */
const SESSION = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;

export function addTmux(program: Command, context: Context): void {
  const command = program
    .command('tmux')
    .summary('a tmux session with health, actions, metrics and a prompt')
    .description(
      'Opens a tmux session with four panels: health (healix top), actions (healix history --follow), metrics (healix metrics --follow) ' +
        'and a prompt for orders (healix override). When the session exists it is shown again. C-b d leaves it open in the background.',
    )
    .option('--config <file>', 'the config that healix run was started with', 'healix.yaml')
    .option('--session <name>', 'name of the session, to have several', 'healix')
    .option('--detach', 'make it and do not show it')
    .option('--kill', 'end it; healix goes on')
    .action(async (raw: Raw) => (raw.kill === true ? kill(raw, context) : open(raw, context)));
  withExamples(command, ['healix tmux', 'healix tmux --config shop/healix.yaml --session shop', 'healix tmux --kill']);
}

async function open({ config, session, detach }: Raw, context: Context): Promise<void> {
  const { io } = context;
  checkName(session);
  const isShown = detach !== true;
  if (isShown && !(io.stdout.isTTY && process.stdin.isTTY)) {
    throw new HealixError('no-terminal', 'a session can be shown on a terminal only. To make it without: --detach');
  }
  // Four panels that all say the same are no help.
  await askRunning(config, { method: 'GET', path: '/approvals' }, PATIENCE_MS);
  const size = isShown ? { columns: io.stdout.columns, rows: process.stdout.rows ?? 50 } : null;
  const opened = await openSession({
    session,
    config: resolve(config),
    program: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
    folder: process.cwd(),
    env: io.env,
    size,
  });
  if (!isShown) {
    const what = opened === 'made' ? 'is open' : 'was open already';
    io.stdout.write(`the tmux session ${session} ${what}: tmux attach -t ${session}\n`);
    return;
  }
  const { TMUX = '' } = io.env;
  const code = await showSession(session, TMUX !== '');
  if (code !== 0) context.exitCode = EXIT_FAILED;
}

async function kill({ session }: Raw, { io }: Context): Promise<void> {
  checkName(session);
  const was = await killSession(session);
  io.stdout.write(was ? `ended the tmux session ${session}\n` : `there is no tmux session ${session}\n`);
}

function checkName(session: string): void {
  if (SESSION.test(session)) return;
  throw new HealixError(
    'bad-option',
    `--session takes up to 40 letters, digits, - and _, not ${JSON.stringify(session)}`,
  );
}
