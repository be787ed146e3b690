/** Commands that ask a running healix: what is, what was, and an operator's orders. */
import type { Command } from 'commander';
import { guess } from '../../../strategies/nearest.ts';
import { HealixError } from '../../errors.ts';
import type { Waiting } from '../../runtime/approvals.ts';
import type { HistoryRow } from '../../runtime/history.ts';
import { type Lesson, lessonWords } from '../../runtime/lesson.ts';
import type { FleetStatus, ServiceStatus } from '../../runtime/status.ts';
import { type Context, printJson, withExamples } from '../context.ts';
import { Problems, wholeNumber } from '../options.ts';
import { duration, type Paint, printable, table } from '../output.ts';
import { ask, asking, type Raw } from './asking.ts';
import { followHistory } from './follow-history.ts';
import { rowText, timeText } from './history-text.ts';

const HISTORY_MAX = 1000;

/** What an order does, and what is said when it was taken. */
export const ORDERS = {
  heal: {
    order: 'force-heal',
    summary: 'heal a service now',
    description:
      'Starts the ladder of a service now, without waiting for cool-downs. What the guard forbids stays undone, and is said.',
    taken: 'is being healed',
  },
  pause: {
    order: 'pause',
    summary: 'leave a service alone',
    description: 'From now on nothing is done to a service, until healix resume. It is still looked at.',
    taken: 'is left alone until healix resume',
  },
  resume: {
    order: 'resume',
    summary: 'heal a paused service again',
    description: 'Takes a pause back.',
    taken: 'is healed again',
  },
  isolate: {
    order: 'isolate',
    summary: 'let no calls through to a service',
    description: 'Opens the circuit of a service by hand: its gateway refuses all calls, until healix release.',
    taken: 'gets no calls until healix release',
  },
  release: {
    order: 'release',
    summary: 'let calls through again',
    description: 'Closes the circuit of a service, whoever opened it.',
    taken: 'gets calls again',
  },
} as const;

export function addRunning(program: Command, context: Context): void {
  addStatus(program, context);
  addHistory(program, context);
  for (const name of Object.keys(ORDERS) as (keyof typeof ORDERS)[]) addOrder(program, context, name);
  addReload(program, context);
}

function addStatus(program: Command, context: Context): void {
  const command = asking(program, 'status', 'what runs and how it is', 'Prints every service as healix sees it now.');
  command.action(async (raw: Raw) => {
    const status = (await ask(raw, { method: 'GET', path: '/status' })) as FleetStatus;
    if (raw.json) printJson(context, status);
    else context.io.stdout.write(statusText(status, context.paint));
  });
  withExamples(command, ['healix status', 'healix status --config shop/healix.yaml --json']);
}

function addHistory(program: Command, context: Context): void {
  const command = asking(
    program,
    'history',
    'what was done, and what came of it',
    'Prints the last actions, ends of processes, repairs and reloads, newest last.',
  )
    .option('--limit <n>', `rows, at most ${HISTORY_MAX}`, '20')
    .option('--follow', 'go on with what is done from now on, until Ctrl-C; with --json a line for each row')
    .option('--lessons', 'only what operators did otherwise than healix in trouble, and what came of it');
  command.action(async (raw: Raw & { readonly limit: string; readonly follow?: true; readonly lessons?: true }) => {
    const problems = new Problems();
    const limit = wholeNumber(problems, '--limit', raw.limit, { lo: 1, hi: HISTORY_MAX }, 0);
    if (raw.follow && raw.lessons) problems.add('--follow shows what is done, --lessons what was learnt: take one');
    problems.refuse();
    if (raw.lessons) return printLessons(context, raw, limit);
    if (raw.follow) return followHistory({ ...raw, limit }, context);
    const rows = (await ask(raw, { method: 'GET', path: `/history?limit=${limit}` })) as HistoryRow[];
    if (raw.json) printJson(context, rows);
    else context.io.stdout.write(rows.map((row) => `${rowText(row, context.paint)}\n`).join('') || 'nothing yet\n');
  });
  withExamples(command, [
    'healix history',
    'healix history --limit 100 --json',
    'healix history --follow',
    'healix history --lessons',
  ]);
}

async function printLessons(context: Context, raw: Raw, limit: number): Promise<void> {
  const lessons = (await ask(raw, { method: 'GET', path: `/history?limit=${limit}&lessons=true` })) as Lesson[];
  if (raw.json) return printJson(context, lessons);
  const lines = lessons.map((lesson) => `${timeText(lesson.atMs)}  ${printable(lessonWords(lesson))}\n`);
  context.io.stdout.write(lines.join('') || 'no operator has gone another way in trouble yet\n');
}

function addOrder(program: Command, context: Context, name: keyof typeof ORDERS): void {
  const { order, summary, description, taken } = ORDERS[name];
  const command = asking(program, name, summary, description).argument('<service>', 'its id in the config');
  command.action(async (service: string, raw: Raw) => {
    const body = { service, order };
    const answer = (await ask(raw, { method: 'POST', path: '/order', body }).catch((error: unknown) =>
      withGuess(error, service, raw),
    )) as { readonly actions: readonly string[] };
    if (raw.json) return printJson(context, answer);
    const what = answer.actions.length === 0 ? '' : `: ${answer.actions.join(', ')}`;
    const nothing = name === 'heal' && answer.actions.length === 0;
    const said = nothing ? 'has nothing that could be done now: see healix history' : `${taken}${what}`;
    context.io.stdout.write(`${printable(service)} ${said}\n`);
  });
  withExamples(command, [`healix ${name} cart`]);
}

