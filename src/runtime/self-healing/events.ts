/** What happens while services are healed, for whoever listens. */
import type { Action, HealthStatus } from '../../../strategies/contract.ts';
import type { AgentRecord } from '../coordination/records.ts';
import type { Effect } from '../ports.ts';

export type SelfHealingEvent =
  | {
      readonly kind: 'status';
      readonly atMs: number;
      readonly service: string;
      readonly from: HealthStatus;
      readonly to: HealthStatus;
      readonly reason: string;
    }
  | { readonly kind: 'decided'; readonly atMs: number; readonly service: string; readonly action: Action }
  | {
      readonly kind: 'acted';
      readonly atMs: number;
      readonly service: string;
      readonly action: Action;
      readonly effect: Effect;
      readonly tookMs: number;
    }
  /** A custom strategy was tried for the action. */
  | {
      readonly kind: 'recovery';
      readonly atMs: number;
      readonly service: string;
      readonly action: Action;
      readonly strategy: string;
      readonly effect: Effect;
      readonly tookMs: number;
    }
  /** What agents did, and why; never at level basic. */
  | { readonly kind: 'agents'; readonly atMs: number; readonly service: null; readonly record: AgentRecord }
  /** A person is called for. */
  | { readonly kind: 'escalated'; readonly atMs: number; readonly service: string; readonly reason: string }
  /** Something went wrong that is not a service's: the journal cannot be written, a listener threw. */
  | { readonly kind: 'trouble'; readonly atMs: number; readonly service: string | null; readonly reason: string };

export type SelfHealingKind = SelfHealingEvent['kind'];
