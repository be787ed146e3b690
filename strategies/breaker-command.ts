/** What an operator, a playbook or a rule may order a breaker to do. */
import type { BreakerConfig } from './breaker-config.ts';
import { BreakerError } from './breaker-error.ts';
import { type BreakerEffect, type BreakerState, type ModeKind, NO_EFFECTS } from './breaker-state.ts';
import {
  advance,
  enter,
  enterClosed,
  enterHalfOpen,
  enterOpen,
  forgetCalls,
  joinEffects,
} from './breaker-transitions.ts';
import { unreachable } from './contract.ts';

/** `reset` closes from any mode, isolation included, and forgets everything but tickets. */
export type BreakerCommand =
  /** Holds the breaker open in the holder's name. It closes, empty, when its last holder releases it. */
  { readonly kind: 'isolate' | 'release'; readonly holder: string } | { readonly kind: ModeCommand | 'reset' };

type ModeCommand = 'open' | 'half-open' | 'close' | 'disable' | 'metrics-only';

/** How many may isolate a breaker at once. */
export const HOLDERS_MAX = 100;

const MODE_COMMANDS: Readonly<Record<ModeCommand, { to: ModeKind; from: readonly ModeKind[] }>> = {
  open: { to: 'open', from: ['closed', 'half-open', 'ramping'] },
  'half-open': { to: 'half-open', from: ['open'] },
  close: { to: 'closed', from: ['open', 'half-open', 'ramping', 'disabled', 'metrics-only'] },
  disable: { to: 'disabled', from: ['closed', 'open', 'half-open', 'ramping', 'metrics-only'] },
  'metrics-only': { to: 'metrics-only', from: ['closed', 'open', 'half-open', 'ramping', 'disabled'] },
};

/**
 * Carries out an order and returns what happened; an order for the present mode does nothing.
 * @throws BreakerError `illegal-command` when the order makes no sense in the present mode; only time has moved on then.
 */
export function command(
  config: BreakerConfig,
  state: BreakerState,
  order: BreakerCommand,
  atMs: number,
): readonly BreakerEffect[] {
  const effects = advance(config, state, atMs);
  switch (order.kind) {
    case 'isolate':
      return joinEffects(effects, isolate(state, order.holder));
    case 'release':
      return joinEffects(effects, releaseHolder(state, order.holder));
    case 'reset':
      return joinEffects(effects, reset(state));
    default:
      return joinEffects(effects, changeMode(config, state, order.kind));
  }
}

function isolate(state: BreakerState, holder: string): readonly BreakerEffect[] {
  const { mode } = state;
  if (mode.kind !== 'forced-open')
    return enter(state, { kind: 'forced-open', sinceMs: state.lastMs, holders: [holder] }, 'command');
  if (mode.holders.includes(holder)) return NO_EFFECTS;
  if (mode.holders.length >= HOLDERS_MAX)
    throw new BreakerError('illegal-command', [`isolate: ${HOLDERS_MAX} others hold the breaker already`]);
  mode.holders.push(holder);
  return NO_EFFECTS;
}

/** One holder's release counts once: repeating it releases nobody else's hold. */
function releaseHolder(state: BreakerState, holder: string): readonly BreakerEffect[] {
  const { mode } = state;
  if (mode.kind !== 'forced-open') return NO_EFFECTS;
  mode.holders = mode.holders.filter((other) => other !== holder);
  return mode.holders.length === 0 ? enterClosed(state, state.lastMs, 'command') : NO_EFFECTS;
}

function reset(state: BreakerState): readonly BreakerEffect[] {
  const wasClosed = state.mode.kind === 'closed';
  state.counts = { admitted: 0, refused: 0, ignored: 0, late: 0 };
  const effects = enterClosed(state, state.lastMs, 'command');
  return wasClosed ? NO_EFFECTS : effects;
}

function changeMode(config: BreakerConfig, state: BreakerState, order: ModeCommand): readonly BreakerEffect[] {
  const { to, from } = MODE_COMMANDS[order];
  const present = state.mode.kind;
  if (present === to) return NO_EFFECTS;
  if (!from.includes(present))
    throw new BreakerError('illegal-command', [`${order}: not possible while ${config.name} is ${present}`]);
  switch (order) {
    case 'open':
      return enterOpen(config, state, state.lastMs, 'command');
    case 'half-open':
      return enterHalfOpen(state, state.lastMs, 'command');
    case 'close':
      return enterClosed(state, state.lastMs, 'command');
    case 'disable':
      return enter(state, { kind: 'disabled', sinceMs: state.lastMs }, 'command');
    case 'metrics-only':
      forgetCalls(state);
      return enter(state, { kind: 'metrics-only', sinceMs: state.lastMs, crossed: false }, 'command');
    default:
      return unreachable(order);
  }
}
