/**
 * The runtime at work: looks at the services of a config and heals them with the strategy of a pack. What it does is in its journal
 * before it is done; killed at any moment it goes on where it was, and the services do not notice.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Command } from '../../strategies/contract.ts';
import { HealixError } from '../errors.ts';
import type { Decided, HumanWord, Waiting } from './approvals.ts';
import { type RuntimeConfig, rosterOf } from './config.ts';
import { agentsStatus } from './coordination/status.ts';
import { coordinationOf } from './coordination/wanted.ts';
import type { HistoryRow } from './history.ts';
import { articlesOf, type Coordination, carried, healerInUse, keptTeam, levelEntry } from './in-use.ts';
import { type Insight, insightOf } from './insight.ts';
import type { Lesson } from './lesson.ts';
import { type Ordered, takeOrder } from './orders.ts';
import { PROBE_LEVELS, type ProcessRecord } from './ports.ts';
import { plannedProbes } from './probes/from-config.ts';
import { PushBoard, type Reported } from './probes/push.ts';
import { isReady } from './ready.ts';
import { changesOf, type Reloaded, refusalOf, taken } from './reload.ts';
import { rosterDigest } from './resume.ts';
import { ProbeSchedule } from './schedule.ts';
import { announcePorts, infoOf, managed, reopened, type Setup, type Site, setUp } from './site.ts';
import { answerLesson, incidentOf } from './situation.ts';
import { type FleetStatus, fleetHealth, type ServiceStatus, statusesOf } from './status.ts';
import { signalOf, statusOf, targetOf, type WatchParts } from './watch.ts';

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
  /** When the last window ended. */
  #lookedAtMs: number;
  #isAtRest = false;

  constructor(site: Site, setup: Setup) {
    this.#site = site;
    this.#setup = setup;
    const { signs, traffic, journal } = site;
    this.#schedule = new ProbeSchedule({ clock: site.clock, onLook: site.onLook, onBeat: signs.beat });
    this.#board = new PushBoard(site.clock);
    signs.connect({
      status: () => this.status(),
      agents: () => agentsStatus(this.#setup.memory, this.#setup.roster, site.clock.now()),
      articles: () => articlesOf(this.#setup.coordination),
      refusals: () => this.#setup.memory.guard.refusals,
      requests: (service) => traffic.requests(service),
      underWay: () => this.#setup.loop.underWay,
      isJournalHealthy: () => journal.isHealthy,
      info: () => infoOf(this.#setup, site.inUse.name),
      windowMs: () => this.windowMs,
    });
    this.#startProbes();
    this.#lookedAtMs = site.clock.now();
    this.#dueAtMs = this.#lookedAtMs + this.windowMs;
    this.#arm();
  }

  /** Milliseconds between two looks at a service: the strategy's own. */
  get windowMs(): number {
    return this.#setup.healer.windowMs;
  }

  /** The fleet as a whole. */
  fleetStatus(): FleetStatus {
    const { inUse, journal, approvals, startedAtMs } = this.#site;
    const { config, coordination, loop, memory, roster } = this.#setup;
    return {
      name: config.name,
      ...fleetHealth(this.status()),
      healedBy: inUse.name,
      coordination: { level: coordination.level, agents: agentsStatus(memory, roster, this.#site.clock.now()) },
      startedAtMs,
      dryRun: config.guard.dryRun,
      actionsUnderWay: loop.underWay,
      waitingForApproval: approvals.waiting,
      journalHealthy: journal.isHealthy,
    };
  }

  status(): ServiceStatus[] {
    const { config, memory } = this.#setup;
    const livenessOf = (id: string) => statusOf(this.#watch(), id);
    const { actuator, inUse } = this.#site;
    const detection = inUse.kind === 'strategy' ? inUse.strategy.detection : null;
    return statusesOf({ services: config.services, memory, actuator, livenessOf, detection });
  }

  /** What a dashboard shows besides the status. */
  insight(): Insight {
    return insightOf(this.#site, this.#setup);
  }

  /** What was done last and what came of it, oldest first. */
  history(limit: number): HistoryRow[] {
    return this.#site.history.last(limit);
  }

  /** An operator's order; the guard holds for it, too. */
  async order(service: string, command: Command['command'], by = 'an operator'): Promise<Ordered> {
    await this.#reloading;
    return takeOrder(this.#site, this.#setup, service, { order: command, by });
  }

  /** Actions that wait for a human's yes, oldest first. */
  waitingForApproval(): readonly Waiting[] {
    return this.#site.approvals.waiting;
  }

  /** A human's answer to an action that waits. */
  async decide(word: HumanWord): Promise<Decided> {
    await this.#reloading;
    const { approvals, lessons, inUse, clock } = this.#site;
    return approvals.decide(word, (waiting) => {
      const taught = answerLesson(this.#setup, inUse, word, waiting, clock.now());
      if (taught !== null) lessons.note(taught, word.isApproved ? [waiting.action] : []);
    });
  }

  /** What operators did otherwise than healix, and what came of it, oldest first. */
  lessons(limit: number): readonly Lesson[] {
    return this.#site.history.lessons(limit);
  }

  /** Whether agents are at an incident. */
  get hasIncident(): boolean {
    return incidentOf(this.#setup.memory) !== null;
  }

  /** A service's own word on one of its replicas, for a push probe. */
  report(service: string, replica: number, level: string, report: unknown): Reported {
    const known = PROBE_LEVELS.find((name) => name === level);
    if (known === undefined) return { kind: 'refused', reason: `no level ${level}: use ${PROBE_LEVELS.join(', ')}` };
    return this.#board.report(service, replica, known, report);
  }

  /** Another process runs in this place: what the one before said of itself no longer counts. */
  forgetReports({ service, replica }: ProcessRecord): void {
    this.#board.forget(service, replica);
  }

  /** Whether this process, just started, answers its probes; waits until it does, for as long as it may take to start. */
  isReady(record: ProcessRecord, signal: AbortSignal): Promise<boolean> {
    const { actuator, clock } = this.#site;
    const service = this.#setup.config.services.find(({ id }) => id === record.service);
    if (service === undefined) return Promise.resolve(false);
    const isRunning = ({ replica, pid }: ProcessRecord): boolean =>
      targetOf(actuator, service.id, replica)?.pid === pid;
    const lookNow = (id: string) => this.#schedule.lookNow(id);
    return isReady({ clock, lookNow, isRunning, withinMs: service.startGraceMs }, record, signal);
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
    await this.#site.control?.close();
    await this.#reloading;
    await this.#rest();
    this.#schedule.close();
    await this.#setup.loop.close({ callOff: true });
    this.#site.approvals.close();
    await actuator.close(how);
    await traffic.close();
    await journal
      .append({ kind: 'stopped', atMs: clock.now(), reason: how.leaveRunning ? 'left running' : 'stopped' })
      .catch(() => {});
    await journal.close();
    await this.#site.signs.close();
  }

  async #reload(config: RuntimeConfig, by: string): Promise<Reloaded> {
    const { actuator, traffic, clock, write, inUse, wanted, reportsTo } = this.#site;
    const before = this.#setup;
    const refusal = this.#isAtRest ? 'healix is stopping' : refusalOf(before.config, config);
    if (refusal !== null) return { kind: 'refused', reason: refusal };
    const roster = rosterOf(config);
    const services = config.services.map((service) => managed(service, config.stateDir, reportsTo));
    let coordination: Coordination;
    let healer: Setup['healer'];
    let changes: readonly string[];
    try {
      coordination = coordinationOf(wanted, config);
      changes = changesOf(before, { config, coordination });
      if (changes.length === 0) return taken(this.#site, config, changes);
      healer = healerInUse(inUse, config.policies, coordination);
      await traffic.reconfigure(config);
    } catch (error) {
      if (error instanceof HealixError) return { kind: 'refused', reason: error.message };
      throw error;
    }
    try {
      // What is under way ends under the old config: nothing is told to a healer that does not know of it.
      await this.#rest();
      await before.loop.close({ callOff: false });
      const isSameTeam =
        rosterDigest(roster) === rosterDigest(before.roster) &&
        isDeepStrictEqual(levelEntry(coordination), levelEntry(before.coordination));
      const kept = isSameTeam ? keptTeam(before.memory, healer, roster) : null;
      const memory = kept ?? carried(before.memory, healer, roster);
      const leaving = actuator.reconfigure(services);
      this.#setup = setUp(this.#site, config, coordination, roster, healer, memory);
      const atMs = clock.now();
      await Promise.all([
        leaving,
        write({
          ...{ kind: 'config', atMs, config: config.digest, services: rosterDigest(roster), by },
          ...levelEntry(coordination),
        }),
        write({ kind: 'memory', atMs, memory: structuredClone(memory) }),
      ]);
      this.#site.listing.follow(config, this.windowMs);
      await actuator.start();
      announcePorts(actuator, traffic);
    } catch (error) {
      // The loop before has ended: whatever went wrong, the services must be healed.
      if (this.#setup === before) this.#setup = reopened(this.#site, before);
      throw error;
    } finally {
      this.#startProbes();
      this.#isAtRest = false;
      this.#arm();
    }
    await this.#site.signs.reconfigure(config);
    return taken(this.#site, config, changes);
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
    const { config, loop } = this.#setup;
    const atMs = clock.now();
    // As long as it was, not as long as it should have been: windows follow each other without a gap, so that no look falls between
    // two, and a trial's first window begins no earlier than the trial. A clock that was put back tells no length.
    const sinceMs = atMs > this.#lookedAtMs ? this.#lookedAtMs : atMs - this.windowMs;
    this.#lookedAtMs = atMs;
    for (const [index, { id }] of config.services.entries()) {
      // What cannot be looked at keeps nobody from looking at the others.
      try {
        await loop.look(signalOf(this.#watch(), index, { atMs, sinceMs, windowMs: atMs - sinceMs }));
      } catch (error) {
        tell({ kind: 'trouble', atMs: clock.now(), reason: `a look at ${id} failed: ${String(error)}` });
      }
    }
    for (const { id, tier, status, reason } of this.status())
      tell({ kind: 'health', atMs: clock.now(), service: id, tier, status, reason });
  }
}
