/** Standing measures (reroute, fallback, added replicas, open circuits): when and how they are taken back. */

import { type Grounds, intend, isBusy, limitsOf, occupy, propose, type Scene } from './act.ts';
import { WHOLE_SERVICE } from './contract.ts';
import { inRotationMin, isReturning, isUnderWay } from './guard.ts';
import { DOWN, HEALTH_RANK } from './health.ts';
import { forgetEvidence, forgetHistories, LONG_AGO, NONE, type ServiceMemory, type SlotMemory } from './memory.ts';
import type { BreakerPolicy } from './strategy.ts';
import { close, isTrialDue, judgeTrial, open, trips, tryAgain } from './window-breaker.ts';

/** A hold ends after this many times its length even without the evidence it waits for. */
const PATIENCE = 4;
/** Longest wait between two tries to do without the fallback. */
const FALLBACK_MAX_MS = 3_600_000;

/** Whether a measure of ours stands, so that the service must be looked at even when all is quiet. */
export function hasStandingMeasure(service: ServiceMemory): boolean {
  if (service.added > 0 || service.fallbackSinceMs !== LONG_AGO || service.breaker.phase !== 'closed') return true;
  for (const slot of service.slots) if (slot.outSinceMs !== LONG_AGO) return true;
  return false;
}

/** Takes back what is due. Needs no measurement, so that a tick can do it, too. */
export function takeBack(scene: Scene): void {
  const { service } = scene;
  for (let at = 0; at < service.slots.length; at++)
    if (service.slots[at]!.outSinceMs !== LONG_AGO) returnReplica(scene, service.slots[at]!, at);
  if (service.fallbackSinceMs !== LONG_AGO) endFallback(scene);
  if (service.breaker.phase === 'open') tryCircuit(scene);
  if (service.added > 0) giveReplicaBack(scene);
}

/** Whether `runBreaker` has anything to do: a trial to judge, or a circuit that should open by itself. */
export function breakerCares(policy: BreakerPolicy, service: ServiceMemory): boolean {
  if (service.breaker.phase === 'half-open') return true;
  return policy.tripShare > 0 && service.breaker.phase === 'closed' && trips(policy, service.calls, service.failed);
}

/** Judges the breaker by the window that was just measured. */
export function runBreaker(scene: Scene): void {
  const { service, atMs, strategy } = scene;
  const { breaker, calls, failed } = service;
  if (isSettling(scene, 'circuit-break')) return;
  if (atMs < service.clearUntilMs) {
    keepClosed(scene);
    return;
  }
  if (breaker.phase === 'half-open') judgeHalfOpen(scene);
  if (breaker.phase !== 'closed' || atMs < breaker.sinceMs || !trips(strategy.breaker, calls, failed)) return;
  const reason = `${Math.round(failed)} of ${Math.round(calls)} calls failed`;
  if (admitCalls(scene, 0, { cause: 'breaker', rung: 0, reason }) === 'acted') open(breaker, atMs);
  else breaker.sinceMs = atMs + strategy.breaker.openS * 1000;
}

/** Calls fail further down, where the circuit is that may open: circuits one behind the other fail each other's trials. */
function keepClosed(scene: Scene): void {
  const { service, atMs } = scene;
  const { breaker } = service;
  if (breaker.phase !== 'open' && breaker.phase !== 'half-open') return;
  const reason = 'the trouble is further down, and healed there';
  if (admitCalls(scene, 1, { cause: 'coordination', rung: 0, reason }) !== 'acted') return;
  close(breaker, atMs);
  renewEvidence(service);
}

/** A trial that passes closes the circuit; one that fails opens it again, for longer. */
function judgeHalfOpen(scene: Scene): void {
  const { service, atMs, strategy } = scene;
  const { breaker, calls, failed } = service;
  const verdict = judgeTrial(strategy.breaker, breaker, { fromMs: atMs - service.windowMs, calls, failed });
  if (verdict === 'undecided') return;
  const admit = verdict === 'passed' ? 1 : 0;
  const reason = `${Math.round(failed)} of ${Math.round(calls)} trial calls failed`;
  if (admitCalls(scene, admit, { cause: 'breaker', rung: breaker.openings, reason }) !== 'acted') return;
  if (verdict === 'failed') open(breaker, atMs);
  else {
    close(breaker, atMs);
    renewEvidence(service);
  }
}

export function admitCalls(scene: Scene, admit: number, grounds: Grounds) {
  return propose(scene, { ...intend(scene, WHOLE_SERVICE, grounds), kind: 'circuit-break', admit });
}

/** What was measured before says nothing any more: symptoms must show, and be confirmed, anew. */
export function renewEvidence(service: ServiceMemory): void {
  for (const slot of service.slots) forgetEvidence(slot);
  forgetHistories(service);
}

