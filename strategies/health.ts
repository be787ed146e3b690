/** Health status: which symptoms a window shows, which are confirmed (n of m windows) and standing (hysteresis). */
import { HEALTH_STATUSES, type HealthStatus } from './contract.ts';
import { type FleetMemory, LONG_AGO, type ServiceMemory, SYMPTOM_COUNT } from './memory.ts';
import { callsPerS, isNormalKnown } from './normal.ts';
import type { Detection } from './strategy.ts';

/** Symptoms, one bit each. */
export const ERRING = 1 << 0;
export const FAILING = 1 << 1;
export const SLOW = 1 << 2;
export const MEMORY_FULL = 1 << 3;
const QUEUE_FULL = 1 << 4;
export const CPU_FULL = 1 << 5;
export const SATURATED = 1 << 6;
/** One ready replica left of several; none left. */
const THIN = 1 << 7;
export const DOWN = 1 << 8;
export const DEPENDENCY = 1 << 9;
export const LEAKING = 1 << 10;
export const FILLING = 1 << 11;
export const ODD = 1 << 12;

/** What only calls can prove or disprove. */
const SEEN_IN_CALLS = ERRING | FAILING | SLOW | ODD;
const SYMPTOM_WORDS: readonly (readonly [bit: number, words: string])[] = [
  [DOWN, 'no replica is ready'],
  [FAILING, 'too many calls fail'],
  [MEMORY_FULL, 'memory is nearly used up'],
  [QUEUE_FULL, 'a queue is nearly full'],
  [THIN, 'one ready replica is left'],
  [ERRING, 'calls fail'],
  [SLOW, 'calls are slow'],
];

export const HEALTH_RANK: Readonly<Record<HealthStatus, number>> = {
  healthy: 0,
  recovering: 1,
  degraded: 2,
  critical: 3,
  failed: 4,
};

/** Least growth, share of the limit per minute, that a forecast is made from. */
const FORECAST_PER_MIN_MIN = 0.002;
/** Deviations smaller than these are never odd: floors for what was learnt from a very steady service. */
const ERROR_RATE_OFF_MIN = 0.005;
const RELATIVE_OFF_MIN = 0.05;
/** Mean absolute deviation to standard deviation of a normal law. */
const OFF_TO_SIGMA = 1.2533;
/** A service whose normal latency is beyond the threshold is slow only when it exceeds this multiple of it. */
const NORMAL_MARGIN = 1.25;
const WINDOWS_COUNTED = 1000;

/** Last known health of a service, with the gravest reason. */
export function healthOf(memory: FleetMemory, service: number): { status: HealthStatus; reason: string } {
  const { status, held } = memory.services[service]!;
  const reason = SYMPTOM_WORDS.find(([bit]) => (held & bit) !== 0);
  return { status: HEALTH_STATUSES[status]!, reason: reason === undefined ? '' : reason[1] };
}

/** The symptoms of this window. A standing symptom is judged by `hysteresis` times its threshold. */
export function judge(detection: Detection, service: ServiceMemory): number {
  const held = service.held;
  const ease = detection.hysteresis;
  let bad = 0;
  if (service.calls > 0) bad |= judgeCalls(detection, service);
  if (service.memoryShare >= bar(detection.exhaustedShare, held & MEMORY_FULL, ease)) bad |= MEMORY_FULL;
  if (service.queueShare >= bar(detection.exhaustedShare, held & QUEUE_FULL, ease)) bad |= QUEUE_FULL;
  if (service.cpuShare >= bar(detection.exhaustedShare, held & CPU_FULL, ease)) bad |= CPU_FULL;
  const eased = held & SATURATED;
  if (
    service.queueShare >= bar(detection.saturatedQueue, eased, ease) ||
    service.cpuShare >= bar(detection.saturatedCpu, eased, ease)
  )
    bad |= SATURATED;
  if (service.present > 0 && service.unready > 0) {
    if (service.unready === service.present) bad |= DOWN;
    else if (service.present - service.unready === 1) bad |= THIN;
  }
  if (
    service.dependencyShare >= bar(detection.dependencyFailedShare, held & DEPENDENCY, ease) ||
    service.dependencyStatus >= HEALTH_RANK.critical
  )
    bad |= DEPENDENCY;
  if (service.memoryPerMin > 0) bad |= judgeGrowth(detection, service);
  return bad;
}

/**
 * Adds a window to the histories: a symptom is confirmed by `confirm` of `confirmOf` windows, the newest among them, and
 * stands until `clear` good windows in a row. Then draws the health status from what stands.
 */
export function confirm(detection: Detection, service: ServiceMemory, bad: number, isStale: boolean): void {
  service.bad = bad;
  if (service.freshWindows < WINDOWS_COUNTED) service.freshWindows += 1;
  if ((bad | service.recent | service.held) === 0) {
    service.confirmed = 0;
  } else {
    const unseen = service.calls > 0 || isStale ? 0 : SEEN_IN_CALLS;
    shiftHistories(detection, service, bad, unseen);
  }
  service.status = statusOf(service);
}

