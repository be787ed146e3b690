import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action } from '../../strategies/contract.ts';
import { startApprovals, stepApprovals, waitingFor } from '../../strategies/coordinate/approval.ts';
import {
  digestInput,
  type ExactAction,
  exactAction,
  nextStateVersion,
} from '../../strategies/coordinate/approval-binding.ts';
import type { ApprovalEvent, ApprovalInput, ApprovalState } from '../../strategies/coordinate/approval-words.ts';
import type { ApprovalRules } from '../../strategies/coordinate/constitution.ts';
import { review } from '../../strategies/coordinate/overseer.ts';
import { CONSTITUTION, ORDINARY, withRemedy } from './overseer-harness.ts';

const RULES: ApprovalRules = { answerWithinS: 300, usableS: 60, openMax: 3, lessonS: 3600 };
const ASKED = review(CONSTITUTION, withRemedy('restart-hard', { traits: { ...ORDINARY.traits, stateful: true } }));
const REFUSED = review(CONSTITUTION, { ...ORDINARY, underHold: true });
const APPROVED = review(CONSTITUTION, ORDINARY);

const ACTION: ExactAction = { service: 'cart', action: 'restart', replica: 2, parameters: { mode: 'hard' } };
const ask = (atMs: number, advice = ASKED, action = ACTION): ApprovalInput => ({
  ...{ kind: 'ask', atMs, action, stateVersion: 4, reason: 'it hangs', evidence: ['8 of 10 calls fail'], advice },
});
const approve = (atMs: number, by = 'ann', id = 1): ApprovalInput => ({ kind: 'approve', atMs, id, by });
const deny = (atMs: number, by = 'ann', id = 1): ApprovalInput => ({ kind: 'deny', atMs, id, by });
const present = (atMs: number, changes: Partial<ExactAction> = {}, stateVersion = 4, id = 1): ApprovalInput => ({
  ...{ kind: 'present', atMs, id, action: { ...ACTION, ...changes }, stateVersion },
});

/** State and events after all inputs. */
function play(...inputs: readonly ApprovalInput[]): { state: ApprovalState; events: ApprovalEvent[] } {
  let state = startApprovals();
  const events: ApprovalEvent[] = [];
  for (const input of inputs) {
    const [next, told] = stepApprovals(RULES, state, input);
    state = next;
    events.push(...told);
  }
  return { state, events };
}

/** What the last event says in short. */
function lastOf(...inputs: readonly ApprovalInput[]): string {
  const event = play(...inputs).events.at(-1)!;
  switch (event.kind) {
    case 'approval':
      return event.verdict === null ? 'asked' : event.verdict.kind === 'denied' ? event.verdict.reason : 'approved';
    case 'refused':
      return event.reason;
    case 'used':
      return `used by ${event.by}`;
    case 'lesson':
      return `${event.lesson.override.kind}: ${event.lesson.outcome}`;
  }
}

