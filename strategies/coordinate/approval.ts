/**
 * Humans' approvals of coordinated actions, as a pure state machine: `(state, input) -> [state, events]`. An approval holds for exactly
 * one action, in exactly the state of the service that was looked at, for a short time, once. Whatever is unclear is a no.
 */
import { unreachable } from '../contract.ts';
import { digestInput } from './approval-binding.ts';
import type {
  ApprovalEvent,
  ApprovalInput,
  ApprovalState,
  LessonOutcome,
  Open,
  Override,
  Waiting,
} from './approval-words.ts';
import type { ApprovalRules } from './constitution.ts';
import { isAgent } from './overseer-facts.ts';

type Step = readonly [ApprovalState, readonly ApprovalEvent[]];

export function startApprovals(): ApprovalState {
  return { nextId: 1, open: [] };
}

/** What waits for an answer, oldest first. */
export function waitingFor({ open }: ApprovalState): readonly Waiting[] {
  return open.flatMap((one) => (one.kind === 'waiting' ? [one.waiting] : []));
}

/** One input. What has run out by then is over before the input is looked at, so that being late never helps. */
export function stepApprovals(rules: ApprovalRules, state: ApprovalState, input: ApprovalInput): Step {
  const [current, over] = expire(rules, state, input.atMs);
  const [answered, events] = answer(rules, current, input);
  const [next, forgotten] = forgetOldest(rules, answered, input.atMs);
  return [next, [...over, ...events, ...forgotten]];
}

function answer(rules: ApprovalRules, state: ApprovalState, input: ApprovalInput): Step {
  switch (input.kind) {
    case 'ask':
      return ask(rules, state, input);
    case 'approve':
      return approve(rules, state, input);
    case 'deny':
      return deny(rules, state, input);
    case 'present':
      return present(rules, state, input);
    case 'outcome':
      return learn(state, input);
    case 'tick':
      return [state, []];
    default:
      return unreachable(input);
  }
}

function ask(rules: ApprovalRules, state: ApprovalState, input: Extract<ApprovalInput, { kind: 'ask' }>): Step {
  const { stateVersion, reason, evidence, advice, atMs } = input;
  const { service, action, replica, parameters } = input.action;
  if (state.open.filter(({ kind }) => kind !== 'overridden').length >= rules.openMax)
    return refuse(state, atMs, null, `${rules.openMax} approvals are open`);
  // JSON writes every such number as null, so that actions that differ would have the same text.
  const numbers = [replica, stateVersion, atMs, ...Object.values(parameters)];
  if (numbers.some((value) => typeof value === 'number' && !Number.isFinite(value)))
    return refuse(state, atMs, null, 'a number is missing');
  const waiting: Waiting = {
    ...{ id: state.nextId, service, action, replica, parameters, digestInput: digestInput(input.action) },
    ...{ stateVersion, reason, evidence, advice, sinceMs: atMs, untilMs: atMs + rules.answerWithinS * 1000 },
  };
  const open: readonly Open[] = [...state.open, { kind: 'waiting', waiting }];
  return [{ nextId: state.nextId + 1, open }, [{ kind: 'approval', atMs, waiting, verdict: null }]];
}

function approve(rules: ApprovalRules, state: ApprovalState, input: Extract<ApprovalInput, { kind: 'approve' }>): Step {
  const { id, by, atMs } = input;
  const found = find(state, id);
  if (found?.kind !== 'waiting') return refuse(state, atMs, id, 'no such action waits');
  if (!isHuman(by)) return refuse(state, atMs, id, 'only a human approves');
  const { waiting } = found;
  const usableUntilMs = atMs + rules.usableS * 1000;
  const next = replace(state, id, { kind: 'approved', waiting, by, usableUntilMs });
  return [next, [{ kind: 'approval', atMs, waiting, verdict: { kind: 'approved', by } }]];
}

function deny(rules: ApprovalRules, state: ApprovalState, input: Extract<ApprovalInput, { kind: 'deny' }>): Step {
  const { id, by, atMs } = input;
  const found = find(state, id);
  if (found === undefined || found.kind === 'overridden') return refuse(state, atMs, id, 'no such action waits');
  const { waiting } = found;
  const isRevoked = found.kind === 'approved';
  const isOverride = isHuman(by) && (isRevoked || waiting.advice.verdict === 'approve');
  const override = { kind: isRevoked ? 'revoked' : 'denied', by } as const;
  const next = replace(state, id, isOverride ? awaited(rules, waiting, override, atMs) : null);
  return [next, [denied(found, `denied by ${by}`, atMs)]];
}

