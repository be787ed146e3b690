/** Looks at a running healix's key figures, kept in a row: what they come to per second, and how they went. Pure. */
import type { FleetStatus } from '../runtime/status.ts';
import type { KeyFigures } from './key-figures.ts';
import type { Signs } from './spans.ts';

export interface Sample {
  readonly atMs: number;
  readonly figures: KeyFigures;
  readonly status: FleetStatus;
}

/** Between two looks; null where there was nothing to divide by, or healix was started anew in between. */
export interface Pace {
  readonly requestsPerS: number | null;
  /** Share of requests that were not answered well. */
  readonly failedShare: number | null;
  readonly actions: number | null;
  /** Share of one processor that healix itself used. */
  readonly processor: number | null;
}

const NO_PACE: Pace = { requestsPerS: null, failedShare: null, actions: null, processor: null };

export function paceOf(before: Sample | undefined, now: Sample): Pace {
  if (before === undefined || now.status.startedAtMs !== before.status.startedAtMs) return NO_PACE;
  const seconds = (now.atMs - before.atMs) / 1000;
  const [then, later] = [before.figures, now.figures];
  const requests = later.requests - then.requests;
  if (seconds <= 0 || requests < 0) return NO_PACE;
  const done = (figures: KeyFigures): number => figures.actionsDone + figures.actionsFailed;
  return {
    requestsPerS: requests / seconds,
    failedShare: requests === 0 ? null : 1 - (later.requestsOk - then.requestsOk) / requests,
    actions: done(later) - done(then),
    processor: (later.processorS - then.processorS) / seconds,
  };
}

/** The service with the highest latency; null where none was measured. */
export function slowest({ status }: Sample): { readonly id: string; readonly p95Ms: number } | null {
  let worst: { readonly id: string; readonly p95Ms: number } | null = null;
  for (const { id, figures } of status.services) {
    const p95Ms = figures?.p95Ms ?? null;
    if (p95Ms !== null && p95Ms > (worst?.p95Ms ?? -1)) worst = { id, p95Ms };
  }
  return worst;
}

/** The last `width` values as bars from 0 to the highest of them, at least `least`; a blank for what is not known. */
export function sparkline(values: readonly (number | null)[], width: number, signs: Signs, least = 0): string {
  if (width <= 0) return '';
  const shown = values.slice(-width);
  const top = Math.max(least, ...shown.map((value) => value ?? 0));
  const { bars } = signs;
  return shown
    .map((value) => {
      if (value === null) return ' ';
      return bars[top === 0 ? 0 : Math.min(bars.length - 1, Math.floor((value / top) * bars.length))]!;
    })
    .join('');
}
