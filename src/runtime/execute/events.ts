/** What guarded calls tell those who listen. A call's outcome comes before what the breaker makes of it. */
import type { BreakerEffect, CallOutcome } from '../../../strategies/breaker-state.ts';
import type { RefusalCause } from './errors.ts';

export type ExecuteEvent =
  /** An attempt ended. `cancelled`: its caller gave it up, so that it says nothing about the service. */
  | {
      readonly kind: 'outcome';
      readonly atMs: number;
      readonly outcome: CallOutcome | 'cancelled';
      readonly durationMs: number;
      readonly attempt: number;
    }
  | {
      readonly kind: 'refused';
      readonly atMs: number;
      readonly cause: RefusalCause;
      readonly retryAtMs: number | null;
    }
  /** The call is tried again: attempt number `attempt` begins in `waitMs`. */
  | { readonly kind: 'retry'; readonly atMs: number; readonly attempt: number; readonly waitMs: number }
  /** What a predicate or a listener threw. It changed nothing. */
  | { readonly kind: 'internal-error'; readonly atMs: number; readonly where: string; readonly error: unknown }
  | BreakerEffect;
