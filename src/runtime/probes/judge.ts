/** What an answer amounts to: whether it is good by itself, and what the figures in it say. One rule for http, exec and push. */
import type { ProbeLevel } from '../ports.ts';
import { bad, good, type Look, type Values } from './look.ts';
import { type Told, valuesOf } from './values.ts';

/** An answer as it came. `fault`: why it is not good by itself (a bad status, a missing text, an exit code). */
export interface Answer {
  readonly tookMs: number;
  readonly fault: string | undefined;
  readonly told: Told;
}

/**
 * Malformed figures make a good answer bad. A dependency that is told to have failed makes it bad and names itself, also where
 * the answer's own status says no more than that something is wrong.
 */
export function judge(level: ProbeLevel, { tookMs, fault, told }: Answer): Look {
  const values = told.kind === 'told' ? told.values : undefined;
  if (level === 'dependency' && values !== undefined) return judgeDependencies(tookMs, values);
  if (fault !== undefined) return bad(tookMs, fault, values);
  return told.kind === 'bad' ? bad(tookMs, told.reason) : good(tookMs, values);
}

/** Good if no dependency failed altogether; shares in between are for the healer to judge. */
export function judgeDependencies(tookMs: number, values: Values): Look {
  const failed = Object.keys(values).filter((id) => values[id]! >= 1);
  return failed.length === 0 ? good(tookMs, values) : bad(tookMs, `failed: ${failed.join(', ')}`, values);
}

/** A pushed report: `{ok, reason?}` and figures beside them. */
export function judgeReport(level: ProbeLevel, ok: boolean, reason: string | undefined, data: unknown): Look {
  const fault = ok ? undefined : (reason ?? 'it reports that it is not well');
  return judge(level, { tookMs: 0, fault, told: valuesOf(level, data) });
}
