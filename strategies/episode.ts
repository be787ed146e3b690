/** An episode: one stretch of trouble of a service. Attempts are counted within it and forgotten with it. */
import { DEPENDENCY, ODD, SLOW, statusOf } from './health.ts';
import { hasStandingMeasure } from './measures.ts';
import { LONG_AGO, NONE, type ServiceMemory, type TargetMemory } from './memory.ts';
import { isNormalKnown } from './normal.ts';
import { isStale } from './observe.ts';

/** Whether nothing is amiss and nothing of ours is pending, so that the window needs no closer look. */
export function isQuiet(service: ServiceMemory): boolean {
  return (service.bad | service.held | service.sickSlots | service.attentive) === 0;
}

/**
 * Whether the window tells what is normal: no symptom but oddness, which becomes the new normal if it lasts. In the
 * beginning slowness is no symptom either, as there are services that are never fast.
 */
export function isLearning(service: ServiceMemory): boolean {
  const ignored = isNormalKnown(service.normal) ? ODD | DEPENDENCY : ODD | DEPENDENCY | SLOW;
  return ((service.bad | service.held) & ~ignored) === 0 && service.sickSlots === 0;
}

/** Says whether it was opened now. */
export function openEpisode(service: ServiceMemory, atMs: number): boolean {
  if (service.episode.startedAtMs !== LONG_AGO) return false;
  service.episode.startedAtMs = atMs;
  return true;
}

/** Ends the episode after `clear` good windows in a row, and notes whether the next window needs a closer look. */
export function closeEpisode(service: ServiceMemory, clear: number, hasIssue: boolean): void {
  const { episode } = service;
  if (episode.startedAtMs !== LONG_AGO) {
    if ((service.bad & ~DEPENDENCY) !== 0 || service.sickSlots > 0 || isUnderTreatment(service))
      episode.goodWindows = 0;
    else if (service.calls > 0 || isStale(service)) episode.goodWindows += 1;
    if (episode.goodWindows >= clear && !hasIssue) forgetEpisode(service);
  }
  const pending = episode.startedAtMs !== LONG_AGO || isUnderTreatment(service) || hasStandingMeasure(service);
  service.attentive = pending ? 1 : 0;
}

function forgetEpisode(service: ServiceMemory): void {
  service.episode.startedAtMs = LONG_AGO;
  service.episode.attempts = 0;
  service.episode.goodWindows = 0;
  service.episode.escalated = 0;
  service.episode.unsupported = 0;
  service.quietSinceMs = service.atMs;
  service.status = statusOf(service);
  if (service.fallbackSinceMs === LONG_AGO) service.fallbackTurns = 0;
  forgetAttempts(service.whole);
  for (const slot of service.slots) forgetAttempts(slot.target);
}

function forgetAttempts(target: TargetMemory): void {
  target.attempts = 0;
  target.refusals = 0;
  target.rungs.fill(0);
  target.skipped.fill(NONE);
}

function isUnderTreatment(service: ServiceMemory): boolean {
  if (service.whole.flightId !== NONE) return true;
  for (const slot of service.slots) if (slot.target.flightId !== NONE) return true;
  return false;
}
