/** A Compose healthcheck as a probe. */
import { asArray, asObject, asText, asTexts } from '../data.ts';
import type { FoundProbe, Look, RawService } from '../model.ts';
import { plainGet } from './plain-get.ts';

/** Compose's own defaults. */
const INTERVAL_MS = 30_000;
const TIMEOUT_MS = 30_000;
const PROBE_MS = { least: 1000, most: 3_600_000 };
/** A look may take a minute at most. */
const LOOK_MS_MAX = 60_000;
const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

export interface Healthcheck {
  readonly probe: FoundProbe | null;
  readonly startGraceMs: number | null;
}

/** `published` decides whether an http check can be made from outside of the container. */
export function readHealthcheck(value: unknown, published: RawService['published']): Healthcheck {
  const check = asObject(value);
  const startGraceMs = durationMs(check.start_period);
  const command = commandOf(check.test);
  if (command === null || asText(check.disable) === 'true') return { probe: null, startGraceMs };
  const intervalMs = between(PROBE_MS.least, durationMs(check.interval) ?? INTERVAL_MS, PROBE_MS.most);
  const timeoutMs = Math.min(durationMs(check.timeout) ?? TIMEOUT_MS, intervalMs, LOOK_MS_MAX);
  const probe = {
    level: 'liveness',
    look: lookOf(command, published),
    intervalMs,
    timeoutMs: Math.max(1, timeoutMs),
  } as const;
  return { probe, startGraceMs };
}

/** Null for NONE and for what is none. */
function commandOf(test: unknown): string[] | null {
  const text = typeof test === 'string' ? test : null;
  if (text !== null) return text === '' ? null : ['sh', '-c', text];
  const words = asTexts(asArray(test));
  if (words[0] === 'CMD' && words.length > 1) return words.slice(1);
  if (words[0] === 'CMD-SHELL' && words.length > 1) return ['sh', '-c', words.slice(1).join(' ')];
  return null;
}

/** A GET of a port that is published looks as well from outside, and costs no process in the container. */
function lookOf(command: readonly string[], published: RawService['published']): Look {
  const get = plainGet(command);
  return get !== null && published.some(({ container }) => container === get.port)
    ? { kind: 'http', ...get }
    : { kind: 'exec', command };
}

/** `30s`, `1m30s`, `500ms`; null for what is none. */
export function durationMs(value: unknown): number | null {
  const text = asText(value)?.trim() ?? '';
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([all]) => all).join('') !== text) return null;
  return Math.round(parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNIT_MS[unit!]!, 0));
}

function between(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
