import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action } from '../../strategies/contract.ts';
import {
  type Limits,
  nextEndMs,
  startApprovals,
  stepApprovals,
  waitingFor,
} from '../../strategies/coordinate/approval.ts';
import { digestInput, type ExactAction, exactAction, exactTask } from '../../strategies/coordinate/approval-binding.ts';
import type {
  ApprovalEvent,
  ApprovalInput,
  ApprovalState,
  Evidence,
} from '../../strategies/coordinate/approval-words.ts';

const LIMITS: Limits = { usableS: 60, openMax: 3 };
const HARM = { userHarm: 0, systemicImpact: 0, irreversibility: 1, longTermCost: 0, total: 0.2 };
const EVIDENCE: Evidence = {
  askedBy: { kind: 'article', article: 'guard-user-data', reason: 'cart keeps state', edition: 1, harm: HARM },
  symptoms: ['slow'],
  causes: [{ cause: 'cart', score: 0.9, victims: ['web'], reasons: ['8 of 10 calls fail'] }],
  bid: null,
};

const ACTION: ExactAction = { service: 'cart', action: 'restart', replica: 2, parameters: { mode: 'hard' } };
/** Any injective name will do here. */
const hashOf = (action: ExactAction): string => `hash of ${digestInput(action)}`;
const ask = (atMs: number, action = ACTION, id = 1): ApprovalInput => ({
  ...{ kind: 'ask', atMs },
  waiting: {
    ...{ id, ...action, hash: hashOf(action), reason: 'it hangs', evidence: EVIDENCE, untilMs: atMs + 300_000 },
  },
});
const approve = (atMs: number, by = 'ann', id = 1, hash?: string): ApprovalInput => ({
  ...{ kind: 'approve', atMs, id, by, hash },
});
const deny = (atMs: number, by = 'ann', id = 1): ApprovalInput => ({ kind: 'deny', atMs, id, by });
const present = (atMs: number, changes: Partial<ExactAction> = {}, id = 1): ApprovalInput => ({
  ...{ kind: 'present', atMs, id, hash: hashOf({ ...ACTION, ...changes }) },
});

/** State and events after all inputs. */
function play(...inputs: readonly ApprovalInput[]): { state: ApprovalState; events: ApprovalEvent[] } {
  let state = startApprovals();
  const events: ApprovalEvent[] = [];
  for (const input of inputs) {
    const [next, told] = stepApprovals(LIMITS, state, input);
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
  }
}

describe('an action that waits for a human', () => {
  it('is listed with what it rests on, oldest first', () => {
    const { state, events } = play(ask(0), ask(10, { ...ACTION, replica: 1 }, 2));
    expect(waitingFor(state)).toMatchObject([
      { id: 1, service: 'cart', action: 'restart', replica: 2, reason: 'it hangs', sinceMs: 0, untilMs: 300_000 },
      { id: 2, replica: 1, evidence: EVIDENCE },
    ]);
    expect(nextEndMs(state)).toBe(300_000);
    expect(nextEndMs(startApprovals())).toBe(Number.POSITIVE_INFINITY);
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
    ['another number is shown', [approve(1000), present(2000, {}, 2)], 'nobody approved it'],
    ['what was shown was another', [approve(1000, 'ann', 1, 'other'), present(2000)], 'nobody approved it'],
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
    const three = [1, 2, 3].map((id) => ask(id, ACTION, id));
    expect(lastOf(...three, ask(4, ACTION, 4))).toBe('3 approvals are open');
    expect(lastOf(...three, deny(3), ask(4, ACTION, 4))).toBe('asked');
    expect(lastOf(ask(0), ask(1))).toBe('it was asked before');
    const open: ExactAction = { ...ACTION, action: 'circuit-break', parameters: { admit: Number.NaN } };
    expect(lastOf(ask(0, open))).toBe('a number is missing');
    expect(lastOf(ask(Number.NaN))).toBe('a number is missing');
  });
});

