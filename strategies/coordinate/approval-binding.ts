/** What an approval holds for: exactly one action. */
import { needsReplica, toAction } from '../act.ts';
import { type Action, type ActionKind, unreachable, WHOLE_SERVICE } from '../contract.ts';
import { canonicalJson } from '../pack.ts';
import type { Task } from './messages.ts';

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

/** The action that a task will be, should it be carried out. */
export function exactTask(name: string, { service, remedy, replica: slot, reason }: Task): ExactAction {
  const replica = needsReplica(remedy) ? slot : WHOLE_SERVICE;
  return exactAction(name, toAction(remedy, { id: 0, atMs: 0, service, replica, cause: '', rung: 0, reason }));
}

/** The text that stands for the action: equal actions give equal texts, others others. Hashing it is left to the caller. */
export function digestInput({ service, action, replica, parameters }: ExactAction): string {
  return canonicalJson({ service, action, replica, parameters });
}
