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
/** Users' requests a second, in the demo, in its fleet file and in `npm run bench -- runtime`. */
export const USERS_PER_S = 25;
/** Users wait no longer than this. */
export const PATIENCE_MS = 1000;
/** A line for each process that began: who watches from outside learns pids from it, whoever runs the fleet. */
export const STARTS_LOG = 'starts.log';
export const GOOD_RELEASE = 'v1';
export const BAD_RELEASE = 'v2';
/** Limit of a replica's memory; a service of the demo needs about 60. */
export const MEMORY_MB = 160;
const CALL_TIMEOUT_MS = 500;
/** Measured: 0.05 to 0.1 s on an idle machine, up to 0.3 s on a busy one. */
const BOOT_S = 0.2;
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

/** What a service is started with: node's own arguments, and the program. */
export function programOf(): { readonly loader: readonly string[]; readonly program: string } {
  const program = new URL(`./service${extname(import.meta.url)}`, import.meta.url);
  const loader = extname(program.pathname) === '.ts' ? ['--import', import.meta.resolve('tsx')] : [];
  return { loader, program: fileURLToPath(program) };
}

/** What a service is told, with paths from the fleet's folder. */
export function environmentOf(
  { id, dependsOn, workMs }: Pick<DemoService, 'id' | 'dependsOn' | 'workMs'>,
  { gateway }: Pick<DemoPorts, 'gateway'>,
  port: string,
  release: string,
): Readonly<Record<string, string>> {
  return {
    NAME: id,
    PORT: port,
    DEPENDENCIES: dependsOn.map((other) => `${other}=${gateway[other]!}`).join(','),
    CONFIG: join('config', `${id}.json`),
    RELEASE: join('releases', id, release),
    WORK_MS: String(workMs),
    STARTS: STARTS_LOG,
  };
}

function configOf({ id, tier, dependsOn, workMs }: DemoService, ports: DemoPorts): unknown {
  const { loader, program } = programOf();
  return {
    id,
    tier,
    command: [process.execPath, ...loader, program],
    env: environmentOf({ id, dependsOn, workMs }, ports, '{port}', '{release}'),
    ports: [ports.replica[id]!],
    stopGraceMs: 2000,
    startGraceMs: 5000,
    memoryMb: MEMORY_MB,
    dependsOn: dependsOn.map((service) => ({ service, timeoutMs: CALL_TIMEOUT_MS, attempts: 1 })),
    probes: {
      liveness: { http: '/health' },
      readiness: { http: '/ready' },
      // Stands in for users when none come through, as behind a caller's open circuit.
      performance: { http: '/work' },
      resource: { process: true },
      ...(dependsOn.length > 0 ? { dependency: { http: '/dependencies' } } : {}),
    },
    configFile: { path: `config/${id}.json`, knownGood: `good/${id}.json` },
    releases: { folder: `releases/${id}`, current: 'current', previous: GOOD_RELEASE },
    gateway: {
      port: ports.gateway[id]!,
      timeoutMs: PATIENCE_MS,
      fallback: { body: JSON.stringify({ fallback: id }), contentType: 'application/json' },
    },
    simulate: {
      workers: 32,
      serviceMs: { mean: workMs },
      startS: { median: BOOT_S },
      ...(id === ENTRY ? { entry: { ratePerS: USERS_PER_S, lateMs: PATIENCE_MS } } : {}),
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
