/** Real processes for the tests of actuators: small node scripts in a temporary folder, every one ended by its pid afterwards. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { ManagedService } from '../../../src/runtime/actuators/managed-service.ts';
import { slotMark } from '../../../src/runtime/actuators/mark.ts';
import { hasEnded, markOf, readStat, scanProcesses } from '../../../src/runtime/actuators/proc.ts';
import {
  type ActuatorEvent,
  instanceOf,
  ProcessActuator,
  type ProcessActuatorOptions,
} from '../../../src/runtime/actuators/process-actuator.ts';
import type { SlotView } from '../../../src/runtime/actuators/slots.ts';
import type { Clock, ProcessRecord } from '../../../src/runtime/ports.ts';
import { type Action, WHOLE_SERVICE } from '../../../strategies/contract.ts';
import { freePort } from '../../tools/free-port.ts';

export const clock: Clock = {
  now: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** Says that it is up, serves its port if it has one, and ends on SIGTERM as node does by itself. */
export const SERVER = `
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
const [port, release] = process.argv.slice(2);
if (port && port !== 'none') createServer((_, answer) => answer.end(release ?? 'ok')).listen(Number(port), '127.0.0.1');
else setInterval(() => {}, 60000);
process.on('SIGHUP', () => console.log('hup'));
console.log('up');
`;

/** Ignores SIGTERM and has children: one in its group, one in a session of its own, and one orphan in another session. */
export const STUBBORN = `
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
const [pids, role] = process.argv.slice(2);
process.on('SIGTERM', () => {});
appendFileSync(pids, process.pid + '\\n');
const child = (as, detached) => spawn(process.execPath, [process.argv[1], pids, as], { detached, stdio: 'ignore' });
if (role === 'parent') { child('leaf', false); child('leaf', true); child('middle', true); console.log('up'); }
if (role === 'middle') { child('leaf', true).unref(); process.exit(0); }
setInterval(() => {}, 60000);
`;

export interface Place {
  readonly folder: string;
  readonly stateFolder: string;
  readonly instance: string;
  script(name: string, source: string): string;
  service(id: string, change?: Partial<ManagedService>): ManagedService;
  /** An actuator with the events it told. */
  actuator(services: readonly ManagedService[], options?: Partial<ProcessActuatorOptions>): Tested;
}

export interface Tested {
  readonly actuator: ProcessActuator;
  readonly events: ActuatorEvent[];
  slots(service: string): readonly SlotView[];
  slot(service: string, replica: number): SlotView;
  /** Of what runs in the slot. */
  record(service: string, replica: number): ProcessRecord;
  logged(service: ManagedService, replica: number): string;
}

const places: Place[] = [];
const strays = new Set<number>();

/** Ended at the end of the test, whatever comes; for processes that carry no mark. */
export function remember(pid: number): number {
  strays.add(pid);
  return pid;
}

afterEach(() => {
  for (const place of places.splice(0)) {
    // More than once, since who is being killed may be forking.
    for (let round = 0; round < 3; round += 1) for (const pid of markedBy(place)) kill(pid);
    rmSync(place.folder, { recursive: true, force: true });
  }
  for (const pid of strays) kill(pid);
  strays.clear();
});

/** Running processes that carry the mark of this place's runtime. */
export function markedBy({ instance }: Pick<Place, 'instance'>): number[] {
  const [prefix] = slotMark(instance, '', 0).split('/');
  return [...scanProcesses().values()]
    .filter((stat) => !hasEnded(stat) && markOf(stat.pid)?.startsWith(`${prefix}/`))
    .map(({ pid }) => pid);
}

export function newPlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'healix-actuators-'));
  const stateFolder = join(folder, 'state');
  mkdirSync(stateFolder);
  const place: Place = {
    folder,
    stateFolder,
    instance: instanceOf(stateFolder),
    script(name, source) {
      const path = join(folder, `${name}.mjs`);
      writeFileSync(path, source);
      return path;
    },
    service: (id, change = {}) => ({
      ...{ id, cwd: folder, env: {}, ports: [], user: null, memoryMb: null, configFile: null, releases: null },
      command: [process.execPath, place.script('server', SERVER), 'none'],
      replicas: { min: 1, start: 1, max: 1 },
      stopGraceMs: 10_000,
      actions: new Map(),
      logFolder: join(folder, 'logs'),
      ...change,
    }),
    actuator(services, options = {}) {
      const events: ActuatorEvent[] = [];
      const actuator = new ProcessActuator({
        services,
        stateFolder,
        clock,
        onEvent: (e) => void events.push(e),
        ...options,
      });
      const slots = (service: string): readonly SlotView[] => actuator.state()[service]!;
      const slot = (service: string, replica: number): SlotView => slots(service)[replica]!;
      return {
        actuator,
        events,
        slots,
        slot,
        record(service, replica) {
          const { state } = slot(service, replica);
          if (state.kind !== 'running') throw new Error(`${service}/${replica} does not run: ${JSON.stringify(state)}`);
          return state.record;
        },
        logged: (service, replica) => textOf(join(service.logFolder, `${service.id}.${replica}.out.log`)),
      };
    },
  };
  places.push(place);
  return place;
}

export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Whether a process of this pid runs; a zombie does not. */
export function runs(pid: number): boolean {
  const stat = readStat(pid);
  return stat !== null && !hasEnded(stat);
}

/** Polls until it holds. Generous, because the machine may be busy. */
export async function until(what: string, holds: () => boolean, deadlineMs = 120_000): Promise<void> {
  for (const end = Date.now() + deadlineMs; !holds(); ) {
    if (Date.now() > end) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

let actions = 0;

export function order<Kind extends Action['kind']>(
  kind: Kind,
  more: Partial<Extract<Action, { kind: Kind }>> = {},
): Action {
  actions += 1;
  const base = {
    id: actions,
    atMs: Date.now(),
    service: 0,
    replica: WHOLE_SERVICE,
    cause: 'test',
    rung: 0,
    reason: 'a test',
  };
  const mode = kind === 'restart' ? { mode: 'graceful' } : {};
  return { ...base, kind, ...mode, ...more } as Action;
}

export const never = new AbortController().signal;

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

/** What the server answers, or null while there is none. */
export async function ask(port: number): Promise<string | null> {
  try {
    return await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text();
  } catch {
    return null;
  }
}

export async function answerOf(port: number): Promise<string> {
  for (const end = Date.now() + 120_000; Date.now() < end; ) {
    const answer = await ask(port);
    if (answer !== null) return answer;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  throw new Error(`nobody answers on port ${port}`);
}

function kill(pid: number): void {
  try {
    if (pid > 1 && pid !== process.pid) process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
