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
import { ISSUES, REMEDIES, type Remedy, WHOLE_SERVICE } from './contract.ts';
import { doesAil, evidence, type Finding } from './issues.ts';
import { LONG_AGO, NONE, type ServiceMemory, type SlotMemory, type TargetMemory } from './memory.ts';
import { holds, rulesOf } from './rules.ts';

/** Refusals of the guard in a row after which the next rung is tried. */
const REFUSALS_PATIENCE = 5;

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
    if (isHeldBack(scene, remedy, slot)) continue;
    const target = slot === WHOLE_SERVICE ? service.whole : service.slots[slot]!.target;
    if (isBusy(target, atMs) || target.attempts >= policy.pacing.attempts || !isPossible(scene, remedy, slot)) continue;
    const order = { remedy, slot, owner: target, issue: NONE, isLastResort: false };
    const verdict = carryOut(scene, order, grounds);
    if (verdict !== 'refused') return true;
    if (noteRefusal(target) === 'next') target.freeAtMs = atMs + policy.pacing.cooldownS * 1000;
  }
  return false;
}

/**
 * Takes the next rung for each target that an issue is laid to, highest precedence first, one per target. `forced` names
 * the cause when an operator ordered it.
 */
export function climbLadders(scene: Scene, findings: readonly Finding[], forced: string | null = null): void {
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
  if (isHeldBack(scene, remedy, finding.slot)) return 'done';
  if (needsReplica(remedy) && finding.slot === WHOLE_SERVICE) {
    return takeOneByOne(scene, remedy, issue, grounds);
  }
  if (!isPossible(scene, remedy, finding.slot)) return 'next';
  if (!needsReplica(remedy) && isBusy(service.whole, atMs)) return 'done';
  const verdict = carryOut(scene, { remedy, slot: finding.slot, owner, issue, isLastResort: false }, grounds);
  if (verdict === 'refused') return passOver(owner, issue, grounds.rung);
  owner.rungs[issue] = grounds.rung + 1;
  return 'done';
}

/**
 * A replica remedy for the whole service: worst replica first, one at a time; the rung is climbed when all that are affected
 * have had it.
 */
function takeOneByOne(scene: Scene, remedy: ReplicaRemedy, issue: number, grounds: Grounds): Step {
  const { service, atMs } = scene;
  const ails = affected(scene);
  const lacks = (slot: SlotMemory, at: number) =>
    ails(slot) && slot.target.rungs[issue]! <= grounds.rung && isPossible(scene, remedy, at);
  if (worstSlot(service, lacks) === NONE) return 'next';
  const at = worstSlot(service, (slot, index) => lacks(slot, index) && !isBusy(slot.target, atMs));
  if (at === NONE) return 'done';
  const isFirst = service.slots.every((slot) => slot.target.rungs[issue]! <= grounds.rung);
  const order = { remedy, slot: at, owner: service.whole, issue, isLastResort: false };
  const verdict = carryOut(scene, order, grounds);
  if (verdict === 'refused') return passOver(service.whole, issue, grounds.rung);
  service.slots[at]!.target.rungs[issue] = grounds.rung + 1;
  if (isFirst) service.whole.attempts += 1;
  return 'done';
}

/**
 * The attempts are spent or the ladder is at its end: call the person on duty, and go on at the slowest pace with the rung that the
 * guard did not allow, else with the rungs that are left, or with the last one that was worth trying.
 */
function lastResort(scene: Scene, finding: Finding, owner: TargetMemory): void {
  const { service, atMs, policy } = scene;
  const { pacing, ladders } = policy;
  const ladder = ladders[finding.issue];
  const issue = ISSUES.indexOf(finding.issue);
  const why = owner.rungs[issue]! < ladder.length ? 'the attempts are spent' : 'no rung is left';
  const reason = evidence(service, finding.issue, finding.slot);
  callPerson(scene, { cause: finding.issue, rung: ladder.length, reason: `${why}: ${reason}` });
  owner.freeAtMs = atMs + pacing.cooldownMaxS * 1000;
  // Whoever is alone and silent serves as little as one that is dead.
  const isDown = service.present === 1 && finding.issue === 'unresponsive';
  const isDead = isDown || service.slots[finding.slot]?.dead === 1;
  const skipped = skippedRung(scene, finding, owner, isDead);
  if (skipped !== NONE) {
    const resort = takeAnyway(scene, finding, owner, ladder[skipped], { cause: finding.issue, rung: skipped, reason });
    if (resort === 'acted' || resort === 'impossible') owner.skipped[issue] = NONE;
    if (resort === 'acted') return;
  }
  const rung = nextUseful(service, ladder, owner.rungs[issue]!);
  const grounds = { cause: finding.issue, rung: Math.max(0, rung), reason };
  const remedy = isDead ? 'restart-hard' : (ladder[rung] ?? insteadOf(service, ladder));
  const resort = takeAnyway(scene, finding, owner, remedy, grounds);
  if (resort === 'acted') {
    if (!isDead) owner.rungs[issue] = Math.max(owner.rungs[issue]!, rung + 1);
  } else if (resort === 'refused' || owner.skipped[issue] !== NONE) owner.freeAtMs = atMs + pacing.cooldownS * 1000;
}

