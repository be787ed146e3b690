/** What a monitor tells of its service, from what the service's own standalone healer remembers: nothing else is looked at. */
import type { Issue } from '../contract.ts';
import { findIssues } from '../issues.ts';
import { type FleetMemory, LONG_AGO, type ServiceMemory, type SlotMemory, UNKNOWN } from '../memory.ts';
import { callsPerS, isNormalKnown } from '../normal.ts';
import type { Strategy } from '../strategy.ts';
import type { Evidence } from './messages.ts';

/** Smoothed calls per window below which a replica is not compared with its siblings. */
const COMPARED_CALLS_MIN = 5;
/** A replica is slow from this multiple of its fastest sibling's p95, and this many standard errors of a sampled p95 on top. */
const SLOW_RATIO = 1.5;
const SLOW_ERRORS = 4;
/** It errs more when its rate exceeds its best sibling's by as many standard errors (and by what makes a service degraded). */
const ERRING_ERRORS = 4;

/**
 * The evidence on a service, as of its last signal. `dependencyFailed` is that signal's, as the memory keeps the worst of them only;
 * left out, nothing is said of single dependencies.
 */
export function evidenceOf(
  strategy: Strategy,
  memory: FleetMemory,
  service: number,
  dependencyFailed: readonly number[] = [],
): Evidence {
  const state = memory.services[service]!;
  const { normal } = state;
  const isKnown = isNormalKnown(normal);
  return {
    service,
    atMs: state.atMs,
    status: state.status,
    sinceMs: state.episode.startedAtMs,
    issues: issuesOf(strategy, state),
    errorRate: state.errorRate,
    latencyRatio: isKnown && state.p95Ms >= 0 && normal.p95Ms > 0 ? state.p95Ms / normal.p95Ms : UNKNOWN,
    throughputRatio: isKnown && normal.perS > 0 ? callsPerS(state) / normal.perS : UNKNOWN,
    cpuShare: state.cpuShare,
    queueShare: state.queueShare,
    dependencyFailed: memory.roster.services[service]!.dependsOn.map((_, at) => measured(dependencyFailed[at])),
    present: state.present,
    down: slotsWhere(state, (slot) => isDown(slot, strategy.detection.unansweredProbes)),
    dead: slotsWhere(state, (slot) => slot.dead === 1),
    silent: slotsWhere(state, (slot) => slot.dead === 0 && slot.unanswered >= strategy.detection.unansweredProbes),
    slow: slowSlots(state),
    erring: erringSlots(state, strategy.detection.degradedErrorRate),
    attempts: state.episode.attempts,
  };
}

/** Whether there is anything to tell: trouble of the service, or of one of its replicas. */
export function isAmiss(evidence: Evidence): boolean {
  return (
    evidence.status > 0 ||
    evidence.sinceMs !== LONG_AGO ||
    evidence.issues.length + evidence.down.length + evidence.slow.length + evidence.erring.length > 0
  );
}

/** Each issue once, in the order of precedence. */
function issuesOf(strategy: Strategy, state: ServiceMemory): readonly Issue[] {
  return [...new Set(findIssues(strategy.detection, state).map(({ issue }) => issue))];
}

function isDown(slot: SlotMemory, unansweredProbes: number): boolean {
  return slot.dead === 1 || slot.ready === 0 || slot.unanswered >= unansweredProbes;
}

/** Replicas that take markedly longer than the fastest of their siblings. */
function slowSlots(state: ServiceMemory): readonly number[] {
  const isTimed = (slot: SlotMemory): boolean =>
    isCompared(slot) && answered(slot) >= COMPARED_CALLS_MIN && slot.p95Ms >= 0;
  const fastestMs = least(state, isTimed, (slot) => slot.p95Ms);
  return slotsWhere(
    state,
    (slot) => isTimed(slot) && slot.p95Ms >= fastestMs * (SLOW_RATIO + SLOW_ERRORS / Math.sqrt(answered(slot))),
  );
}

/** Replicas that err markedly more than the best of their siblings. */
function erringSlots(state: ServiceMemory, shareMin: number): readonly number[] {
  const best = least(state, isCompared, (slot) => slot.failed / slot.calls);
  return slotsWhere(state, (slot) => {
    if (!isCompared(slot)) return false;
    const rate = slot.failed / slot.calls;
    const error = Math.sqrt((rate * (1 - rate)) / slot.calls);
    return rate - best >= Math.max(shareMin, ERRING_ERRORS * error);
  });
}

/** Not one that gets no calls any more: what is remembered of it is old. */
function isCompared(slot: SlotMemory): boolean {
  return slot.ready === 1 && slot.inRotation === 1 && slot.calls >= COMPARED_CALLS_MIN;
}

/** Latencies are those of answered calls only. */
function answered(slot: SlotMemory): number {
  return slot.calls - slot.failed;
}

function least(state: ServiceMemory, counts: (slot: SlotMemory) => boolean, of: (slot: SlotMemory) => number): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const slot of state.slots) if (counts(slot)) lowest = Math.min(lowest, of(slot));
  return lowest;
}

function slotsWhere(state: ServiceMemory, holds: (slot: SlotMemory) => boolean): readonly number[] {
  return state.slots.flatMap((slot, at) => (slot.present === 1 && holds(slot) ? [at] : []));
}

function measured(share: number | undefined): number {
  return share !== undefined && share >= 0 ? share : UNKNOWN;
}
