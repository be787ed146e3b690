/** One slot of a service as the gateway sees it: its connections, its calls under way and what they came to. */
import { Histogram } from './histogram.ts';
import { Pool, type PoolLimits } from './pool.ts';
import type { Share } from './share.ts';

/** How a call to a replica ended. `abandoned`: the caller left before anything could be said of the replica. */
export type CallEnd = 'ok' | 'error-answer' | 'timeout' | 'unreachable' | 'broken' | 'abandoned';

/** What was measured of a replica in a window. Failed are 5xx answers, timeouts and lost connections; 4xx are the caller's. */
export interface ReplicaWindow {
  readonly replica: number;
  readonly port: number;
  readonly inRotation: boolean;
  /** Calls that ended, and how many of them failed. */
  readonly calls: number;
  readonly failed: number;
  /** Why they failed; the four add up to `failed`. */
  readonly errorAnswers: number;
  readonly timeouts: number;
  readonly unreachable: number;
  readonly broken: number;
  /** Calls whose caller left early; they are not among `calls`. */
  readonly abandoned: number;
  /** From sending to the answer's head, of calls that did not fail, milliseconds. NaN without any. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Calls under way at the window's end. */
  readonly underWay: number;
}

export class Replica {
  readonly slot: number;
  readonly port: number;
  readonly pool: Pool;
  inRotation = true;
  /** Whether it answers its readiness probe, as far as is known. */
  isListed = true;
  /** Set while only a share of calls is to go here. */
  canary: Share | null = null;
  readonly #latency = new Histogram();
  #ends: Record<CallEnd, number> = noEnds();
  #underWay = 0;
  #onIdle: (() => void)[] = [];

  constructor(slot: number, port: number, limits: PoolLimits, now: () => number) {
    this.slot = slot;
    this.port = port;
    this.pool = new Pool(port, limits, now);
  }

  get underWay(): number {
    return this.#underWay;
  }

  began(): void {
    this.#underWay += 1;
  }

  /** @param headMs from sending to the answer's head; read for `ok` only. */
  ended(end: CallEnd, headMs: number): void {
    this.#underWay -= 1;
    this.#ends[end] += 1;
    if (end === 'ok') this.#latency.record(headMs);
    if (this.#underWay === 0 && this.#onIdle.length > 0) for (const call of this.#onIdle.splice(0)) call();
  }

  /** Calls back once no call is under way, at once if none is. The returned function calls it off. */
  whenIdle(call: () => void): () => void {
    if (this.#underWay === 0) call();
    else this.#onIdle.push(call);
    return () => {
      this.#onIdle = this.#onIdle.filter((other) => other !== call);
    };
  }

  takeWindow(): ReplicaWindow {
    const { ok, 'error-answer': errorAnswers, timeout: timeouts, unreachable, broken, abandoned } = this.#ends;
    const failed = errorAnswers + timeouts + unreachable + broken;
    const window: ReplicaWindow = {
      replica: this.slot,
      port: this.port,
      inRotation: this.inRotation,
      calls: ok + failed,
      failed,
      errorAnswers,
      timeouts,
      unreachable,
      broken,
      abandoned,
      p50Ms: this.#latency.quantile(0.5),
      p95Ms: this.#latency.quantile(0.95),
      p99Ms: this.#latency.quantile(0.99),
      underWay: this.#underWay,
    };
    this.#latency.reset();
    this.#ends = noEnds();
    return window;
  }
}

function noEnds(): Record<CallEnd, number> {
  return { ok: 0, 'error-answer': 0, timeout: 0, unreachable: 0, broken: 0, abandoned: 0 };
}
