/** A measure that stands until it is taken back (breaker, fallback): its level changes only once the effector confirms it. */
import type { Outcome } from '../contract.ts';
import { type InFlight, isBusy, land, nothingInFlight, takeOff } from './in-flight.ts';

export interface Standing {
  /** What is in force, and since when. */
  level: number;
  sinceMs: number;
  /** What was asked for last. */
  wanted: number;
  flight: InFlight;
}

export function standingAt(level: number): Standing {
  return { level, sinceMs: 0, wanted: level, flight: nothingInFlight() };
}

export function ask(standing: Standing, level: number, actionId: number, atMs: number): void {
  standing.wanted = level;
  takeOff(standing.flight, actionId, atMs);
}

export function isChanging(standing: Standing, atMs: number): boolean {
  return isBusy(standing.flight, atMs);
}

/** Applies the outcome when it is this measure's; a change that was not carried out leaves the old level in force. */
export function confirm(standing: Standing, outcome: Outcome): boolean {
  if (!land(standing.flight, outcome)) return false;
  if (outcome.result === 'done') {
    standing.level = standing.wanted;
    standing.sinceMs = outcome.atMs;
  }
  return true;
}
