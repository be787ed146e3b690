/** What is asked of the approvals, what they remember, and what they tell: plain data for queue, command line, API and journal. */
import type { ExactAction } from './approval-binding.ts';
import type { Verdict as Advice } from './overseer.ts';

/** An action that waits, for people. */
export interface Waiting extends ExactAction {
  readonly id: number;
  /** What is hashed: `digestInput` of the action. */
  readonly digestInput: string;
  /** Of the service when it was asked (`nextStateVersion`). */
  readonly stateVersion: number;
  readonly reason: string;
  /** What a human decides on, in words: causes, symptoms, bids. */
  readonly evidence: readonly string[];
  /** What the overseer says to it. */
  readonly advice: Advice;
  readonly sinceMs: number;
  /** Refused if nobody has answered by then. */
  readonly untilMs: number;
}

/** One approval that is not over yet. */
export type Open =
  | { readonly kind: 'waiting'; readonly waiting: Waiting }
  | { readonly kind: 'approved'; readonly waiting: Waiting; readonly by: string; readonly usableUntilMs: number }
  /** Used or denied against the advice; what comes of it is awaited. */
  | { readonly kind: 'overridden'; readonly waiting: Waiting; readonly override: Override; readonly untilMs: number };

export interface ApprovalState {
  readonly nextId: number;
  /** Oldest first, at most `openMax`. */
  readonly open: readonly Open[];
}

/** How a human went against advice: done though the overseer refused it, or not done though it, or a human before, approved it. */
export interface Override {
  readonly kind: 'approved' | 'denied' | 'revoked';
  readonly by: string;
}

/** What became of the service after an override: with the action, or without it. */
export type LessonOutcome = 'recovered' | 'not-recovered' | 'failed' | 'unknown';

/** What is to be learnt from an operator who knew better, or did not. */
export interface Lesson {
  readonly action: ExactAction;
  readonly verdict: Advice;
  readonly override: Override;
  readonly outcome: LessonOutcome;
}

export type Verdict =
  | { readonly kind: 'approved'; readonly by: string }
  | { readonly kind: 'denied'; readonly reason: string };

export type ApprovalInput = { readonly atMs: number } & (
  | {
      readonly kind: 'ask';
      readonly action: ExactAction;
      readonly stateVersion: number;
      readonly reason: string;
      readonly evidence: readonly string[];
      readonly advice: Advice;
    }
  /** A human's answers. An approval may be taken back by denying it, as long as it was not used. */
  | { readonly kind: 'approve'; readonly id: number; readonly by: string }
  | { readonly kind: 'deny'; readonly id: number; readonly by: string }
  /** Whoever is about to carry the action out shows what it is about to do. Only after `used` may it go on. */
  | { readonly kind: 'present'; readonly id: number; readonly action: ExactAction; readonly stateVersion: number }
  /** What came of an override. */
  | { readonly kind: 'outcome'; readonly id: number; readonly outcome: LessonOutcome }
  | { readonly kind: 'tick' }
);

export type ApprovalEvent =
  | { readonly kind: 'approval'; readonly atMs: number; readonly waiting: Waiting; readonly verdict: Verdict | null }
  | { readonly kind: 'used'; readonly atMs: number; readonly waiting: Waiting; readonly by: string }
  /** The input changed nothing; `id` is null when an `ask` was not taken. */
  | { readonly kind: 'refused'; readonly atMs: number; readonly id: number | null; readonly reason: string }
  | { readonly kind: 'lesson'; readonly atMs: number; readonly lesson: Lesson };
