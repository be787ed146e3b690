/** Builds a baseline's actions with ids that grow within one memory. */
import type { Action, Signal } from '../contract.ts';

/** The part of every baseline's memory that numbers its actions. Starts at 1: 0 stands for no action. */
export interface Numbered {
  nextActionId: number;
}

type Base = Pick<Action, 'id' | 'atMs' | 'service' | 'replica' | 'cause' | 'rung' | 'reason'>;

/** What every action carries. `cause` is the system's own name of the trigger, `reason` the evidence in words. */
export function intent(
  memory: Numbered,
  signal: Signal,
  replica: number,
  cause: string,
  rung: number,
  reason: string,
): Base {
  const id = memory.nextActionId;
  memory.nextActionId += 1;
  return { id, atMs: signal.atMs, service: signal.service, replica, cause, rung, reason };
}
