/** Guarded calls in this process: breaker, retries under a budget, time limits and a bulkhead around any function. */
import type { BreakerCommand } from '../../../strategies/breaker-command.ts';
import type { BreakerReading } from '../../../strategies/breaker-reading.ts';
import type { RestoreOptions, SavedBreaker } from '../../../strategies/breaker-save.ts';
import { Share } from '../gateway/share.ts';
import { Attempt } from './attempt.ts';
import { type CallOptions, checkOptions, factsOf, judge } from './attempt-once.ts';
import { Bulkhead } from './bulkhead.ts';
import { call } from './call.ts';
import { type Classification, rulesOf } from './classify.ts';
import { type CallClock, monotonicClock } from './clock.ts';
import type { OfKind } from './emitter.ts';
import type { ExecuteEvent } from './events.ts';
import { GuardedBreaker, type Observe } from './guarded-breaker.ts';
import { type Guarding, refusal, refuse, retriesOf } from './guarding.ts';
import type { Run } from './race.ts';
import { CallScope } from './scope.ts';
import type { ExecuteSettings } from './settings.ts';
import type { ExecuteMetrics } from './tally.ts';

export interface ExecutorParts extends Classification {
  /** Time that does not go back, and timers; real ones unless given. */
  readonly clock?: CallClock;
  /** Key of all jitter. Unless given each executor has its own, so that callers do not come back together. */
  readonly seed?: number;
  /** What `save()` gave in an earlier process, and how it is read back: its calls in flight are forgotten unless said otherwise. */
  readonly saved?: unknown;
  readonly restore?: RestoreOptions;
  readonly observe?: Observe;
}

const NO_OPTIONS: CallOptions = Object.freeze({});
/** How long `close` waits for calls under way unless told otherwise. */
const CLOSE_GRACE_MS = 5000;

/**
 * Guards calls of one service. Idle it has no timers and takes about a kilobyte; executors with the same settings share them.
 * @param settings checked by `executeSettings`.
 * @throws BreakerError `bad-saved-state`, naming every bad field of `saved`.
 */
export function createExecutor(settings: ExecuteSettings, parts: ExecutorParts = {}): Executor {
  return new Executor(settings, parts);
}

export class Executor {
  readonly #guarding: Guarding;
  /** Nothing but the breaker: the short way. */
  #isPlain = false;
  #underWay = 0;
  /** Calls on the long way; made when first needed. */
  #scopes: Set<CallScope> | null = null;
  #closing: Promise<void> | null = null;
  #onIdle: (() => void) | null = null;

