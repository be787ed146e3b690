/** Which slot of which service runs what, and who is acting on it. Plain states, and the rule that one slot has one action at a time. */
import type { ProcessRecord } from '../ports.ts';
import { type ManagedService, slotCount } from './managed-service.ts';
import type { ProcessStat } from './proc.ts';

export type SlotState =
  | { readonly kind: 'empty' }
  | {
      readonly kind: 'running';
      readonly record: ProcessRecord /** Started by an earlier run. */;
      readonly adopted: boolean;
    }
  /** `exitCode` null: nobody saw how it ended. `record` null: it was never started, because its program could not be. */
  | {
      readonly kind: 'dead';
      readonly record: ProcessRecord | null;
      readonly exitCode: number | null;
      readonly atMs: number;
    };

/** A slot as others may see it. `busy`: what is being done to it. */
export interface SlotView {
  readonly state: SlotState;
  readonly busy: string | null;
}

export interface Slot {
  readonly service: string;
  readonly replica: number;
  state: SlotState;
  busy: string | null;
  /** Resolves with the exit code when the running process has ended and `state` says so. */
  ended: Promise<void>;
  /**
   * Members of the groups of the slot's leaders, seen when a leader ended or was adopted. When it is gone, nothing else may tell whose
   * they are: a program can clear its environment and with it our mark. Kept until they have ended.
   */
  leftovers: readonly ProcessStat[];
}

export const EMPTY: SlotState = { kind: 'empty' };

/** Slots for the service as it is configured now; those that there were before stay as they are. */
export function slotsFor(service: ManagedService, before: readonly Slot[] = []): Slot[] {
  const count = slotCount(service);
  return Array.from({ length: Math.max(count, before.length) }, (_, replica) => {
    const fresh = { service: service.id, replica, state: EMPTY, busy: null, ended: Promise.resolve(), leftovers: [] };
    return before[replica] ?? fresh;
  });
}

export function isOccupied(slot: Slot): boolean {
  return slot.state.kind !== 'empty';
}

/** The process of the slot, if one runs. */
export function runningIn(slot: Slot | undefined): ProcessRecord | null {
  return slot?.state.kind === 'running' ? slot.state.record : null;
}

export function viewOf({ state, busy }: Slot): SlotView {
  return { state, busy };
}

export type Claim =
  | { readonly kind: 'claimed'; readonly release: () => void }
  | { readonly kind: 'refused'; readonly reason: string };

/** Takes all the slots for one action or none of them. */
export function claim(slots: readonly Slot[], what: string): Claim {
  const taken = slots.find(({ busy }) => busy !== null);
  if (taken !== undefined) {
    return { kind: 'refused', reason: `replica ${taken.replica} of ${taken.service} has ${taken.busy} under way` };
  }
  for (const slot of slots) slot.busy = what;
  return {
    kind: 'claimed',
    release() {
      for (const slot of slots) slot.busy = null;
    },
  };
}
