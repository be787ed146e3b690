/** From what was observed to issues: which symptoms call for an action, and on what. In the order of precedence. */
import { type Issue, WHOLE_SERVICE } from './contract.ts';
import { TEN_MINUTES_MS } from './guard.ts';
import {
  CPU_FULL,
  DEPENDENCY,
  DOWN,
  ERRING,
  FAILING,
  FILLING,
  forecastS,
  LEAKING,
  MEMORY_FULL,
  ODD,
  SATURATED,
  SLOW,
} from './health.ts';
import { LONG_AGO, NONE, type ServiceMemory, type SlotMemory } from './memory.ts';
import { isNormalKnown } from './normal.ts';
import type { Detection } from './strategy.ts';

/** Exits of a service's replicas within ten minutes from which a change is suspected of them. */
const CRASHES_SUSPICIOUS = 2;

const NO_FINDINGS: readonly Finding[] = Object.freeze([]);

/** An issue that holds. */
export interface Finding {
  readonly issue: Issue;
  /** Slot of the replica that it is laid to, or `WHOLE_SERVICE`. */
  readonly slot: number;
  /** Fresh evidence confirms it; otherwise it only stands until enough good windows have passed, and nothing is done. */
  readonly isFresh: boolean;
}

/** The issues that hold, highest precedence first; crash loops and unresponsive replicas once per replica. */
export function findIssues(detection: Detection, service: ServiceMemory): readonly Finding[] {
  const { held, confirmed } = service;
  if ((held | service.sickSlots | service.dead | service.unready) === 0) return NO_FINDINGS;
  const found: Finding[] = [];
  const crashing = crashes(service) >= CRASHES_SUSPICIOUS && service.dead + service.unready > 0;
  const ailing = held & (ERRING | FAILING | SLOW | DOWN);
  const isFresh = crashing || (confirmed & ailing) !== 0;
  if (ailing !== 0 || crashing) {
    if (isDeploySuspected(detection, service))
      found.push({ issue: 'bad-deploy-suspected', slot: WHOLE_SERVICE, isFresh });
    if (isConfigSuspected(detection, service))
      found.push({ issue: 'config-drift-suspected', slot: WHOLE_SERVICE, isFresh });
  }
  if (service.sickSlots > 0) findSickReplicas(detection, service, found);
  if (ailing !== 0 && (held & DEPENDENCY) !== 0)
    found.push({ issue: 'dependency-down', slot: WHOLE_SERVICE, isFresh: isFresh && (confirmed & DEPENDENCY) !== 0 });
  const push = (issue: Issue, slot: number, symptom: number) =>
    found.push({ issue, slot, isFresh: (confirmed & symptom) !== 0 });
  if (held & (ERRING | FAILING)) push('error-burst', erringSlot(detection, service), ERRING | FAILING);
  if (held & MEMORY_FULL) push('resource-exhausted', extremeSlot(service, 'memoryFast'), MEMORY_FULL);
  else if (held & CPU_FULL) push('resource-exhausted', WHOLE_SERVICE, CPU_FULL);
  if (held & SATURATED) push('saturated', WHOLE_SERVICE, SATURATED);
  if (held & SLOW) push('slow', slowSlot(detection, service), SLOW);
  if (held & LEAKING) push('memory-growth', extremeSlot(service, 'memoryPerMin'), LEAKING);
  if (held & FILLING) push('predicted-failure', extremeSlot(service, 'memoryPerMin'), FILLING);
  if (held & ODD) push('anomaly', oddSlot(detection, service), ODD);
  return found;
}

/** The evidence for an issue in words, for the person who reads the history. */
export function evidence(service: ServiceMemory, issue: Issue, slot: number): string {
  const one = slot === WHOLE_SERVICE ? undefined : service.slots[slot];
  switch (issue) {
    case 'bad-deploy-suspected':
      return `${traffic(service, one)}, release is ${seconds(service.atMs - service.deployedAtMs)} old`;
    case 'config-drift-suspected':
      return `${traffic(service, one)}, configuration changed ${seconds(service.atMs - service.configAtMs)} ago`;
    case 'crash-loop':
      return `${one === undefined ? crashes(service) : recentExits(one, service.atMs)} exits within 10 min`;
    case 'unresponsive':
      if (one === undefined) return `${service.sickSlots} replicas do not answer`;
      return one.dead === 1 ? 'its process has exited' : `${one.unanswered} liveness probes unanswered in a row`;
    case 'dependency-down':
      return `${traffic(service, one)}, ${percent(service.dependencyShare)} of calls to a dependency fail`;
    case 'error-burst':
    case 'slow':
      return traffic(service, one);
    case 'resource-exhausted':
    case 'saturated':
      return `memory ${percent(one?.memoryFast ?? service.memoryShare)}, cpu ${percent(service.cpuShare)}, queue ${percent(service.queueShare)}`;
    case 'memory-growth':
    case 'predicted-failure': {
      const share = one?.memoryFast ?? service.memoryShare;
      const perMin = one?.memoryPerMin ?? service.memoryPerMin;
      return `memory ${percent(share)}, growing ${percent(perMin)} a minute, full in ${Math.round(forecastS(share, perMin))} s`;
    }
    case 'anomaly':
      return `${traffic(service, one)}; normal is ${percent(service.normal.errorRate)} and ${Math.round(service.normal.p95Ms)} ms`;
  }
}

