/** From issues to actions: rules first, then for each free target the next rung of its issue's ladder. */

import {
  callPerson,
  carryOut,
  type Grounds,
  isBusy,
  isPossible,
  needsReplica,
  type ReplicaRemedy,
  type Scene,
} from './act.ts';
import { ISSUES, type Remedy, WHOLE_SERVICE } from './contract.ts';
import { evidence, type Finding } from './issues.ts';
import { LONG_AGO, NONE, type ServiceMemory, type SlotMemory, type TargetMemory } from './memory.ts';
import { holds, rulesOf } from './rules.ts';

/** Refusals of the guard in a row after which the next rung is tried. */
export const REFUSALS_PATIENCE = 5;

/** What became of a rung: nothing more to do now, or go on to the next one. */
type Step = 'done' | 'next';

/** Fires the first rule whose conditions hold and whose target is free. Says whether one did. */
export function fireRules(scene: Scene, view: Float64Array): boolean {
  const { service, atMs, policy } = scene;
  for (const rule of rulesOf(scene.strategy)) {
    if (!holds(rule, view)) continue;
    const grounds = { cause: 'rule', rung: rule.number, reason: rule.words };
    const remedy = rule.remedy;
    if (remedy === 'escalate') {
      if (callPerson(scene, grounds)) return true;
      continue;
    }
    const slot = needsReplica(remedy) ? worstSlot(service, () => true) : WHOLE_SERVICE;
    const target = slot === WHOLE_SERVICE ? service.whole : service.slots[slot]!.target;
    if (isBusy(target, atMs) || target.attempts >= policy.pacing.attempts || !isPossible(scene, remedy, slot)) continue;
    const verdict = carryOut(scene, remedy, slot, target, grounds);
    if (verdict !== 'refused') return true;
    noteRefusal(scene, target);
  }
  return false;
}

/** Takes the next rung for each target that an issue is laid to, highest precedence first, one per target. */
export function climbLadders(scene: Scene, findings: readonly Finding[], forced: Grounds['cause'] | null = null): void {
  const served: TargetMemory[] = [];
  for (const finding of findings) {
    const owner = ownerOf(scene.service, finding);
    if (!finding.isFresh || isBusy(owner, scene.atMs) || served.includes(owner)) continue;
    if (owner.attempts < scene.policy.pacing.attempts && climb(scene, finding, owner, forced)) served.push(owner);
  }
  for (const finding of findings) {
    const owner = ownerOf(scene.service, finding);
    if (!finding.isFresh || isBusy(owner, scene.atMs) || served.includes(owner)) continue;
    served.push(owner);
    lastResort(scene, finding, owner);
  }
}

/** Calls the person on duty about trouble that has lasted too long, whatever the rung. */
export function escalateLongTrouble(scene: Scene): void {
  const { service, atMs, policy } = scene;
  const { startedAtMs, escalated } = service.episode;
  if (startedAtMs === LONG_AGO || escalated === 1 || service.episode.goodWindows > 0) return;
  const troubleMs = atMs - startedAtMs;
  if (troubleMs < policy.pacing.escalateAfterS * 1000) return;
  callPerson(scene, { cause: 'escalation', rung: 0, reason: `trouble for ${Math.round(troubleMs / 1000)} s` });
}

/** Whether a rung was taken (or is being waited for); false when the ladder is exhausted. */
function climb(scene: Scene, finding: Finding, owner: TargetMemory, forced: string | null): boolean {
  const ladder = scene.policy.ladders[finding.issue];
  const issue = ISSUES.indexOf(finding.issue);
  while (owner.rungs[issue]! < ladder.length) {
    const rung = owner.rungs[issue]!;
    const remedy = ladder[rung]!;
    const reason = evidence(scene.service, finding.issue, finding.slot);
    const grounds = { cause: forced ?? finding.issue, rung, reason };
    const step = takeRung(scene, finding, owner, remedy, issue, grounds);
    if (step === 'done') return true;
    owner.rungs[issue] = rung + 1;
  }
  return false;
}

function takeRung(
  scene: Scene,
  finding: Finding,
  owner: TargetMemory,
  remedy: Remedy,
  issue: number,
  grounds: Grounds,
): Step {
  const { service, atMs, policy } = scene;
  if (remedy === 'wait' || remedy === 'escalate') {
    if (remedy === 'escalate') {
      if (service.episode.escalated === 1) return 'next';
      callPerson(scene, grounds);
    }
    owner.rungs[issue] = grounds.rung + 1;
    owner.freeAtMs = atMs + policy.pacing.verifyS * 1000;
    return 'done';
  }
  if (needsReplica(remedy) && finding.slot === WHOLE_SERVICE) {
    return takeOneByOne(scene, remedy, issue, grounds);
  }
  if (!isPossible(scene, remedy, finding.slot)) return 'next';
  if (!needsReplica(remedy) && isBusy(service.whole, atMs)) return 'done';
  const verdict = carryOut(scene, remedy, finding.slot, owner, grounds);
  if (verdict === 'refused') return noteRefusal(scene, owner);
  owner.rungs[issue] = grounds.rung + 1;
  return 'done';
}

