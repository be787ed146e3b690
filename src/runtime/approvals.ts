/**
 * Actions that wait for a human's yes: those that a policy of the config leaves to humans, and those that the overseer of the agents
 * does. Everything that is decided is in `strategies/coordinate/approval.ts`; here are the timer, the journal and who waits for the answer.
 */
import { createHash } from 'node:crypto';
import type { Action } from '../../strategies/contract.ts';
import {
  type Limits,
  nextEndMs,
  startApprovals,
  stepApprovals,
  waitingFor,
} from '../../strategies/coordinate/approval.ts';
import { digestInput, type ExactAction, exactAction } from '../../strategies/coordinate/approval-binding.ts';
import type {
  ApprovalInput,
  ApprovalState,
  Evidence,
  ApprovalEvent as Told,
  Verdict,
  Waiting,
} from '../../strategies/coordinate/approval-words.ts';
import type { Clock, JournalEntry } from './ports.ts';

export type { Evidence, Verdict, Waiting } from '../../strategies/coordinate/approval-words.ts';
export type ApprovalEvent = Extract<Told, { kind: 'approval' }>;

/** Where there is no constitution that says it. */
export const LIMITS: Limits = { usableS: 60, openMax: 100 };

/** A timer may not be set for longer than some weeks; this one just looks again. */
const WAIT_MS_MAX = 60_000;
/** Numbers of questions that are remembered; older ones are of leases that have long ended. */
const ASKED_MAX = 10_000;

/** A question of the agents, as their memory holds it. */
export interface Asked {
  readonly waiting: Omit<Waiting, 'sinceMs' | 'hash' | 'evidence'>;
  /** Looked up when it is asked. */
  readonly evidence: () => Evidence;
  /** Who said yes, where it is known from a run before; null: nobody yet. */
  readonly approvedBy: string | null;
}

export interface HumanWord {
  readonly id: number;
  readonly isApproved: boolean;
  /** Who it was, for the journal. */
  readonly by: string;
  /** Of the action that was shown. */
  readonly hash?: string | undefined;
}

/** `begun`: what the agents did at once with a yes. */
export type Decided =
  | { readonly kind: 'taken'; readonly waiting: Waiting; readonly begun: readonly Action[] }
  | { readonly kind: 'refused'; readonly reason: string };

export interface ApprovalParts {
  readonly clock: Clock;
  readonly tell: (event: ApprovalEvent) => void;
  readonly write?: (entry: JournalEntry) => Promise<unknown>;
}

export class Approvals {
  readonly #parts: ApprovalParts;
  #state: ApprovalState = startApprovals();
  #limits: Limits = LIMITS;
  /** Who waits for an answer in this process; questions of agents wait in their memory. */
  readonly #waiters = new Map<number, (verdict: Verdict) => void>();
  /** Questions of agents since healix started: what was asked once is never done without a yes. */
  readonly #asked = new Set<number>();
  #toAgents: (word: HumanWord) => Promise<readonly Action[]> = () => Promise.resolve([]);
  #callOff: () => void = () => {};

  constructor(parts: ApprovalParts) {
    this.#parts = parts;
  }