/** The replica whose errors exceed its siblings', or the whole service. */
function erringSlot(detection: Detection, service: ServiceMemory): number {
  const isOutlier = service.worstSlot !== NONE && service.errorExcess >= detection.outlierShare * detection.hysteresis;
  return isOutlier ? service.worstSlot : WHOLE_SERVICE;
}

/** The replica that is slower than its siblings, or the whole service. */
function slowSlot(detection: Detection, service: ServiceMemory): number {
  const isOutlier = service.slowestSlot !== NONE && service.latencyExcess >= detection.slowRatio;
  return isOutlier ? service.slowestSlot : WHOLE_SERVICE;
}

/** Whether a replica is dead, silent, unready, erring, slow or short of memory by itself. */
export function doesAil(detection: Detection, service: ServiceMemory, slot: SlotMemory): boolean {
  const ease = detection.hysteresis;
  const slowMs = isNormalKnown(service.normal)
    ? Math.min(detection.slowMs, detection.slowRatio * service.normal.p95Ms)
    : detection.slowMs;
  return (
    slot.dead === 1 ||
    slot.ready === 0 ||
    slot.unanswered > 0 ||
    (slot.calls > 0 && slot.failed >= detection.degradedErrorRate * ease * slot.calls) ||
    slot.p95Ms >= slowMs * ease ||
    slot.memoryFast >= detection.exhaustedShare * ease
  );
}

/** Exits of one replica within the last 10 minutes. */
function recentExits(slot: SlotMemory, atMs: number): number {
  let count = 0;
  for (const exitAtMs of slot.exitsAtMs) if (exitAtMs > atMs - TEN_MINUTES_MS) count++;
  return count;
}

/** Dead replicas, and those that leave their probes unanswered; those under treatment are left out. */
function findSickReplicas(detection: Detection, service: ServiceMemory, found: Finding[]): void {
  const sick = (slot: SlotMemory) =>
    slot.target.flightId === NONE &&
    slot.present === 1 &&
    (slot.dead === 1 || slot.unanswered >= detection.unansweredProbes);
  const loops = (slot: SlotMemory) => recentExits(slot, service.atMs) >= detection.crashLoopExits;
  service.slots.forEach((slot, at) => {
    if (sick(slot) && loops(slot)) found.push({ issue: 'crash-loop', slot: at, isFresh: true });
  });
  service.slots.forEach((slot, at) => {
    if (sick(slot)) found.push({ issue: 'unresponsive', slot: at, isFresh: true });
  });
}

/** The running release was young when the trouble began, and is not one that we rolled back to. */
export function isDeploySuspected(detection: Detection, service: ServiceMemory): boolean {
  return isSuspected(service, service.deployedAtMs, service.trustedDeployMs, detection.deploySuspectS);
}

/** The configuration was young when the trouble began, is not one that we restored, and is not the known-good copy. */
function isConfigSuspected(detection: Detection, service: ServiceMemory): boolean {
  if (service.configDiffers === 0) return false;
  return isSuspected(service, service.configAtMs, service.trustedConfigMs, detection.configSuspectS);
}

function isSuspected(service: ServiceMemory, changedMs: number, trustedMs: number, suspectS: number): boolean {
  if (changedMs === LONG_AGO || changedMs <= trustedMs) return false;
  const startedMs = service.episode.startedAtMs === LONG_AGO ? service.atMs : service.episode.startedAtMs;
  return startedMs - changedMs < suspectS * 1000;
}

function crashes(service: ServiceMemory): number {
  let count = 0;
  for (const slot of service.slots) if (slot.exitsAtMs.length > 0) count += recentExits(slot, service.atMs);
  return count;
}

function oddSlot(detection: Detection, service: ServiceMemory): number {
  const erring = erringSlot(detection, service);
  return erring === WHOLE_SERVICE ? slowSlot(detection, service) : erring;
}

function extremeSlot(service: ServiceMemory, what: 'memoryFast' | 'memoryPerMin'): number {
  let extreme = WHOLE_SERVICE;
  for (let at = 0; at < service.slots.length; at++) {
    if (service.slots[at]!.present === 0) continue;
    if (extreme === WHOLE_SERVICE || service.slots[at]![what] > service.slots[extreme]![what]) extreme = at;
  }
  return extreme;
}

function traffic(service: ServiceMemory, slot: SlotMemory | undefined): string {
  const errorRate = slot === undefined ? service.errorRate : slot.calls > 0 ? slot.failed / slot.calls : 0;
  const p95Ms = slot === undefined ? service.p95Ms : slot.p95Ms;
  return `${percent(errorRate)} of calls fail, p95 ${p95Ms < 0 ? 'unknown' : `${Math.round(p95Ms)} ms`}`;
}

function percent(share: number): string {
  return share < 0 ? 'unknown' : `${(share * 100).toFixed(1)} %`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
