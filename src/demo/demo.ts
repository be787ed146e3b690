/**
 * `npm run demo`: eight real services on this machine, broken one after the other, and healed by the runtime with a shipped pack. About
 * two minutes; everything it starts it ends.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPack } from '../cli/pack-argument.ts';
import { loadConstitution } from '../constitution.ts';
import { packageVersion } from '../package-root.ts';
import { loadConfig } from '../runtime/config.ts';
import type { RuntimeEvent } from '../runtime/events.ts';
import { packInUse } from '../runtime/in-use.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { startRuntime } from '../runtime/start.ts';
import { DEMO_FAULTS, type DemoFault, strike } from './faults.ts';
import { DEMO_SERVICES, type DemoPorts, ENTRY, PATIENCE_MS, USERS_PER_S, writeDemo } from './fleet.ts';

const SETTLE_MS = 12_000;
/** A fault that is not healed by then is left to people. */
const FAULT_MS = 40_000;
/** Good answers in a row after which a service has recovered. */
const WELL_TIMES = 5;
const LOOK_EVERY_MS = 200;

interface Healed {
  readonly fault: DemoFault;
  /** Seconds after the fault; null when it did not happen in time. */
  readonly noticedS: number | null;
  readonly recoveredS: number | null;
  readonly lost: number;
  readonly actions: readonly string[];
}

export async function demo(packName: string, print: (line: string) => void): Promise<readonly Healed[]> {
  const { pack } = loadPack(packName);
  const folder = mkdtempSync(join(tmpdir(), 'healix-demo-'));
  const ports = await freePorts();
  const { gateway } = ports;
  const config = loadConfig(writeDemo(folder, ports));
  const users = { asked: 0, lost: 0 };
  const events: RuntimeEvent[] = [];
  let runtime: Runtime | null = null;
  let asking: NodeJS.Timeout | undefined;
  try {
    runtime = await startRuntime({
      config,
      inUse: packInUse(pack),
      readConstitution: (path) => loadConstitution(path ?? undefined),
      version: packageVersion(),
      onEvent: (event) => events.push(event),
    });
    print(
      `eight services, pack ${pack.name}, a look every ${runtime.windowMs / 1000} s; users ask the shop ${USERS_PER_S} times a second`,
    );
    asking = setInterval(() => {
      users.asked += 1;
      void isServed(gateway[ENTRY]!).then((served) => {
        if (!served) users.lost += 1;
      });
    }, 1000 / USERS_PER_S);
    await until(SETTLE_MS, () => isServed(gateway[ENTRY]!));
    await pause(SETTLE_MS);
    users.asked = 0;
    users.lost = 0;
    const healed: Healed[] = [];
    for (const fault of DEMO_FAULTS)
      healed.push(await suffer(fault, { runtime, folder, gateway, users, events, print }));
    clearInterval(asking);
    summary(healed, users, print);
    return healed;
  } finally {
    clearInterval(asking);
    await runtime?.close({ leaveRunning: false });
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Scene {
  readonly runtime: Runtime;
  readonly folder: string;
  readonly gateway: Readonly<Record<string, number>>;
  readonly users: { asked: number; lost: number };
  readonly events: readonly RuntimeEvent[];
  readonly print: (line: string) => void;
}

/** Lets one fault strike and waits until the service and the shop are well again. */
async function suffer(fault: DemoFault, scene: Scene): Promise<Healed> {
  const { runtime, folder, gateway, users, events, print } = scene;
  const replica = runtime.status().find(({ id }) => id === fault.service)!.replicas[0]!;
  const lostBefore = users.lost;
  const seen = events.length;
  print(`\n${fault.service}: ${fault.name}`);
  const startMs = Date.now();
  if (replica.pid !== null && replica.port !== null)
    await strike(fault.kind, { folder, service: fault.service, pid: replica.pid, port: replica.port });
  // What is broken slowly shows only later; what broke at once must first be seen to fail.
  let wasIll = false;
  let well = 0;
  const recovered = await until(FAULT_MS, async () => {
    const fine = (await isServed(gateway[fault.service]!)) && (await isServed(gateway[ENTRY]!));
    if (!fine) wasIll = true;
    well = fine ? well + 1 : 0;
    return well >= WELL_TIMES && (wasIll || acted(events, seen, fault.service).length > 0);
  });
  const recoveredS = recovered ? (Date.now() - startMs) / 1000 : null;
  const actions = acted(events, seen, fault.service);
  const noticed = events
    .slice(seen)
    .find((event) => event.kind === 'decided' && event.service === fault.service && event.action.kind !== 'escalate');
  const noticedS = noticed === undefined ? null : (noticed.atMs - startMs) / 1000;
  for (const action of actions) print(`  ${action}`);
  print(
    `  ${recoveredS === null ? `not healed within ${FAULT_MS / 1000} s` : `well again after ${recoveredS.toFixed(1)} s`}`,
  );
  return { fault, noticedS, recoveredS, lost: users.lost - lostBefore, actions };
}

/** What was done to a service since then, in words. */
function acted(events: readonly RuntimeEvent[], since: number, service: string): string[] {
  return events.slice(since).flatMap((event) => {
    if (event.kind !== 'acted' || event.service !== service || event.effect.kind !== 'done') return [];
    return [`${event.action.kind} because of ${event.action.cause} (${event.action.reason})`];
  });
}

function summary(
  healed: readonly Healed[],
  users: { asked: number; lost: number },
  print: (line: string) => void,
): void {
  const seconds = (value: number | null): string => (value === null ? 'never' : `${value.toFixed(1)} s`);
  print('\nfault                service    noticed   recovered   users lost');
  for (const { fault, noticedS, recoveredS, lost } of healed) {
    const cells = [
      fault.name.padEnd(20),
      fault.service.padEnd(10),
      seconds(noticedS).padStart(8),
      seconds(recoveredS).padStart(11),
    ];
    print(`${cells.join(' ')} ${String(lost).padStart(12)}`);
  }
  const well = healed.filter(({ recoveredS }) => recoveredS !== null).length;
  print(`\n${well} of ${healed.length} healed; ${users.asked - users.lost} of ${users.asked} users served.`);
}

function isServed(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get({ host: '127.0.0.1', port, path: '/work', timeout: PATIENCE_MS }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 200));
      response.on('error', () => resolve(false));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
  });
}

async function until(ms: number, holds: () => Promise<boolean>): Promise<boolean> {
  for (const endMs = Date.now() + ms; Date.now() < endMs; await pause(LOOK_EVERY_MS)) if (await holds()) return true;
  return false;
}

/** All held until the last is found, so that none is found twice. */
async function freePorts(): Promise<DemoPorts> {
  const servers = Array.from({ length: 2 * DEMO_SERVICES.length + 1 }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  await Promise.all(servers.map((server) => once(server, 'close')));
  const from = (first: number): Record<string, number> =>
    Object.fromEntries(DEMO_SERVICES.map(({ id }, index) => [id, ports[first + index]!]));
  return { replica: from(0), gateway: from(DEMO_SERVICES.length), control: ports.at(-1)! };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
