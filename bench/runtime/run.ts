/** One run: a fleet under one manager, struck by a schedule, asked by users, repaired by people where the manager does not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEGRADED_HARM } from '../../sim/faults.ts';
import { strike } from '../../src/demo/faults.ts';
import { DEMO_SERVICES, type DemoPorts, ENTRY, MEMORY_MB, USERS_PER_S, writeDemo } from '../../src/demo/fleet.ts';
import { type Machine, watchMachine } from './machine.ts';
import type { MakeManager, Manager } from './manager.ts';
import { PEOPLE_AFTER_MS, type PlannedFault } from './schedule.ts';
import { isRight, isRunning, pidOf, residentMb, restoreFiles, type Site, startsOf } from './site.ts';
import { type FaultRecord, type RunRecord, tally } from './tally.ts';
import { startUsers } from './users.ts';

/** Looks at services that are ill, and two good ones in a row before one counts as right. */
const LOOK_EVERY_MS = 250;
const RIGHT_TIMES = 2;
/** People try again when their repair did not help. */
const AGAIN_MS = 15_000;
const SETTLE_MS = 10_000;
const START_MS = 60_000;
/** Where a kernel ends a process that leaks, whoever manages it: as a container's limit would. */
export const KERNEL_MB = MEMORY_MB * 1.6;

export interface RunOrder {
  readonly schedule: readonly PlannedFault[];
  /** How long users are counted. */
  readonly lengthMs: number;
  /** From the moment at which all is right to the first user; 10 s when left out. */
  readonly settleMs?: number;
  readonly make: MakeManager;
  readonly ports: DemoPorts;
  readonly onProgress?: (line: string) => void;
  /** Ends the run before its time, with everything it started; it then rejects. */
  readonly signal?: AbortSignal;
}

export interface RunOutcome {
  readonly record: RunRecord;
  readonly machine: Machine;
  /** What the manager said, and when what was struck: for reading, not for counting. */
  readonly told: readonly string[];
}

/** A fault that has struck, until the service is right again. */
interface Open {
  readonly fault: PlannedFault;
  good: number;
  /** When people come, or come again. */
  peopleAtMs: number;
  byPeople: boolean;
}