  /** Oldest first. */
  get waiting(): readonly Waiting[] {
    return waitingFor(this.#state);
  }

  /** Agents at work ask from now on, by their own limits, and are told the answers. */
  serve(limits: Limits, toAgents: (word: HumanWord) => Promise<readonly Action[]>): void {
    this.#limits = limits;
    this.#toAgents = toAgents;
  }

  /** Asks about an action that is about to be done. Resolves with the answer, or with a refusal after `withinMs`. */
  ask(action: Action, service: string, withinMs: number, evidence: Evidence): Promise<Verdict> {
    const exact = exactAction(service, action);
    const { id, reason } = action;
    const untilMs = this.#parts.clock.now() + withinMs;
    const waiting = { id, ...exact, hash: actionHash(exact), reason, evidence, untilMs };
    return new Promise((resolve) => {
      this.#waiters.set(id, resolve);
      const told = this.#step({ kind: 'ask', waiting });
      const refused = told.find((event) => event.kind === 'refused');
      if (refused !== undefined) this.#answer(id, { kind: 'denied', reason: refused.reason });
    });
  }

  /** Agents wait for these and no others: what is new is asked, what is gone need not be decided. */
  follow(asked: readonly Asked[], whyGone: string): void {
    const { open } = this.#state;
    if (asked.length === 0 && open.length === this.#waiters.size) return;
    for (const { kind, waiting } of open)
      if (kind === 'waiting' && !this.#waiters.has(waiting.id) && !asked.some((one) => one.waiting.id === waiting.id))
        this.#step({ kind: 'withdraw', id: waiting.id, reason: whyGone });
    for (const { waiting, evidence, approvedBy } of asked) {
      if (open.some((one) => one.waiting.id === waiting.id)) continue;
      this.#asked.add(waiting.id);
      if (this.#asked.size > ASKED_MAX) this.#asked.delete(this.#asked.values().next().value!);
      this.#step({ kind: 'ask', waiting: { ...waiting, hash: actionHash(waiting), evidence: evidence() } });
      if (approvedBy !== null) this.#step({ kind: 'approve', id: waiting.id, by: approvedBy });
    }
  }

  /** Whether a human was asked under this number since healix started, whatever they said. */
  wasAsked(id: number): boolean {
    return this.#asked.has(id);
  }

  /** An action of agents is about to be done that a human was asked about under this number. Null: a human approved it. */
  present(id: number, service: string, action: Action): string | null {
    const told = this.#step({ kind: 'present', id, hash: actionHash(exactAction(service, action)) });
    const refused = told.find((event) => event.kind === 'refused');
    return refused?.reason ?? null;
  }

  /** A human's answer. `onTaken` is called as soon as it counts, before anybody acts on it. */
  async decide({ id, isApproved, by, hash }: HumanWord, onTaken?: (waiting: Waiting) => void): Promise<Decided> {
    // A no is answered at once, and the one who waited does not wait any more afterwards.
    const isAwaited = this.#waiters.has(id);
    const told = this.#step({ kind: isApproved ? 'approve' : 'deny', id, by, hash });
    const event = told.find((one) => one.kind !== 'used' && (one.kind === 'refused' ? one.id : one.waiting.id) === id);
    if (event?.kind !== 'approval') return { kind: 'refused', reason: event?.kind === 'refused' ? event.reason : '' };
    const { waiting } = event;
    if (event.verdict?.kind === 'denied' && isApproved) return { kind: 'refused', reason: event.verdict.reason };
    onTaken?.(waiting);
    if (isAwaited) {
      if (isApproved) this.#step({ kind: 'present', id, hash: waiting.hash });
      this.#answer(id, event.verdict!);
      return { kind: 'taken', waiting, begun: [] };
    }
    return { kind: 'taken', waiting, begun: await this.#toAgents({ id, isApproved, by }) };
  }

  /** Refuses what somebody here waits for, so that nobody waits for an answer that cannot come. What agents ask they ask on. */
  denyAll(reason: string): void {
    for (const id of [...this.#waiters.keys()]) this.#step({ kind: 'withdraw', id, reason });
    this.#arm();
  }

  /** No timer is left. */
  close(): void {
    this.denyAll('healix ends');
    this.#callOff();
    this.#callOff = () => {};
  }

  #step(input: Unstamped): readonly Told[] {
    const atMs = this.#parts.clock.now();
    const [state, events] = stepApprovals(this.#limits, this.#state, { ...input, atMs } as ApprovalInput);
    this.#state = state;
    for (const event of events) this.#note(event);
    this.#arm();
    return events;
  }

  #note(event: Told): void {
    const entry = entryOf(event);
    if (entry !== null) void this.#parts.write?.(entry);
    if (event.kind !== 'approval') return;
    this.#parts.tell(event);
    if (event.verdict?.kind === 'denied') this.#answer(event.waiting.id, event.verdict);
  }

  #answer(id: number, verdict: Verdict): void {
    const waits = this.#waiters.get(id);
    this.#waiters.delete(id);
    waits?.(verdict);
  }

  #arm(): void {
    this.#callOff();
    this.#callOff = () => {};
    const endMs = nextEndMs(this.#state);
    if (endMs === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#parts;
    this.#callOff = clock.after(Math.min(WAIT_MS_MAX, Math.max(1, endMs - clock.now())), () =>
      this.#step({ kind: 'tick' }),
    );
  }
}

type Unstamped = ApprovalInput extends infer Input
  ? Input extends ApprovalInput
    ? Omit<Input, 'atMs'>
    : never
  : never;

/** Names an exact action: what an approval is bound to. */
export function actionHash(exact: ExactAction): string {
  return createHash('sha256').update(digestInput(exact)).digest('hex');
}

function entryOf(event: Told): JournalEntry | null {
  if (event.kind === 'refused') return null;
  const { atMs, waiting } = event;
  const { id, hash, service, action, replica, parameters, reason, evidence } = waiting;
  const shared = { kind: 'approval', atMs, id, hash, service, action, replica, parameters } as const;
  if (event.kind === 'used') return { ...shared, step: 'used', words: event.by, evidence: null };
  const { verdict } = event;
  if (verdict === null) return { ...shared, step: 'asked', words: reason, evidence };
  if (verdict.kind === 'approved') return { ...shared, step: 'approved', words: verdict.by, evidence: null };
  return { ...shared, step: 'denied', words: verdict.reason, evidence: null };
}
