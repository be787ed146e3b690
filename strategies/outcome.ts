/** What an action's outcome changes: its targets are free again, old evidence is void, and what failed to stand does not. */
import { ISSUES, type Outcome, REMEDIES, unreachable } from './contract.ts';
import { type Flight, recordOutcome, TEN_MINUTES_MS } from './guard.ts';
import { renewEvidence } from './measures.ts';
import {
  type FleetMemory,
  forgetEvidence,
  forgetHistories,
  forgetProcess,
  LONG_AGO,
  NONE,
  type ServiceMemory,
  type SlotMemory,
  type TargetMemory,
} from './memory.ts';
import type { Strategy, TierPolicy } from './strategy.ts';
import { doubt, rest } from './window-breaker.ts';

/** Settles an action under way. A second outcome, or one of an unknown action, changes nothing. */
export function settle(strategy: Strategy, memory: FleetMemory, outcome: Outcome): void {
  const flight = recordOutcome(memory.guard, outcome);
  const service = memory.services[outcome.service];
  if (flight === undefined || service === undefined) return;
  const policy = strategy.tiers[memory.roster.services[outcome.service]!.tier];
  const isLeft = isLeftToPeople(service, policy);
  land(service.whole, flight, outcome, policy, isLeft(service.whole));
  for (const slot of service.slots) land(slot.target, flight, outcome, policy, isLeft(slot.target));
  noteSupport(service, flight, outcome);
  if (outcome.result === 'done') settleDone(service, flight, outcome.atMs);
  else settleUndone(service, flight, outcome);
}

/** To restart is always possible, so that no bit is kept of it. */
function noteSupport({ episode }: ServiceMemory, { kind }: Flight, { result }: Outcome): void {
  if (kind === 'restart') return;
  const bit = 1 << REMEDIES.indexOf(kind);
  if (result === 'unsupported') episode.unsupported |= bit;
  else if (result === 'done') episode.unsupported &= ~bit;
}

/** Tells of a target whether its ladder is at its end and a person was called: what is tried then goes at the slowest pace. */
function isLeftToPeople({ episode }: ServiceMemory, { ladders }: TierPolicy): (target: TargetMemory) => boolean {
  return ({ flightIssue, rungs }) =>
    episode.escalated === 1 && flightIssue !== NONE && rungs[flightIssue]! >= ladders[ISSUES[flightIssue]!].length;
}

/** Frees targets whose action never reported an outcome. */
export function expireFlights(service: ServiceMemory, atMs: number): void {
  expire(service.whole, atMs);
  for (let at = 0; at < service.slots.length; at++) expire(service.slots[at]!.target, atMs);
}

/**
 * Frees a target. What was done is verified on fresh evidence; what failed says nothing about the remedy, so its rung is
 * tried again; what the actuator cannot do is passed over at once, as long as there is something else to do.
 */
function land(target: TargetMemory, flight: Flight, outcome: Outcome, { pacing }: TierPolicy, isLast: boolean): void {
  if (target.flightId !== flight.id) return;
  const verifiedAtMs = outcome.atMs + pacing.verifyS * 1000;
  const issue = target.flightIssue;
  target.flightId = NONE;
  target.flightIssue = NONE;
  switch (outcome.result) {
    case 'done':
      target.freeAtMs = Math.max(target.freeAtMs, verifiedAtMs);
      return;
    case 'failed':
    case 'refused':
      if (issue !== NONE) target.rungs[issue] = Math.max(0, target.rungs[issue]! - 1);
      target.freeAtMs = Math.min(target.freeAtMs, verifiedAtMs);
      return;
    case 'unsupported':
      if (!isLast) target.freeAtMs = outcome.atMs;
      return;
    default:
      unreachable(outcome.result);
  }
}

function settleDone(service: ServiceMemory, flight: Flight, atMs: number): void {
  const slot = service.slots[flight.replica];
  switch (flight.kind) {
    case 'restart':
      if (slot !== undefined) renewProcess(slot);
      forgetHistories(service);
      return;
    case 'rollback':
      service.trustedDeployMs = atMs;
      for (const each of service.slots) renewProcess(each);
      forgetHistories(service);
      return;
    case 'repair-config':
      service.trustedConfigMs = atMs;
      renewEvidence(service);
      return;
    case 'scale-up':
      service.added += 1;
      service.quietSinceMs = atMs;
      renewEvidence(service);
      return;
    case 'scale-down':
      service.added = Math.max(0, service.added - 1);
      service.quietSinceMs = atMs;
      return;
    case 'reroute':
      if (slot !== undefined) forgetEvidence(slot);
      forgetHistories(service);
      return;
    case 'reconnect':
      renewEvidence(service);
      return;
    default:
      return;
  }
}

/**
 * A measure that did not come about does not stand; one that could not be taken back still does, and is tried again. Where there is
 * nothing that could carry it out, none stands and none need be taken back.
 */
function settleUndone(service: ServiceMemory, flight: Flight, { atMs, result }: Outcome): void {
  const slot = service.slots[flight.replica];
  const stands = flight.givesBack && result !== 'unsupported';
  if (flight.kind === 'reroute' && slot !== undefined) slot.outSinceMs = stands ? atMs : LONG_AGO;
  if (flight.kind === 'fallback') service.fallbackSinceMs = stands ? atMs : LONG_AGO;
  if (flight.kind !== 'circuit-break') return;
  if (result === 'unsupported') rest(service.breaker, atMs);
  // An operator's order is not undone by a trial.
  else if (service.breaker.phase !== 'isolated') doubt(service.breaker, atMs);
}

/** A new process after our own action: its start is no exit, and it is given time to answer. */
function renewProcess(slot: SlotMemory): void {
  if (slot.present === 1 && slot.dead === 0) forgetProcess(slot);
}

function expire(target: TargetMemory, atMs: number): void {
  if (target.flightId !== NONE && atMs - target.flightAtMs >= TEN_MINUTES_MS) target.flightId = NONE;
}
