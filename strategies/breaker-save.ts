/** Saving a breaker and reading it back: versioned, checked whole, every problem named. */
import { z } from 'zod';
import { HOLDERS_MAX } from './breaker-command.ts';
import type { BreakerConfig } from './breaker-config.ts';
import { BreakerError } from './breaker-error.ts';
import { type BreakerMode, type BreakerState, createBreaker } from './breaker-state.ts';
import { createTicketBook, FREE, TICKET_VERSIONS, TICKETS_IN_FLIGHT_MAX, ticketProblems } from './breaker-tickets.ts';
import { createWindow, windowFits, windowProblems } from './breaker-window.ts';

const SAVED_BREAKER_VERSION = 1;

const count = z.int().min(0);
const timeMs = z.number().min(0);
const totals = { calls: count, failed: count, slow: count };
const ring = z.array(count).max(3600);
const mode = <Kind extends string, Own extends z.core.$ZodLooseShape>(kind: Kind, own: Own) =>
  z.strictObject({ kind: z.literal(kind), sinceMs: timeMs, ...own });

const savedSchema = z.strictObject({
  version: z.literal(SAVED_BREAKER_VERSION),
  mode: z.discriminatedUnion('kind', [
    mode('closed', {}),
    mode('open', { untilMs: timeMs }),
    mode('half-open', { inFlight: count, succeeded: count, failed: count, untilMs: timeMs }),
    mode('ramping', { untilMs: timeMs, credit: z.number().min(0).max(2) }),
    mode('forced-open', { holders: z.array(z.string()).min(1).max(HOLDERS_MAX) }),
    mode('disabled', {}),
    mode('metrics-only', { crossed: z.boolean() }),
  ]),
  generation: count,
  lastMs: timeMs,
  seed: z.int().min(0).max(0xffffffff),
  warmUpUntilMs: timeMs,
  openings: count,
  consecutive: count,
  window: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('count'),
      ...totals,
      outcomes: z.array(z.int().min(0).max(3)).max(100_000),
      next: count,
    }),
    z.strictObject({
      kind: z.literal('time'),
      ...totals,
      newest: count,
      slotCalls: ring,
      slotFailed: ring,
      slotSlow: ring,
    }),
  ]),
  tickets: z.strictObject({
    versions: z.array(count.max(TICKET_VERSIONS - 1)).max(TICKETS_IN_FLIGHT_MAX),
    generations: z.array(z.int().min(FREE)).max(TICKETS_IN_FLIGHT_MAX),
    free: z.array(count).max(TICKETS_IN_FLIGHT_MAX),
    next: count,
  }),
  counts: z.strictObject({ admitted: count, refused: count, ignored: count, late: count }),
});
export type SavedBreaker = z.infer<typeof savedSchema>;

export interface RestoreOptions {
  /** `forget` after a restart of the process, when no result of the saved calls can arrive any more: frees their permits. */
  readonly inFlight?: 'keep' | 'forget';
  /** `closed`: a saved state that cannot be used gives a new breaker instead of an error. */
  readonly ifBad?: 'throw' | 'closed';
}

/** A copy to be written as JSON. The settings are not part of it. */
export function saveBreaker(state: BreakerState): SavedBreaker {
  return { version: SAVED_BREAKER_VERSION, ...structuredClone(state) };
}

/**
 * Reads a saved breaker back: a wait goes on where it was, isolation stays and can be released, and a half-open one
 * follows `restoreHalfOpen`. Calls that were counted in another window than that of the settings are forgotten.
 * @param saved untrusted.
 * @param atMs now. If the clock has gone back (a new process with its own clock), all times move back with it, and the
 *   calls of a time window are forgotten.
 * @throws BreakerError `bad-saved-state`, naming every bad field.
 */
export function restoreBreaker(
  config: BreakerConfig,
  saved: unknown,
  atMs: number,
  { inFlight = 'keep', ifBad = 'throw' }: RestoreOptions = {},
): BreakerState {
  const parsed = savedSchema.safeParse(saved);
  const problems = parsed.success ? misfits(config, parsed.data) : parsed.error.issues.map(describeIssue);
  if (!parsed.success || problems.length > 0) {
    if (ifBad === 'closed') return createBreaker(config, atMs);
    throw new BreakerError('bad-saved-state', problems);
  }
  const { version: _, ...state } = parsed.data;
  if (!windowFits(state.window, config.window, state.lastMs)) state.window = createWindow(config.window, state.lastMs);
  if (inFlight === 'forget') forgetInFlight(state);
  if (atMs < state.lastMs) turnBack(config, state, Math.max(0, atMs));
  if (state.mode.kind === 'half-open' && config.restoreHalfOpen === 'open') reopen(state);
  return state;
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  return `${path.length === 0 ? '(root)' : path.join('.')}: ${message}`;
}

/** What is well-formed but cannot be the state of a breaker with these settings. */
function misfits(config: BreakerConfig, state: BreakerState): readonly string[] {
  return [...modeProblems(config, state.mode), ...windowProblems(state.window), ...ticketProblems(state.tickets)];
}

function modeProblems({ halfOpen: { permits }, ramp }: BreakerConfig, mode: BreakerMode): readonly string[] {
  if (mode.kind === 'ramping' && ramp === null) return ['mode.kind: is ramping, the settings have no ramp'];
  if (mode.kind !== 'half-open') return [];
  const settled = mode.succeeded + mode.failed;
  if (settled >= permits) return [`mode.succeeded: with mode.failed it leaves none of ${permits} probes to wait for`];
  return settled + mode.inFlight > permits ? [`mode.inFlight: more than ${permits} probes in all`] : [];
}

function forgetInFlight(state: BreakerState): void {
  state.tickets = createTicketBook();
  if (state.mode.kind === 'half-open') state.mode.inFlight = 0;
}

function turnBack(config: BreakerConfig, state: BreakerState, atMs: number): void {
  const backMs = state.lastMs - atMs;
  const moved = (timeMs: number) => Math.max(0, timeMs - backMs);
  const { mode } = state;
  state.lastMs = atMs;
  state.warmUpUntilMs = moved(state.warmUpUntilMs);
  state.mode = { ...mode, sinceMs: moved(mode.sinceMs), ...('untilMs' in mode && { untilMs: moved(mode.untilMs) }) };
  if (config.window.kind === 'time') state.window = createWindow(config.window, atMs);
}

/** Open with its wait over. The generation advances, so that the probes in flight are late. */
function reopen(state: BreakerState): void {
  state.mode = { kind: 'open', sinceMs: state.lastMs, untilMs: state.lastMs };
  state.generation += 1;
}
