/** What a healer remembers of a fleet: bounded plain data that round-trips through JSON, written by `heal` alone. */
import type { Roster } from './contract.ts';
import type { GuardMemory } from './guard.ts';
import type { ReplicaState } from './replica.ts';
import type { WindowBreaker } from './window-breaker.ts';

/** A time that never was. Far below any clock, and unlike -Infinity it survives JSON. */
export const LONG_AGO = -1e15;
/** A quantity that was never measured; all quantities remembered are 0 or more. */
export const UNKNOWN = -1;
/** Nobody: no slot, no action. */
export const NONE = -1;
/** Exits remembered per replica. */
export const EXITS_KEPT = 16;
/** Symptoms counted per window (see health.ts), one history of windows each. */
export const SYMPTOM_COUNT = 13;

/** Something that actions aim at: one replica, or a service as a whole. */
export interface TargetMemory {
  /** Action under way on it, or `NONE`. */
  flightId: number;
  flightAtMs: number;
  /** Issue whose rung that action is, as its position in `ISSUES`; `NONE` when the rung is counted elsewhere. */
  flightIssue: number;
  /** Nothing is done to it before: end of cool-down, and of the wait for fresh evidence. */
  freeAtMs: number;
  /** Attempts made on it in this episode. */
  attempts: number;
  /** Refusals of the guard in a row. */
  refusals: number;
  /** Rungs climbed in this episode, one per issue in the order of `ISSUES`. */
  rungs: number[];
  /** The first rung that was passed over because the guard kept refusing it, one per issue as above; `NONE` where there is none. */
  skipped: number[];
}

export interface SlotMemory extends ReplicaState {
  target: TargetMemory;
  /** Smoothed calls and failed calls per window; their quotient is the smoothed error rate. */
  calls: number;
  failed: number;
  p95Ms: number;
  /** The memory share followed fast and slowly; the lag between the two gives the slope. */
  memoryFast: number;
  memorySlow: number;
  /** Share of the limit per minute. */
  memoryPerMin: number;
  /** Liveness probes unanswered in a row; `UNKNOWN` until a new process has answered once. */
  unanswered: number;
  uptimeS: number;
  exitsAtMs: number[];
  /** When this healer took it out of rotation, or `LONG_AGO`. */
  outSinceMs: number;
}

/** What is normal for a service: slow means and mean absolute deviations, learnt in healthy windows only. */
export interface NormalMemory {
  windows: number;
  errorRate: number;
  errorRateOff: number;
  p95Ms: number;
  p95MsOff: number;
  perS: number;
  perSOff: number;
}

/** One stretch of trouble of a service, from the first symptom until enough good windows. */
export interface EpisodeMemory {
  /** `LONG_AGO` when there is none. */
  startedAtMs: number;
  attempts: number;
  goodWindows: number;
  /** 1 once the person on duty was called. */
  escalated: number;
  /** Remedies that nothing here can carry out, as far as was found out: bit `n` is the remedy at `n` in `REMEDIES`. */
  unsupported: number;
}

export interface ServiceMemory {
  atMs: number;
  /** Rank of the last known health status (index into `HEALTH_STATUSES`). */
  status: number;
  /** Symptoms, one bit each (see health.ts): seen in this window, seen often enough now, and standing. */
  bad: number;
  confirmed: number;
  held: number;
  /** Histories of windows, newest in bit 0, and all of them or-ed together. */
  histories: number[];
  recent: number;
  /** Windows since the evidence was last made void by an action. */
  freshWindows: number;
  /** 1 when the next window must be looked at closely, however quiet it is. */
  attentive: number;

  /** Of the last window. */
  windowMs: number;
  calls: number;
  failed: number;
  callsAtMs: number;
  /** Last known, smoothed where the slots' values are. */
  errorRate: number;
  p95Ms: number;
  queueShare: number;
  cpuShare: number;
  memoryShare: number;
  memoryPerMin: number;
  /** Failed share of calls to the worst direct dependency, and the worst status rank among them. */
  dependencyShare: number;
  dependencyStatus: number;
  /** Replicas present, and how many of them are unready, unanswered, dead. */
  present: number;
  unready: number;
  unanswered: number;
  dead: number;
  /** The replica with the highest error rate / latency, and by how much / how many times it exceeds its siblings. */
  worstSlot: number;
  errorExcess: number;
  slowestSlot: number;
  latencyExcess: number;
  /** Replicas that are dead or leave their liveness probes unanswered, and that no action is under way for. */
  sickSlots: number;
  deployedAtMs: number;
  configAtMs: number;
  /** 1, 0 or `UNKNOWN`. */
  configDiffers: number;
  /** Releases and configurations up to these times are our own doing, and not suspected. */
  trustedDeployMs: number;
  trustedConfigMs: number;

  normal: NormalMemory;
  episode: EpisodeMemory;
  whole: TargetMemory;
  breaker: WindowBreaker;
  /** When the fallback was switched on, or `LONG_AGO`; and how often in a row it had to be. */
  fallbackSinceMs: number;
  fallbackTurns: number;
  /** Replicas this healer added and has not given back. */
  added: number;
  quietSinceMs: number;
  /** In a new trouble word from others is awaited until then. */
  graceUntilMs: number;
  /** Its replicas are left alone until then, as the cause of their trouble is elsewhere and being healed. */
  heldUntilMs: number;
  /** 1 while it is not to grow either: what is new would land where there is no room. */
  heldSmall: number;
  /** Its circuit stays closed until then: calls fail further down, and the circuit there is the one to open. */
  clearUntilMs: number;
  slots: SlotMemory[];
}

export interface FleetMemory {
  readonly roster: Roster;
  /** 32 bits from which every jitter is drawn, keyed by the action's id. */
  readonly seed: number;
  nextActionId: number;
  guard: GuardMemory;
  services: ServiceMemory[];
}

/** Forgets what was measured of a replica's process: it is gone, or an action made the old evidence void. */
export function forgetEvidence(slot: SlotMemory): void {
  slot.calls = 0;
  slot.failed = 0;
  slot.p95Ms = UNKNOWN;
}

/** A new process, or none: nothing measured of the old one holds. */
export function forgetProcess(slot: SlotMemory): void {
  forgetEvidence(slot);
  slot.memoryFast = UNKNOWN;
  slot.memorySlow = UNKNOWN;
  slot.memoryPerMin = 0;
  slot.unanswered = UNKNOWN;
  slot.uptimeS = UNKNOWN;
}

/** Symptoms must be confirmed anew. */
export function forgetHistories(service: ServiceMemory): void {
  service.histories.fill(0);
  service.recent = 0;
  service.confirmed = 0;
  service.freshWindows = 0;
}
