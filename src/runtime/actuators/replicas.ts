/** The life of replicas: starts, stops and adopts them, and knows which slot runs what. */
import type { Clock, Effect, ProcessRecord } from '../ports.ts';
import { type Adoption, adopt } from './adopt.ts';
import { LOG_LIMITS, type LogLimits } from './logs.ts';
import { type ManagedService, slotCount } from './managed-service.ts';
import { slotMark, writeMark } from './mark.ts';
import type { ProcessStat } from './proc.ts';
import { NOT_STARTED, startReplica } from './process.ts';
import { currentRelease } from './releases.ts';
import { claim, EMPTY, isOccupied, runningIn, type Slot, type SlotState, slotsFor } from './slots.ts';
import { stopTree } from './stop.ts';
import { companionsOf, stillRunning } from './tree.ts';
import { Upkeep } from './upkeep.ts';
import { sleep, within } from './wait.ts';

/** What the journal and others want to know of. A start is awaited until it is written down. */
export type ReplicaEvent =
  | { readonly kind: 'started'; readonly record: ProcessRecord }
  | { readonly kind: 'adopted'; readonly record: ProcessRecord }
  | { readonly kind: 'exited'; readonly record: ProcessRecord; readonly code: number | null; readonly atMs: number }
  | { readonly kind: 'over-memory'; readonly record: ProcessRecord; readonly limitMb: number }
  /** Upkeep went wrong (a log that cannot be rotated, an event that was not taken). Nothing stops for it. */
  | { readonly kind: 'trouble'; readonly reason: string };

export interface ReplicasOptions {
  readonly clock: Clock;
  /** Names this runtime in the marks of its processes; the same after its restart. */
  readonly instance: string;
  readonly logLimits?: LogLimits;
  readonly onEvent?: (event: ReplicaEvent) => void | Promise<void>;
}

/** How long the news of an end may lag behind the end itself. */
const NEWS_MS = 2_000;
const BUSY_LOOK_MS = 50;

export class Replicas {
  readonly #clock: Clock;
  readonly #options: ReplicasOptions;
  readonly #services = new Map<string, ManagedService>();
  readonly #slots = new Map<string, Slot[]>();
  readonly #upkeep: Upkeep;
  #closed = false;
  #silent = false;