/** The rung that the guard did not allow, as far as it is worth another try now; else `NONE`. */
function skippedRung(scene: Scene, finding: Finding, owner: TargetMemory, isDead: boolean): number {
  const { service, policy } = scene;
  const issue = ISSUES.indexOf(finding.issue);
  const rung = owner.skipped[issue]!;
  const remedy = policy.ladders[finding.issue][rung];
  if (remedy === undefined || (isDead && remedy !== 'rollback')) return NONE;
  if (isHeldBack(scene, remedy, finding.slot)) return NONE;
  // Another issue's ladder has done it.
  if (remedy === 'rollback' && service.trustedDeployMs > service.episode.startedAtMs) return NONE;
  return rung;
}

/** Carries a remedy out after the ladder's end. */
function takeAnyway(
  scene: Scene,
  finding: Finding,
  owner: TargetMemory,
  remedy: Remedy | undefined,
  grounds: Grounds,
): 'acted' | 'refused' | 'busy' | 'impossible' {
  const { service, atMs } = scene;
  if (remedy === undefined || remedy === 'wait' || remedy === 'escalate') return 'impossible';
  const isSpread = needsReplica(remedy) && finding.slot === WHOLE_SERVICE;
  const ails = affected(scene);
  const suits = (one: SlotMemory, at: number) =>
    ails(one) && !isBusy(one.target, atMs) && isPossible(scene, remedy, at);
  const slot = isSpread ? worstSlot(service, suits) : finding.slot;
  if (isSpread && slot === NONE) return 'busy';
  if (!needsReplica(remedy) && owner !== service.whole && isBusy(service.whole, atMs)) return 'busy';
  if (!isPossible(scene, remedy, slot)) return 'impossible';
  const issue = ISSUES.indexOf(finding.issue);
  return carryOut(scene, { remedy, slot, owner, issue, isLastResort: true }, grounds) === 'refused'
    ? 'refused'
    : 'acted';
}

/** The first rung from `from` on that does something here, else the last one before it that does, else -1. */
function nextUseful(service: ServiceMemory, ladder: readonly Remedy[], from: number): number {
  const isUseful = (remedy: Remedy) =>
    remedy !== 'wait' &&
    remedy !== 'escalate' &&
    !(service.present === 1 && remedy === 'reroute') &&
    !isUnsupported(service, remedy);
  const ahead = ladder.findIndex((remedy, rung) => rung >= from && isUseful(remedy));
  return ahead >= 0 ? ahead : ladder.findLastIndex(isUseful);
}

/** What is done where a ladder would act and nothing here can carry it out. */
function insteadOf(service: ServiceMemory, ladder: readonly Remedy[]): Remedy | undefined {
  return ladder.some((remedy) => isUnsupported(service, remedy)) ? 'restart-graceful' : undefined;
}

function isUnsupported({ episode }: ServiceMemory, remedy: Remedy): boolean {
  return (episode.unsupported & (1 << REMEDIES.indexOf(remedy))) !== 0;
}

/** A rung that is passed over is not forgotten: budgets are free again one day, and it may be the one that cures. */
function passOver(owner: TargetMemory, issue: number, rung: number): Step {
  const step = noteRefusal(owner);
  if (step === 'next' && owner.skipped[issue] === NONE) owner.skipped[issue] = rung;
  return step;
}

/** What is refused is tried again in the next window, and given up after a few of them. */
function noteRefusal(owner: TargetMemory): Step {
  owner.refusals += 1;
  if (owner.refusals < REFUSALS_PATIENCE) return 'done';
  owner.refusals = 0;
  return 'next';
}

/**
 * Whether it must wait: in the first moments of a new trouble everything but the restart of a dead process
 * and taking back a change of its own, and while the cause
 * is being healed elsewhere what would take replicas away that will be well again without.
 */
function isHeldBack({ service, atMs }: Scene, remedy: Remedy, slot: number): boolean {
  if (service.slots[slot]?.dead === 1) return false;
  if (atMs < service.graceUntilMs) return remedy !== 'rollback' && remedy !== 'repair-config';
  if (atMs >= service.heldUntilMs) return false;
  return needsReplica(remedy) || remedy === 'rollback' || (service.heldSmall === 1 && remedy === 'scale-up');
}

/** Which replicas a trouble of the service shows in: those that ail themselves, or all when none of them stands out. */
function affected({ service, strategy }: Scene): (slot: SlotMemory) => boolean {
  const ails = (slot: SlotMemory) => slot.present === 1 && doesAil(strategy.detection, service, slot);
  return service.slots.some(ails) ? ails : () => true;
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
