/** What has to be looked at from time to time while replicas run: ends of adopted processes, memory, length of the output files. */
import { lstatSync } from 'node:fs';
import type { Clock, ProcessRecord } from '../ports.ts';
import { type LogLimits, rotate } from './logs.ts';
import { logPath, type ManagedService } from './managed-service.ts';
import { memoryWatch } from './memory.ts';
import { scanProcesses } from './proc.ts';
import { findEnded } from './process.ts';
import { isOccupied, runningIn, type Slot } from './slots.ts';

export interface UpkeepOptions {
  readonly clock: Clock;
  readonly logLimits: LogLimits;
  readonly watched: () => readonly { readonly service: ManagedService; readonly slots: readonly Slot[] }[];
  readonly onEnd: (slot: Slot, record: ProcessRecord) => void;
  readonly onOverMemory: (slot: Slot, record: ProcessRecord, limitMb: number) => void;
  readonly onTrouble: (reason: string) => void;
}

/** Ends of adopted processes are noticed within this time; nobody tells us, since we are not their parent. */
export const UPKEEP_MS = 1_000;
const MEMORY_EVERY = 2;

/** One timer for all replicas, and none while nothing can write: no slot is taken, and no service has commands of its own. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #memory = memoryWatch();
  #cancel: (() => void) | null = null;
  #isLooking = false;
  #isClosed = false;
  #looks = 0;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /** Something runs now, a replica or a command: look after it. */
  wake(): void {
    if (this.#isClosed || this.#isLooking) return;
    this.#cancel ??= this.#options.clock.after(UPKEEP_MS, () => void this.#look());
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#cancel = null;
  }

  async #look(): Promise<void> {
    this.#cancel = null;
    this.#isLooking = true;
    this.#looks += 1;
    try {
      this.#findEnds();
      if (this.#looks % MEMORY_EVERY === 0) this.#lookAtMemory();
      await this.#rotateLogs();
    } catch (error) {
      this.#options.onTrouble(`upkeep failed: ${error}`);
    }
    this.#isLooking = false;
    // What a command has started writes on when the command has ended and no replica runs, maybe because no replica runs.
    const isNeeded = this.#options
      .watched()
      .some(({ service, slots }) => service.actions.size > 0 || slots.some(isOccupied));
    if (isNeeded) this.wake();
  }

  #slots(): readonly Slot[] {
    return this.#options.watched().flatMap(({ slots }) => slots);
  }

  #findEnds(): void {
    const adopted = this.#slots().filter(({ state }) => state.kind === 'running' && state.adopted);
    const ended = new Set(findEnded(adopted.map((slot) => runningIn(slot)!)));
    for (const slot of adopted) {
      const record = runningIn(slot);
      if (record !== null && ended.has(record)) this.#options.onEnd(slot, record);
    }
  }

  #lookAtMemory(): void {
    const limited = this.#options.watched().flatMap(({ service, slots }) =>
      slots.flatMap((slot) => {
        const record = runningIn(slot);
        return service.memoryMb === null || record === null ? [] : [{ slot, record, limitMb: service.memoryMb }];
      }),
    );
    if (limited.length === 0) return;
    const over = new Set(this.#memory.look(limited, scanProcesses()));
    for (const { slot, record, limitMb } of limited) {
      if (over.has(record)) this.#options.onOverMemory(slot, record, limitMb);
    }
  }

  /**
   * One after another, so that upkeep never fills the disk's queue. Looked at every time: a program that writes as fast as it can fills
   * a disk in minutes, and lengths cost next to nothing.
   */
  async #rotateLogs(): Promise<void> {
    for (const { service, slots } of this.#options.watched()) {
      const streams = ['out', 'err', 'action'] as const;
      const ofSlots = slots.flatMap(({ replica }) => streams.map((stream) => logPath(service, replica, stream)));
      for (const path of [...ofSlots, logPath(service, null, 'action')]) {
        if ((lstatSync(path, { throwIfNoEntry: false })?.size ?? 0) < this.#options.logLimits.bytesMax) continue;
        try {
          await rotate(path, this.#options.logLimits);
        } catch (error) {
          this.#options.onTrouble(`${path} cannot be rotated: ${error}`);
        }
      }
    }
  }
}
