/** The memory of a healer that has seen nothing yet. All fields are written out, so that every service has the same shape. */
import { ISSUES, type Roster, type RosterEntry } from './contract.ts';
import { startGuard } from './guard.ts';
import {
  type FleetMemory,
  LONG_AGO,
  NONE,
  type ServiceMemory,
  type SlotMemory,
  SYMPTOM_COUNT,
  type TargetMemory,
  UNKNOWN,
} from './memory.ts';
import { startReplica } from './replica.ts';
import { closedBreaker } from './window-breaker.ts';

/** A healer that has seen nothing yet. `seed` decides jitter and nothing else. */
export function startMemory(roster: Roster, seed: string | number): FleetMemory {
  return {
    roster,
    seed: hash(String(seed)),
    nextActionId: 1,
    guard: startGuard(roster),
    services: roster.services.map(startService),
  };
}

function startTarget(): TargetMemory {
  return {
    flightId: NONE,
    flightAtMs: LONG_AGO,
    flightIssue: NONE,
    freeAtMs: LONG_AGO,
    attempts: 0,
    refusals: 0,
    rungs: ISSUES.map(() => 0),
    skipped: ISSUES.map(() => NONE),
  };
}

function startSlot(entry: RosterEntry, slot: number): SlotMemory {
  const { present, dead, live, ready, inRotation } = startReplica(entry, slot);
  return {
    present,
    dead,
    live,
    ready,
    inRotation,
    target: startTarget(),
    calls: 0,
    failed: 0,
    p95Ms: UNKNOWN,
    memoryFast: UNKNOWN,
    memorySlow: UNKNOWN,
    memoryPerMin: 0,
    unanswered: 0,
    uptimeS: UNKNOWN,
    exitsAtMs: [],
    outSinceMs: LONG_AGO,
  };
}

function startService(entry: RosterEntry): ServiceMemory {
  return {
    atMs: LONG_AGO,
    status: 0,
    bad: 0,
    confirmed: 0,
    held: 0,
    histories: new Array<number>(SYMPTOM_COUNT).fill(0),
    recent: 0,
    freshWindows: 0,
    attentive: 0,
    windowMs: 0,
    calls: 0,
    failed: 0,
    callsAtMs: LONG_AGO,
    errorRate: UNKNOWN,
    p95Ms: UNKNOWN,
    queueShare: UNKNOWN,
    cpuShare: UNKNOWN,
    memoryShare: UNKNOWN,
    memoryPerMin: 0,
    dependencyShare: 0,
    dependencyStatus: 0,
    present: entry.replicasStart,
    unready: 0,
    unanswered: 0,
    dead: 0,
    worstSlot: NONE,
    errorExcess: 0,
    slowestSlot: NONE,
    latencyExcess: 1,
    sickSlots: 0,
    deployedAtMs: LONG_AGO,
    configAtMs: LONG_AGO,
    configDiffers: UNKNOWN,
    trustedDeployMs: LONG_AGO,
    trustedConfigMs: LONG_AGO,
    normal: { windows: 0, errorRate: 0, errorRateOff: 0, p95Ms: 0, p95MsOff: 0, perS: 0, perSOff: 0 },
    episode: { startedAtMs: LONG_AGO, attempts: 0, goodWindows: 0, escalated: 0, unsupported: 0 },
    whole: startTarget(),
    breaker: closedBreaker(),
    fallbackSinceMs: LONG_AGO,
    fallbackTurns: 0,
    added: 0,
    quietSinceMs: LONG_AGO,
    graceUntilMs: LONG_AGO,
    heldUntilMs: LONG_AGO,
    heldSmall: 0,
    clearUntilMs: LONG_AGO,
    slots: Array.from({ length: entry.replicasMax }, (_, slot) => startSlot(entry, slot)),
  };
}

/** FNV-1a: a seed string as 32 bits. */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) bits = Math.imul(bits ^ text.charCodeAt(at), 0x01000193);
  return bits >>> 0;
}
