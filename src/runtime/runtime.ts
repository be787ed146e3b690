/**
 * The runtime at work: looks at the services of a config and heals them with the strategy of a pack. What it does is in its journal
 * before it is done; killed at any moment it goes on where it was, and the services do not notice.
 */
import type { Command } from '../../strategies/contract.ts';
import { HealixError } from '../errors.ts';
import { type RuntimeConfig, rosterOf } from './config.ts';
import { carried, healerInUse } from './in-use.ts';
import type { JournalEntry } from './ports.ts';
import { plannedProbes } from './probes/from-config.ts';
import { PushBoard } from './probes/push.ts';
import { changesOf, type Reloaded, refusalOf } from './reload.ts';
import { ProbeSchedule } from './schedule.ts';
import { announcePorts, digestOf, managed, type Setup, type Site, setUp } from './site.ts';
import { type ServiceStatus, statusesOf } from './status.ts';
import { signalsOf, statusOf, targetOf, type WatchParts } from './watch.ts';

/** Lives until `close()`. Made by `startRuntime`. */
export class Runtime {
  readonly #site: Site;
  #setup: Setup;
  readonly #schedule: ProbeSchedule;
  readonly #board: PushBoard;
  #cancel: () => void = () => {};
  #looking: Promise<void> = Promise.resolve();
  /** The reload under way, if any; the next waits for it, and so do orders. */
  #reloading: Promise<unknown> = Promise.resolve();
  #dueAtMs: number;
  #isAtRest = false;

  constructor(site: Site, setup: Setup) {
    this.#site = site;
    this.#setup = setup;
    this.#schedule = new ProbeSchedule({ clock: site.clock });
    this.#board = new PushBoard(site.clock);
    this.#startProbes();
    this.#dueAtMs = site.clock.now() + this.windowMs;
    this.#arm();
  }

  /** Milliseconds between two looks at a service: the strategy's own. */
  get windowMs(): number {
    return this.#setup.healer.windowMs;
  }

  status(): ServiceStatus[] {
    const { config, memory } = this.#setup;
    const livenessOf = (id: string) => statusOf(this.#watch(), id);
    return statusesOf({ services: config.services, memory, actuator: this.#site.actuator, livenessOf });
  }

  /** The last intents, effects and ends of processes, newest last. */
  history(limit: number): JournalEntry[] {
    const kept: JournalEntry[] = [];
    for (const entry of this.#site.journal.read()) {
      if (entry.kind === 'intent' || entry.kind === 'effect' || entry.kind === 'exit') kept.push(entry);
      if (kept.length > limit) kept.shift();
    }
    return kept;
  }

  /** An operator's order; the guard holds for it, too. False for a service that is not known. */
  async order(service: string, command: Command['command']): Promise<boolean> {
    await this.#reloading;
    const { config, loop } = this.#setup;
    const index = config.services.findIndex(({ id }) => id === service);
    if (index < 0) return false;
    const atMs = this.#site.clock.now();
    this.#site.tell({ kind: 'ordered', atMs, service, order: command });
    await loop.order({ kind: 'command', atMs, service: index, command });
    return true;
  }

  /** Takes another config, whole or not at all. `by`: who asked for it, for the journal. */
  reload(config: RuntimeConfig, by: string): Promise<Reloaded> {
    const reloaded = this.#reloading.then(() => this.#reload(config, by));
    this.#reloading = reloaded.catch(() => {});
    return reloaded;
  }

  /** Ends looking and healing; services are left running, or stopped. May be called once. */
  async close(how: { readonly leaveRunning: boolean }): Promise<void> {
    const { actuator, traffic, journal, clock } = this.#site;
    await this.#reloading;
    await this.#rest();
    this.#schedule.close();
    await this.#setup.loop.close();
    await actuator.close(how);
    await traffic.close();
    await journal
      .append({ kind: 'stopped', atMs: clock.now(), reason: how.leaveRunning ? 'left running' : 'stopped' })
      .catch(() => {});
    await journal.close();
  }

  async #reload(config: RuntimeConfig, by: string): Promise<Reloaded> {
    const { actuator, traffic, clock, write, tell, inUse } = this.#site;
    const before = this.#setup;
    const refusal = this.#isAtRest ? 'healix is stopping' : refusalOf(before.config, config);
    if (refusal !== null) return { kind: 'refused', reason: refusal };
    try {
      await traffic.reconfigure(config);
    } catch (error) {
      if (error instanceof HealixError) return { kind: 'refused', reason: error.message };
      throw error;
    }
    // What is under way ends under the old config: nothing is told to a healer that does not know of it.
    await this.#rest();
    await before.loop.close();
    try {
      const roster = rosterOf(config);
      const healer = healerInUse(inUse, config.policies);
      const memory = carried(before.memory, healer, roster);
      const leaving = actuator.reconfigure(config.services.map((service) => managed(service, config)));
      this.#setup = setUp(this.#site, config, roster, healer, memory);
      const atMs = clock.now();
      await Promise.all([
        leaving,
        write({ kind: 'config', atMs, config: config.digest, services: digestOf(roster), by }),
        write({ kind: 'memory', atMs, memory: structuredClone(memory) }),
      ]);
      await actuator.start();
      announcePorts(actuator, traffic);
    } finally {
      this.#startProbes();
      this.#isAtRest = false;
      this.#arm();
    }
    const changes = changesOf(before.config, config);
    tell({ kind: 'reloaded', atMs: clock.now(), changes });
    return { kind: 'done', changes };
  }

  #startProbes(): void {
    const { actuator } = this.#site;
    this.#schedule.start(
      plannedProbes(this.#setup.config, {
        board: this.#board,
        statusOf: (service) => statusOf(this.#watch(), service),
        targetOf: (service, replica) => targetOf(actuator, service, replica),
        windowMs: this.windowMs,
      }),
    );
  }

  #watch(): WatchParts {
    const { actuator, traffic } = this.#site;
    const { config, roster } = this.#setup;
    return { config, roster, actuator, traffic, history: () => this.#schedule.history };
  }

  /** No look is under way afterwards, and none begins. */
  async #rest(): Promise<void> {
    this.#isAtRest = true;
    this.#cancel();
    await this.#looking;
  }

  #arm(): void {
    const { clock } = this.#site;
    this.#cancel = clock.after(Math.max(0, this.#dueAtMs - clock.now()), () => {
      // After a pause of the whole machine, windows are not made up for.
      this.#dueAtMs = Math.max(this.#dueAtMs + this.windowMs, clock.now() + this.windowMs / 2);
      this.#looking = this.#look().finally(() => {
        if (!this.#isAtRest) this.#arm();
      });
    });
  }

  async #look(): Promise<void> {
    const { clock, tell } = this.#site;
    try {
      for (const signal of signalsOf(this.#watch(), clock.now(), this.windowMs)) await this.#setup.loop.look(signal);
    } catch (error) {
      tell({ kind: 'trouble', atMs: clock.now(), reason: `a look failed: ${String(error)}` });
    }
  }
}
