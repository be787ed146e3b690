/**
 * What looking costs: the whole runtime (probes, signals, decisions, journal) on 50 services that are well, at the interval of the
 * shipped pack. The services answer from one process, so that they take nothing from the runtime; what it starts for each is a
 * process that sleeps.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageVersion } from '../../src/package-root.ts';
import { loadConfig } from '../../src/runtime/config.ts';
import type { RuntimeEvent } from '../../src/runtime/events.ts';
import { startRuntime } from '../../src/runtime/start.ts';
import { packStrategy } from '../../strategies/pack.ts';
import { shipped } from '../table.ts';

const SERVICES = 50;
const FIRST_PORT = 23_000;
const WARM_MS = 10_000;
const MEASURED_MS = 60_000;
/** Goal: less than this share of one processor. */
const GOAL = 0.1;
const ASLEEP_S = 3600;

export interface ProbesCost {
  readonly services: number;
  readonly windowMs: number;
  readonly wallMs: number;
  /** Processor time of the runtime's process. */
  readonly cpuMs: number;
  readonly looks: number;
  /** Services that were not seen well at the end: then the figure says nothing. */
  readonly unwell: number;
}

export async function probesBench(print: (line: string) => void): Promise<void> {
  const cost = await measureProbes(SERVICES, WARM_MS, MEASURED_MS);
  const share = cost.cpuMs / cost.wallMs;
  print(
    `${cost.services} services, http liveness and readiness and resources each, every ${cost.windowMs / 1000} s: ${(cost.looks / (cost.wallMs / 1000)).toFixed(0)} looks a second`,
  );
  print(
    `processor time of the runtime ${cost.cpuMs.toFixed(0)} ms in ${(cost.wallMs / 1000).toFixed(1)} s: ${(100 * share).toFixed(1)} % of one core (goal: below ${100 * GOAL} %)${share < GOAL ? '' : ': MISSED'}`,
  );
  if (cost.unwell > 0) print(`${cost.unwell} services were not seen well: the figure says nothing`);
}

export async function measureProbes(services: number, warmMs: number, measuredMs: number): Promise<ProbesCost> {
  const folder = mkdtempSync(join(tmpdir(), 'healix-probes-'));
  const ports = Array.from({ length: services }, (_, index) => FIRST_PORT + index);
  const servers = await serve(ports);
  try {
    const file = join(folder, 'healix.yaml');
    writeFileSync(file, JSON.stringify(configOf(ports)));
    const pack = shipped('default');
    let signals = 0;
    const runtime = await startRuntime({
      config: loadConfig(file),
      inUse: { kind: 'strategy', name: pack.name, hash: pack.hash, strategy: packStrategy(pack) },
      version: packageVersion(),
      onEvent: (event: RuntimeEvent) => {
        if (event.kind === 'signal') signals += 1;
      },
    });
    try {
      await pause(warmMs);
      signals = 0;
      const before = process.cpuUsage();
      const beginMs = performance.now();
      await pause(measuredMs);
      const { user, system } = process.cpuUsage(before);
      return {
        services,
        windowMs: runtime.windowMs,
        wallMs: performance.now() - beginMs,
        cpuMs: (user + system) / 1000,
        // One of each level per window.
        looks: signals * LEVELS,
        unwell: runtime.status().filter(({ status }) => status !== 'healthy').length,
      };
    } finally {
      await runtime.close({ leaveRunning: false });
    }
  } finally {
    servers.disconnect();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Liveness, readiness, resource. */
const LEVELS = 3;

function configOf(ports: readonly number[]): unknown {
  return {
    name: 'probes',
    services: ports.map((port, index) => ({
      id: `service-${index}`,
      command: ['sleep', String(ASLEEP_S)],
      ports: [port],
      stopGraceMs: 500,
      memoryMb: 100,
      probes: { liveness: { http: '/health' }, readiness: { http: '/ready' }, resource: { process: true } },
    })),
  };
}

async function serve(ports: readonly number[]): Promise<ChildProcess> {
  const extension = extname(import.meta.url);
  const script = fileURLToPath(new URL(`./probes-process${extension}`, import.meta.url));
  const child = fork(script, ports.map(String), { execArgv: extension === '.ts' ? ['--import', 'tsx'] : [] });
  await once(child, 'message');
  return child;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
