/** What agents tell each other: plain data, so that it travels over any transport and into the journal. */
import type { Issue, Remedy } from '../contract.ts';

/** Who sends and receives. Monitors and healers are one per service, the others one per fleet. */
export type AgentId = `monitor/${number}` | `healer/${number}` | 'diagnoser' | 'coordinator' | 'overseer';

/**
 * What a monitor tells of its service: no more than the service's own standalone healer knows. Numbers never measured are -1, times
 * that never were are `LONG_AGO`.
 */
export interface Evidence {
  readonly service: number;
  readonly atMs: number;
  /** Rank of the health status, 0 healthy .. 4 failed (`HEALTH_STATUSES`). */
  readonly status: number;
  /** When the present trouble began. */
  readonly sinceMs: number;
  /** Issues that hold, highest precedence first. */
  readonly issues: readonly Issue[];
  /** Smoothed share of calls to it that fail; its p95 latency as a multiple of its own learnt normal; calls a second likewise. */
  readonly errorRate: number;
  readonly latencyRatio: number;
  readonly throughputRatio: number;
  /** Mean processor use and longest queue of its replicas, shares of the limit. */
  readonly cpuShare: number;
  readonly queueShare: number;
  /** Failed share of its calls to each dependency in the last window, in roster order. */
  readonly dependencyFailed: readonly number[];
  /** Replicas present, and the slots among them that are dead, do not answer or are not ready; slower than their siblings; erring more. */
  readonly present: number;
  readonly down: readonly number[];
  /** Those among the latter whose process has exited, and those that leave their probes unanswered though they run. */
  readonly dead: readonly number[];
  readonly silent: readonly number[];
  readonly slow: readonly number[];
  readonly erring: readonly number[];
  /** Attempts its own healer has made in this episode. */
  readonly attempts: number;
}

/** Where the trouble may come from. */
export type CauseOf =
  /** The service itself, or something beyond the fleet that only it uses. */
  | { readonly kind: 'service'; readonly service: number }
  /** A host: replicas of several services on it suffer, their siblings elsewhere do not. */
  | { readonly kind: 'host'; readonly host: number }
  /** More users than usual come in at this service. */
  | { readonly kind: 'load'; readonly service: number }
  /** The connections from one service to another: the callee is well, and other callers of it are served. */
  | { readonly kind: 'connection'; readonly caller: number; readonly callee: number };

export interface RankedCause {
  readonly cause: CauseOf;
  /** Share of the evidence that it explains and nothing better does, 0..1; the ranking's order. */
  readonly score: number;
  /** Services whose trouble follows from it, the cause's own service not among them. */
  readonly victims: readonly number[];
  /** Why, in words for the person who reads the history. */
  readonly reasons: readonly string[];
}

/** One thing to be done by one service's healer, within a plan. */
export interface Task {
  /** Never used again, not by another coordinator either. */
  readonly id: number;
  readonly incident: number;
  readonly service: number;
  readonly remedy: Exclude<Remedy, 'wait' | 'escalate'>;
  /** Slot, or `WHOLE_SERVICE`. */
  readonly replica: number;
  /** A replica taken out of rotation returns after so long, seconds; -1 = when its own healer thinks fit. */
  readonly holdS: number;
  readonly reason: string;
}

/** What a healer offers: lower cost and radius, sooner and surer are better. */
export interface Bid {
  readonly task: number;
  readonly service: number;
  readonly expectedRecoveryS: number;
  /** Disruption of the action, 0..1. */
  readonly cost: number;
  /** Share of the service's ready replicas that it takes away. */
  readonly blastRadius: number;
  /** How sure the healer is that it helps, 0..1. */
  readonly confidence: number;
  /** The state of the service, not part of the offer. */
  readonly state: ServiceStanding;
}

/** Replicas of a service: slots filled, those among them that serve, and what the action would be done to. */
export type ServiceStanding = Pick<ToldFacts, 'present' | 'ready' | 'served' | 'target'>;

/** The right to act on a service: valid until `untilMs`, and only as long as no later one was granted. */
export interface Lease {
  readonly service: number;
  readonly holder: AgentId;
  readonly epoch: number;
  readonly token: number;
  readonly untilMs: number;
}

/** What an action that may be chosen instead is worth, as the coordinator sees it. */
export interface Alternative {
  readonly remedy: Remedy;
  readonly replica: number;
  readonly benefit: number;
}

/** Replicas that coordinated actions hold out now, the one under review not among them, of all that there are. */
export interface HeldOut {
  readonly out: number;
  readonly all: number;
}

/**
 * What the coordinator tells the overseer beside the task. All is needed: what is missing or makes no sense is refused. What a
 * healer offers is not among it; what is known of a service for good (tier, state, guard) the overseer looks up itself.
 */