describe('an action that waits for a human', () => {
  it('is listed with evidence and advice, oldest first', () => {
    const { state, events } = play(ask(0), ask(10, ASKED, { ...ACTION, replica: 1 }));
    expect(waitingFor(state)).toMatchObject([
      { id: 1, service: 'cart', action: 'restart', replica: 2, reason: 'it hangs', sinceMs: 0, untilMs: 300_000 },
      { id: 2, replica: 1, evidence: ['8 of 10 calls fail'], advice: { article: 'guard-user-data' }, stateVersion: 4 },
    ]);
    expect(events).toHaveLength(2);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it('is carried out once it is approved, once', () => {
    const inputs = [ask(0), approve(1000), present(2000)] as const;
    expect(lastOf(...inputs)).toBe('used by ann');
    expect(lastOf(...inputs, present(2001))).toBe('nobody approved it');
    expect(play(...inputs).state.open).toEqual([]);
  });

  it.each([
    ['nobody has answered', [present(1000)], 'nobody approved it'],
    ['it was denied', [deny(1000), present(2000)], 'nobody approved it'],
    ['the approval was taken back', [approve(1000), deny(1500), present(2000)], 'nobody approved it'],
    ['another replica is meant', [approve(1000), present(2000, { replica: 1 })], 'another action was approved'],
    ['another service is meant', [approve(1000), present(2000, { service: 'stock' })], 'another action was approved'],
    ['another kind is meant', [approve(1000), present(2000, { action: 'reroute' })], 'another action was approved'],
    [
      'another parameter is meant',
      [approve(1000), present(2000, { parameters: { mode: 'graceful' } })],
      'another action was approved',
    ],
    [
      'a parameter more is meant',
      [approve(1000), present(2000, { parameters: { mode: 'hard', now: true } })],
      'another action was approved',
    ],
    ['the service has changed', [approve(1000), present(2000, {}, 5)], 'the service has changed since it was asked'],
    [
      'the service is as it was before',
      [approve(1000), present(2000, {}, 3)],
      'the service has changed since it was asked',
    ],
    ['another number is shown', [approve(1000), present(2000, {}, 4, 2)], 'nobody approved it'],
    ['an agent approves it', [approve(1000, 'coordinator'), present(2000)], 'nobody approved it'],
    ['nobody in particular approves it', [approve(1000, ' '), present(2000)], 'nobody approved it'],
    ['the answer comes too late', [approve(300_000), present(300_001)], 'nobody approved it'],
    ['the approval is too old', [approve(1000), present(61_000)], 'nobody approved it'],
    ['the time is no number', [approve(1000), present(Number.NaN)], 'nobody approved it'],
  ] as const)('is refused when %s', (_, inputs, reason) => {
    expect(lastOf(ask(0), ...inputs)).toBe(reason);
    expect(play(ask(0), ...inputs).events.some(({ kind }) => kind === 'used')).toBe(false);
  });

  it('may still be carried out after something else was shown', () => {
    expect(lastOf(ask(0), approve(1000), present(2000, { replica: 1 }), present(3000))).toBe('used by ann');
  });

  it('is a no at the moment its time is over, not before', () => {
    expect(lastOf(ask(0), approve(299_999))).toBe('approved');
    expect(lastOf(ask(0), { kind: 'tick', atMs: 300_000 })).toBe('nobody approved it within 300 s');
    expect(lastOf(ask(0), approve(1000), present(60_999))).toBe('used by ann');
    expect(lastOf(ask(0), approve(1000), { kind: 'tick', atMs: 61_000 })).toBe('approved, but not used within 60 s');
  });

  it('is answered once, and by its number only', () => {
    expect(lastOf(ask(0), approve(1, 'ann', 2))).toBe('no such action waits');
    expect(lastOf(ask(0), approve(1), approve(2, 'bob'))).toBe('no such action waits');
    expect(lastOf(ask(0), deny(1), approve(2, 'bob'))).toBe('no such action waits');
    expect(lastOf(ask(0), deny(1), deny(2))).toBe('no such action waits');
  });

  it('is refused at once when too many wait, or when a number in it is missing', () => {
    expect(lastOf(ask(0), ask(1), ask(2), ask(3))).toBe('3 approvals are open');
    expect(lastOf(ask(0), ask(1), ask(2), deny(3), ask(4))).toBe('asked');
    const open: ExactAction = { ...ACTION, action: 'circuit-break', parameters: { admit: Number.NaN } };
    expect(lastOf(ask(0, ASKED, open))).toBe('a number is missing');
    expect(lastOf(ask(Number.NaN))).toBe('a number is missing');
  });
});

describe('an operator who goes against the advice', () => {
  const outcome = (atMs: number, came: 'recovered' | 'not-recovered', id = 1): ApprovalInput => ({
    ...{ kind: 'outcome', atMs, id, outcome: came },
  });

  it('leaves a lesson of what came of it: action, verdict, override, outcome', () => {
    const { state, events } = play(ask(0, REFUSED), approve(1), present(2), outcome(90_000, 'recovered'));
    expect(events.at(-1)).toEqual({
      ...{ kind: 'lesson', atMs: 90_000 },
      lesson: { action: ACTION, verdict: REFUSED, override: { kind: 'approved', by: 'ann' }, outcome: 'recovered' },
    });
    expect(state.open).toEqual([]);
  });

  it.each([
    ['a denial of what the overseer approves', [ask(0, APPROVED), deny(1)], 'denied: not-recovered'],
    ['an approval taken back', [ask(0), approve(1), deny(2)], 'revoked: not-recovered'],
  ] as const)('counts %s, too', (_, inputs, lesson) => {
    expect(lastOf(...inputs, outcome(9000, 'not-recovered'))).toBe(lesson);
  });

  it.each([
    ['an answer where the overseer asks', [ask(0), approve(1), present(2)]],
    ['a no where the overseer asks', [ask(0), deny(1)]],
    ['a yes where it approves', [ask(0, APPROVED), approve(1), present(2)]],
    ['a no where it refuses', [ask(0, REFUSED), deny(1)]],
    ['a yes that was never used', [ask(0, REFUSED), approve(1), { kind: 'tick', atMs: 61_000 }]],
    ['a no of an agent', [ask(0, APPROVED), deny(1, 'coordinator')]],
  ] as const)('is not %s', (_, inputs) => {
    expect(lastOf(...inputs, outcome(70_000, 'recovered'))).toBe('no outcome of it is awaited');
  });

  it('leaves a lesson without an outcome when none is told in time, or too many are awaited', () => {
    const overridden = [ask(0, REFUSED), approve(1), present(2)] as const;
    expect(lastOf(...overridden, { kind: 'tick', atMs: 3_600_001 })).toBe('used by ann');
    expect(lastOf(...overridden, { kind: 'tick', atMs: 3_600_002 })).toBe('approved: unknown');
    const four = [1, 2, 3, 4].flatMap((id) => [ask(id, APPROVED), deny(id, 'ann', id)]);
    expect(lastOf(...four)).toBe('denied: unknown');
    expect(play(...four).state.open.map(({ waiting }) => waiting.id)).toEqual([2, 3, 4]);
  });
});

describe('approvals', () => {
  const id = fc.constantFrom(1, 1, 1, 2, 3);
  const by = fc.constantFrom('ann', 'ann', 'bob', 'healer/3', '');
  const action = fc.constantFrom(
    ACTION,
    ACTION,
    ACTION,
    { ...ACTION, replica: 1 },
    { ...ACTION, parameters: { mode: 'graceful' } },
  );
  const version = fc.constantFrom(4, 4, 4, 5);
  const advice = fc.constantFrom(ASKED, REFUSED, APPROVED);
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('ask' as const), action, stateVersion: version, advice }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('approve' as const), id, by }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('deny' as const), id, by }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('present' as const), id, action, stateVersion: version }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('outcome' as const), id, outcome: fc.constant('recovered') }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('tick' as const) }) },
  );
  const gap = fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
    { weight: 1, arbitrary: fc.constantFrom(59_999, 60_000, 299_999, 300_000) },
  );

  /** What a bystander would note of one question. */
  interface Noted {
    readonly asked: Extract<ApprovalInput, { kind: 'ask' }>;
    yesAtMs: number | null;
    over: boolean;
  }

  function note(noted: Noted | undefined, input: ApprovalInput): void {
    if (noted === undefined || noted.over) return;
    const inTime = input.atMs - noted.asked.atMs < 300_000;
    if (input.kind === 'deny') noted.over = true;
    if (input.kind === 'approve' && inTime && noted.yesAtMs === null && ['ann', 'bob'].includes(input.by))
      noted.yesAtMs = input.atMs;
  }

  function mayBeUsed(noted: Noted | undefined, input: Extract<ApprovalInput, { kind: 'present' }>): boolean {
    if (noted === undefined || noted.over || noted.yesAtMs === null) return false;
    const isExact =
      JSON.stringify([input.action, input.stateVersion]) ===
      JSON.stringify([noted.asked.action, noted.asked.stateVersion]);
    return isExact && input.atMs - noted.yesAtMs < 60_000;
  }

  it('let through exactly what a human approved: it, in that state of the service, in time, once', () => {
    let used = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(gap, step), { maxLength: 30, size: 'max' }), (steps) => {
        const questions = new Map<number, Noted>();
        let state = startApprovals();
        let atMs = 0;
        for (const [gapMs, drawn] of steps) {
          atMs += gapMs;
          const input = { reason: 'r', evidence: [], ...drawn, atMs } as ApprovalInput;
          const [next, events] = stepApprovals(RULES, state, input);
          if (input.kind === 'ask' && next.nextId > state.nextId)
            questions.set(state.nextId, { asked: input, yesAtMs: null, over: false });
          if ('id' in input) note(questions.get(input.id), input);
          if (input.kind === 'present') {
            const noted = questions.get(input.id);
            const isUsed = events.some(({ kind }) => kind === 'used');
            expect(isUsed).toBe(mayBeUsed(noted, input));
            if (isUsed) noted!.over = true;
            if (isUsed) used++;
          }
          expect(next.open.length).toBeLessThanOrEqual(2 * RULES.openMax);
          state = next;
        }
      }),
      { numRuns: 1000 },
    );
    expect(used).toBeGreaterThan(10);
  });
});

