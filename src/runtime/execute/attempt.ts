/** One attempt, as the called function sees it. Its signal is made only if somebody reads it: an AbortController costs microseconds. */

/** What a guarded function is handed. */
export interface CallContext {
  /** Aborted when the attempt is over before the function is: caller gone, time over, closed. Made when first read. */
  readonly signal: AbortSignal;
  /** 1 for the first. */
  readonly attempt: number;
  /** When the whole call ends at the latest, on the executor's clock; null without a deadline. To be passed on to whom it calls. */
  readonly deadlineAtMs: number | null;
}

/** Whoever keeps the attempts that are under way and whose signal somebody holds. */
export interface AttemptKeeper {
  open: Set<Attempt> | null;
}

export class Attempt implements CallContext {
  readonly attempt: number;
  readonly deadlineAtMs: number | null;
  /** Null once the attempt is over. */
  #keeper: AttemptKeeper | null;
  #controller: AbortController | null = null;
  #reason: unknown = undefined;

  constructor(keeper: AttemptKeeper, attempt: number, deadlineAtMs: number | null) {
    this.#keeper = keeper;
    this.attempt = attempt;
    this.deadlineAtMs = deadlineAtMs;
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#keeper !== null) {
        this.#keeper.open ??= new Set();
        this.#keeper.open.add(this);
      } else if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** The function is not waited for any more. */
  abort(reason: unknown): void {
    if (this.#keeper === null) return;
    this.#reason = reason;
    this.end();
    this.#controller?.abort(reason);
  }

  /** The function has ended: from now on nothing aborts its signal. */
  end(): void {
    if (this.#controller !== null) this.#keeper?.open?.delete(this);
    this.#keeper = null;
  }
}
