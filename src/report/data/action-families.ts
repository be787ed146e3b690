/** Actions by what they do about trouble: the lanes of a timeline. */
import type { ActionKind } from '../../../strategies/contract.ts';

export interface ActionFamily {
  readonly name: string;
  readonly symbol: string;
  readonly color: string;
}

export const ACTION_FAMILIES: readonly ActionFamily[] = [
  { name: 'restart or reconnect', symbol: 'triangle', color: 'var(--act-0)' },
  { name: 'undo a change', symbol: 'diamond', color: 'var(--act-1)' },
  { name: 'add or remove replicas', symbol: 'rect', color: 'var(--act-2)' },
  { name: 'shield the users', symbol: 'circle', color: 'var(--act-3)' },
  { name: 'call a person', symbol: 'pin', color: 'var(--act-4)' },
];

/** Position in `ACTION_FAMILIES`. */
export const FAMILY_OF: Readonly<Record<ActionKind, number>> = {
  restart: 0,
  reconnect: 0,
  rollback: 1,
  'repair-config': 1,
  'scale-up': 2,
  'scale-down': 2,
  'circuit-break': 3,
  reroute: 3,
  fallback: 3,
  escalate: 4,
};