  constructor(services: readonly ManagedService[], options: ReplicasOptions) {
    this.#clock = options.clock;
    this.#options = options;
    this.#upkeep = new Upkeep({
      clock: options.clock,
      logLimits: options.logLimits ?? LOG_LIMITS,
      watched: () => [...this.#services.values()].map((service) => ({ service, slots: this.slots(service.id) })),
      onEnd: (slot, record) => this.#noteEnd(slot, record, null),
      onOverMemory: (slot, record, limitMb) => this.#endOverMemory(slot, record, limitMb),
      onTrouble: (reason) => void this.#tell({ kind: 'trouble', reason }),
    });
    for (const service of services) this.#configure(service);
  }

  service(id: string): ManagedService | undefined {
    return this.#services.get(id);
  }

  services(): readonly ManagedService[] {
    return [...this.#services.values()];
  }

  /** All slots of the service, also those that a smaller configuration no longer has, until they are empty. */
  slots(id: string): readonly Slot[] {
    return this.#slots.get(id) ?? [];
  }

  /** Takes over what a previous run left running; what ended meanwhile becomes a dead replica. Signals only surplus processes. */
  async adopt(records: readonly ProcessRecord[]): Promise<readonly Adoption[]> {
    const adoptions = adopt(records, this.#options.instance);
    for (const adoption of adoptions) {
      const { kind, record } = adoption;
      const slot = this.#slots.get(record.service)?.[record.replica];
      // By its own full mark: that of the slot would take the replica along, too.
      if (kind === 'surplus') await this.#end(record, writeMark(this.#options.instance, record), 'hard', 0);
      else if (slot === undefined) continue;
      else if (kind === 'adopted' || kind === 'found') {
        this.#remember(slot, record);
        this.#watch(slot, record, null);
        await this.#tell({ kind: 'adopted', record });
      } else if (slot.state.kind === 'empty') {
        slot.state = this.#deadState(record, null);
        this.wakeUpkeep();
      }
    }
    return adoptions;
  }

  /** Starts the slot's process, after ending whatever an earlier one left behind. The caller has claimed the slot. */
  async start(slot: Slot): Promise<Effect> {
    const service = this.#services.get(slot.service);
    if (service === undefined || this.#closed)
      return { kind: 'failed', reason: `${slot.service} is no longer run here` };
    if (runningIn(slot) !== null)
      return { kind: 'failed', reason: `replica ${slot.replica} of ${slot.service} runs already` };
    const { releases } = service;
    const found = releases === null ? null : currentRelease(releases);
    if (found?.kind === 'bad') return this.#notStarted(slot, `${service.id} has no release to run: ${found.reason}`);
    const left = await this.#sweep(slot);
    if (left !== null) return this.#notStarted(slot, left);
    const release = found?.release.name ?? null;
    const { instance } = this.#options;
    const nowMs = this.#clock.now();
    const started = await startReplica({ service, replica: slot.replica, release, instance, nowMs });
    if (started.kind === 'failed') return this.#notStarted(slot, started.reason);
    this.#watch(slot, started.record, started.exited);
    await this.#tell({ kind: 'started', record: started.record });
    return { kind: 'done', detail: describe(started.record) };
  }

  /** Ends the slot's process and all it started. The slot is dead afterwards, or still running if it would not end. */
  async stop(
    slot: Slot,
    mode: 'graceful' | 'hard',
    signal?: AbortSignal,
    graceMs: number = this.#services.get(slot.service)?.stopGraceMs ?? 0,
  ): Promise<Effect> {
    const { state } = slot;
    if (state.kind !== 'running') {
      const left = await this.#sweep(slot);
      return left === null ? { kind: 'done' } : { kind: 'failed', reason: left };
    }
    const trouble = await this.#end(state.record, this.#markOf(slot), mode, graceMs, { signal, known: slot.leftovers });
    if (trouble !== null) return { kind: 'failed', reason: trouble };
    // The news of our own child's end brings its exit code; should it not come, the end is certain all the same.
    await within(this.#clock, NEWS_MS, slot.ended);
    this.#noteEnd(slot, state.record, null);
    // Born while the leader was ending, so that no look found them.
    const left = stillRunning(slot.leftovers).length === 0 ? null : await this.#sweep(slot);
    return left === null ? { kind: 'done' } : { kind: 'failed', reason: left };
  }

  /** Output files may grow from now on: those of commands do so without a replica, too. */
  wakeUpkeep(): void {
    if (!this.#closed) this.#upkeep.wake();
  }

  /** Forgets a replica that was taken away on purpose. */
  vacate(slot: Slot): void {
    if (slot.state.kind === 'dead') slot.state = EMPTY;
  }

  /** Takes a new list of services. What is no longer in it, or above its new maximum, is stopped; the rest runs on. */
  async reconfigure(services: readonly ManagedService[]): Promise<void> {
    const ids = new Set(services.map(({ id }) => id));
    const before = new Map(this.#services);
    // Forgotten first, so that no action can start what is about to be stopped.
    for (const id of before.keys()) if (!ids.has(id)) this.#services.delete(id);
    for (const service of services) this.#configure(service);
    const leaving = [...before.values()].flatMap((service) => {
      const count = ids.has(service.id) ? slotCount(this.#services.get(service.id)!) : 0;
      const slots = this.slots(service.id)
        .slice(count)
        .filter(({ state, busy }) => state.kind !== 'empty' || busy !== null);
      return slots.map((slot) => this.#dismiss(slot, service.stopGraceMs));
    });
    await Promise.all(leaving);
    for (const [id, slots] of this.#slots) {
      const service = this.#services.get(id);
      const count = service === undefined ? 0 : slotCount(service);
      if (slots.slice(count).some(isOccupied)) continue;
      if (service === undefined) this.#slots.delete(id);
      else this.#slots.set(id, slots.slice(0, count));
    }
  }

  /** Ends all upkeep; processes run on, or are all stopped. Nothing is told any more afterwards. */
  async close({ leaveRunning }: { readonly leaveRunning: boolean }): Promise<void> {
    this.#closed = true;
    this.#upkeep.close();
    const slots = leaveRunning ? [] : [...this.#slots.values()].flat().filter(isOccupied);
    await Promise.all(slots.map((slot) => this.stop(slot, 'graceful')));
    this.#silent = true;
  }

  #configure(service: ManagedService): void {
    this.#services.set(service.id, service);
    this.#slots.set(service.id, slotsFor(service, this.#slots.get(service.id)));
  }

  /** After whatever is being done to the slot; every action has a bound of its own. */
  async #dismiss(slot: Slot, graceMs: number): Promise<void> {
    while (slot.busy !== null) await sleep(this.#clock, BUSY_LOOK_MS);
    const claimed = claim([slot], 'its removal');
    if (claimed.kind === 'refused') return;
    const stopped = await this.stop(slot, 'graceful', undefined, graceMs).finally(claimed.release);
    if (stopped.kind === 'done') this.vacate(slot);
    else if (stopped.kind === 'failed') await this.#tell({ kind: 'trouble', reason: stopped.reason });
  }

  #watch(slot: Slot, record: ProcessRecord, exited: Promise<number | null> | null): void {
    slot.state = { kind: 'running', record, adopted: exited === null };
    const noted = exited?.then((code) => {
      this.#remember(slot, record);
      this.#noteEnd(slot, record, code);
    });
    slot.ended = noted ?? Promise.resolve();
    this.wakeUpkeep();
  }

  /** While the leader runs, or at once when our own child has ended: later another process may have its pid, and a group of that name. */
  #remember(slot: Slot, leader: ProcessRecord): void {
    slot.leftovers = stillRunning([...slot.leftovers, ...companionsOf(leader)]);
  }

  #noteEnd(slot: Slot, record: ProcessRecord, code: number | null): void {
    const running = runningIn(slot);
    if (running?.pid !== record.pid || running.startTicks !== record.startTicks) return;
    slot.state = this.#deadState(record, code);
    void this.#tell({ kind: 'exited', record, code, atMs: this.#clock.now() });
  }

  #deadState(record: ProcessRecord | null, exitCode: number | null): SlotState {
    return { kind: 'dead', record, exitCode, atMs: this.#clock.now() };
  }

  #notStarted(slot: Slot, reason: string): Effect {
    slot.state = this.#deadState(null, NOT_STARTED);
    this.wakeUpkeep();
    return { kind: 'failed', reason };
  }

  /** Ends what earlier processes of the slot left behind, recorded or not; null when nothing is left, else why not. */
  async #sweep(slot: Slot): Promise<string | null> {
    const { state, leftovers } = slot;
    const { pid, startTicks } = (state.kind === 'dead' ? state.record : null) ?? { pid: 0, startTicks: 0 };
    const trouble = await this.#end({ pid, startTicks }, this.#markOf(slot), 'hard', 0, { known: leftovers });
    slot.leftovers = stillRunning(slot.leftovers);
    return trouble;
  }

  #markOf(slot: Slot): string {
    return slotMark(this.#options.instance, slot.service, slot.replica);
  }

  async #end(
    leader: { readonly pid: number; readonly startTicks: number },
    mark: string,
    mode: 'graceful' | 'hard',
    graceMs: number,
    { signal, known = [] }: { readonly signal?: AbortSignal | undefined; readonly known?: readonly ProcessStat[] } = {},
  ): Promise<string | null> {
    const how = { clock: this.#clock, mode, graceMs, known, ...(signal === undefined ? {} : { signal }) };
    const stopped = await stopTree({ pid: leader.pid, startTicks: leader.startTicks, mark }, how);
    if (stopped.kind === 'stopped') return null;
    return `processes ${stopped.pids.join(', ')} would not end, not even killed`;
  }

  #endOverMemory(slot: Slot, record: ProcessRecord, limitMb: number): void {
    const claimed = claim([slot], 'the memory limit');
    if (claimed.kind === 'refused') return;
    void this.#tell({ kind: 'over-memory', record, limitMb });
    void this.stop(slot, 'hard')
      .catch((error: unknown) => this.#tell({ kind: 'trouble', reason: String(error) }))
      .finally(claimed.release);
  }

  async #tell(event: ReplicaEvent): Promise<void> {
    if (this.#silent) return;
    try {
      await this.#options.onEvent?.(event);
    } catch (error) {
      if (event.kind !== 'trouble')
        await this.#tell({ kind: 'trouble', reason: `${event.kind} was not taken: ${error}` });
    }
  }
}

function describe({ pid, port, release }: ProcessRecord): string {
  return [`pid ${pid}`, port === null ? null : `port ${port}`, release].filter((part) => part !== null).join(', ');
}
