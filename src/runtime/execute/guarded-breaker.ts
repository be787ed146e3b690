/** The breaker's pure core with a clock, tallies and listeners around it. Decides nothing itself. */
import { admit, release, settle } from '../../../strategies/breaker.ts';
import { type BreakerCommand, command } from '../../../strategies/breaker-command.ts';
import type { BreakerConfig } from '../../../strategies/breaker-config.ts';
import { type BreakerReading, stateAt } from '../../../strategies/breaker-reading.ts';
import {
  type RestoreOptions,
  restoreBreaker,
  type SavedBreaker,
  saveBreaker,
} from '../../../strategies/breaker-save.ts';
import {
  type BreakerEffect,
  type BreakerState,
  type CallOutcome,
  createBreaker,
  type ModeKind,
} from '../../../strategies/breaker-state.ts';
import type { Ticket } from '../../../strategies/breaker-tickets.ts';
import { type CallClock, ROUGH_MS } from './clock.ts';
import { Emitter, type OfKind } from './emitter.ts';
import type { RefusalCause } from './errors.ts';
import type { ExecuteEvent } from './events.ts';
import { reconfigure } from './reconfigure.ts';
import { countMode, countOutcome, countRefusal, startTally, type Tally } from './tally.ts';

/** Told of every attempt that ended with a verdict, before the listeners; null = nobody. */
export type Observe = (outcome: CallOutcome, durationMs: number) => void;

export interface GuardedBreakerParts {
  readonly clock: CallClock;
  readonly seed: number;
  /** A state saved earlier; see `restoreBreaker`. */
  readonly saved: unknown;
  readonly restore: RestoreOptions;
  readonly observe: Observe | null;
}

/** What the limit of slow calls is when nobody set one (resilience4j's). */
const SLOW_MS_UNSET = 60_000;
/** A call whose duration nobody asks for. */
const UNTIMED = -1;

/** Filled and emptied within one synchronous step. */
const happened: BreakerEffect[] = [];

export class GuardedBreaker {
  readonly tally: Tally = startTally();
  #config: BreakerConfig;
  #state: BreakerState;
  /** Since when time is counted for the present mode. */
  #modeSinceMs: number;
  #events: Emitter<ExecuteEvent> | null = null;
  #isTimed = false;
  /** Whether the rough time will do for a call that went well. */
  #isRough: boolean;
  readonly #clock: CallClock;
  readonly #observe: Observe | null;

  constructor(config: BreakerConfig, { clock, seed, saved, restore, observe }: GuardedBreakerParts) {
    const atMs = clock.now();
    this.#config = config;
    this.#clock = clock;
    this.#observe = observe;
    this.#state =
      saved === undefined ? createBreaker(config, atMs, seed) : restoreBreaker(config, saved, atMs, restore);
    this.#modeSinceMs = this.#state.lastMs;
    this.#isTimed = observe !== null || countsSlow(config);
    this.#isRough = isRoughEnough(config, clock);
  }

  /**
   * When a call begins. Reading the time costs as much as all the rest, so it is not done where nothing depends on it: a closed
   * breaker admits at any time, and durations are of no use unless slow calls count or somebody is told.
   */
  beginMs(): number {
    return this.#isTimed || this.#state.mode.kind !== 'closed' ? this.#clock.now() : UNTIMED;
  }