/** A replica remedy for the whole service: worst replica first, one at a time; the rung is climbed when all have had it. */
function takeOneByOne(scene: Scene, remedy: ReplicaRemedy, issue: number, grounds: Grounds): Step {
  const { service, atMs } = scene;
  const lacks = (slot: SlotMemory, at: number) =>
    slot.target.rungs[issue]! <= grounds.rung && isPossible(scene, remedy, at);
  if (worstSlot(service, lacks) === NONE) return 'next';
  const at = worstSlot(service, (slot, index) => lacks(slot, index) && !isBusy(slot.target, atMs));
  if (at === NONE) return 'done';
  const isFirst = service.slots.every((slot) => slot.target.rungs[issue]! <= grounds.rung);
  const verdict = carryOut(scene, remedy, at, service.whole, grounds);
  if (verdict === 'refused') return noteRefusal(scene, service.whole);
  service.slots[at]!.target.rungs[issue] = grounds.rung + 1;
  if (isFirst) service.whole.attempts += 1;
  return 'done';
}

/** The ladder is exhausted: call the person on duty, and go on at the slowest pace with what was last worth trying. */
function lastResort(scene: Scene, finding: Finding, owner: TargetMemory): void {
  const { service, atMs, policy } = scene;
  const ladder = policy.ladders[finding.issue];
  const reason = evidence(service, finding.issue, finding.slot);
  const grounds = { cause: finding.issue, rung: ladder.length, reason };
  callPerson(scene, { ...grounds, reason: `no rung is left: ${reason}` });
  owner.freeAtMs = atMs + policy.pacing.cooldownMaxS * 1000;
  const isDead = service.slots[finding.slot]?.dead === 1;
  const remedy = isDead ? 'restart-hard' : lastUseful(ladder);
  if (remedy === undefined) return;
  const isSpread = needsReplica(remedy) && finding.slot === WHOLE_SERVICE;
  const slot = isSpread ? worstSlot(service, (one) => !isBusy(one.target, atMs)) : finding.slot;
  if (isSpread ? slot === NONE : !needsReplica(remedy) && owner !== service.whole && isBusy(service.whole, atMs))
    return;
  if (!isPossible(scene, remedy, slot)) return;
  if (carryOut(scene, remedy, slot, owner, grounds, true) === 'refused')
    owner.freeAtMs = atMs + policy.pacing.cooldownS * 1000;
}

function lastUseful(ladder: readonly Remedy[]): Exclude<Remedy, 'wait' | 'escalate'> | undefined {
  for (let rung = ladder.length - 1; rung >= 0; rung--) {
    const remedy = ladder[rung]!;
    if (remedy !== 'wait' && remedy !== 'escalate') return remedy;
  }
  return undefined;
}

/** A refused rung is tried again in the next window, and given up after a few of them. */
function noteRefusal(scene: Scene, owner: TargetMemory): Step {
  owner.refusals += 1;
  if (owner.refusals < REFUSALS_PATIENCE) return 'done';
  owner.refusals = 0;
  owner.freeAtMs = scene.atMs + scene.policy.pacing.verifyS * 1000;
  return 'next';
}

function ownerOf(service: ServiceMemory, { slot }: Finding): TargetMemory {
  return slot === WHOLE_SERVICE ? service.whole : service.slots[slot]!.target;
}

/** The present replica that is worst off among those that `suits` accepts, or `NONE`. */
function worstSlot(service: ServiceMemory, suits: (slot: SlotMemory, at: number) => boolean): number {
  let worst = NONE;
  let most = Number.NEGATIVE_INFINITY;
  service.slots.forEach((slot, at) => {
    if (slot.present === 0 || !suits(slot, at)) return;
    const score = misery(service, slot);
    if (score > most) {
      worst = at;
      most = score;
    }
  });
  return worst;
}

/** Dead before silent before erring; latency and memory break ties. Only the order means something. */
function misery(service: ServiceMemory, slot: SlotMemory): number {
  const errorRate = slot.calls > 0 ? slot.failed / slot.calls : 0;
  const slowness = slot.p95Ms > 0 && service.p95Ms > 0 ? Math.min(slot.p95Ms / service.p95Ms, 100) / 100 : 0;
  return slot.dead * 1000 + Math.max(0, slot.unanswered) * 10 + errorRate * 5 + slowness + Math.max(0, slot.memoryFast);
}
