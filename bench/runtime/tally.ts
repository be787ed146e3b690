/** What a run came to: from what users got, what was struck and which processes began, as plain data. Pure. */
import type { PlannedFault } from './schedule.ts';
import type { Start } from './site.ts';
import type { Asked } from './users.ts';

export interface FaultRecord extends PlannedFault {
  /** False when there was no process that it could have struck. */
  readonly isStruck: boolean;
  /** From the strike until the service was as it should be; null when it never was again. */
  readonly rightAfterMs: number | null;
  /** Whether people had to repair it. */
  readonly byPeople: boolean;
}

/** A fault and what came of it, until the next. */
export interface FaultTally extends FaultRecord {
  /** From the strike until users of the shop were served again; 0 when they never noticed; null when they never were. */
  readonly servedAfterMs: number | null;
  /** Users that asked from this strike to the next, and how many were lost, canned answers by their harm. */
  readonly asked: number;
  readonly lost: number;
  /** Users whose answer was a canned one. */
  readonly canned: number;
}

export interface RunRecord {
  readonly lengthMs: number;
  /** Before the first strike. */
  readonly quiet: { readonly asked: number; readonly lost: number; readonly canned: number };
  readonly faults: readonly FaultTally[];
  /** Processes that began after the first of each service. */
  readonly restarts: number;
  /** Those of services that nothing was wrong with. */
  readonly collateral: number;
  readonly repairs: number;
  readonly kernelKills: number;
}

export interface Observed {
  readonly asked: readonly Asked[];
  readonly faults: readonly FaultRecord[];
  /** `atMs` from the start of the measured time. */
  readonly starts: readonly Start[];
  /** While which services were not right. */
  readonly spans: readonly { readonly service: string; readonly fromMs: number; readonly toMs: number }[];
  readonly repairs: number;
  readonly kernelKills: number;
  readonly lengthMs: number;
}

/** Users are served when of those that ask in this time no more are lost than this share. */
const SERVED_MS = 2_000;
const SERVED_LOSS = 0.05;
const STEP_MS = 250;
/** A restart that a fault led to may come a moment after the fault has gone. */
const AFTERWARDS_MS = 1_000;

export function tally(observed: Observed): RunRecord {
  const { asked, faults, starts, spans, lengthMs } = observed;
  const bounds = [...faults.map(({ atMs }) => atMs), lengthMs];
  const between = (fromMs: number, toMs: number): { asked: number; lost: number; canned: number } => {
    const part = asked.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    return {
      asked: part.length,
      lost: round(part.reduce((sum, { harm }) => sum + harm, 0)),
      canned: part.filter(({ harm }) => harm > 0 && harm < 1).length,
    };
  };
  const later = restartsOf(starts);
  return {
    lengthMs,
    quiet: between(0, bounds[0]!),
    faults: faults.map((fault, at) => ({
      ...fault,
      servedAfterMs: servedAfterMs(asked, fault, lengthMs),
      ...between(fault.atMs, bounds[at + 1]!),
    })),
    restarts: later.length,
    collateral: later.filter(
      ({ service, atMs }) =>
        !spans.some((span) => span.service === service && atMs >= span.fromMs && atMs <= span.toMs + AFTERWARDS_MS),
    ).length,
    repairs: observed.repairs,
    kernelKills: observed.kernelKills,
  };
}

/** All but the first of each service. */
function restartsOf(starts: readonly Start[]): readonly Start[] {
  return starts.filter(({ service }, at) => starts.findIndex((start) => start.service === service) < at);
}

/**
 * From a strike to the first two seconds after the service was right again in which users are served; 0 if they were served all the
 * time in between. Faults overlap: what another one does to users meanwhile counts, for every contender alike.
 */
export function servedAfterMs(asked: readonly Asked[], fault: FaultRecord, lengthMs: number): number | null {
  if (fault.rightAfterMs === null) return null;
  const rightMs = fault.atMs + fault.rightAfterMs;
  const isServed = (fromMs: number): boolean => {
    const part = asked.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + SERVED_MS);
    return part.length > 0 && part.reduce((sum, { harm }) => sum + harm, 0) <= SERVED_LOSS * part.length;
  };
  let isAllServed = true;
  for (let fromMs = fault.atMs; fromMs + SERVED_MS <= lengthMs; fromMs += STEP_MS) {
    const served = isServed(fromMs);
    if (!served) isAllServed = false;
    if (served && fromMs >= rightMs) return isAllServed ? 0 : fromMs - fault.atMs;
  }
  return null;
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