function returnReplica(scene: Scene, slot: SlotMemory, at: number): void {
  const { atMs, strategy, policy } = scene;
  if (slot.dead === 1 || slot.target.flightId !== NONE) return;
  const holdMs = strategy.holds.rerouteS * 1000;
  const outMs = atMs - slot.outSinceMs;
  const isWell = slot.live === 1 && slot.ready === 1 && slot.unanswered <= 0;
  const isMissed = isWell && slot.inRotation === 0 && isShortOfReplicas(scene);
  if (outMs < holdMs && !isMissed) return;
  if (slot.inRotation === 1) {
    slot.outSinceMs = LONG_AGO;
    return;
  }
  if (!isWell && outMs < PATIENCE * holdMs) return;
  const why = isMissed ? 'answers, and too few others do' : isWell ? 'answers its probes' : 'waited long enough';
  const reason = `out of rotation for ${Math.round(outMs / 1000)} s, ${why}`;
  const grounds = { cause: 'hold', rung: 0, reason };
  const verdict = propose(scene, { ...intend(scene, at, grounds), kind: 'reroute', out: false });
  if (verdict !== 'acted') return;
  slot.outSinceMs = LONG_AGO;
  forgetEvidence(slot);
  slot.target.freeAtMs = Math.max(slot.target.freeAtMs, atMs + policy.pacing.verifyS * 1000);
}

/** Whether fewer replicas are in rotation, or on their way there, and answer than the guard would leave there. */
function isShortOfReplicas(scene: Scene): boolean {
  const { memory, index, atMs } = scene;
  const { slots } = scene.service;
  const { unansweredProbes } = scene.strategy.detection;
  let answering = 0;
  for (let at = 0; at < slots.length; at++) {
    const slot = slots[at]!;
    if (slot.present === 0 || slot.dead === 1 || slot.unanswered >= unansweredProbes) continue;
    if (slot.inRotation === 1 || isReturning(memory.guard, index, at, atMs)) answering++;
  }
  return answering < inRotationMin(limitsOf(scene, 'reroute'), slots);
}

function endFallback(scene: Scene): void {
  const { service, atMs, strategy, policy } = scene;
  const turns = Math.max(0, service.fallbackTurns - 1);
  const holdMs = Math.min(FALLBACK_MAX_MS, strategy.holds.fallbackS * 1000 * 2 ** turns);
  const onMs = atMs - service.fallbackSinceMs;
  if (onMs < holdMs || isSettling(scene, 'fallback')) return;
  const looksWell = (service.bad & DOWN) === 0 && service.dependencyStatus < HEALTH_RANK.failed;
  if (!looksWell && onMs < PATIENCE * holdMs) return;
  const reason = `fallback for ${Math.round(onMs / 1000)} s, ${looksWell ? 'the service answers' : 'waited long enough'}`;
  const grounds = { cause: 'hold', rung: 0, reason };
  const verdict = propose(scene, { ...intend(scene, WHOLE_SERVICE, grounds), kind: 'fallback', on: false });
  if (verdict !== 'acted') return;
  service.fallbackSinceMs = LONG_AGO;
  renewEvidence(service);
  service.whole.freeAtMs = Math.max(service.whole.freeAtMs, atMs + policy.pacing.verifyS * 1000);
}

function tryCircuit(scene: Scene): void {
  const { service, atMs, strategy } = scene;
  const { breaker } = service;
  if (!isTrialDue(strategy.breaker, breaker, atMs) || isSettling(scene, 'circuit-break')) return;
  const reason = `open for ${Math.round((atMs - breaker.sinceMs) / 1000)} s`;
  const grounds = { cause: 'breaker', rung: breaker.openings, reason };
  if (admitCalls(scene, strategy.breaker.probeShare, grounds) === 'acted') tryAgain(breaker, atMs);
}

/** Whether the last word on this measure has not been carried out: the next would have to wait for it. */
function isSettling({ memory, index, atMs }: Scene, kind: 'circuit-break' | 'fallback'): boolean {
  return isUnderWay(memory.guard, index, kind, atMs);
}

function giveReplicaBack(scene: Scene): void {
  const { service, atMs, strategy, entry, policy } = scene;
  if (service.episode.startedAtMs !== LONG_AGO || service.status !== HEALTH_RANK.healthy) return;
  if (atMs - service.quietSinceMs < strategy.holds.scaleDownAfterS * 1000 || isBusy(service.whole, atMs)) return;
  if (service.present <= entry.replicasStart) {
    service.added = 0;
    return;
  }
  const cpuAfter = (service.cpuShare * service.present) / (service.present - 1);
  if (cpuAfter >= strategy.detection.saturatedCpu) return;
  const reason = `quiet for ${Math.round((atMs - service.quietSinceMs) / 1000)} s with ${service.present} replicas`;
  const action = { ...intend(scene, WHOLE_SERVICE, { cause: 'hold', rung: 0, reason }), kind: 'scale-down' as const };
  const verdict = propose(scene, action);
  service.whole.freeAtMs = atMs + policy.pacing.verifyS * 1000;
  if (verdict === 'acted') occupy(service.whole, action, NONE);
}
