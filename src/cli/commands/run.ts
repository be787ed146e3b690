/** `healix run`: keeps the services of a config alive, in the foreground, and says what it does. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { LEVELS, type Level } from '../../../strategies/coordinate/coordination.ts';
import { packageVersion } from '../../package-root.ts';
import type { RuntimeConfig } from '../../runtime/config.ts';
import { recordWords } from '../../runtime/coordination/records.ts';
import type { RuntimeEvent } from '../../runtime/events.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { type Context, withExamples } from '../context.ts';
import type { Io } from '../io.ts';
import { type Paint, printable, printableBlock } from '../output.ts';
import { loadPack } from '../pack-argument.ts';

interface Raw {
  readonly config: string;
  readonly pack?: string;
  readonly level?: Level;
  readonly leaveRunning?: true;
  readonly json?: true;
}

export function addRun(program: Command, context: Context): void {
  const command = program
    .command('run')
    .summary('heal real services')
    .description(
      'Starts the services of a config, or adopts those that an earlier run left running, looks at them and heals them with the ' +
        'strategy of a pack. Stays in the foreground until Ctrl-C. On SIGHUP it reads the config again, as healix reload asks it to.',
    )
    .option('--config <file>', 'the services, see the commented example in the documentation', 'healix.yaml')
    .option(
      '--pack <pack>',
      'pack file, or the name of a pack that ships (default: default, or together where a level is asked for)',
    )
    .addOption(
      new Option(
        '--level <level>',
        'each service alone; together when that does not suffice; always together (default: as the config says, or as the pack was bred)',
      ).choices(LEVELS),
    )
    .option('--leave-running', 'on Ctrl-C leave the services running; the next run adopts them')
    .option('--json', 'print every event as a line of JSON')
    .action(async (raw: Raw) => run(raw, context));
  withExamples(command, [
    'healix run --config healix.yaml',
    'healix run --config healix.yaml --pack my.pack.json --leave-running',
    'healix run --config healix.yaml --level advanced',
  ]);
}

async function run(raw: Raw, context: Context): Promise<void> {
  const { io, paint } = context;
  const { loadConstitution } = await import('../../constitution.ts');
  const { loadConfig } = await import('../../runtime/config.ts');
  const { packInUse } = await import('../../runtime/in-use.ts');
  const { startRuntime } = await import('../../runtime/start.ts');
  const { createRuntimeDashboard } = await import('../../dashboard/runtime-dashboard.ts');
  const config = loadConfig(raw.config);
  const { pack } = loadPack(raw.pack ?? usualPack(raw.level ?? config.level));
  const dashboard = createRuntimeDashboard();
  // Who keeps services alive does not die of a closed pipe.
  io.outliveReaders();
  let interrupt = (): void => {};
  const interrupted = new Promise<void>((resolve) => {
    interrupt = resolve;
  });
  const stopInterrupts = io.onInterrupt(() => {
    stopInterrupts();
    interrupt();
  });
  const readConfig = () => loadConfig(raw.config);
  const runtime = await startRuntime({
    config,
    readConfig,
    level: raw.level,
    readConstitution: (path) => loadConstitution(path ?? undefined),
    inUse: packInUse(pack),
    version: packageVersion(),
    shown: dashboard.shown,
    onEvent(event) {
      dashboard.tell(event);
      if (event.kind === 'signal' || event.kind === 'health' || event.kind === 'talk') return;
      const line = raw.json === true ? JSON.stringify(event) : lineOf(event, paint);
      if (line !== null) io.stdout.write(`${line}\n`);
    },
  });
  dashboard.connect(runtime);
  if (raw.json !== true) io.stdout.write(`${await dashboardLine(config, io)}\n`);
  const stopListening = io.onHangup(() => {
    // On a terminal it means that the terminal was closed.
    if (io.stdout.isTTY) interrupt();
    else void reload(runtime, readConfig, io);
  });
  await interrupted;
  stopListening();
  const leaveRunning = raw.leaveRunning === true;
  if (raw.json !== true) io.stdout.write(leaveRunning ? 'leaving the services running\n' : 'stopping the services\n');
  dashboard.close();
  await runtime.close({ leaveRunning });
}

/** Where none is named: each of the two was bred for how it is to heal. */
const usualPack = (level: Level | null): string => (level === null || level === 'basic' ? 'default' : 'together');

