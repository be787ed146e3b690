/** What the actuator needs of the proxy in front of a service. Without one, standing measures are unsupported and nothing is drained. */
import type { Action, ActionKind } from '../../../strategies/contract.ts';
import type { Effect } from '../ports.ts';

/** The actions that change how calls flow and touch no process. */
export const GATEWAY_ACTIONS = ['circuit-break', 'reroute', 'fallback'] as const;
export type GatewayAction = Extract<Action, { readonly kind: (typeof GATEWAY_ACTIONS)[number] }>;

export interface Gateway {
  /** Which of its actions it can do for this service; empty when it is not in front of it. */
  can(service: string): ReadonlySet<ActionKind>;
  act(action: GatewayAction, service: string, signal: AbortSignal): Promise<Effect>;
  /**
   * Sends the replica no new calls, and resolves when those under way have ended or its own bound is over. The answer lets calls in
   * again, unless a reroute keeps the replica out.
   */
  drain?(service: string, replica: number, signal: AbortSignal): Promise<() => void>;
  /** The replica was taken away for good: its port is nobody's, until another one is started there. */
  forget?(service: string, replica: number): void;
}