describe('what an approval is bound to', () => {
  it('is the action with all that its kind asks for', () => {
    const shared = { id: 1, atMs: 0, service: 0, replica: 2, cause: 'slow', rung: 0, reason: 'p95 900 ms' };
    const texts = (
      [
        { ...shared, kind: 'restart', mode: 'graceful' },
        { ...shared, kind: 'restart', mode: 'hard' },
        { ...shared, kind: 'circuit-break', admit: 0 },
        { ...shared, kind: 'circuit-break', admit: 1 },
        { ...shared, kind: 'reroute', out: true },
        { ...shared, kind: 'reroute', out: false },
        { ...shared, kind: 'fallback', on: true },
        { ...shared, kind: 'fallback', on: false },
        { ...shared, kind: 'scale-up' },
        { ...shared, kind: 'rollback' },
        { ...shared, kind: 'rollback', replica: 1 },
      ] satisfies Action[]
    ).map((action) => digestInput(exactAction('cart', action)));
    expect(new Set(texts).size).toBe(11);
    expect(texts[0]).toBe('{"action":"restart","parameters":{"mode":"graceful"},"replica":2,"service":"cart"}');
    const later: Action = { ...shared, kind: 'restart', mode: 'graceful', id: 9, atMs: 5, reason: 'again' };
    expect(digestInput(exactAction('cart', later))).toBe(texts[0]);
  });

  it('is the state of the service: health status and replicas', () => {
    const first = nextStateVersion({ version: 0, status: 0, replicas: [] }, 0, [1, 0]);
    expect(first).toEqual({ version: 1, status: 0, replicas: [0, 1] });
    expect(nextStateVersion(first, 0, [0, 1])).toBe(first);
    expect(nextStateVersion(first, 2, [0, 1]).version).toBe(2);
    expect(nextStateVersion(first, 0, [0, 2]).version).toBe(2);
    expect(nextStateVersion(first, 0, [0]).version).toBe(2);
  });
});
