/** What passes between the thread that simulates a fleet and the one that shows it. */
import type { FleetSpec } from '../../../sim/spec.ts';
import type { SimulationTier } from '../../../sim/tiers.ts';
import type { Refusal } from '../../../strategies/guard.ts';
import type { Contender } from '../../contenders.ts';
import type { RuntimeEvent } from '../../runtime/events.ts';
import type { AgentsView, TruthView } from '../frames.ts';
import type { ServiceNow } from '../service-view.ts';

/** What the simulating thread is started with. */
export interface LiveTask {
  readonly fleet: FleetSpec;
  readonly scenarioSeed: string;
  readonly tier: SimulationTier;
  readonly contender: Contender;
  /** See pace.ts. */
  readonly pace: SharedArrayBuffer;
}

export type LiveMessage =
  /** Before anything happens: every service as it begins. */
  | {
      readonly kind: 'begins';
      readonly healedBy: string;
      readonly horizonMs: number;
      readonly services: readonly ServiceNow[];
    }
  | Batch
  | {
      readonly kind: 'over';
      readonly atMs: number;
      readonly availability: number;
      readonly lostUserMinutes: number;
      readonly actions: number;
      readonly collateral: number;
      readonly unrecovered: number;
    };

/** What happened since the one before. */
export interface Batch {
  readonly kind: 'batch';
  readonly atMs: number;
  readonly told: readonly Told[];
  /** Services that are another, by their place. */
  readonly services: readonly (readonly [index: number, now: ServiceNow])[];
  readonly refusals: readonly Refusal[];
  readonly agents: AgentsView | null;
  readonly messages: number | null;
}

export type Told =
  | { readonly kind: 'event'; readonly event: RuntimeEvent }
  /** An action is a task that agents awarded. */
  | { readonly kind: 'task'; readonly action: number; readonly task: number }
  | { readonly kind: 'truth'; readonly row: TruthView };