/** healix knows its services; a name that it does not know may be a mistyped one of them. */
async function withGuess(error: unknown, service: string, raw: Raw): Promise<never> {
  if (!(error instanceof HealixError) || !error.message.startsWith('no service is named')) throw error;
  const { services } = (await ask(raw, { method: 'GET', path: '/status' })) as FleetStatus;
  const known = services.map(({ id }) => id);
  throw new HealixError(error.code, `${error.message}${guess(service, known)}\nKnown: ${known.join(', ')}.`);
}

function addReload(program: Command, context: Context): void {
  const command = asking(
    program,
    'reload',
    'take the changed config',
    'Makes the running healix read its config again. A config with problems changes nothing; they are all named.',
  );
  command.action(async (raw: Raw) => {
    const answer = (await ask(raw, { method: 'POST', path: '/reload' })) as { readonly changes: readonly string[] };
    if (raw.json) return printJson(context, answer);
    const lines = answer.changes.length === 0 ? ['nothing has changed'] : answer.changes;
    context.io.stdout.write(`${lines.map(printable).join('\n')}\n`);
  });
  withExamples(command, ['healix reload', 'kill -HUP PID']);
}

export function statusText(status: FleetStatus, paint: Paint): string {
  const { name, services, healthy, healedBy, startedAtMs, dryRun, actionsUnderWay, journalHealthy } = status;
  const upS = (Date.now() - startedAtMs) / 1000;
  const head = [
    `${paint(printable(name), 'bold')}: ${paintStatus(status.status, paint)}, ${healthy} of ${services.length} services healthy; `,
    `healed by ${printable(healedBy)} for ${duration(upS)}${dryRun ? paint(', dry run', 'yellow') : ''}; `,
    `${actionsUnderWay} ${actionsUnderWay === 1 ? 'action' : 'actions'} under way\n`,
  ].join('');
  const trouble = journalHealthy ? '' : `${paint('the journal cannot be written: nothing risky is begun', 'red')}\n`;
  const together = coordinationText(status, paint);
  return `${head}${trouble}${together}${waitingText(status.waitingForApproval, paint)}\n${servicesTable(services, paint)}`;
}

/** Nothing where every service heals alone. */
function coordinationText({ coordination: { level, agents } }: FleetStatus, paint: Paint): string {
  if (agents === null) return '';
  const { epoch, messages, lost, incident, held } = agents;
  const ago = (ms: number): string => duration(Math.max(0, (Date.now() - ms) / 1000));
  const left = (ms: number): string => duration(Math.max(0, (ms - Date.now()) / 1000));
  const lines = [`level ${level}, epoch ${epoch}, ${messages} messages`];
  if (lost !== null) {
    const words = `the agents are lost for ${ago(lost.sinceMs)}, every service heals alone: ${printable(lost.reason)}`;
    lines.push(`${paint(words, 'red')}; tried again in ${left(lost.retryAtMs)}`);
  }
  if (incident !== null) {
    const causes = incident.causes.map(({ cause, score }) => `${printable(cause)} (${score.toFixed(2)})`).join(', ');
    const who = `${printable(incident.service)} asked for help: ${printable(incident.why)}`;
    const open = paint(`incident ${incident.incident}`, 'yellow');
    lines.push(`${open} open for ${ago(incident.sinceMs)}, ${who}; likely causes: ${causes || 'none known'}`);
  }
  for (const { service, untilMs, reason } of held)
    lines.push(`${printable(service)} is held back for at most ${left(untilMs)} more: ${printable(reason)}`);
  return `${lines.join('\n')}\n`;
}

function waitingText(waiting: readonly Waiting[], paint: Paint): string {
  return waiting
    .map(({ id, service, action, reason, untilMs }) => {
      const leftS = Math.max(0, (untilMs - Date.now()) / 1000);
      const what = `${action} of ${printable(service)} (${printable(reason)})`;
      return `${paint(`action ${id}`, 'yellow')} waits for a yes: ${what}; ${duration(leftS)} left: healix approvals ${id}\n`;
    })
    .join('');
}

function servicesTable(services: readonly ServiceStatus[], paint: Paint): string {
  return table<ServiceStatus>(
    [
      { title: 'service', align: 'left', cell: ({ id }) => id },
      { title: 'tier', align: 'left', cell: ({ tier }) => tier },
      { title: 'status', align: 'left', cell: ({ status, paused }) => (paused ? `${status}, paused` : status) },
      { title: 'circuit', align: 'left', cell: ({ circuit }) => circuit },
      { title: 'replicas', align: 'left', cell: replicasText },
      { title: 'why', align: 'left', cell: ({ reason }) => printable(reason) },
    ],
    services,
    (line, { status }) => (status === 'healthy' ? line : paint(line, status === 'failed' ? 'red' : 'yellow')),
  );
}

function replicasText({ replicas }: ServiceStatus): string {
  const running = replicas.filter(({ state }) => state === 'running');
  const dead = replicas.filter(({ state }) => state === 'dead').length;
  const ports = running.map(({ port, pid }) => (port === null ? `pid ${pid}` : `:${port}`));
  return [...ports, ...(dead > 0 ? [`${dead} dead`] : [])].join(' ') || 'none';
}

function paintStatus(status: FleetStatus['status'], paint: Paint): string {
  return paint(status, status === 'healthy' ? 'green' : status === 'failed' ? 'red' : 'yellow');
}