/** Where to look. The token is shown to a person alone: what is no terminal may be kept where others read. */
async function dashboardLine(config: RuntimeConfig, io: Io): Promise<string> {
  const { tokenOf } = await import('../../runtime/control/open-control.ts');
  const { pageUrl } = await import('../../dashboard/url.ts');
  const { control, stateDir } = config;
  if (io.stdout.isTTY) return `dashboard: ${pageUrl(control.host, control.port, tokenOf(config))}`;
  const url = pageUrl(control.host, control.port, '').replace(/#.*/, '');
  return `dashboard: ${url} (the token is in ${printable(control.tokenFile ?? join(stateDir, 'control.token'))})`;
}

/** As `healix reload` does; what is wrong with the config is told here, as nobody else asked. */
async function reload(runtime: Runtime, readConfig: () => RuntimeConfig, io: Io): Promise<void> {
  try {
    const reloaded = await runtime.reload(readConfig(), 'SIGHUP');
    if (reloaded.kind === 'refused') io.stderr.write(`not reloaded: ${printable(reloaded.reason)}\n`);
  } catch (error) {
    io.stderr.write(`not reloaded: ${printableBlock(error instanceof Error ? error.message : String(error))}\n`);
  }
}

/** One event in words; null for what only a machine wants to know. */
export function lineOf(event: RuntimeEvent, paint: Paint): string | null {
  const words = wordsOf(event, paint);
  return words === null ? null : `${new Date(event.atMs).toISOString().slice(11, 19)}  ${words}`;
}

function wordsOf(event: RuntimeEvent, paint: Paint): string | null {
  switch (event.kind) {
    case 'signal':
    case 'health':
    case 'talk':
      return null;
    case 'self-trouble':
      return paint(printable(event.reason), event.phase === 'began' ? 'red' : 'green');
    case 'alert':
      return event.outcome === 'done'
        ? null
        : paint(`alert ${printable(event.alert)} ${event.outcome}: ${printable(event.reason)}`, 'red');
    case 'resumed': {
      const { resumed, opening } = event;
      const { repair, findings } = opening;
      const mended = repair === null ? '' : ', an unfinished last line was cut off';
      const missing = findings.length === 0 ? '' : `, ${findings.length} findings: see healix journal verify`;
      return resumed.entries === 0
        ? 'a new journal'
        : `resumed from ${opening.records} records${mended}${missing}; ${resumed.unsettled.length} actions unsettled`;
    }
    case 'ready':
      return paint(`ready: ${event.started} started, ${event.adopted} adopted`, 'bold');
    case 'decided': {
      const { action } = event;
      const replica = action.replica < 0 ? '' : ` ${action.replica}`;
      const why = `because of ${printable(action.cause)}: ${printable(action.reason)}`;
      return `${printable(event.service)}${replica}: ${paint(action.kind, 'bold')} ${why}`;
    }
    case 'acted': {
      const { effect } = event;
      const detail = effect.kind === 'done' ? effect.detail : effect.reason;
      const result = effect.kind === 'done' ? paint('done', 'green') : paint(effect.kind, 'red');
      const told = detail === undefined ? '' : ` (${printable(detail)})`;
      return `${printable(event.service)}: ${event.action.kind} ${result}${told}`;
    }
    case 'escalated':
      return paint(`${printable(event.service)}: a human is needed: ${printable(event.reason)}`, 'red');
    case 'approval': {
      const { waiting, verdict } = event;
      const what = `${printable(waiting.service)}: ${waiting.action} (${printable(waiting.reason)})`;
      if (verdict === null) return `${what} ${paint('waits', 'bold')} for a yes: healix approve ${waiting.id}`;
      return verdict.kind === 'approved'
        ? `${what} approved by ${printable(verdict.by)}`
        : `${what} not approved: ${printable(verdict.reason)}`;
    }
    case 'ordered':
      return `${printable(event.service)}: ${printable(event.order)} was ordered`;
    case 'reloaded':
      return [paint('reloaded', 'bold'), ...event.changes.map(printable)].join('\n          ');
    case 'agents':
      return event.record.kind === 'lost'
        ? paint(printable(recordWords(event.record)), 'red')
        : printable(recordWords(event.record));
    case 'warning':
      return `${paint('warning', 'bold')}: ${printable(event.text)}`;
    case 'process':
      return processWords(event.event);
    case 'journal-failed':
      return paint(`the journal cannot be written, nothing risky is begun: ${printable(event.reason)}`, 'red');
    case 'trouble':
      return paint(printable(event.reason), 'red');
  }
}

function processWords(event: Extract<RuntimeEvent, { kind: 'process' }>['event']): string | null {
  switch (event.kind) {
    case 'started':
    case 'adopted':
      return `${printable(event.record.service)} ${event.record.replica}: ${event.kind}, pid ${event.record.pid}`;
    case 'exited':
      return `${printable(event.record.service)} ${event.record.replica}: ended with code ${event.code ?? 'unknown'}`;
    case 'over-memory':
      return `${printable(event.record.service)} ${event.record.replica}: used more than ${event.limitMb} MB`;
    case 'repaired':
      return `${printable(event.service)}: ${printable(event.file)} restored`;
    case 'trouble':
      return printable(event.reason);
  }
}
