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

async function suffer(order: RunOrder, site: Site, manager: Manager): Promise<RunOutcome> {
  const beginMs = Date.now();
  const now = (): number => Date.now() - beginMs;
  const machine = watchMachine();
  const tierOf = new Map(DEMO_SERVICES.map(({ id, tier }) => [id, tier]));
  const users = startUsers(
    order.ports.gateway[ENTRY]!,
    USERS_PER_S,
    (service) => DEGRADED_HARM[tierOf.get(service) ?? 'default'],
    now,
  );
  const faults: FaultRecord[] = [];
  const open = new Map<string, Open>();
  const ended: { service: string; fromMs: number; toMs: number }[] = [];
  const told: string[] = [];
  const say = (line: string): void => {
    told.push(`${(now() / 1000).toFixed(1)} ${line}`);
    order.onProgress?.(line);
  };
  let repairs = 0;
  let kernelKills = 0;
  const ahead = [...order.schedule];
  while (now() < order.lengthMs) {
    order.signal?.throwIfAborted();
    while (ahead.length > 0 && ahead[0]!.atMs <= now()) {
      const fault = ahead.shift()!;
      const pid = pidOf(site, fault.service);
      const isStruck = pid !== null || fault.kind === 'bad-config';
      say(`${fault.service}: ${fault.kind}${isStruck ? '' : ', but there is nobody to be struck'}`);
      if (isStruck) {
        const port = site.ports.replica[fault.service]!;
        await strike(fault.kind, { folder: site.folder, service: fault.service, pid: pid ?? 0, port }).catch(() => {});
        open.set(fault.service, { fault, good: 0, peopleAtMs: fault.atMs + PEOPLE_AFTER_MS, byPeople: false });
      }
      faults.push({ ...fault, isStruck, rightAfterMs: null, byPeople: false });
    }
    await Promise.all(
      [...open.values()].map(async (one) => {
        const { fault } = one;
        one.good = (await isRight(site, fault.service)) ? one.good + 1 : 0;
        if (one.good >= RIGHT_TIMES) {
          const rightAfterMs = now() - fault.atMs - (RIGHT_TIMES - 1) * LOOK_EVERY_MS;
          faults[fault.index] = { ...faults[fault.index]!, rightAfterMs, byPeople: one.byPeople };
          open.delete(fault.service);
          ended.push({ service: fault.service, fromMs: fault.atMs, toMs: now() });
          say(
            `${fault.service}: right again after ${(rightAfterMs / 1000).toFixed(1)} s${one.byPeople ? ' (people)' : ''}`,
          );
        } else if (now() >= one.peopleAtMs) {
          one.byPeople = true;
          one.peopleAtMs = now() + AGAIN_MS;
          repairs += 1;
          restoreFiles(site, fault.service);
          await manager.restart(fault.service).catch((error: unknown) => say(`people failed: ${error}`));
        }
      }),
    );
    for (const { id } of DEMO_SERVICES) {
      const pid = pidOf(site, id);
      if (pid === null || residentMb(pid) <= KERNEL_MB) continue;
      process.kill(pid, 'SIGKILL');
      kernelKills += 1;
      say(`${id}: killed by the kernel`);
    }
    await pause(LOOK_EVERY_MS);
  }
  const asked = await users.close();
  const spans = [
    ...ended,
    ...[...open.values()].map(({ fault }) => ({ service: fault.service, fromMs: fault.atMs, toMs: now() })),
  ];
  const starts = startsOf(site).map((start) => ({ ...start, atMs: start.atMs - beginMs }));
  const record = tally({ asked, faults, starts, spans, repairs, kernelKills, lengthMs: order.lengthMs });
  const relative = manager.told.map((line) => {
    const [at, ...words] = line.split(' ');
    return `${((Number(at) - beginMs) / 1000).toFixed(1)}   ${words.join(' ')}`;
  });
  return {
    record,
    machine: machine.end(),
    told: [...told, ...relative].toSorted((a, b) => Number.parseFloat(a) - Number.parseFloat(b)),
  };
}

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
