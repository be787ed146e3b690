/** The demo's services at work under the shipped pack, to be broken on purpose: all on their own, or calling each other as in the demo. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPack } from '../../src/cli/pack-argument.ts';
import { type DemoFault, strike } from '../../src/demo/faults.ts';
import { DEMO_SERVICES, ENTRY, writeDemo } from '../../src/demo/fleet.ts';
import { loadConfig } from '../../src/runtime/config.ts';
import type { RuntimeEvent } from '../../src/runtime/events.ts';
import { openJournal } from '../../src/runtime/journal/index.ts';
import type { JournalEntry } from '../../src/runtime/ports.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { startRuntime, systemClock } from '../../src/runtime/start.ts';
import type { Action } from '../../strategies/contract.ts';
import { packStrategy } from '../../strategies/pack.ts';
import { freePort } from '../tools/free-port.ts';
import { ask, until } from './harness.ts';

const USER_EVERY_MS = 100;
const WELL_TIMES = 5;
const WELL_EVERY_MS = 200;
/** Windows without a failed call until faults may strike. */
const STEADY_WINDOWS = 2;

export interface DemoOptions {
  /** They call nobody, and users ask each of them; else users ask the shop, and it the others. */
  readonly areAlone: boolean;
  /** Further services, like another in everything but the name. Only when they are alone. */
  readonly more?: Readonly<Record<string, string>>;
  readonly guard?: Readonly<Record<string, number>>;
}

export interface Struck {
  readonly atMs: number;
  readonly pid: number;
}

export interface DemoRun {
  readonly runtime: Runtime;
  readonly events: readonly RuntimeEvent[];
  readonly folder: string;
  readonly services: readonly string[];
  readonly gateway: Readonly<Record<string, number>>;
  pid(service: string): number | null;
  strike(fault: DemoFault, service?: string): Promise<Struck>;
  /** Whether users are served, several times in a row. */
  isWell(service: string): Promise<boolean>;
  /** Carried out on the service since then. */
  acted(service: string, sinceMs?: number): readonly Action[];
  /** Whether a human was called since then. */
  isGivenUp(service: string, sinceMs: number): boolean;
  /** Stops everything and tells what is in the journal. */
  end(): Promise<readonly JournalEntry[]>;
  close(): Promise<void>;
}

/** What is changed of a service of the demo. */
interface ServiceSettings {
  readonly id: string;
  readonly env: Readonly<Record<string, string>>;
  readonly probes: { readonly dependency?: unknown };
  readonly gateway: object;
}

interface Settings {
  services: ServiceSettings[];
  guard: Record<string, number>;
}

export async function startDemo({ areAlone, more = {}, guard = {} }: DemoOptions): Promise<DemoRun> {
  const folder = mkdtempSync(join(tmpdir(), 'healix-faults-'));
  const services = [...DEMO_SERVICES.map(({ id }) => id), ...Object.keys(more)];
  const [replica, gateway]: Record<string, number>[] = [{}, {}];
  for (const id of services) {
    replica![id] = await freePort();
    gateway![id] = await freePort();
  }
  const ports = { replica: replica!, gateway: gateway!, control: await freePort() };
  const path = writeDemo(folder, ports);
  const settings = JSON.parse(readFileSync(path, 'utf8')) as Settings;
  for (const [id, like] of Object.entries(more))
    settings.services.push(renamed(settings.services.find((one) => one.id === like)!, id, ports));
  if (areAlone) settings.services = settings.services.map(alone);
  writeFileSync(path, JSON.stringify({ ...settings, guard: { ...settings.guard, ...guard } }));
  const { pack } = loadPack('default');
  const events: RuntimeEvent[] = [];
  const runtime = await startRuntime({
    config: loadConfig(path),
    inUse: { kind: 'strategy', name: pack.name, hash: pack.hash, strategy: packStrategy(pack) },
    version: 'test',
    onEvent: (event) => events.push(event),
  });
  const asked = areAlone ? services : [ENTRY];
  const users = setInterval(() => {
    for (const id of asked) void ask(gateway![id]!, '/work');
  }, USER_EVERY_MS);
  let isStopped = false;
  const stop = async (): Promise<void> => {
    clearInterval(users);
    if (!isStopped) await runtime.close({ leaveRunning: false });
    isStopped = true;
  };
  const run: DemoRun = {
    ...{ runtime, events, folder, services, gateway: gateway! },
    pid: (service) => runtime.status().find(({ id }) => id === service)!.replicas[0]!.pid,
    async strike(fault, service = fault.service) {
      const { pid, port } = runtime.status().find(({ id }) => id === service)!.replicas[0]!;
      const atMs = Date.now();
      await strike(fault.kind, { folder, service, pid: pid!, port: port! });
      return { atMs, pid: pid! };
    },
    async isWell(service) {
      for (let time = 0; time < WELL_TIMES; time++) {
        const answer = await ask(gateway![service]!, '/work');
        // A fallback is an answer, too, but not the service's.
        if (answer?.status !== 200 || answer.body.includes('fallback')) return false;
        await new Promise((resolve) => setTimeout(resolve, WELL_EVERY_MS));
      }
      return true;
    },
    acted: (service, sinceMs = 0) =>
      events.flatMap((event) =>
        event.kind === 'acted' && event.service === service && event.atMs >= sinceMs && event.effect.kind === 'done'
          ? [event.action]
          : [],
      ),
    isGivenUp: (service, sinceMs) =>
      events.some((event) => event.kind === 'escalated' && event.service === service && event.atMs >= sinceMs),
    async end() {
      await stop();
      const journal = await openJournal(join(folder, '.healix', 'journal'), { clock: systemClock });
      const entries = [...journal.read()];
      await journal.close();
      return entries;
    },
    async close() {
      await stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  try {
    await until('all services are steady', () => services.every((_, index) => isSteady(events, index)));
  } catch (error) {
    await run.close();
    throw error;
  }
  return run;
}

function isSteady(events: readonly RuntimeEvent[], service: number): boolean {
  const signals = events.flatMap((event) =>
    event.kind === 'signal' && event.signal.service === service ? [event.signal.replicas[0]!] : [],
  );
  const last = signals.slice(-STEADY_WINDOWS);
  return (
    last.length === STEADY_WINDOWS && last.every(({ live, calls, failed }) => live === 1 && calls > 0 && failed === 0)
  );
}

function alone(service: ServiceSettings): ServiceSettings {
  const { dependency: _, ...probes } = service.probes;
  const more = { dependsOn: [] };
  return { ...service, ...more, env: { ...service.env, DEPENDENCIES: '' }, probes };
}

/** Another service, with a gateway of its own; releases and configuration are those of the one it is like. */
function renamed(
  like: ServiceSettings,
  id: string,
  ports: { readonly replica: Record<string, number>; readonly gateway: Record<string, number> },
): ServiceSettings {
  const more = { ports: [ports.replica[id]] };
  return {
    ...{ ...like, ...more, id },
    env: { ...like.env, NAME: id },
    gateway: { ...like.gateway, port: ports.gateway[id] },
  };
}
