/** One action under way at a time per target: the bookkeeping that keeps a baseline from acting twice for one intent. */
import type { Outcome } from '../contract.ts';

/** `id` 0 means that nothing is under way. */
export interface InFlight {
  id: number;
  sinceMs: number;
}

/** An action whose outcome has not come back after this long is taken as over; no documented start takes longer. */
export const LOST_AFTER_MS = 300_000;

export function nothingInFlight(): InFlight {
  return { id: 0, sinceMs: 0 };
}

/** True while the action may still be running. Forgets one whose outcome never came. */
export function isBusy(flight: InFlight, atMs: number, boundMs: number = LOST_AFTER_MS): boolean {
  if (flight.id !== 0 && atMs - flight.sinceMs > boundMs) flight.id = 0;
  return flight.id !== 0;
}

export function takeOff(flight: InFlight, id: number, atMs: number): void {
  flight.id = id;
  flight.sinceMs = atMs;
}

/** Ends the flight when the outcome is its own; says whether it was. */
export function land(flight: InFlight, outcome: Outcome): boolean {
  if (flight.id !== outcome.action) return false;
  flight.id = 0;
  return true;
}
