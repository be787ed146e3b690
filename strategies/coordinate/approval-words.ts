/** What is asked of humans, what of it is remembered, and what is told: plain data for queue, command line, API and journal. */
import type { ExactAction } from './approval-binding.ts';
import type { HarmScore } from './messages.ts';

/** Who wants a human's yes: the config's policy for a tier, or an article of the constitution, with its words and what they mean here. */
export type AskedBy =
  | { readonly kind: 'policy'; readonly tier: string }
  | {
      readonly kind: 'article';
      readonly article: string;
      readonly reason: string;
      readonly edition: number;
      readonly harm: HarmScore;
    };

/** What a human decides on. */
export interface Evidence {
  readonly askedBy: AskedBy;
  /** What ails the service, as it was when it was asked. */
  readonly symptoms: readonly string[];
  /** Where the trouble comes from, likeliest first, and why; empty where agents have not looked for it. */
  readonly causes: readonly {
    readonly cause: string;
    /** 0..1. */
    readonly score: number;
    readonly victims: readonly string[];
    readonly reasons: readonly string[];
  }[];
  /** What the service's healer offers, and how the service stood then; null where nobody bid. */
  readonly bid: {
    readonly expectedRecoveryS: number;
    readonly cost: number;
    readonly blastRadius: number;
    readonly confidence: number;
    readonly present: number;
    readonly ready: number;
    /** Share of the calls to it that are answered well, 0..1. */
    readonly served: number;
  } | null;
}

/** An action that waits, for people. */
export interface Waiting extends ExactAction {
  /** Of the action, or of the agents' task that it is for; never used again. */
  readonly id: number;
  /** Of the exact action (`digestInput`). */
  readonly hash: string;
  readonly reason: string;
  readonly evidence: Evidence;
  readonly sinceMs: number;
  /** Refused if nobody has answered by then. */
  readonly untilMs: number;
}

/** One approval that is not over yet. */
export type Open =
  | { readonly kind: 'waiting'; readonly waiting: Waiting }
  | { readonly kind: 'approved'; readonly waiting: Waiting; readonly by: string; readonly usableUntilMs: number };

export interface ApprovalState {
  /** Oldest first, at most `openMax`. */
  readonly open: readonly Open[];
}

export type Verdict =
  | { readonly kind: 'approved'; readonly by: string }
  /** By a human, or by time, or because what it was for is over. */
  | { readonly kind: 'denied'; readonly reason: string };

export type ApprovalInput = { readonly atMs: number } & (
  | { readonly kind: 'ask'; readonly waiting: Omit<Waiting, 'sinceMs'> }
  /** A human's answers; `hash`: of what was shown. An approval may be taken back by denying it, as long as it was not used. */
  | { readonly kind: 'approve'; readonly id: number; readonly by: string; readonly hash?: string | undefined }
  | { readonly kind: 'deny'; readonly id: number; readonly by: string; readonly hash?: string | undefined }
  /** What it was asked for is over: nothing is to be decided any more. An approval stands until it is used or its time is over. */
  | { readonly kind: 'withdraw'; readonly id: number; readonly reason: string }
  /** Whoever is about to carry the action out shows what it is about to do. Only after `used` may it go on. */
  | { readonly kind: 'present'; readonly id: number; readonly hash: string }
  | { readonly kind: 'tick' }
);

export type ApprovalEvent =
  | { readonly kind: 'approval'; readonly atMs: number; readonly waiting: Waiting; readonly verdict: Verdict | null }
  | { readonly kind: 'used'; readonly atMs: number; readonly waiting: Waiting; readonly by: string }
  /** The input changed nothing. */
  | { readonly kind: 'refused'; readonly atMs: number; readonly id: number; readonly reason: string };
