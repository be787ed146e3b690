/** What calls to a service came to since the last look. */
import type { CallOutcome } from '../../../strategies/breaker-state.ts';
import { Histogram } from '../gateway/histogram.ts';
import type { Traffic } from '../signals.ts';

export class CallWindowCounts {
  readonly #answered = new Histogram();
  #calls = 0;
  #failed = 0;

  /** Ignored outcomes say nothing about the service. */
  record(outcome: CallOutcome, durationMs: number): void {
    if (outcome === 'ignored') return;
    this.#calls += 1;
    if (outcome === 'failed') this.#failed += 1;
    else this.#answered.record(durationMs);
  }

  read(): Traffic {
    const quantile = (share: number) => (this.#answered.total === 0 ? null : this.#answered.quantile(share));
    return { calls: this.#calls, failed: this.#failed, p50Ms: quantile(0.5), p95Ms: quantile(0.95) };
  }

  /** Reads, and begins anew. */
  take(): Traffic {
    const traffic = this.read();
    this.#answered.reset();
    this.#calls = 0;
    this.#failed = 0;
    return traffic;
  }
}