  /** A ticket, or why not. `beganMs` is from `beginMs`. */
  admit(beganMs: number): Ticket | { readonly cause: RefusalCause; readonly retryAtMs: number | null } {
    const atMs = beganMs === UNTIMED ? this.#state.lastMs : beganMs;
    const admission = admit(this.#config, this.#state, atMs, happened);
    if (happened.length > 0) this.#tell(happened.splice(0));
    if (typeof admission !== 'number') this.refused(admission.cause, admission.retryAtMs, atMs);
    return admission;
  }

  /** Whether every call is refused now, whatever else; asks nobody and counts nothing. */
  isShut(atMs: number): boolean {
    const { mode } = this.#state;
    return mode.kind === 'forced-open' || (mode.kind === 'open' && Math.max(atMs, this.#state.lastMs) < mode.untilMs);
  }

  settle(ticket: Ticket, outcome: CallOutcome, beganMs: number, callClass: string | undefined, attempt: number): void {
    const atMs = beganMs === UNTIMED && outcome === 'ok' ? this.#roughly() : this.#clock.now();
    const durationMs = beganMs !== UNTIMED && atMs > beganMs ? atMs - beganMs : 0;
    const isCounted = this.#state.mode.kind !== 'disabled';
    const effects = settle(this.#config, this.#state, ticket, outcome, durationMs, atMs, callClass);
    if (isCounted) countOutcome(this.tally, outcome);
    this.#observe?.(outcome, durationMs);
    if (isCounted && this.#events?.hears('outcome') === true)
      this.#events.emit({ kind: 'outcome', atMs, outcome, durationMs, attempt });
    if (effects.length > 0) this.#tell(effects);
  }

  /** The caller gave the call up. */
  cancel(ticket: Ticket, beganMs: number, attempt: number): void {
    const atMs = this.#clock.now();
    const effects = release(this.#config, this.#state, ticket, atMs);
    this.tally.cancelled += 1;
    const durationMs = beganMs === UNTIMED ? 0 : Math.max(0, atMs - beganMs);
    this.#events?.emit({ kind: 'outcome', atMs, outcome: 'cancelled', durationMs, attempt });
    if (effects.length > 0) this.#tell(effects);
  }

  refused(cause: RefusalCause, retryAtMs: number | null, atMs: number): void {
    countRefusal(this.tally, cause);
    if (this.#events?.hears('refused') === true) this.#events.emit({ kind: 'refused', atMs, cause, retryAtMs });
  }

  retried(attempt: number, waitMs: number): void {
    this.tally.retries += 1;
    if (this.#events?.hears('retry') === true)
      this.#events.emit({ kind: 'retry', atMs: this.#clock.now(), attempt, waitMs });
  }

  /** Something of the user's threw; it is told and changes nothing. */
  trouble(where: string, error: unknown): void {
    this.#events?.emit({ kind: 'internal-error', atMs: this.#clock.now(), where, error });
  }

  /** @throws BreakerError `illegal-command`; then nothing has changed but time. */
  command(order: BreakerCommand): void {
    const effects = command(this.#config, this.#state, order, this.#clock.now());
    if (effects.length > 0) this.#tell(effects);
  }

  on<Kind extends ExecuteEvent['kind']>(
    kind: Kind,
    listener: (event: OfKind<ExecuteEvent, Kind>) => unknown,
  ): () => void {
    this.#events ??= new Emitter((error, from) => {
      // A listener of troubles that makes trouble is told of to nobody.
      if (from !== 'internal-error') this.trouble('listener', error);
    });
    if (kind === 'outcome') this.#isTimed = true;
    return this.#events.on(kind, listener);
  }

  deafen(): void {
    this.#events?.clear();
    this.#events = null;
  }

  reading(): BreakerReading {
    return stateAt(this.#config, this.#state, this.#clock.now());
  }

  save(): SavedBreaker {
    return saveBreaker(this.#state);
  }

  /** Goes on under other settings with all of its past that means something under them. */
  configure(config: BreakerConfig): void {
    if (config === this.#config) return;
    const { state, effects } = reconfigure(this.#config, this.#state, config, this.#clock.now());
    this.#config = config;
    this.#state = state;
    this.#isTimed ||= countsSlow(config);
    this.#isRough = isRoughEnough(config, this.#clock);
    if (effects.length > 0) this.#tell(effects);
  }

  /** Milliseconds in each mode, the present one included. */
  inModeMs(): Partial<Record<ModeKind, number>> {
    const { kind } = this.#state.mode;
    const before = this.tally.inModeMs ?? {};
    const nowMs = Math.max(0, this.#clock.now() - this.#modeSinceMs);
    return { ...before, [kind]: (before[kind] ?? 0) + nowMs };
  }

  #roughly(): number {
    return this.#isRough ? this.#clock.roughly!() : this.#clock.now();
  }

  #tell(effects: readonly BreakerEffect[]): void {
    for (const effect of effects) {
      if (effect.kind !== 'transition') continue;
      countMode(this.tally, effect.from, Math.max(0, effect.atMs - this.#modeSinceMs));
      this.#modeSinceMs = effect.atMs;
    }
    if (this.#events !== null) for (const effect of effects) this.#events.emit(effect);
  }
}

/** Whether slow calls were asked for: a limit was set, or a rule reads them. */
function countsSlow({ slowMs, slowMsByClass, trip }: BreakerConfig): boolean {
  if (slowMs < SLOW_MS_UNSET || Object.keys(slowMsByClass).length > 0) return true;
  return trip.some(({ kind }) => kind === 'slow-share' || kind === 'weighted-share');
}

/** Whether the rough time is a small part of the window's slots. */
function isRoughEnough({ window }: BreakerConfig, { roughly }: CallClock): boolean {
  return roughly !== undefined && (window.kind === 'count' || window.lengthMs / window.slots >= 10 * ROUGH_MS);
}
