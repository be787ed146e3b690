/** A lesson: what an operator did otherwise than healix, in which situation, and what came of it. */
import type { ActionKind, HealthStatus, Issue } from '../../strategies/contract.ts';

export const CHOICES = ['approve', 'deny', 'force-heal', 'isolate', 'release', 'pause'] as const;
export type Choice = (typeof CHOICES)[number];

/** Plain data, as the journal holds it. */
export interface Lesson {
  readonly id: number;
  readonly atMs: number;
  readonly situation: {
    readonly service: string;
    readonly tier: string;
    readonly status: HealthStatus;
    readonly symptoms: readonly Issue[];
    /** Where agents took the trouble to come from; null where they had not looked for it. */
    readonly cause: { readonly cause: string; readonly score: number; readonly reasons: readonly string[] } | null;
  };
  /** What healix had in mind: an action; to leave the service alone for the moment; or nothing. */
  readonly wanted: {
    readonly kind: 'action' | 'wait' | 'nothing';
    readonly action: ActionKind | null;
    /** -1: the whole service. */
    readonly replica: number;
    readonly why: string;
  };
  readonly chosen: { readonly kind: Choice; readonly by: string };
  /** Actions on the service that were chosen and have not ended. */
  readonly awaits: readonly ActionKind[];
  /** When all that was chosen was done, and how long the service then has to be well again. */
  readonly sinceMs: number | null;
  readonly windowMs: number;
  /** Null while it is awaited. */
  readonly outcome: Outcome | null;
}

export type Outcome =
  | { readonly kind: 'recovered'; readonly afterMs: number }
  /** Not within the window. */
  | { readonly kind: 'not-recovered'; readonly afterMs: number }
  | { readonly kind: 'unknown'; readonly reason: string };

/** What is known of a lesson when it is given. */
export type Chosen = Omit<Lesson, 'id' | 'awaits' | 'sinceMs' | 'outcome'>;

/** No window is shorter: a service counts as well only after some good looks. */
export const WINDOW_MS_MIN = 60_000;

/** One lesson in words. */
export function lessonWords({ situation, wanted, chosen, outcome }: Lesson): string {
  const { service, tier, status, symptoms, cause } = situation;
  const from = cause === null ? '' : `, probably from ${cause.cause} (${cause.score.toFixed(2)})`;
  const was = `${service} (${tier}) was ${status}${symptoms.length === 0 ? '' : `, ${symptoms.join(', ')}`}${from}`;
  const replica = wanted.replica < 0 ? '' : ` of replica ${wanted.replica}`;
  const meant =
    wanted.kind === 'action'
      ? `wanted ${wanted.action}${replica}`
      : wanted.kind === 'wait'
        ? 'left it alone'
        : 'had done nothing';
  return `${was}; healix ${meant} (${wanted.why}); ${chosen.by} chose ${chosen.kind}; ${outcomeWords(outcome)}`;
}

function outcomeWords(outcome: Outcome | null): string {
  if (outcome === null) return 'its outcome is awaited';
  if (outcome.kind === 'unknown') return `its outcome is unknown: ${outcome.reason}`;
  const seconds = Math.round(outcome.afterMs / 1000);
  return outcome.kind === 'recovered' ? `well again after ${seconds} s` : `not well within ${seconds} s`;
}
