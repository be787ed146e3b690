/** Inputs of a healer that measure and order nothing. */

/** Time passed and nothing was measured: timers (breaker wait, ends of holds) may be due. */
export interface Tick {
  readonly kind: 'tick';
  readonly atMs: number;
}

/** A human's word on what agents asked. Who has no agents asks nothing, and is told nothing by it. */
export interface Answer {
  readonly kind: 'answer';
  readonly atMs: number;
  readonly question: number;
  readonly isApproved: boolean;
  readonly by: string;
}
