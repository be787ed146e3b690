/** Recall: folds a signal into bounded memory. On the hot path, so it hands objects on, not numbers, and creates none. */
import type { ReplicaReading, Signal } from './contract.ts';
import {
  EXITS_KEPT,
  type FleetMemory,
  forgetEvidence,
  forgetProcess,
  LONG_AGO,
  NONE,
  type ServiceMemory,
  type SlotMemory,
  UNKNOWN,
} from './memory.ts';
import { readReplica } from './replica.ts';
import type { Detection } from './strategy.ts';

/**
 * Memory use is followed by two exponential means; on a steady slope they lag by their time constants, so their distance
 * over the difference of the constants is the slope, with the noise of single readings averaged out.
 */
const MEMORY_FAST_S = 20;
const MEMORY_SLOW_S = 90;
/** A process that has never answered is given this long to boot before its silence counts. */
const BOOT_GRACE_S = 60;
/** Smoothed calls per window below which a replica is not compared with its siblings. */
const OUTLIER_CALLS_MIN = 5;
/** Below this a smoothed count is 0: decaying for ever would end in slow, denormal numbers. */
const COUNT_LEAST = 1e-6;
/** Largest share of none. `UNKNOWN` would do, but as a whole number it makes the engine allocate the maximum it starts. */
const NOTHING_YET = Number.NEGATIVE_INFINITY;
/** Without calls for this long, old error rates and latencies say nothing any more. */
const STALE_MS = 60_000;

/** Folds a signal into the service's memory. Unmeasured values change nothing. */
export function recall(detection: Detection, memory: FleetMemory, service: ServiceMemory, signal: Signal): void {
  service.atMs = signal.atMs;
  service.windowMs = signal.windowMs;
  if (signal.deployAgeS >= 0) service.deployedAtMs = signal.atMs - signal.deployAgeS * 1000;
  if (signal.configAgeS >= 0) service.configAtMs = signal.atMs - signal.configAgeS * 1000;
  if (signal.configDiffers >= 0) service.configDiffers = signal.configDiffers;
  const { slots } = service;
  for (let at = 0; at < slots.length && at < signal.replicas.length; at++) {
    const reading = signal.replicas[at]!;
    if (reading.present !== 0 || slots[at]!.present !== 0) recallReplica(detection, slots[at]!, reading, signal);
  }
  sumReadings(detection, service, signal);
  sumMemories(service);
  recallDependencies(memory, service, signal);
}

/** Exits, new processes, unanswered probes, traffic and memory of one replica; a slot that is empty now is wiped. */
function recallReplica(detection: Detection, slot: SlotMemory, reading: ReplicaReading, signal: Signal): void {
  const wasPresent = slot.present;
  const wasDead = slot.dead;
  readReplica(slot, reading);
  if (slot.present === 0) {
    if (wasPresent === 1) leave(slot);
    return;
  }
  recallProcess(slot, reading, wasDead, signal);
  if (reading.calls >= 0 && reading.failed >= 0) {
    slot.calls += detection.smoothing * (reading.calls - slot.calls);
    slot.failed += detection.smoothing * (reading.failed - slot.failed);
    if (slot.calls < COUNT_LEAST) slot.calls = 0;
    if (slot.failed < COUNT_LEAST) slot.failed = 0;
  }
  if (reading.p95Ms >= 0)
    slot.p95Ms = slot.p95Ms < 0 ? reading.p95Ms : slot.p95Ms + detection.smoothing * (reading.p95Ms - slot.p95Ms);
  if (reading.memory >= 0) recallMemory(slot, reading, signal);
}

function recallProcess(slot: SlotMemory, reading: ReplicaReading, wasDead: number, signal: Signal): void {
  if (slot.dead === 1) {
    if (wasDead === 0) endProcess(slot, signal);
    return;
  }
  if (reading.uptimeS >= 0) {
    if (reading.uptimeS < slot.uptimeS - 1) endProcess(slot, signal);
    slot.uptimeS = reading.uptimeS;
  } else slot.uptimeS = Math.max(0, slot.uptimeS) + signal.windowMs / 1000;
  if (reading.live === 1) slot.unanswered = 0;
  else if (reading.live === 0 && (slot.unanswered >= 0 || slot.uptimeS > BOOT_GRACE_S))
    slot.unanswered = Math.max(0, slot.unanswered) + 1;
}

/** The process is gone; that counts as an exit unless an action of ours under way explains it. */
function endProcess(slot: SlotMemory, signal: Signal): void {
  if (slot.target.flightId === NONE) {
    slot.exitsAtMs.push(signal.atMs);
    if (slot.exitsAtMs.length > EXITS_KEPT) slot.exitsAtMs.shift();
  }
  forgetProcess(slot);
}

function recallMemory(slot: SlotMemory, reading: ReplicaReading, signal: Signal): void {
  const share = reading.memory;
  if (slot.memoryFast < 0) {
    slot.memoryFast = share;
    slot.memorySlow = share;
    return;
  }
  const windowS = signal.windowMs / 1000;
  slot.memoryFast += (windowS / (MEMORY_FAST_S + windowS)) * (share - slot.memoryFast);
  slot.memorySlow += (windowS / (MEMORY_SLOW_S + windowS)) * (share - slot.memorySlow);
  slot.memoryPerMin = ((slot.memoryFast - slot.memorySlow) * 60) / (MEMORY_SLOW_S - MEMORY_FAST_S);
}

