/**
 * `npm run bench -- dashboard`: what watching costs. A board of 131 services is told 1,000 signals a second, first with nobody looking
 * and then with one page in a real Chromium (set CHROMIUM to another one than Debian's); processor time of both sides, in shares of a core.
 */
import { type CDPSession, chromium } from 'playwright-core';
import { Board, type FleetSource } from '../../src/dashboard/board.ts';
import { pageFiles } from '../../src/dashboard/files.ts';
import type { ServiceNow } from '../../src/dashboard/service-view.ts';
import { createStream } from '../../src/dashboard/stream.ts';
import { pageUrl } from '../../src/dashboard/url.ts';
import { type Controlled, startControl } from '../../src/runtime/control/control.ts';
import type { ReplicaReading } from '../../strategies/contract.ts';

const SERVICES = 131;
const SIGNALS_PER_S = 1000;
const MEASURE_MS = 20_000;
const SETTLE_MS = 3000;
const CHROMIUM = '/usr/bin/chromium';
const TOKEN = 'c'.repeat(64);
const CALLERS = 6;

export async function dashboardBench(print: (line: string) => void): Promise<void> {
  const services = fleet();
  const board = new Board(sourceOf(services));
  const stream = createStream(board);
  const control = await startControl(() => ({}) as Controlled, {
    ...{ host: '127.0.0.1', port: 0, token: TOKEN, isTokenExplicit: false },
    shown: { file: pageFiles(), stream: (response, after) => stream.add(response, after) },
  });
  const stop = feed(board, services);
  const executablePath = process.env['CHROMIUM'] ?? CHROMIUM;
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking'] });
  try {
    print(`${SERVICES} services, ${SIGNALS_PER_S} signals a second, ${MEASURE_MS / 1000} s each; shares of a core`);
    await pause(SETTLE_MS);
    const alone = await serverShare();
    print(`server, nobody looks:     ${words(alone)}`);
    const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
    await page.goto(pageUrl('127.0.0.1', control.port, TOKEN));
    await page.getByText(`${SERVICES} of ${SERVICES}`).waitFor();
    await pause(SETTLE_MS);
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const before = await times(session);
    const watched = await serverShare();
    const after = await times(session);
    print(`server, one page looks:   ${words(watched)}`);
    const lasted = after.at - before.at;
    print(
      `page, main thread:        ${words((after.task - before.task) / lasted)}, of which script ${words((after.script - before.script) / lasted)}`,
    );
  } finally {
    stop();
    stream.close();
    await browser.close();
    await control.close();
  }
}

async function serverShare(): Promise<number> {
  const began = process.cpuUsage();
  const beganMs = performance.now();
  await pause(MEASURE_MS);
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000 / (performance.now() - beganMs);
}

/** Seconds. */
async function times(
  session: CDPSession,
): Promise<{ readonly at: number; readonly task: number; readonly script: number }> {
  const { metrics } = await session.send('Performance.getMetrics');
  const value = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return { at: value('Timestamp'), task: value('TaskDuration'), script: value('ScriptDuration') };
}

function fleet(): readonly ServiceNow[] {
  const id = (index: number): string => `service-${index}`;
  const children = (index: number): string[] =>
    Array.from({ length: CALLERS }, (_, at) => CALLERS * index + at + 1)
      .filter((child) => child < SERVICES)
      .map(id);
  return Array.from({ length: SERVICES }, (_, index) => ({
    ...{ id: id(index), tier: 'default', status: 'healthy', reason: '', circuit: 'closed', paused: false },
    replicas: [0, 1, 2].map((slot) => ({ state: 'running', pid: 1000 + slot, port: null })),
    ...{ dependsOn: children(index), isProtected: false, canIsolate: false, heldUntilMs: null, figures: null },
  }));
}

function sourceOf(services: readonly ServiceNow[]): FleetSource {
  return {
    clock: () => ({ kind: 'real', atMs: Date.now(), startedAtMs: 0 }),
    fleet: () => ({
      name: 'bench',
      healedBy: 'nobody',
      level: 'basic',
      isDryRun: false,
      isJournalHealthy: true,
      simulation: null,
    }),
    services: () => services,
    waiting: () => [],
    agents: () => null,
    messages: () => null,
    refusals: () => [],
    answered: () => null,
  };
}

/** Every signal has other numbers, so that no view is the same as before. Keeps up with the clock. */
function feed(board: Board, services: readonly ServiceNow[]): () => void {
  const beganMs = performance.now();
  let told = 0;
  const timer = setInterval(() => {
    const atMs = Date.now();
    const due = ((performance.now() - beganMs) * SIGNALS_PER_S) / 1000;
    for (; told < due; told += 1) {
      const service = told % SERVICES;
      const { id, tier } = services[service]!;
      const replicas = [0, 1, 2].map((slot) => reading(told + slot));
      const ages = { deployAgeS: 1e6, configAgeS: 1e6, configDiffers: 0, dependencyFailed: [] };
      board.tell({
        kind: 'signal',
        atMs,
        signal: { kind: 'signal', atMs, service, windowMs: 1000, replicas, ...ages },
      });
      board.tell({ kind: 'health', atMs, service: id, tier, status: 'healthy', reason: '' });
    }
  }, 20);
  return () => clearInterval(timer);
}

const reading = (seed: number): ReplicaReading => ({
  ...{
    present: 1,
    live: 1,
    ready: 1,
    inRotation: 1,
    calls: 50 + (seed % 101),
    failed: seed % 7,
    p50Ms: 5,
    p95Ms: 20 + (seed % 37),
  },
  ...{ cpu: (seed % 90) / 100, memory: 0.5, queue: Number.NaN, exitCode: Number.NaN, uptimeS: 60 },
});

const words = (share: number): string => `${(100 * share).toFixed(1)} %`;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
