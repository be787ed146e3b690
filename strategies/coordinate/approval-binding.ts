/** What an approval holds for: exactly one action, in exactly one state of its service. */
import { type Action, type ActionKind, unreachable } from '../contract.ts';
import { canonicalJson } from '../pack.ts';

/** An action by all that makes it that action. Two of them are the same exactly when `digestInput` gives the same text. */
export interface ExactAction {
  readonly service: string;
  readonly action: ActionKind;
  /** -1: the whole service. */
  readonly replica: number;
  /** What else the kind asks for: `mode`, `admit`, `out`, `on`. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
}

/** The action as it is bound by an approval. */
export function exactAction(service: string, action: Action): ExactAction {
  const shared = { service, action: action.kind, replica: action.replica };
  switch (action.kind) {
    case 'restart':
      return { ...shared, parameters: { mode: action.mode } };
    case 'circuit-break':
      return { ...shared, parameters: { admit: action.admit } };
    case 'reroute':
      return { ...shared, parameters: { out: action.out } };
    case 'fallback':
      return { ...shared, parameters: { on: action.on } };
    case 'scale-up':
    case 'scale-down':
    case 'rollback':
    case 'repair-config':
    case 'reconnect':
    case 'escalate':
      return { ...shared, parameters: {} };
    default:
      return unreachable(action);
  }
}

/** The text that stands for the action: equal actions give equal texts, others others. Hashing it is left to the caller. */
export function digestInput({ service, action, replica, parameters }: ExactAction): string {
  return canonicalJson({ service, action, replica, parameters });
}

/** What of a service an approval is bound to. The version grows when its health status or its replicas change, and never else. */
export interface ServiceState {
  readonly version: number;
  /** Rank of the health status. */
  readonly status: number;
  /** Slots that hold a replica, ascending. */
  readonly replicas: readonly number[];
}

export function nextStateVersion(known: ServiceState, status: number, replicas: readonly number[]): ServiceState {
  const sorted = [...replicas].sort((a, b) => a - b);
  const same = known.status === status && known.replicas.join() === sorted.join();
  return same ? known : { version: known.version + 1, status, replicas: sorted };
}