export interface ToldFacts {
  /** Whose idea it is: the healer that bids, or the coordinator where it acts without one. */
  readonly proposer: AgentId;
  /** Replicas of the service now: slots filled, and those among them that serve (see `isServing`). */
  readonly present: number;
  readonly ready: number;
  /** Share of the calls to it that are answered well now: 1 less its error rate, 1 where that was never measured. */
  readonly served: number;
  /** What it is done to: a replica that serves, one that does not but still runs, a dead one; or the whole service. */
  readonly target: 'serving' | 'failing' | 'dead' | 'service';
  /** `host` is null where nothing is known of hosts. */
  readonly heldOut: { readonly service: HeldOut; readonly host: HeldOut | null; readonly fleet: HeldOut };
  /** Expected help, 0..1, by the coordinator's own estimate from causes and past outcomes. */
  readonly benefit: number;
  /** What else is on offer against the same trouble. */
  readonly alternatives: readonly Alternative[];
  /** Coordinated actions that failed or did not help: the newest `FAILED_TOLD_MAX` within the constitution's windows. */
  readonly failed: readonly { readonly atMs: number; readonly service: number }[];
  /** The service's trouble comes from elsewhere, and is being healed there. */
  readonly underHold: boolean;
}

/** The harm that an action may do, each 0 none .. 1 worst. */
export interface Harm {
  /** To those who use the service, directly or not. */
  readonly userHarm: number;
  /** To the services that need it, and by how much of the fleet is in motion. */
  readonly systemicImpact: number;
  /** How much of it cannot be taken back. */
  readonly irreversibility: number;
  /** What stays: to be paid, to be undone, or the habit of doing what did not help. */
  readonly longTermCost: number;
}
/** With their mean by the constitution's weights. */
export type HarmScore = Harm & { readonly total: number };

export type Message =
  /** Monitor to diagnoser: something changed, or still is amiss. */
  | { readonly kind: 'evidence'; readonly evidence: Evidence }
  /** Monitor to coordinator: the standalone healer asks for help, by its strategy's rule. */
  | { readonly kind: 'escalation'; readonly service: number; readonly why: string }
  /** Coordinator to diagnoser, and its answer. */
  | { readonly kind: 'diagnose'; readonly incident: number }
  | {
      readonly kind: 'diagnosis';
      readonly incident: number;
      readonly causes: readonly RankedCause[];
      /** Of every service that is unwell. */
      readonly evidence: readonly Evidence[];
    }
  /** Contract net. */
  | { readonly kind: 'call-for-proposals'; readonly task: Task; readonly deadlineMs: number }
  | { readonly kind: 'bid'; readonly bid: Bid }
  | { readonly kind: 'decline'; readonly task: number; readonly service: number; readonly reason: string }
  | { readonly kind: 'award'; readonly task: Task; readonly lease: Lease }
  | {
      readonly kind: 'done';
      readonly task: number;
      readonly service: number;
      readonly result: 'done' | 'failed' | 'refused';
    }
  /** Coordinator to overseer, and its verdict. */
  | { readonly kind: 'review'; readonly task: Task; readonly blastRadius: number; readonly facts: ToldFacts }
  | {
      readonly kind: 'verdict';
      readonly task: number;
      readonly verdict: 'approve' | 'refuse' | 'ask-human';
      /** The article that decided, by its id. */
      readonly article: string;
      /** Its words, and what they mean here. */
      readonly reason: string;
      readonly harm: HarmScore;
      /** By which edition of the constitution. */
      readonly edition: number;
      /** Until when agents do nothing at all after too many failures; `LONG_AGO` while they may act. */
      readonly offUntilMs: number;
    }
  /**
   * Coordinator to the healers of victims: your cause is being healed; leave what follows from it alone until then. `small`: do
   * not grow either.
   */
  | {
      readonly kind: 'hold';
      readonly service: number;
      readonly untilMs: number;
      readonly small: boolean;
      readonly reason: string;
    }
  | { readonly kind: 'release'; readonly service: number }
  /** Coordinator to the healers of callers: your calls fail further down, and the circuit there may open. Keep yours closed until then. */
  | { readonly kind: 'keep-clear'; readonly service: number; readonly untilMs: number; readonly reason: string }
  /** Coordinator to a healer: humans would not have what was left to try; call one. */
  | { readonly kind: 'give-up'; readonly service: number; readonly reason: string }
  /** Receiver to sender, where letters may be lost: this one has come. */
  | { readonly kind: 'received'; readonly letter: number };

export interface Envelope {
  /** Grows with every message sent; the key of its delay. */
  readonly id: number;
  /** The letter that this is another copy of. */
  readonly copyOf?: number;
  readonly from: AgentId;
  readonly to: AgentId;
  readonly sentAtMs: number;
  readonly body: Message;
}
