/** Puts the guard around a healer that does not use `heal`: a baseline is held to the same limits as a strategy. */
import { type Action, type Healer, type HealInput, NO_ACTIONS, type Roster } from './contract.ts';
import {
  admitAction,
  type GuardMemory,
  markTaken,
  recordAction,
  recordOutcome,
  recordRefusal,
  startGuard,
} from './guard.ts';
import { type ReplicaState, readReplica, startReplica } from './replica.ts';

/** Refusals that are told to the inner healer per input; it may answer each with another action. */
const REFUSALS_TOLD_MAX = 32;

export interface GuardedMemory<M> {
  inner: M;
  guard: GuardMemory;
  readonly roster: Roster;
  /** Last known state of every slot of every service. */
  replicas: ReplicaState[][];
}

/**
 * The healer, with every action of its own judged by the guard. A refused action is recorded, and reported back to the
 * healer as an outcome `refused`, so that it does not wait for it.
 */
export function guarded<M>(healer: Healer<M>): Healer<GuardedMemory<M>> {
  return {
    name: healer.name,
    windowMs: healer.windowMs,
    processesOnly: healer.processesOnly === true,
    start: (roster) => ({
      inner: healer.start(roster),
      guard: startGuard(roster),
      roster,
      replicas: roster.services.map((entry) =>
        Array.from({ length: entry.replicasMax }, (_, slot) => startReplica(entry, slot)),
      ),
    }),
    heal: (memory, input) => {
      takeIn(memory, input);
      const wanted = healer.heal(memory.inner, input);
      return wanted.length === 0 ? NO_ACTIONS : admitAll(healer, memory, wanted);
    },
  };
}

function takeIn(memory: GuardedMemory<unknown>, input: HealInput): void {
  if (input.kind === 'signal') {
    const states = memory.replicas[input.service];
    if (states === undefined) return;
    for (let slot = 0; slot < states.length && slot < input.replicas.length; slot++)
      readReplica(states[slot]!, input.replicas[slot]!);
  } else if (input.kind === 'outcome') recordOutcome(memory.guard, input);
  else if (input.kind === 'config') memory.guard.limits = input.guard;
  else if (input.kind === 'command' && memory.replicas[input.service] !== undefined) {
    if (input.command === 'pause') memory.guard.paused[input.service] = 1;
    if (input.command === 'resume') memory.guard.paused[input.service] = 0;
  }
}

function admitAll<M>(healer: Healer<M>, memory: GuardedMemory<M>, wanted: readonly Action[]): readonly Action[] {
  const { guard, roster } = memory;
  const waiting = [...wanted];
  const admitted: Action[] = [];
  let told = 0;
  for (let action = waiting.shift(); action !== undefined; action = waiting.shift()) {
    const states = memory.replicas[action.service] ?? [];
    const reason = admitAction(guard.limits, guard, roster, states, action);
    if (reason === null) {
      recordAction(guard, action);
      markTaken(states, action);
      admitted.push(action);
      continue;
    }
    recordRefusal(guard, action, reason);
    if (told++ >= REFUSALS_TOLD_MAX) continue;
    const { atMs, service, id } = action;
    waiting.push(...healer.heal(memory.inner, { kind: 'outcome', atMs, service, action: id, result: 'refused' }));
  }
  return admitted.length === 0 ? NO_ACTIONS : admitted;
}
