/** A breaker that goes on under new settings: what it counted is kept where it still means something. */
import type { BreakerConfig } from '../../../strategies/breaker-config.ts';
import { type BreakerEffect, type BreakerState, type HalfOpen, NO_EFFECTS } from '../../../strategies/breaker-state.ts';
import { advance, enterClosed, enterHalfOpen, joinEffects } from '../../../strategies/breaker-transitions.ts';
import { createWindow } from '../../../strategies/breaker-window.ts';

/**
 * - The window's calls stay unless its kind, length or slots change; failures in a row always stay.
 * - A wait goes on to the end it had; isolation, disabled and metrics-only stay.
 * - Half-open begins anew when the probes made so far do not fit the new number of permits.
 * - A ramp that the new settings do not have is over.
 *
 * The state handed in stays as it is.
 */
export function reconfigure(
  before: BreakerConfig,
  given: BreakerState,
  after: BreakerConfig,
  atMs: number,
): { readonly state: BreakerState; readonly effects: readonly BreakerEffect[] } {
  const state = structuredClone(given);
  let effects = advance(before, state, atMs);
  if (JSON.stringify(before.window) !== JSON.stringify(after.window))
    state.window = createWindow(after.window, state.lastMs);
  const { mode } = state;
  if (mode.kind === 'ramping' && after.ramp === null)
    effects = joinEffects(effects, enterClosed(state, state.lastMs, 'command'));
  if (mode.kind === 'half-open' && !fits(mode, after.halfOpen.permits))
    effects = joinEffects(effects, enterHalfOpen(state, state.lastMs, 'command'));
  return { state, effects: effects.length === 0 ? NO_EFFECTS : effects };
}

/** Whether a verdict is still to come, and no more probes are under way than may be. */
function fits({ inFlight, succeeded, failed }: HalfOpen, permits: number): boolean {
  return succeeded + failed < permits && inFlight + succeeded + failed <= permits;
}