function present(rules: ApprovalRules, state: ApprovalState, input: Extract<ApprovalInput, { kind: 'present' }>): Step {
  const { id, action, stateVersion, atMs } = input;
  const found = find(state, id);
  if (found?.kind !== 'approved') return refuse(state, atMs, id, 'nobody approved it');
  const { waiting, by } = found;
  if (digestInput(action) !== waiting.digestInput) return refuse(state, atMs, id, 'another action was approved');
  if (stateVersion !== waiting.stateVersion)
    return refuse(state, atMs, id, 'the service has changed since it was asked');
  const isOverride = waiting.advice.verdict === 'refuse';
  const next = replace(state, id, isOverride ? awaited(rules, waiting, { kind: 'approved', by }, atMs) : null);
  return [next, [{ kind: 'used', atMs, waiting, by }]];
}

function learn(state: ApprovalState, { id, outcome, atMs }: Extract<ApprovalInput, { kind: 'outcome' }>): Step {
  const found = find(state, id);
  if (found?.kind !== 'overridden') return refuse(state, atMs, id, 'no outcome of it is awaited');
  return [replace(state, id, null), [lessonOf(found, outcome, atMs)]];
}

function expire(rules: ApprovalRules, state: ApprovalState, atMs: number): Step {
  const events: ApprovalEvent[] = [];
  const open = state.open.filter((one) => {
    // A time that is no number is late.
    if (atMs < endOf(one)) return true;
    events.push(one.kind === 'overridden' ? lessonOf(one, 'unknown', atMs) : denied(one, late(rules, one), atMs));
    return false;
  });
  return events.length === 0 ? [state, events] : [{ ...state, open }, events];
}

/** Lessons must not keep new questions from being asked: of more than `openMax` the oldest end without an outcome. */
function forgetOldest(rules: ApprovalRules, state: ApprovalState, atMs: number): Step {
  const lessons = state.open.filter((one) => one.kind === 'overridden');
  const oldest = lessons.slice(0, Math.max(0, lessons.length - rules.openMax));
  if (oldest.length === 0) return [state, []];
  const open = state.open.filter((one) => !oldest.some((gone) => gone === one));
  return [{ ...state, open }, oldest.map((one) => lessonOf(one, 'unknown', atMs))];
}

function late(rules: ApprovalRules, one: Open): string {
  return one.kind === 'waiting'
    ? `nobody approved it within ${rules.answerWithinS} s`
    : `approved, but not used within ${rules.usableS} s`;
}

function denied({ waiting }: Open, reason: string, atMs: number): ApprovalEvent {
  return { kind: 'approval', atMs, waiting, verdict: { kind: 'denied', reason } };
}

function endOf(one: Open): number {
  switch (one.kind) {
    case 'waiting':
      return one.waiting.untilMs;
    case 'approved':
      return one.usableUntilMs;
    case 'overridden':
      return one.untilMs;
    default:
      return unreachable(one);
  }
}

function awaited(rules: ApprovalRules, waiting: Waiting, override: Override, atMs: number): Open {
  return { kind: 'overridden', waiting, override, untilMs: atMs + rules.lessonS * 1000 };
}

function lessonOf(
  { waiting, override }: Extract<Open, { kind: 'overridden' }>,
  outcome: LessonOutcome,
  atMs: number,
): ApprovalEvent {
  const { service, action, replica, parameters, advice } = waiting;
  return {
    kind: 'lesson',
    atMs,
    lesson: { action: { service, action, replica, parameters }, verdict: advice, override, outcome },
  };
}

function find({ open }: ApprovalState, id: number): Open | undefined {
  return open.find(({ waiting }) => waiting.id === id);
}

function replace(state: ApprovalState, id: number, by: Open | null): ApprovalState {
  const open = state.open.flatMap((one) => (one.waiting.id !== id ? [one] : by === null ? [] : [by]));
  return { ...state, open };
}

function refuse(state: ApprovalState, atMs: number, id: number | null, reason: string): Step {
  return [state, [{ kind: 'refused', atMs, id, reason }]];
}

function isHuman(by: string): boolean {
  return by.trim() !== '' && !isAgent(by);
}
