/**
 * Humans' approvals, of what a policy or the overseer leaves to them, as a pure state machine: `(state, input) -> [state, events]`. An
 * approval holds for exactly one action, for a short time, once. Whatever is unclear is a no.
 */
import { unreachable } from '../contract.ts';
import type { ApprovalEvent, ApprovalInput, ApprovalState, Open, Waiting } from './approval-words.ts';
import type { ApprovalRules } from './constitution.ts';
import { isAgent } from './overseer-facts.ts';

/** How long an approval may be used, and how many may be open. */
export type Limits = Pick<ApprovalRules, 'usableS' | 'openMax'>;
/** The refusal of an answer that nobody waits for. */
export const NOT_WAITING = 'no such action waits';
type Step = readonly [ApprovalState, readonly ApprovalEvent[]];
type Input<Kind extends ApprovalInput['kind']> = Extract<ApprovalInput, { kind: Kind }>;

export function startApprovals(): ApprovalState {
  return { open: [] };
}

/** What waits for an answer, oldest first. */
export function waitingFor({ open }: ApprovalState): readonly Waiting[] {
  return open.flatMap((one) => (one.kind === 'waiting' ? [one.waiting] : []));
}

/** When the next one is over by time; Infinity while none is open. */
export function nextEndMs({ open }: ApprovalState): number {
  return Math.min(Number.POSITIVE_INFINITY, ...open.map(endOf));
}

/** One input. What has run out by then is over before the input is looked at, so that being late never helps. */
export function stepApprovals(limits: Limits, state: ApprovalState, input: ApprovalInput): Step {
  const [current, over] = expire(limits, state, input.atMs);
  const [next, events] = answer(limits, current, input);
  return [next, [...over, ...events]];
}

function answer(limits: Limits, state: ApprovalState, input: ApprovalInput): Step {
  switch (input.kind) {
    case 'ask':
      return ask(limits, state, input);
    case 'approve':
      return approve(limits, state, input);
    case 'deny':
      return deny(state, input);
    case 'withdraw':
      return withdraw(state, input);
    case 'present':
      return present(state, input);
    case 'tick':
      return [state, []];
    default:
      return unreachable(input);
  }
}

function ask({ openMax }: Limits, state: ApprovalState, { waiting: asked, atMs }: Input<'ask'>): Step {
  const { id, replica, parameters, untilMs } = asked;
  if (state.open.length >= openMax) return refuse(state, atMs, id, `${openMax} approvals are open`);
  if (find(state, id) !== undefined) return refuse(state, atMs, id, 'it was asked before');
  // JSON writes every such number as null, so that actions that differ would have the same text.
  const numbers = [id, replica, atMs, untilMs, ...Object.values(parameters)];
  if (numbers.some((value) => typeof value === 'number' && !Number.isFinite(value)))
    return refuse(state, atMs, id, 'a number is missing');
  if (untilMs <= atMs) return refuse(state, atMs, id, 'there is no time to answer');
  const waiting: Waiting = { ...asked, sinceMs: atMs };
  return [
    { open: [...state.open, { kind: 'waiting', waiting }] },
    [{ kind: 'approval', atMs, waiting, verdict: null }],
  ];
}

function approve({ usableS }: Limits, state: ApprovalState, { id, by, hash, atMs }: Input<'approve'>): Step {
  const found = find(state, id);
  if (found?.kind !== 'waiting') return refuse(state, atMs, id, NOT_WAITING);
  if (!isHuman(by)) return refuse(state, atMs, id, 'only a human approves');
  const { waiting } = found;
  if (!isShown(waiting, hash)) return refuse(state, atMs, id, 'another action waits under this number');
  const next = replace(state, id, { kind: 'approved', waiting, by, usableUntilMs: atMs + usableS * 1000 });
  return [next, [{ kind: 'approval', atMs, waiting, verdict: { kind: 'approved', by } }]];
}

function deny(state: ApprovalState, { id, by, hash, atMs }: Input<'deny'>): Step {
  const found = find(state, id);
  if (found === undefined) return refuse(state, atMs, id, NOT_WAITING);
  if (!isShown(found.waiting, hash)) return refuse(state, atMs, id, 'another action waits under this number');
  return [replace(state, id, null), [denied(found, `denied by ${by}`, atMs)]];
}

function withdraw(state: ApprovalState, { id, reason, atMs }: Input<'withdraw'>): Step {
  const found = find(state, id);
  if (found?.kind !== 'waiting') return [state, []];
  return [replace(state, id, null), [denied(found, `withdrawn: ${reason}`, atMs)]];
}

function present(state: ApprovalState, { id, hash, atMs }: Input<'present'>): Step {
  const found = find(state, id);
  if (found?.kind !== 'approved') return refuse(state, atMs, id, 'nobody approved it');
  const { waiting, by } = found;
  if (hash !== waiting.hash) return refuse(state, atMs, id, 'another action was approved');
  return [replace(state, id, null), [{ kind: 'used', atMs, waiting, by }]];
}

function expire({ usableS }: Limits, state: ApprovalState, atMs: number): Step {
  const events: ApprovalEvent[] = [];
  const open = state.open.filter((one) => {
    // A time that is no number is late.
    if (atMs < endOf(one)) return true;
    events.push(denied(one, late(one, usableS), atMs));
    return false;
  });
  return events.length === 0 ? [state, events] : [{ open }, events];
}

function late(one: Open, usableS: number): string {
  return one.kind === 'waiting'
    ? `nobody approved it within ${Math.round((one.waiting.untilMs - one.waiting.sinceMs) / 1000)} s`
    : `approved, but not used within ${usableS} s`;
}

function denied({ waiting }: Open, reason: string, atMs: number): ApprovalEvent {
  return { kind: 'approval', atMs, waiting, verdict: { kind: 'denied', reason } };
}

function endOf(one: Open): number {
  return one.kind === 'waiting' ? one.waiting.untilMs : one.usableUntilMs;
}

function find({ open }: ApprovalState, id: number): Open | undefined {
  return open.find(({ waiting }) => waiting.id === id);
}

function replace(state: ApprovalState, id: number, by: Open | null): ApprovalState {
  return { open: state.open.flatMap((one) => (one.waiting.id !== id ? [one] : by === null ? [] : [by])) };
}

function refuse(state: ApprovalState, atMs: number, id: number, reason: string): Step {
  return [state, [{ kind: 'refused', atMs, id, reason }]];
}

/** Who says what was shown means that; who does not is taken to mean what waits. */
function isShown({ hash }: Waiting, shown: string | undefined): boolean {
  return shown === undefined || shown === hash;
}

function isHuman(by: string): boolean {
  return by.trim() !== '' && !isAgent(by);
}
