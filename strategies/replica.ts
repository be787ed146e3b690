/** What is known of a replica at the moment: the last measured value of each yes-or-no question about it. */
import type { ReplicaReading, RosterEntry } from './contract.ts';

/** What was last known of a replica, each 0 or 1. An unmeasured field keeps its last value. */
export interface ReplicaState {
  present: number;
  dead: number;
  live: number;
  ready: number;
  inRotation: number;
}

/** The state each slot is assumed to be in before the first signal: the first `replicasStart` serve, the rest are empty. */
export function startReplica(entry: RosterEntry, slot: number): ReplicaState {
  const serves = slot < entry.replicasStart ? 1 : 0;
  return { present: serves, dead: 0, live: serves, ready: serves, inRotation: serves };
}

/** Folds a reading into the last known state. */
export function readReplica(state: ReplicaState, reading: ReplicaReading): void {
  if (reading.present === 0) {
    state.present = 0;
    state.dead = 0;
    state.live = 0;
    state.ready = 0;
    state.inRotation = 0;
    return;
  }
  if (reading.present === 1) state.present = 1;
  if (reading.live >= 0) state.live = reading.live;
  if (reading.ready >= 0) state.ready = reading.ready;
  if (reading.inRotation >= 0) state.inRotation = reading.inRotation;
  if (!Number.isNaN(reading.exitCode)) {
    state.dead = 1;
    state.live = 0;
    state.ready = 0;
  } else if (reading.uptimeS >= 0 || reading.live === 1) state.dead = 0;
}

/** Whether a replica takes traffic and answers. */
export function isServing(state: ReplicaState): boolean {
  return state.present === 1 && state.dead === 0 && state.live === 1 && state.ready === 1 && state.inRotation === 1;
}

export function countPresent(replicas: readonly ReplicaState[]): number {
  let count = 0;
  for (const state of replicas) count += state.present;
  return count;
}
