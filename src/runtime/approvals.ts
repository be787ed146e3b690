/** Actions that wait for a human's yes. No answer in time is a no. */
import type { Action, ActionKind } from '../../strategies/contract.ts';
import type { Clock } from './ports.ts';

/** An action that waits, for people. */
export interface Waiting {
  /** Of the action. */
  readonly id: number;
  readonly service: string;
  readonly action: ActionKind;
  /** -1: the whole service. */
  readonly replica: number;
  readonly reason: string;
  readonly sinceMs: number;
  /** Refused if nobody has answered by then. */
  readonly untilMs: number;
}

export type Verdict =
  | { readonly kind: 'approved'; readonly by: string }
  | { readonly kind: 'denied'; readonly reason: string };

export interface ApprovalEvent {
  readonly kind: 'approval';
  readonly atMs: number;
  readonly waiting: Waiting;
  /** Null while it waits. */
  readonly verdict: Verdict | null;
}

interface Pending {
  readonly waiting: Waiting;
  readonly answer: (verdict: Verdict) => void;
}

export class Approvals {
  readonly #clock: Clock;
  readonly #tell: (event: ApprovalEvent) => void;
  readonly #pending = new Map<number, Pending>();

  constructor(clock: Clock, tell: (event: ApprovalEvent) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Oldest first. */
  get waiting(): readonly Waiting[] {
    return [...this.#pending.values()].map(({ waiting }) => waiting);
  }

  /** Resolves with the answer, or with a refusal after `withinMs`. */
  ask(action: Action, service: string, withinMs: number): Promise<Verdict> {
    const sinceMs = this.#clock.now();
    const { id, kind, replica, reason } = action;
    const waiting = { id, service, action: kind, replica, reason, sinceMs, untilMs: sinceMs + withinMs };
    return new Promise((resolve) => {
      const callOff = this.#clock.after(withinMs, () => {
        const seconds = Math.round(withinMs / 1000);
        this.#settle(id, { kind: 'denied', reason: `nobody approved it within ${seconds} s` });
      });
      const answer = (verdict: Verdict): void => {
        callOff();
        this.#tell({ kind: 'approval', atMs: this.#clock.now(), waiting, verdict });
        resolve(verdict);
      };
      this.#pending.set(id, { waiting, answer });
      this.#tell({ kind: 'approval', atMs: sinceMs, waiting, verdict: null });
    });
  }

  /** An operator's answer. False when no such action waits (any more). */
  decide(id: number, isApproved: boolean, by: string): boolean {
    return this.#settle(id, isApproved ? { kind: 'approved', by } : { kind: 'denied', reason: `denied by ${by}` });
  }

  /** Refuses all that waits, so that nobody waits for an answer that cannot come. */
  denyAll(reason: string): void {
    for (const id of [...this.#pending.keys()]) this.#settle(id, { kind: 'denied', reason });
  }

  #settle(id: number, verdict: Verdict): boolean {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.answer(verdict);
    return pending !== undefined;
  }
}
