/** What the coordinator is doing about each cause, and what it did about those that have gone. */
import type { CauseOf } from './messages.ts';

/** Rounds of a plan after which its cause is left to the healers on the spot. */
export const ROUNDS_MAX = 3;
/** A cause that returns within this time is the same again. */
const PAST_KEPT_MS = 3_600_000;

/** What is being done about one cause. */
export interface Operation {
  readonly key: string;
  /** When its cause was first acted upon in this incident. */
  readonly sinceMs: number;
  readonly round: number;
  /** No further round before. */
  readonly nextAtMs: number;
}

/** A cause that was treated before: when it last was, and how often it had come back by then. */
export interface Past {
  readonly key: string;
  readonly atMs: number;
  readonly turns: number;
}

export interface Operations {
  readonly operations: readonly Operation[];
  readonly past: readonly Past[];
}

export function keyOf(cause: CauseOf): string {
  if (cause.kind === 'host') return `host/${cause.host}`;
  if (cause.kind === 'connection') return `connection/${cause.caller}/${cause.callee}`;
  return `${cause.kind}/${cause.service}`;
}

/** Growing is no plan against a cause, and has a pace of its own. */
export const growthOf = (service: number): string => `growth/${service}`;

export const operationOn = ({ operations }: Operations, key: string): Operation | undefined =>
  operations.find((one) => one.key === key);

/** With so many rounds more about `key`, the next not before `nextAtMs`. */
export function withRounds<State extends Operations>(
  state: State,
  key: string,
  rounds: number,
  nextAtMs: number,
  nowMs: number,
): State {
  const known = operationOn(state, key);
  const operation = { key, sinceMs: known?.sinceMs ?? nowMs, round: (known?.round ?? 0) + rounds, nextAtMs };
  return { ...state, operations: [...state.operations.filter((one) => one.key !== key), operation] };
}

/** All was tried against it. */
export function isSpent({ operations }: Operations, cause: CauseOf): boolean {
  return operations.some(({ key, round }) => key === keyOf(cause) && round >= ROUNDS_MAX);
}

/** Causes treated within the last hour, those of this incident with one turn more. */
export function pastOf(state: Operations, nowMs: number): readonly Past[] {
  const now = state.operations.map(({ key }) => ({ key, atMs: nowMs, turns: turnsOf(state, key, nowMs) + 1 }));
  const old = state.past.filter(({ key, atMs }) => nowMs - atMs < PAST_KEPT_MS && !now.some((one) => one.key === key));
  return [...old, ...now];
}

/** How often a cause has come back after it had gone. */
export function turnsOf({ past }: Operations, key: string, nowMs: number): number {
  const known = past.find((one) => one.key === key);
  return known !== undefined && nowMs - known.atMs < PAST_KEPT_MS ? known.turns : 0;
}