/** The slot is empty now. */
function leave(slot: SlotMemory): void {
  slot.outSinceMs = LONG_AGO;
  forgetProcess(slot);
}

/** Sums up the window over the replicas. */
function sumReadings(detection: Detection, service: ServiceMemory, signal: Signal): void {
  const { slots } = service;
  const count = Math.min(slots.length, signal.replicas.length);
  let calls = 0;
  let failed = 0;
  let queue = NOTHING_YET;
  let cpu = 0;
  let cpuCount = 0;
  let present = 0;
  let unready = 0;
  let unanswered = 0;
  let dead = 0;
  let sick = 0;
  for (let at = 0; at < count; at++) {
    const slot = slots[at]!;
    if (slot.present === 0) continue;
    const reading = signal.replicas[at]!;
    if (reading.calls >= 0 && reading.failed >= 0) {
      calls += reading.calls;
      failed += reading.failed;
    }
    if (reading.queue > queue) queue = reading.queue;
    if (reading.cpu >= 0) {
      cpu += reading.cpu;
      cpuCount++;
    }
    present++;
    unready += 1 - slot.ready;
    dead += slot.dead;
    if (slot.unanswered > 0) unanswered++;
    if ((slot.dead === 1 || slot.unanswered >= detection.unansweredProbes) && slot.target.flightId === NONE) sick++;
  }
  service.calls = calls;
  service.failed = failed;
  if (calls > 0) service.callsAtMs = signal.atMs;
  if (queue >= 0 || dead === present) service.queueShare = Math.max(UNKNOWN, queue);
  if (cpuCount > 0) service.cpuShare = cpu / cpuCount;
  else if (dead === present) service.cpuShare = UNKNOWN;
  service.present = present;
  service.unready = unready;
  service.unanswered = unanswered;
  service.dead = dead;
  service.sickSlots = sick;
}

/** The service's smoothed error rate, latency and memory from its replicas, and which replica stands out. */
function sumMemories(service: ServiceMemory): void {
  const { slots } = service;
  let calls = 0;
  let failed = 0;
  let timed = 0;
  let timedMs = 0;
  let memory = NOTHING_YET;
  let perMin = 0;
  let worst = NONE;
  let worstRate = 0;
  let slowest = NONE;
  let slowestMs = 0;
  for (let at = 0; at < slots.length; at++) {
    const slot = slots[at]!;
    if (slot.present === 0) continue;
    calls += slot.calls;
    failed += slot.failed;
    if (slot.memoryFast > memory) memory = slot.memoryFast;
    if (slot.memoryPerMin > perMin) perMin = slot.memoryPerMin;
    if (slot.p95Ms >= 0) {
      timed += slot.calls;
      timedMs += slot.calls * slot.p95Ms;
    }
    if (slot.calls < OUTLIER_CALLS_MIN) continue;
    if (slot.failed > worstRate * slot.calls) {
      worst = at;
      worstRate = slot.failed / slot.calls;
    }
    if (slot.p95Ms > slowestMs) {
      slowest = at;
      slowestMs = slot.p95Ms;
    }
  }
  if (calls > 0) service.errorRate = failed / calls;
  if (timed > 0) service.p95Ms = timedMs / timed;
  service.memoryShare = Math.max(UNKNOWN, memory);
  service.memoryPerMin = perMin;
  service.worstSlot = worst;
  service.errorExcess = 0;
  if (worst !== NONE) {
    const others = calls - slots[worst]!.calls;
    const othersFailed = Math.max(0, failed - slots[worst]!.failed);
    if (others >= OUTLIER_CALLS_MIN) service.errorExcess = Math.max(0, worstRate - othersFailed / others);
  }
  service.slowestSlot = slowest;
  service.latencyExcess = 1;
  if (slowest !== NONE) {
    const others = timed - slots[slowest]!.calls;
    const othersMs = timedMs - slots[slowest]!.calls * slowestMs;
    if (others >= OUTLIER_CALLS_MIN && othersMs > 0) service.latencyExcess = (slowestMs * others) / othersMs;
  }
}

/** Only direct dependencies may be read; of other services nothing is known here. */
function recallDependencies(memory: FleetMemory, service: ServiceMemory, signal: Signal): void {
  const dependsOn = memory.roster.services[signal.service]!.dependsOn;
  let measured = false;
  let share = 0;
  let status = 0;
  for (let at = 0; at < dependsOn.length; at++) {
    const failed = signal.dependencyFailed[at]!;
    if (failed >= 0) {
      measured = true;
      if (failed > share) share = failed;
    }
    const rank = memory.services[dependsOn[at]!]!.status;
    if (rank > status) status = rank;
  }
  if (measured) service.dependencyShare = share;
  service.dependencyStatus = status;
}

/** Whether error rates and latencies rest on calls of long ago, and no open circuit or fallback of ours explains that. */
export function isStale(service: ServiceMemory): boolean {
  return (
    service.calls <= 0 &&
    service.atMs - service.callsAtMs > STALE_MS &&
    service.breaker.phase === 'closed' &&
    service.fallbackSinceMs === LONG_AGO
  );
}

/** Forgets error rates and latencies that no call has borne out for long. */
export function forgetStale(service: ServiceMemory): void {
  for (const slot of service.slots) forgetEvidence(slot);
  service.errorRate = UNKNOWN;
  service.p95Ms = UNKNOWN;
  service.dependencyShare = 0;
}