describe('a question that need not be decided any more', () => {
  it('is withdrawn, which is a no', () => {
    const withdraw: ApprovalInput = { kind: 'withdraw', atMs: 5, id: 1, reason: 'its trouble is over' };
    expect(lastOf(ask(0), withdraw)).toBe('withdrawn: its trouble is over');
    expect(lastOf(ask(0), withdraw, approve(6))).toBe('no such action waits');
    expect(lastOf(ask(0), approve(1), withdraw, present(6))).toBe('used by ann');
  });

  it('may be answered by the hash of what was shown, and by no other', () => {
    expect(lastOf(ask(0), approve(1, 'ann', 1, hashOf(ACTION)))).toBe('approved');
    expect(lastOf(ask(0), approve(1, 'ann', 1, 'other'))).toBe('another action waits under this number');
    expect(lastOf(ask(0), { ...deny(1), hash: 'other' } as ApprovalInput)).toBe(
      'another action waits under this number',
    );
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
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('ask' as const), action, id }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('approve' as const), id, by }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('deny' as const), id, by }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('present' as const), id, action }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('tick' as const) }) },
  );
  const gap = fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
    { weight: 1, arbitrary: fc.constantFrom(59_999, 60_000, 299_999, 300_000) },
  );

  /** What a bystander would note of one question. */
  interface Noted {
    readonly hash: string;
    readonly askedMs: number;
    yesAtMs: number | null;
    over: boolean;
  }

  function note(noted: Noted | undefined, input: ApprovalInput): void {
    if (noted === undefined || noted.over) return;
    const inTime = input.atMs - noted.askedMs < 300_000;
    if (input.kind === 'deny') noted.over = true;
    if (input.kind === 'approve' && inTime && noted.yesAtMs === null && ['ann', 'bob'].includes(input.by))
      noted.yesAtMs = input.atMs;
  }

  const mayBeUsed = (noted: Noted | undefined, { hash, atMs }: Extract<ApprovalInput, { kind: 'present' }>): boolean =>
    noted !== undefined &&
    !noted.over &&
    noted.yesAtMs !== null &&
    hash === noted.hash &&
    atMs - noted.yesAtMs < 60_000;

  /** The question was put, and not only an older one ended. */
  const isNew = (events: readonly ApprovalEvent[], id: number): boolean =>
    events.some((event) => event.kind === 'approval' && event.verdict === null && event.waiting.id === id);

  function toInput(drawn: { kind: string; action?: ExactAction; id?: number }, atMs: number): ApprovalInput {
    if (drawn.kind === 'ask') return ask(atMs, drawn.action!, drawn.id!);
    if (drawn.kind === 'present') return present(atMs, drawn.action!, drawn.id!);
    return { ...drawn, atMs } as ApprovalInput;
  }

  it('let through exactly what a human approved: it, in time, once', () => {
    let used = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(gap, step), { maxLength: 30, size: 'max' }), (steps) => {
        const questions = new Map<number, Noted>();
        let state = startApprovals();
        let atMs = 0;
        for (const [gapMs, drawn] of steps) {
          atMs += gapMs;
          const input = toInput(drawn, atMs);
          const [next, events] = stepApprovals(LIMITS, state, input);
          if (input.kind === 'ask' && events.some(({ kind }) => kind === 'approval') && isNew(events, input.waiting.id))
            questions.set(input.waiting.id, { hash: input.waiting.hash, askedMs: atMs, yesAtMs: null, over: false });
          if ('id' in input) note(questions.get(input.id), input);
          if (input.kind === 'present') {
            const noted = questions.get(input.id);
            const isUsed = events.some(({ kind }) => kind === 'used');
            expect(isUsed).toBe(mayBeUsed(noted, input));
            if (isUsed) noted!.over = true;
            if (isUsed) used++;
          }
          expect(next.open.length).toBeLessThanOrEqual(LIMITS.openMax);
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

  it('is for a task of agents what the task will be', () => {
    const shared = { id: 7, incident: 1, service: 0, holdS: 60, reason: 'slow' } as const;
    const aside = exactTask('cart', { ...shared, remedy: 'reroute', replica: 1 });
    expect(aside).toEqual({ service: 'cart', action: 'reroute', replica: 1, parameters: { out: true } });
    const whole = exactTask('cart', { ...shared, remedy: 'rollback', replica: 1 });
    expect(whole).toEqual({ service: 'cart', action: 'rollback', replica: -1, parameters: {} });
  });
});
