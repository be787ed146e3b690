/** What travels from a watched fleet to the page: one snapshot first, then what changed. Types alone, shared by both sides. */
import type { ActionKind, HealthStatus, Tier } from '../../strategies/contract.ts';
import type { Evidence } from '../../strategies/coordinate/approval-words.ts';

/** Times are milliseconds: since the epoch where time is real, since the beginning where it is simulated. */
export type ClockView =
  | { readonly kind: 'real'; readonly atMs: number; readonly startedAtMs: number }
  | {
      readonly kind: 'simulated';
      readonly atMs: number;
      readonly horizonMs: number;
      /** Simulated seconds a second that are aimed at. */
      readonly speed: number;
      readonly isPaused: boolean;
      readonly isOver: boolean;
    };

export interface FleetView {
  readonly name: string;
  readonly healedBy: string;
  readonly level: string;
  readonly isDryRun: boolean;
  readonly isJournalHealthy: boolean;
  /** Null where it is real. */
  readonly simulation: { readonly scenario: string; readonly tier: string } | null;
}

export interface ReplicaView {
  readonly state: 'running' | 'dead' | 'empty';
  readonly pid: number | null;
  readonly port: number | null;
  /** Null: not measured. */
  readonly live: boolean | null;
  readonly ready: boolean | null;
  readonly inRotation: boolean | null;
  /** Shares, 0..1. */
  readonly cpu: number | null;
  readonly memory: number | null;
}

export interface ServiceView {
  readonly id: string;
  readonly tier: Tier;
  readonly status: HealthStatus;
  /** Why it is not healthy; empty when it is. */
  readonly reason: string;
  /** Phase of its breaker. */
  readonly circuit: string;
  readonly isPaused: boolean;
  /** Nobody but a human may touch it. */
  readonly isProtected: boolean;
  /** Its calls can be kept from it. */
  readonly canIsolate: boolean;
  readonly dependsOn: readonly string[];
  readonly replicas: readonly ReplicaView[];
  /** Of the last window; null where calls are not measured. */
  readonly callsPerS: number | null;
  readonly failedShare: number | null;
  readonly p95Ms: number | null;
  /** Its healer waits for its cause to be healed elsewhere; null when it does not. */
  readonly heldUntilMs: number | null;
}

/** One stretch of a service not being healthy. */
export interface IncidentView {
  readonly key: string;
  readonly service: string;
  readonly tier: Tier;
  readonly sinceMs: number;
  /** Null while it lasts. */
  readonly endedMs: number | null;
  readonly worst: HealthStatus;
  readonly reason: string;
  /** Actions begun meanwhile. */
  readonly actions: number;
}

export interface ActionView {
  readonly key: string;
  /** Its number; null for one of an earlier run. */
  readonly id: number | null;
  readonly atMs: number;
  readonly service: string;
  readonly kind: ActionKind;
  /** How exactly; empty where the kind says it all. */
  readonly how: string;
  /** -1: the whole service. */
  readonly replica: number;
  /** The issue, rule or order that led to it, ... */
  readonly cause: string;
  /** ... which rung of its ladder (0 = first; -1: none), and the evidence. */
  readonly rung: number;
  readonly reason: string;
  /** What the guard refused to the service shortly before. */
  readonly refused: readonly string[];
  /** Who let it pass, and by what right. */
  readonly approval: ApprovalState | null;
  readonly task: { readonly task: number; readonly article: string; readonly verdict: string } | null;
  readonly result: 'open' | 'done' | 'failed' | 'unsupported';
  readonly detail: string;
  readonly tookMs: number | null;
  readonly verified: Verified | null;
  /** False for a breaker's own steps, for what takes a measure back, and for calls for help: nobody expects them to heal. */
  readonly isCure: boolean;
}

export type ApprovalState =
  | { readonly kind: 'waiting'; readonly untilMs: number }
  | { readonly kind: 'approved'; readonly by: string }
  | { readonly kind: 'denied'; readonly reason: string };

/** What fresh evidence said afterwards: never the word of who acted. */
export type Verified =
  | { readonly kind: 'healthy'; readonly atMs: number }
  /** Another action had to follow. */
  | { readonly kind: 'insufficient'; readonly atMs: number };

/** One thing that agents said. */
export interface TalkView {
  readonly key: string;
  readonly atMs: number;
  readonly kind: string;
  readonly from: string;
  readonly service: string | null;
  readonly words: string;
  /** Of a verdict. */
  readonly verdict: {
    readonly verdict: 'approve' | 'refuse' | 'ask-human';
    readonly article: string;
    readonly harm: number;
  } | null;
  /** Of a diagnosis, likeliest first. */
  readonly causes: readonly {
    readonly cause: string;
    readonly score: number;
    readonly victims: readonly string[];
    readonly reasons: readonly string[];
  }[];
}

/** An action that waits for a human's yes. */
export interface WaitingView {
  readonly id: number;
  readonly service: string;
  readonly action: ActionKind;
  readonly replica: number;
  readonly reason: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Of exactly this action; a yes binds to it. */
  readonly hash: string;
  readonly evidence: Evidence;
}

/** What was broken: known in simulation alone. */
export interface TruthView {
  readonly key: string;
  readonly kind: string;
  readonly service: string;
  readonly atMs: number;
  readonly endedMs: number | null;
}

export interface NoticeView {
  readonly key: string;
  readonly atMs: number;
  readonly tone: 'info' | 'bad';
  readonly words: string;
}

export interface Figures {
  /** Share of services' windows that were healthy; null before the first. */
  readonly healthyShare: number | null;
  /** Share of users' calls answered well, at the services that nobody else calls; null where none is measured. */
  readonly answeredShare: number | null;
  readonly answeredOf: number;
  /** Whether calls that a breaker turned away are among them. */
  readonly countsTurnedAway: boolean;
  readonly timeToRecoverS: { readonly mean: number; readonly p95: number; readonly count: number } | null;
  /** `steps`: of breakers, and what took measures back. */
  readonly actions: {
    readonly done: number;
    readonly failed: number;
    readonly underWay: number;
    readonly steps: number;
  };
  readonly refusals: number;
  /** Between agents; null where every service heals alone. */
  readonly messages: number | null;
  readonly signalsPerS: number;
}

/** The agents as a whole; null where every service heals alone. */
export interface AgentsView {
  readonly epoch: number;
  /** Why they are gone; null while they are at work. */
  readonly lost: string | null;
  readonly incident: {
    readonly incident: number;
    readonly service: string;
    readonly why: string;
    readonly sinceMs: number;
  } | null;
  readonly tasksUnderWay: number;
}

/** Everything that a page shows. Lists are oldest first and bounded. */
export interface Whole {
  readonly clock: ClockView;
  readonly fleet: FleetView;
  readonly services: readonly ServiceView[];
  readonly incidents: readonly IncidentView[];
  readonly actions: readonly ActionView[];
  readonly talk: readonly TalkView[];
  readonly waiting: readonly WaitingView[];
  readonly agents: AgentsView | null;
  readonly truth: readonly TruthView[];
  readonly notices: readonly NoticeView[];
  readonly figures: Figures;
}

/** What changed: services by id and rows by key replace what was there, or come behind it; the rest replaces the whole of it. */
export type Changes = { readonly clock: ClockView } & Partial<Whole>;

export type Frame = ({ readonly kind: 'snapshot' } & Whole) | ({ readonly kind: 'changes' } & Changes);

/** Rows kept for those who come later, and by the page. */
export const KEPT = { incidents: 100, actions: 200, talk: 300, truth: 50, notices: 50 } as const;