  constructor(settings: ExecuteSettings, parts: ExecutorParts) {
    const { clock = monotonicClock, seed = Math.floor(Math.random() * 2 ** 32) } = parts;
    const { saved, restore = { inFlight: 'forget' }, observe = null } = parts;
    const breaker = new GuardedBreaker(settings.breaker, { clock, seed, saved, restore, observe });
    this.#guarding = {
      clock,
      rules: rulesOf(parts),
      isJudged: parts.isFailure !== undefined || parts.isIgnored !== undefined,
      breaker,
      seed,
      retries: null,
      settings,
      gate: null,
      bulkhead: settings.bulkhead === null ? null : new Bulkhead(settings.bulkhead),
      isClosed: false,
      open: null,
    };
    this.#choosePath();
  }

  get settings(): ExecuteSettings {
    return this.#guarding.settings;
  }

  /**
   * Calls `run` if the breaker lets it, and hands back what it gives or throws. Rejects with `RefusedError` when it was not called,
   * with `TimedOutError` when it took too long, with the reason of the caller's signal when that is aborted. A function that does
   * not heed its own signal goes on running then, and nobody hears what becomes of it.
   */
  execute<Value>(run: Run<Value>, options?: CallOptions): Promise<Value> {
    // It would count as a failure of the service.
    if (typeof run !== 'function') return Promise.reject(new TypeError('execute is to be given a function'));
    return options === undefined && this.#isPlain ? this.#plain(run) : this.#guarded(run, options ?? NO_OPTIONS);
  }

  /** Orders the breaker. @throws BreakerError `illegal-command`; then nothing has changed. */
  command(order: BreakerCommand): void {
    this.#guarding.breaker.command(order);
  }

  /** Lets only this share of calls through, 0 to 1, whatever the breaker says; 1 ends it. */
  holdBack(admit: number): void {
    this.#guarding.gate = admit === 1 ? null : new Share(admit);
    this.#choosePath();
  }

  /** Share of calls let through by order. */
  get admit(): number {
    return this.#guarding.gate?.value ?? 1;
  }

  /** Calls the listener with every event of that kind from now on; the returned function ends it. */
  on<Kind extends ExecuteEvent['kind']>(
    kind: Kind,
    listener: (event: OfKind<ExecuteEvent, Kind>) => unknown,
  ): () => void {
    return this.#guarding.isClosed ? () => {} : this.#guarding.breaker.on(kind, listener);
  }

  /** The breaker as it is now. Changes nothing. */
  reading(): BreakerReading {
    return this.#guarding.breaker.reading();
  }

  metrics(): ExecuteMetrics {
    const { breaker, settings, bulkhead } = this.#guarding;
    const { refusedBy, inModeMs: _, ...tally } = breaker.tally;
    const reading = breaker.reading();
    return {
      ...tally,
      underWay: this.#underWay - (bulkhead?.queued ?? 0),
      queued: bulkhead?.queued ?? 0,
      retryTokens: retriesOf(this.#guarding).tokens(settings.retry),
      refusedBy: { ...refusedBy },
      late: reading.counts.late,
      inModeMs: breaker.inModeMs(),
      admit: this.admit,
      breaker: reading,
    };
  }

  /** The breaker's state, to be written as JSON and handed to the next process as `saved`. */
  save(): SavedBreaker {
    return this.#guarding.breaker.save();
  }

  /** Goes on under other settings, from now on; those before are returned. What was counted stays where it means something. */
  configure(settings: ExecuteSettings): ExecuteSettings {
    const guarding = this.#guarding;
    const before = guarding.settings;
    guarding.settings = settings;
    guarding.breaker.configure(settings.breaker);
    if (settings.bulkhead !== null) {
      if (guarding.bulkhead === null) guarding.bulkhead = new Bulkhead(settings.bulkhead);
      else guarding.bulkhead.configure(settings.bulkhead);
    } else {
      guarding.bulkhead?.configure({ concurrent: Number.POSITIVE_INFINITY, queue: 0, queueMs: null });
      guarding.bulkhead = null;
    }
    this.#choosePath();
    return before;
  }

  /**
   * Refuses new calls and those that wait for a place; a wait for another attempt ends with what the last one gave. Calls under
   * way may end within `graceMs`; then their signals are aborted and their callers refused. Resolves when none is left, or, of
   * functions that were given no limit and read no signal, none that could be ended. A second close is the first.
   */
  close({ graceMs = CLOSE_GRACE_MS }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    const guarding = this.#guarding;
    guarding.isClosed = true;
    this.#isPlain = false;
    for (const scope of [...(this.#scopes ?? [])])
      scope.windDown({ kind: 'closed', reason: refusal(guarding, 'closed', null) });
    if (this.#underWay > 0 && graceMs > 0) {
      await new Promise<void>((resolve) => {
        const cancel = guarding.clock.after(graceMs, resolve);
        this.#onIdle = () => {
          cancel();
          resolve();
        };
      });
      this.#onIdle = null;
    }
    const reason = refusal(guarding, 'closed', null);
    for (const scope of [...(this.#scopes ?? [])]) scope.halt({ kind: 'closed', reason });
    for (const attempt of [...(guarding.open ?? [])]) attempt.abort(reason);
    guarding.breaker.deafen();
  }

  /** Where nothing but the breaker can refuse or end a call, a call is little more than an await. */
  async #plain<Value>(run: Run<Value>): Promise<Value> {
    const guarding = this.#guarding;
    const { breaker } = guarding;
    const beganMs = breaker.beginMs();
    const ticket = breaker.admit(beganMs);
    if (typeof ticket !== 'number') throw refusal(guarding, ticket.cause, ticket.retryAtMs);
    const attempt = new Attempt(guarding, 1, null);
    this.#underWay += 1;
    let value: Value;
    try {
      value = await run(attempt);
    } catch (error) {
      attempt.end();
      const outcome = judge(guarding, { kind: 'error', error }, factsOf(NO_OPTIONS, 1));
      breaker.settle(ticket, outcome, beganMs, undefined, 1);
      this.#ended();
      throw error;
    }
    attempt.end();
    const outcome = guarding.isJudged ? judge(guarding, { kind: 'value', value }, factsOf(NO_OPTIONS, 1)) : 'ok';
    breaker.settle(ticket, outcome, beganMs, undefined, 1);
    this.#ended();
    return value;
  }

  async #guarded<Value>(run: Run<Value>, options: CallOptions): Promise<Value> {
    const guarding = this.#guarding;
    if (guarding.isClosed) throw refuse(guarding, 'closed');
    checkOptions(options);
    if (options.signal?.aborted === true) throw options.signal.reason;
    const { deadlineMs = guarding.settings.deadlineMs } = options;
    const scope = new CallScope(guarding.clock.now(), deadlineMs, options.signal);
    this.#scopes ??= new Set();
    this.#scopes.add(scope);
    this.#underWay += 1;
    try {
      return await call(guarding, scope, run, options);
    } finally {
      scope.end();
      this.#scopes.delete(scope);
      this.#ended();
    }
  }

  #ended(): void {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#onIdle?.();
  }

  #choosePath(): void {
    const { settings, gate, isClosed } = this.#guarding;
    const { timeoutMs, deadlineMs, bulkhead, idempotent, retry } = settings;
    const isUnlimited = timeoutMs === null && deadlineMs === null && bulkhead === null && gate === null;
    this.#isPlain = isUnlimited && !isClosed && (!idempotent || retry.attempts === 1);
  }
}
