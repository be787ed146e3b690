/** The demo fleet on disk: eight services with their configuration, two releases each, and the config that healix runs them by. */
import { lutimesSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tier } from '../../strategies/contract.ts';

export interface DemoService {
  readonly id: string;
  readonly tier: Tier;
  readonly dependsOn: readonly string[];
  readonly workMs: number;
}

/** Users arrive at the shop. Dependencies come after those that call them. */
export const DEMO_SERVICES: readonly DemoService[] = [
  { id: 'shop', tier: 'critical', dependsOn: ['catalog', 'cart', 'checkout'], workMs: 4 },
  { id: 'catalog', tier: 'default', dependsOn: ['stock'], workMs: 5 },
  { id: 'cart', tier: 'critical', dependsOn: ['store'], workMs: 3 },
  { id: 'checkout', tier: 'critical', dependsOn: ['payment', 'shipping'], workMs: 6 },
  { id: 'payment', tier: 'critical', dependsOn: [], workMs: 8 },
  { id: 'shipping', tier: 'default', dependsOn: [], workMs: 5 },
  { id: 'stock', tier: 'default', dependsOn: [], workMs: 4 },
  { id: 'store', tier: 'default', dependsOn: [], workMs: 2 },
];
export const ENTRY = 'shop';
export const GOOD_RELEASE = 'v1';
export const BAD_RELEASE = 'v2';
/** Limit of a replica's memory; a service of the demo needs about 60. */
const MEMORY_MB = 160;
const CALL_TIMEOUT_MS = 500;
const LONG_AGO_S = 1_600_000_000;

export interface DemoPorts {
  /** By service: where its replicas listen, and where its gateway does. */
  readonly replica: Readonly<Record<string, number>>;
  readonly gateway: Readonly<Record<string, number>>;
  readonly control: number;
}

/** Writes the fleet into an empty folder; returns the path of its `healix.yaml`. */
export function writeDemo(folder: string, ports: DemoPorts): string {
  for (const { id } of DEMO_SERVICES) {
    for (const [release, errorShare] of [
      [GOOD_RELEASE, 0],
      [BAD_RELEASE, 0.9],
    ] as const) {
      writeIn(folder, `releases/${id}/${release}/release.json`, { version: release, errorShare });
    }
    const link = join(folder, 'releases', id, 'current');
    symlinkSync(GOOD_RELEASE, link);
    // As if it had run for long: what is new is suspected first.
    lutimesSync(link, LONG_AGO_S, LONG_AGO_S);
    writeIn(folder, `config/${id}.json`, { greeting: `hello from ${id}` });
    writeIn(folder, `good/${id}.json`, { greeting: `hello from ${id}` });
  }
  // JSON is YAML, too.
  const config = {
    name: 'demo',
    services: DEMO_SERVICES.map((service) => configOf(service, ports)),
    // One replica each: whoever is to be restarted is the last.
    guard: { restartsPer10Min: 12, inFlight: 4, minHealthy: 0 },
    control: { port: ports.control },
  };
  return writeIn(folder, 'healix.yaml', config);
}

function configOf({ id, tier, dependsOn, workMs }: DemoService, ports: DemoPorts): unknown {
  const program = new URL(`./service${extname(import.meta.url)}`, import.meta.url);
  const loader = extname(program.pathname) === '.ts' ? ['--import', import.meta.resolve('tsx')] : [];
  return {
    id,
    tier,
    command: [process.execPath, ...loader, fileURLToPath(program)],
    env: {
      NAME: id,
      PORT: '{port}',
      DEPENDENCIES: dependsOn.map((other) => `${other}=${ports.gateway[other]!}`).join(','),
      CONFIG: join('config', `${id}.json`),
      RELEASE: join('releases', id, '{release}'),
      WORK_MS: String(workMs),
    },
    ports: [ports.replica[id]!],
    stopGraceMs: 2000,
    startGraceMs: 5000,
    memoryMb: MEMORY_MB,
    dependsOn: dependsOn.map((service) => ({ service, timeoutMs: CALL_TIMEOUT_MS, attempts: 1 })),
    probes: {
      liveness: { http: '/health' },
      readiness: { http: '/ready' },
      resource: { process: true },
      ...(dependsOn.length > 0 ? { dependency: { http: '/dependencies' } } : {}),
    },
    configFile: { path: `config/${id}.json`, knownGood: `good/${id}.json` },
    releases: { folder: `releases/${id}`, current: 'current', previous: GOOD_RELEASE },
    gateway: {
      port: ports.gateway[id]!,
      timeoutMs: 1000,
      fallback: { body: '{"fallback": true}', contentType: 'application/json' },
    },
    simulate: {
      workers: 32,
      serviceMs: { mean: workMs },
      startS: { median: 1 },
      ...(id === ENTRY ? { entry: { ratePerS: 40, lateMs: 1000 } } : {}),
    },
  };
}

function writeIn(folder: string, name: string, content: unknown): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
  utimesSync(path, LONG_AGO_S, LONG_AGO_S);
  return path;
}