/** Rank of the status that the standing symptoms, and an episode that is not over, amount to. */
export function statusOf(service: ServiceMemory): number {
  const held = service.held;
  const standing = held & service.bad;
  if ((standing & (FAILING | DOWN)) !== 0) return HEALTH_RANK.failed;
  if ((standing & (MEMORY_FULL | QUEUE_FULL | THIN)) !== 0) return HEALTH_RANK.critical;
  if ((standing & (ERRING | SLOW)) !== 0) return HEALTH_RANK.degraded;
  const ailing = FAILING | DOWN | MEMORY_FULL | QUEUE_FULL | THIN | ERRING | SLOW;
  const unsettled = (held & ailing) !== 0 || service.episode.startedAtMs !== LONG_AGO;
  if (!unsettled) return HEALTH_RANK.healthy;
  return service.calls > 0 || service.status === HEALTH_RANK.healthy ? HEALTH_RANK.recovering : service.status;
}

function shiftHistories(detection: Detection, service: ServiceMemory, bad: number, unseen: number): void {
  const counted = (1 << detection.confirmOf) - 1;
  const cleared = (1 << detection.clear) - 1;
  const kept = counted | cleared;
  const canClear = service.freshWindows >= detection.clear;
  let recent = 0;
  let confirmed = 0;
  let held = service.held;
  for (let symptom = 0; symptom < SYMPTOM_COUNT; symptom++) {
    const bit = 1 << symptom;
    let history = service.histories[symptom]!;
    if ((unseen & bit) === 0) {
      history = ((history << 1) | ((bad >> symptom) & 1)) & kept;
      service.histories[symptom] = history;
      if ((history & 1) === 1 && bits(history & counted) >= Math.min(detection.confirm, detection.confirmOf)) {
        confirmed |= bit;
        held |= bit;
      } else if (canClear && (history & cleared) === 0) held &= ~bit;
    }
    recent |= history;
  }
  service.recent = recent;
  service.confirmed = confirmed;
  service.held = held;
}

function judgeCalls(detection: Detection, service: ServiceMemory): number {
  const { held } = service;
  const ease = detection.hysteresis;
  let bad = 0;
  if (
    service.errorRate >= bar(detection.degradedErrorRate, held & ERRING, ease) ||
    service.errorExcess >= bar(detection.outlierShare, held & ERRING, ease)
  )
    bad |= ERRING;
  if (service.errorRate > bar(detection.failedErrorRate, held & FAILING, ease)) bad |= FAILING;
  const isKnown = isNormalKnown(service.normal);
  if (
    service.p95Ms >= bar(detection.slowMs, held & SLOW, ease) &&
    (!isKnown || service.p95Ms >= NORMAL_MARGIN * service.normal.p95Ms)
  )
    bad |= SLOW;
  return isKnown ? bad | judgeAgainstNormal(detection, service) : bad;
}

/** Slow and odd are what departs from the service's own normal; slow, too, one replica that departs from its siblings as well. */
function judgeAgainstNormal(detection: Detection, service: ServiceMemory): number {
  const { held, normal, p95Ms } = service;
  const ratio = bar(detection.slowRatio, held & SLOW, detection.hysteresis);
  const slowMs = ratio * normal.p95Ms;
  let bad = 0;
  if (p95Ms >= slowMs) bad |= SLOW;
  else if (service.latencyExcess >= ratio && (service.slots[service.slowestSlot]?.p95Ms ?? 0) >= slowMs) bad |= SLOW;
  const z = bar(detection.anomalyZ, held & ODD, detection.hysteresis);
  if (
    service.errorRate - normal.errorRate > z * sigma(normal.errorRateOff, ERROR_RATE_OFF_MIN) ||
    p95Ms - normal.p95Ms > z * sigma(normal.p95MsOff, RELATIVE_OFF_MIN * normal.p95Ms) ||
    Math.abs(callsPerS(service) - normal.perS) > z * sigma(normal.perSOff, RELATIVE_OFF_MIN * normal.perS)
  )
    bad |= ODD;
  return bad;
}

function judgeGrowth(detection: Detection, service: ServiceMemory): number {
  const { held } = service;
  const ease = detection.hysteresis;
  const growth = bar(detection.leakPerMin, held & LEAKING, ease);
  const level = bar(detection.leakShare, held & LEAKING, ease);
  let bad = 0;
  for (let at = 0; at < service.slots.length; at++) {
    const slot = service.slots[at]!;
    if (slot.memoryPerMin >= growth && slot.memoryFast >= level) bad |= LEAKING;
    if (slot.memoryPerMin < FORECAST_PER_MIN_MIN || detection.predictS === 0) continue;
    if (forecastS(slot.memoryFast, slot.memoryPerMin) <= detection.predictS) bad |= FILLING;
  }
  return bad;
}

/** Seconds until memory reaches its limit at its present growth; a very long time when it hardly grows. */
export function forecastS(share: number, perMin: number): number {
  return share < 0 || perMin < FORECAST_PER_MIN_MIN ? -LONG_AGO : (Math.max(0, 1 - share) / perMin) * 60;
}

function bar(threshold: number, isHeld: number, ease: number): number {
  return isHeld === 0 ? threshold : threshold * ease;
}

function sigma(off: number, least: number): number {
  return Math.max(off * OFF_TO_SIGMA, least);
}

function bits(history: number): number {
  let count = 0;
  for (let rest = history; rest !== 0; rest &= rest - 1) count++;
  return count;
}
