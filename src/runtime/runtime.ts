/**
 * The runtime: starts or adopts the services of a config, looks at them, and heals them with the strategy of a pack. What it does is in
 * its journal before it is done; killed at any moment it goes on where it was, and the services do not notice.
 */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Roster } from '../../strategies/contract.ts';
import type { ManagedService } from './actuators/managed-service.ts';
import { type ActuatorEvent, ProcessActuator } from './actuators/process-actuator.ts';
import { type RuntimeConfig, rosterOf, type ServiceConfig } from './config.ts';
import { createHealingLoop, type HealingEvent, type HealingLoop } from './healing-loop.ts';
import { type HealerMemory, type Health, hashInUse, healerInUse, healthIn, type InUse } from './in-use.ts';
import { type FileJournal, openJournal } from './journal/index.ts';
import type { Clock, Effect, JournalEntry } from './ports.ts';
import { plannedProbes } from './probes/from-config.ts';
import { PushBoard } from './probes/push.ts';
import { type Resumed, resume } from './resume.ts';
import { ProbeSchedule } from './schedule.ts';
import { openTraffic, type TrafficControl } from './traffic.ts';
import { signalsOf, statusOf, targetOf, type WatchParts } from './watch.ts';

export interface RuntimeOptions {
  readonly config: RuntimeConfig;
  readonly inUse: InUse;
  /** Version of healix, for the journal. */
  readonly version: string;
  readonly clock?: Clock;
  readonly onEvent?: (event: RuntimeEvent) => void;
}

export type RuntimeEvent =
  | HealingEvent
  | { readonly kind: 'ready'; readonly atMs: number; readonly adopted: number; readonly started: number }
  | {
      readonly kind: 'resumed';
      readonly atMs: number;
      readonly resumed: Resumed;
      readonly opening: FileJournal['opening'];
    }
  | { readonly kind: 'process'; readonly atMs: number; readonly event: ActuatorEvent }
  | { readonly kind: 'escalated'; readonly atMs: number; readonly service: string; readonly reason: string }
  | { readonly kind: 'trouble'; readonly atMs: number; readonly reason: string };

/** One service as it is now, for people and machines. */
export interface ServiceStatus {
  readonly id: string;
  readonly tier: string;
  readonly status: Health['status'];
  /** Why it is not healthy; empty when it is. */
  readonly reason: string;
  readonly circuit: string;
  readonly paused: boolean;
  readonly replicas: readonly { readonly state: string; readonly pid: number | null; readonly port: number | null }[];
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** Starts everything; throws `HealixError` when the journal cannot be gone on with or a port is taken, with nothing left running. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { config, inUse, clock = systemClock } = options;
  mkdirSync(config.stateDir, { recursive: true, mode: 0o700 });
  const journal = await openJournal(join(config.stateDir, 'journal'), { clock });
  const tell = (event: RuntimeEvent): void => options.onEvent?.(event);
  let traffic: TrafficControl | null = null;
  try {
    const roster = rosterOf(config);
    const healer = healerInUse(inUse, config.policies);
    const identity = { pack: hashInUse(inUse), services: digestOf(roster) };
    const resumed = resume(journal.read(), healer, roster, identity);
    tell({ kind: 'resumed', atMs: clock.now(), resumed, opening: journal.opening });
    const memory = (resumed.memory as HealerMemory | null) ?? healer.start(roster);
    healer.heal(memory, { kind: 'config', atMs: clock.now(), guard: config.guard });
    const write = (entry: JournalEntry): Promise<void> =>
      journal.append(entry).catch((error: unknown) => {
        tell({ kind: 'journal-failed', atMs: clock.now(), reason: String(error) });
      });
    await write({ kind: 'started', atMs: clock.now(), version: options.version, config: config.digest, ...identity });
    await write({ kind: 'memory', atMs: clock.now(), memory: structuredClone(memory) });

    traffic = await openTraffic(config, Math.random, (reason) => tell({ kind: 'trouble', atMs: clock.now(), reason }));
    const actuator = new ProcessActuator({
      services: config.services.map((service) => managed(service, config)),
      stateFolder: config.stateDir,
      clock,
      gateway: traffic,
      alert: (action, service): Promise<Effect> => {
        tell({ kind: 'escalated', atMs: clock.now(), service, reason: action.reason });
        return Promise.resolve({ kind: 'done', detail: 'told in the log' });
      },
      onEvent: async (event) => {
        tell({ kind: 'process', atMs: clock.now(), event });
        const entry = entryOf(event, clock.now());
        if (entry !== null) await write(entry);
        if (traffic !== null) announcePorts(actuator, traffic, config);
      },
    });
    const adoptions = await actuator.adopt(resumed.processes);
    const adopted = adoptions.filter(({ kind }) => kind === 'adopted' || kind === 'found').length;
    const effects = await actuator.start();
    announcePorts(actuator, traffic, config);
    const loop = createHealingLoop({
      healer,
      memory,
      services: config.services.map(({ id }) => id),
      actuator,
      journal,
      clock,
      dryRun: config.guard.dryRun,
      onEvent: tell,
    });
    for (const action of resumed.unsettled) await loop.settle(action, 'failed');
    tell({ kind: 'ready', atMs: clock.now(), adopted, started: effects.filter(({ kind }) => kind === 'done').length });
    return new Runtime({ options, clock, roster, memory, loop, actuator, traffic, journal, windowMs: healer.windowMs });
  } catch (error) {
    await traffic?.close();
    await journal.close();
    throw error;
  }
}

