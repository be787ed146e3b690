/** What a strategy is once decoded from its genome: everything `heal` may differ in, grouped by the stage that reads it. */
import type { Issue, Remedy, Tier } from './contract.ts';
import type { FeatureName } from './features.ts';

/** Rungs of each escalation ladder. After the last one the person on duty is called. */
export const LADDER_RUNGS = 3;
/** Evolvable if-then rules. */
export const RULE_COUNT = 8;

/** When a measurement becomes a symptom. Shares are 0..1. */
export interface Detection {
  /** Seconds between two looks at a service; also the window's length. */
  readonly windowS: number;
  /** Weight of the newest window in the smoothed error rate and latency, 0..1. */
  readonly smoothing: number;
  /** Smoothed error rate from which the service is degraded / failed (defaults 0.05 / 0.10). */
  readonly degradedErrorRate: number;
  readonly failedErrorRate: number;
  /** p95 latency from which it is degraded, milliseconds (default 1000), and as a multiple of its own learnt normal. */
  readonly slowMs: number;
  readonly slowRatio: number;
  /** Memory or queue share from which it is critical (default 0.9). */
  readonly exhaustedShare: number;
  /** Queue or processor share from which it counts as saturated. */
  readonly saturatedQueue: number;
  readonly saturatedCpu: number;
  /** A bad window counts once `confirm` of the last `confirmOf` windows were bad; `clear` good ones in a row end it. */
  readonly confirm: number;
  readonly confirmOf: number;
  readonly clear: number;
  /** Unanswered liveness probes in a row until a replica is unresponsive; unexpected exits act at once. */
  readonly unansweredProbes: number;
  /** Thresholds fall to this share of themselves on the way back (hysteresis, 0..1). */
  readonly hysteresis: number;
  /** Growth of memory, share of the limit per minute, that is called a leak once memory exceeds `leakShare`. */
  readonly leakPerMin: number;
  readonly leakShare: number;
  /** A deploy / configuration change younger than this is suspected when trouble starts, seconds. */
  readonly deploySuspectS: number;
  readonly configSuspectS: number;
  /** Exits of one replica within 10 minutes that make a crash loop. */
  readonly crashLoopExits: number;
  /** Failed share of calls to one dependency from which the dependency is held responsible. */
  readonly dependencyFailedShare: number;
  /** Deviation from the learnt normal (robust z of error rate, latency, throughput) that is an anomaly. */
  readonly anomalyZ: number;
  /** A replica is an outlier when its error rate exceeds its siblings' by this share. */
  readonly outlierShare: number;
  /** Act ahead when memory is forecast to reach its limit within this many seconds (0 = never). */
  readonly predictS: number;
}

/** How fast a ladder is climbed, for one tier. */
export interface Pacing {
  /** Fresh evidence is awaited this long after an action ends, seconds. */
  readonly verifyS: number;
  /** Least time between two actions on one replica or service, seconds; grows by `backoff` per attempt, up to `cooldownMaxS`. */
  readonly cooldownS: number;
  readonly backoff: number;
  readonly cooldownMaxS: number;
  /** Share of the cool-down drawn at random on top, 0..1. */
  readonly jitter: number;
  /** Attempts per episode of trouble before it is left to the person on duty. */
  readonly attempts: number;
  /** Call the person on duty after this many seconds of unbroken trouble, whatever the rung. */
  readonly escalateAfterS: number;
}

export interface BreakerPolicy {
  /** Trip by itself on the windowed failure share; 0 leaves the breaker to the playbook and the rules. */
  readonly tripShare: number;
  readonly minimumCalls: number;
  readonly openS: number;
  readonly openBackoff: number;
  readonly probeShare: number;
  readonly closeShare: number;
}

/** Tighter than the guard, never looser. */
export interface SelfLimits {
  readonly disabledShare: number;
  readonly inFlight: number;
  readonly restartsPer10Min: number;
}

/** Measures that stand until taken back. */
export interface Holds {
  /** A rerouted replica returns after this many seconds with answered probes; at the latest after four times as many. */
  readonly rerouteS: number;
  readonly fallbackS: number;
  /** An added replica is given back after this many quiet seconds. */
  readonly scaleDownAfterS: number;
}

/** What a rule may look at: the feature table gives range and words for each (see features.ts). */
export interface Condition {
  readonly feature: FeatureName;
  readonly op: 'above' | 'below';
  /** In the feature's own unit. */
  readonly threshold: number;
}

/** `if first and second then remedy`; `wait` never fires, so it switches the rule off. */
export interface Rule {
  readonly first: Condition;
  readonly second: Condition;
  readonly remedy: Remedy;
}

/** How a strategy works with others: when its healers ask for help, and how the coordinator that answers plans. */
export interface Coordination {
  /** What is done first in a new trouble waits so long for word from others, milliseconds. */
  readonly graceMs: number;
  /** Ask for help once so many of a service and its direct dependencies are unwell, ... */
  readonly neighbours: number;
  /** ... or its trouble has lasted this long, seconds, ... */
  readonly troubleS: number;
  /** ... or its own healer has made so many attempts. */
  readonly attempts: number;
  /** A suspected cause is acted upon if it explains this share of what the likeliest one does, 0..1. */
  readonly minScore: number;
  /** Share of the replicas on a troubled host that step aside in a round, 0..1. */
  readonly stepAside: number;
  /** A replica that stepped aside stays out for so long, seconds; twice as long each time its host is troubled again. */
  readonly asideS: number;
  /** A service grows when its queue is filled to this share, or its replicas are as busy as that, 0..1, ... */
  readonly growQueue: number;
  readonly growCpu: number;
  /** ... and not again before so long, seconds. */
  readonly growAgainS: number;
  /** Callers of a service that is short keep their circuits closed so long after the last word of it, seconds. */
  readonly clearS: number;
  /** Replicas that stand out for so long, or again, get no calls, seconds. */
  readonly asideAfterS: number;
  /** Share of the services behind an overloaded entry that grow before they are short themselves, 0..1. */
  readonly scaleAhead: number;
  /** Tasks of one plan that are awarded at a time. */
  readonly parallel: number;
  /** Victims leave their replicas alone for so long from when another's trouble was first acted upon, seconds. */
  readonly holdS: number;
  /** Between two rounds of a plan, seconds: what was done is verified meanwhile. */
  readonly verifyS: number;
  /** How much a bid's blast radius counts against its speed, cost and confidence, 0..1. */
  readonly radiusWeight: number;
}

export interface TierPolicy {
  readonly ladders: Readonly<Record<Issue, readonly Remedy[]>>;
  readonly pacing: Pacing;
}

export interface Strategy {
  readonly tiers: Readonly<Record<Tier, TierPolicy>>;
  readonly detection: Detection;
  readonly breaker: BreakerPolicy;
  readonly limits: SelfLimits;
  readonly holds: Holds;
  readonly rules: readonly Rule[];
  /** How it works with others; null when it was bred to heal alone, and the defaults hold if it must not. */
  readonly coordination: Coordination | null;
}
