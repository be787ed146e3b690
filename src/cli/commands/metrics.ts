/** `healix metrics`: the key figures of a running healix, once or followed. */
import type { Command } from 'commander';
import type { FleetStatus } from '../../runtime/status.ts';
import { ansiText } from '../../terminal/ansi.ts';
import { type Ask, readFigures } from '../../terminal/feed.ts';
import { follow } from '../../terminal/follow.ts';
import { metricsLine, metricsPanel, SAMPLES_MAX } from '../../terminal/metrics-view.ts';
import type { Sample } from '../../terminal/samples.ts';
import { signsFor } from '../../terminal/spans.ts';
import { CLEAR, drawOver, takeOver } from '../../terminal/terminal-modes.ts';
import { askRunning } from '../ask-running.ts';
import { type Context, printJson, withExamples } from '../context.ts';
import { hasColours } from '../output.ts';
import { asking } from './asking.ts';
import { everyMs, PATIENCE_MS, tellLink, untilKeyOrInterrupt } from './following.ts';

interface Raw {
  readonly config: string;
  readonly follow?: true;
  readonly raw?: true;
  readonly every: string;
  readonly json?: true;
}

const PANEL_WIDTH = 100;

export function addMetrics(program: Command, context: Context): void {
  const command = asking(
    program,
    'metrics',
    'the key figures',
    'Prints the figures one looks at first: requests, failures, latency, actions, recoveries. Followed on a terminal they are a panel ' +
      'with their course, in a pipe a line each time. All figures, for Prometheus: --raw, or GET /metrics of the control API.',
  )
    .option('--follow', 'go on until Ctrl-C')
    .option('--every <time>', 'time between two looks', '2s')
    .option('--raw', 'print what Prometheus is told, once');
  command.action(async (raw: Raw) => {
    const period = everyMs(raw.every);
    const ask: Ask = (asked) => askRunning(raw.config, asked, PATIENCE_MS);
    if (raw.raw === true) {
      context.io.stdout.write(String(await ask({ method: 'GET', path: '/metrics' })));
      return;
    }
    if (raw.follow !== true) return once(await sampleOf(ask), raw, context);
    const isPanel = context.io.stdout.isTTY && raw.json !== true;
    await (isPanel ? followPanel(ask, period, context) : followLines(ask, period, raw, context));
  });
  withExamples(command, [
    'healix metrics',
    'healix metrics --follow --every 5s >> figures.log',
    'healix metrics --raw > scrape.txt',
  ]);
}

async function sampleOf(ask: Ask): Promise<Sample> {
  const [status, figures] = await Promise.all([
    ask({ method: 'GET', path: '/status' }) as Promise<FleetStatus>,
    readFigures(ask),
  ]);
  return { status, figures, atMs: Date.now() };
}

function once(sample: Sample, raw: Raw, context: Context): void {
  if (raw.json === true) {
    printJson(context, jsonOf(sample));
    return;
  }
  const lines = metricsPanel([sample], PANEL_WIDTH, signsFor(context.io.env));
  const { stdout, env } = context.io;
  context.io.stdout.write(`${lines.map((one) => ansiText(one, hasColours(stdout, env)).trimEnd()).join('\n')}\n`);
}

function followLines(ask: Ask, period: number, raw: Raw, { io }: Context): Promise<void> {
  let before: Sample | undefined;
  const look = async (): Promise<void> => {
    const now = await sampleOf(ask);
    io.stdout.write(`${raw.json === true ? JSON.stringify(jsonOf(now)) : metricsLine(before, now)}\n`);
    before = now;
  };
  return follow(look, { everyMs: period, onInterrupt: untilKeyOrInterrupt(io), onLink: tellLink(io) });
}

/** On a screen of its own, which goes when it ends. */
async function followPanel(ask: Ask, period: number, { io }: Context): Promise<void> {
  const { stdout } = process;
  const signs = signsFor(io.env);
  const inColours = hasColours(io.stdout, io.env);
  const samples: Sample[] = [await sampleOf(ask)];
  let trouble = '';
  const draw = (): void => {
    const width = stdout.columns ?? PANEL_WIDTH;
    const lines = metricsPanel(samples, width, signs).map((one) => ansiText(one, inColours));
    drawOver(
      stdout,
      [...(trouble === '' ? [] : [trouble.slice(0, width)]), ...lines].slice(0, (stdout.rows ?? 24) - 1),
    );
  };
  const resized = (): void => {
    stdout.write(CLEAR);
    draw();
  };
  const restore = takeOver(stdout);
  stdout.on('resize', resized);
  draw();
  const look = async (): Promise<void> => {
    samples.push(await sampleOf(ask));
    samples.splice(0, samples.length - SAMPLES_MAX);
    trouble = '';
    draw();
  };
  try {
    await follow(look, {
      everyMs: period,
      onInterrupt: untilKeyOrInterrupt(io),
      onLink(link) {
        trouble = link.kind === 'lost' ? `not connected, trying again: ${link.reason}`.replaceAll('\n', ' ') : '';
        draw();
      },
    });
  } finally {
    stdout.off('resize', resized);
    restore();
  }
}

function jsonOf({ atMs, figures, status }: Sample): object {
  const { availabilityOf, ...rest } = figures;
  return {
    atMs,
    status: status.status,
    healthy: status.healthy,
    services: status.services.length,
    actionsUnderWay: status.actionsUnderWay,
    waitingForApproval: status.waitingForApproval.length,
    ...rest,
    availabilityOf: Object.fromEntries(availabilityOf),
  };
}
