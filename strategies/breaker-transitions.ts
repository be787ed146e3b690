/** How a breaker changes its mode, by the passing of time or by a verdict. */
import type { BreakerConfig } from './breaker-config.ts';
import {
  type BreakerEffect,
  type BreakerMode,
  type BreakerState,
  NO_EFFECTS,
  type TransitionCause,
} from './breaker-state.ts';
import { clearWindow } from './breaker-window.ts';

/**
 * Moves time on and makes the transitions that fell due, each at the time it was due: a jump ends where many small steps
 * do. Every other function of the breaker starts with this one; call it alone when `nextWakeAt` is reached.
 */
export function advance(config: BreakerConfig, state: BreakerState, atMs: number): readonly BreakerEffect[] {
  if (atMs > state.lastMs) state.lastMs = atMs;
  let effects = NO_EFFECTS;
  let wakeMs = nextWakeAt(config, state);
  while (wakeMs !== null && wakeMs <= state.lastMs) {
    effects = joinEffects(effects, wake(config, state, wakeMs));
    wakeMs = nextWakeAt(config, state);
  }
  return effects;
}

/** When the breaker changes its mode by itself, milliseconds, or null if nothing is due until the next call or command. */
export function nextWakeAt(config: BreakerConfig, state: BreakerState): number | null {
  const { mode } = state;
  if (mode.kind === 'open') return config.open.automatic ? mode.untilMs : null;
  if (mode.kind === 'half-open') return mode.inFlight > 0 ? mode.untilMs : null;
  return mode.kind === 'ramping' ? mode.untilMs : null;
}

/** Opens, and waits longer the more often it opened since it was last closed. */
export function enterOpen(
  config: BreakerConfig,
  state: BreakerState,
  atMs: number,
  cause: TransitionCause,
): readonly BreakerEffect[] {
  state.openings += 1;
  return enter(state, { kind: 'open', sinceMs: atMs, untilMs: atMs + openWaitMs(config, state) }, cause);
}

export function enterHalfOpen(state: BreakerState, atMs: number, cause: TransitionCause): readonly BreakerEffect[] {
  return enter(state, { kind: 'half-open', sinceMs: atMs, inFlight: 0, succeeded: 0, failed: 0, untilMs: atMs }, cause);
}

/** The service is trusted again: at once, or along the ramp if there is one. */
export function enterServing(
  config: BreakerConfig,
  state: BreakerState,
  atMs: number,
  cause: TransitionCause,
): readonly BreakerEffect[] {
  if (config.ramp === null) return enterClosed(state, atMs, cause);
  forgetCalls(state);
  // Full credit lets the first call pass.
  return enter(state, { kind: 'ramping', sinceMs: atMs, untilMs: atMs + config.ramp.lengthMs, credit: 1 }, cause);
}

/** Closes with nothing counted and the wait back at its first value. */
export function enterClosed(state: BreakerState, atMs: number, cause: TransitionCause): readonly BreakerEffect[] {
  state.openings = 0;
  forgetCalls(state);
  return enter(state, { kind: 'closed', sinceMs: atMs }, cause);
}

/** Changes the mode and starts a new generation. */
export function enter(state: BreakerState, mode: BreakerMode, cause: TransitionCause): readonly BreakerEffect[] {
  const from = state.mode.kind;
  state.mode = mode;
  state.generation += 1;
  return [{ kind: 'transition', atMs: mode.sinceMs, from, to: mode.kind, cause }];
}

export function forgetCalls(state: BreakerState): void {
  state.consecutive = 0;
  clearWindow(state.window);
}

export function joinEffects(first: readonly BreakerEffect[], then: readonly BreakerEffect[]): readonly BreakerEffect[] {
  if (first.length === 0) return then;
  return then.length === 0 ? first : [...first, ...then];
}

function wake(config: BreakerConfig, state: BreakerState, atMs: number): readonly BreakerEffect[] {
  switch (state.mode.kind) {
    case 'open':
      return enterHalfOpen(state, atMs, 'wait-over');
    case 'half-open':
      if (config.halfOpen.stayEnd === 'open') return enterOpen(config, state, atMs, 'stay-over');
      return enterServing(config, state, atMs, 'stay-over');
    case 'ramping':
      return endRamp(state, atMs);
    default:
      return NO_EFFECTS;
  }
}

/** The ramp leads into closed without a break: its calls stay counted and those in flight are not late. */
function endRamp(state: BreakerState, atMs: number): readonly BreakerEffect[] {
  state.openings = 0;
  state.mode = { kind: 'closed', sinceMs: atMs };
  return [{ kind: 'transition', atMs, from: 'ramping', to: 'closed', cause: 'ramp-over' }];
}

/** Jitter comes on top of the capped wait, so that callers stay apart even at the cap. */
function openWaitMs({ open }: BreakerConfig, state: BreakerState): number {
  const waitMs = Math.min(open.waitMsMax, open.waitMs * open.factor ** (state.openings - 1));
  return waitMs * (1 + open.jitter * unitDraw(state.seed, state.generation));
}

/** A draw in [0, 1) that depends on its keys alone: the finaliser of MurmurHash3 (Appleby, public domain). */
function unitDraw(seed: number, key: number): number {
  let hash = (seed ^ Math.imul(key + 1, 0x9e3779b1)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