interface RuntimeParts {
  readonly options: RuntimeOptions;
  readonly clock: Clock;
  readonly roster: Roster;
  readonly memory: HealerMemory;
  readonly loop: HealingLoop;
  readonly actuator: ProcessActuator;
  readonly traffic: TrafficControl;
  readonly journal: FileJournal;
  readonly windowMs: number;
}

/** A runtime at work, until `close()`. */
export class Runtime {
  readonly #parts: RuntimeParts;
  readonly #schedule: ProbeSchedule;
  readonly #watch: WatchParts;
  #cancel: () => void = () => {};
  #looking: Promise<void> = Promise.resolve();
  #dueAtMs: number;
  #isClosed = false;

  constructor(parts: RuntimeParts) {
    const { options, clock, roster, actuator, traffic, windowMs } = parts;
    const { config } = options;
    this.#parts = parts;
    this.#schedule = new ProbeSchedule({ clock });
    this.#watch = { config, roster, actuator, traffic, history: () => this.#schedule.history };
    this.#schedule.start(
      plannedProbes(config, {
        board: new PushBoard(clock),
        statusOf: (service) => statusOf(this.#watch, service),
        targetOf: (service, replica) => targetOf(actuator, service, replica),
        windowMs,
      }),
    );
    this.#dueAtMs = clock.now() + windowMs;
    this.#arm();
  }

  /** Milliseconds between two looks at a service: the strategy's own. */
  get windowMs(): number {
    return this.#parts.windowMs;
  }

  status(): ServiceStatus[] {
    const { options, memory, actuator } = this.#parts;
    const slots = actuator.state();
    return options.config.services.map(({ id, tier }, index) => ({
      id,
      tier,
      ...healthIn(memory, index, () => statusOf(this.#watch, id)),
      paused: memory.guard.paused[index] === 1,
      replicas: (slots[id] ?? []).map(({ state }) => ({
        state: state.kind,
        pid: state.kind === 'running' ? state.record.pid : null,
        port: state.kind === 'running' ? state.record.port : null,
      })),
    }));
  }

  /** The last intents and effects, newest last. */
  history(limit: number): JournalEntry[] {
    const kept: JournalEntry[] = [];
    for (const entry of this.#parts.journal.read()) {
      if (entry.kind === 'intent' || entry.kind === 'effect' || entry.kind === 'exit') kept.push(entry);
      if (kept.length > limit) kept.shift();
    }
    return kept;
  }

  /** An operator's order; the guard holds for it, too. False for a service that is not known. */
  async order(service: string, command: Command['command']): Promise<boolean> {
    const index = this.#parts.options.config.services.findIndex(({ id }) => id === service);
    if (index < 0) return false;
    await this.#parts.loop.order({ kind: 'command', atMs: this.#parts.clock.now(), service: index, command });
    return true;
  }

  /** Ends looking and healing; services are left running, or stopped. May be called once. */
  async close(how: { readonly leaveRunning: boolean }): Promise<void> {
    const { loop, actuator, traffic, journal, clock } = this.#parts;
    this.#isClosed = true;
    this.#cancel();
    this.#schedule.close();
    await this.#looking;
    await loop.close();
    await actuator.close(how);
    await traffic.close();
    await journal
      .append({ kind: 'stopped', atMs: clock.now(), reason: how.leaveRunning ? 'left running' : 'stopped' })
      .catch(() => {});
    await journal.close();
  }

  #arm(): void {
    const { clock, windowMs } = this.#parts;
    this.#cancel = clock.after(Math.max(0, this.#dueAtMs - clock.now()), () => {
      // After a pause of the whole machine, windows are not made up for.
      this.#dueAtMs = Math.max(this.#dueAtMs + windowMs, clock.now() + windowMs / 2);
      this.#looking = this.#look().finally(() => {
        if (!this.#isClosed) this.#arm();
      });
    });
  }

  async #look(): Promise<void> {
    const { clock, windowMs, loop, options } = this.#parts;
    try {
      for (const signal of signalsOf(this.#watch, clock.now(), windowMs)) await loop.look(signal);
    } catch (error) {
      options.onEvent?.({ kind: 'trouble', atMs: clock.now(), reason: `a look failed: ${String(error)}` });
    }
  }
}

function managed(service: ServiceConfig, config: RuntimeConfig): ManagedService {
  return { ...service, logFolder: join(config.stateDir, 'logs') };
}

/** The gateway follows the processes: who runs gets calls. */
function announcePorts(actuator: ProcessActuator, traffic: TrafficControl, config: RuntimeConfig): void {
  const slots = actuator.state();
  for (const { id } of config.services) {
    const ports = (slots[id] ?? []).map(({ state }) => (state.kind === 'empty' ? null : (state.record?.port ?? null)));
    traffic.setReplicas(id, ports);
  }
}

function entryOf(event: ActuatorEvent, atMs: number): JournalEntry | null {
  switch (event.kind) {
    case 'started':
    case 'adopted':
      return { kind: 'process', atMs, process: event.record };
    case 'exited':
      return { kind: 'exit', atMs, pid: event.record.pid, code: event.code };
    case 'repaired':
      return { kind: 'repair', atMs, service: event.service, file: event.file, diff: event.diff };
    case 'over-memory':
      return { kind: 'note', atMs, text: `pid ${event.record.pid} used more than ${event.limitMb} MB` };
    case 'trouble':
      return { kind: 'note', atMs, text: event.reason };
  }
}

function digestOf(roster: Roster): string {
  return createHash('sha256').update(JSON.stringify(roster.services)).digest('hex');
}