export async function runOnce(order: RunOrder): Promise<RunOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'healix-runtime-'));
  const site: Site = { folder, ports: order.ports, config: writeDemo(folder, order.ports) };
  const manager = order.make(site);
  try {
    await manager.start();
    await untilRight(site);
    await pause(order.settleMs ?? SETTLE_MS);
    return await suffer(order, site, manager);
  } finally {
    await manager.close();
    // Whoever was left behind by a manager that lost count.
    for (const { pid } of startsOf(site)) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A run under way. Written by the helpers below alone. */
interface Scene {
  readonly order: RunOrder;
  readonly site: Site;
  readonly manager: Manager;
  /** Milliseconds after the start of the measured time. */
  readonly now: () => number;
  readonly say: (line: string) => void;
  readonly faults: FaultRecord[];
  /** By service. */
  readonly open: Map<string, Open>;
  readonly ended: { readonly service: string; readonly fromMs: number; readonly toMs: number }[];
  repairs: number;
  kernelKills: number;
}

async function suffer(order: RunOrder, site: Site, manager: Manager): Promise<RunOutcome> {
  const beginMs = Date.now();
  const now = (): number => Date.now() - beginMs;
  const told: string[] = [];
  const say = (line: string): void => {
    told.push(`${(now() / 1000).toFixed(1)} ${line}`);
    order.onProgress?.(line);
  };
  const counts = { repairs: 0, kernelKills: 0 };
  const scene: Scene = { order, site, manager, now, say, faults: [], open: new Map(), ended: [], ...counts };
  const machine = watchMachine();
  const users = startUsers(order.ports.gateway[ENTRY]!, USERS_PER_S, harmOf, now);
  const ahead = [...order.schedule];
  try {
    while (now() < order.lengthMs) {
      order.signal?.throwIfAborted();
      while (ahead.length > 0 && ahead[0]!.atMs <= now()) await strikeNow(scene, ahead.shift()!);
      await Promise.all([...scene.open.values()].map((one) => lookAfter(scene, one)));
      endLeaks(scene);
      await pause(LOOK_EVERY_MS);
    }
  } finally {
    machine.end();
    await users.close();
  }
  for (const { fault } of scene.open.values()) noteEnd(scene, fault);
  const starts = startsOf(site).map((start) => ({ ...start, atMs: start.atMs - beginMs }));
  const { faults, ended: spans, repairs, kernelKills } = scene;
  const { lengthMs } = order;
  return {
    record: tally({ asked: await users.close(), faults, starts, spans, repairs, kernelKills, lengthMs }),
    machine: machine.end(),
    told: inOrder([...told, ...manager.told.map((line) => relativeTo(beginMs, line))]),
  };
}

async function strikeNow({ site, now, say, faults, open, ended }: Scene, fault: PlannedFault): Promise<void> {
  const { kind, service } = fault;
  const pid = pidOf(site, service);
  const isStruck = pid !== null || kind === 'bad-config';
  say(`${service}: ${kind}${isStruck ? '' : ', but there is nobody to be struck'}`);
  faults.push({ ...fault, isStruck, rightAfterMs: null, byPeople: false });
  if (!isStruck) return;
  const before = open.get(service);
  if (before !== undefined) ended.push({ service, fromMs: before.fault.atMs, toMs: now() });
  open.set(service, { fault, good: 0, peopleAtMs: fault.atMs + PEOPLE_AFTER_MS, byPeople: false });
  const port = site.ports.replica[service]!;
  await strike(kind, { folder: site.folder, service, pid: pid ?? 0, port }).catch(() => {});
}

/** Sees whether the service is right again, and sends people when it is their time. */
async function lookAfter(scene: Scene, one: Open): Promise<void> {
  const { site, manager, now, say, faults, open } = scene;
  const { atMs, index, service } = one.fault;
  one.good = (await isRight(site, service)) ? one.good + 1 : 0;
  if (one.good >= RIGHT_TIMES) {
    const rightAfterMs = now() - atMs - (RIGHT_TIMES - 1) * LOOK_EVERY_MS;
    faults[index] = { ...faults[index]!, rightAfterMs, byPeople: one.byPeople };
    open.delete(service);
    noteEnd(scene, one.fault);
    say(`${service}: right again after ${(rightAfterMs / 1000).toFixed(1)} s${one.byPeople ? ' (people)' : ''}`);
  } else if (now() >= one.peopleAtMs) {
    one.byPeople = true;
    one.peopleAtMs = now() + AGAIN_MS;
    scene.repairs += 1;
    restoreFiles(site, service);
    await manager.restart(service).catch((error: unknown) => say(`people failed: ${error}`));
  }
}

function noteEnd({ ended, now }: Scene, { service, atMs }: PlannedFault): void {
  ended.push({ service, fromMs: atMs, toMs: now() });
}

function endLeaks(scene: Scene): void {
  for (const { id } of DEMO_SERVICES) {
    const pid = pidOf(scene.site, id);
    if (pid === null || residentMb(pid) <= KERNEL_MB) continue;
    process.kill(pid, 'SIGKILL');
    scene.kernelKills += 1;
    scene.say(`${id}: killed by the kernel`);
  }
}

/** What a canned answer of a service costs a user, as in the simulator. */
function harmOf(service: string): number {
  return DEGRADED_HARM[DEMO_SERVICES.find(({ id }) => id === service)?.tier ?? 'default'];
}

/** A line of a manager begins with a moment of the clock. */
function relativeTo(beginMs: number, line: string): string {
  const [at, ...words] = line.split(' ');
  return `${((Number(at) - beginMs) / 1000).toFixed(1)}   ${words.join(' ')}`;
}

const inOrder = (lines: readonly string[]): string[] =>
  lines.toSorted((a, b) => Number.parseFloat(a) - Number.parseFloat(b));

async function untilRight(site: Site): Promise<void> {
  for (const endMs = Date.now() + START_MS; Date.now() < endMs; await pause(LOOK_EVERY_MS)) {
    const right = await Promise.all(DEMO_SERVICES.map(({ id }) => isRight(site, id)));
    if (right.every(Boolean)) return;
  }
  throw new Error(`the fleet did not come up within ${START_MS / 1000} s`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
