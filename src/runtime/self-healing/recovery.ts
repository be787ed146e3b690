/** Recovery strategies of the user's own: asked in order of their priority whether they can help, and given time to. */
import type { Action, HealthStatus } from '../../../strategies/contract.ts';
import type { Clock, Effect } from '../ports.ts';
import { bounded, type Told, wordsOf } from './bounded.ts';

/** What is wrong, and what the pack's strategy would do about it. */
export interface Situation {
  readonly service: string;
  readonly status: HealthStatus;
  readonly reason: string;
  /** Decided, let through by the guard and written down; not carried out yet. Its `cause` is the issue. */
  readonly action: Action;
}

export interface RecoveryStrategy {
  readonly name: string;
  canHandle(situation: Situation): boolean | Promise<boolean>;
  /** Recovered unless it throws, or tells false or `failed`. `signal` is aborted when it takes too long. */
  recover(situation: Situation, signal: AbortSignal): Recovered | Promise<Recovered>;
  /** Higher comes first; from 0 on before the action that was decided, below 0 after it when it did not succeed. Default 0. */
  readonly priority?: number;
  /** From which level of healing on it is used. Default basic. */
  readonly level?: 'basic' | 'advanced' | 'full';
}

type Recovered = Told<Effect | boolean>;

/** How one strategy fared; told for each that said it could handle it, or that failed to say. */
export interface RecoveryOutcome {
  readonly strategy: string;
  readonly effect: Effect;
  readonly tookMs: number;
}

/**
 * Tries them one after the other until one succeeds. Never rejects.
 * @returns whether one did, and how each that was tried fared.
 */
export async function tryRecoveries(
  strategies: readonly Required<RecoveryStrategy>[],
  situation: Situation,
  clock: Clock,
  timeoutMs: number,
  stop: AbortSignal,
  onOutcome: (outcome: RecoveryOutcome) => void,
): Promise<string | null> {
  for (const strategy of strategies) {
    if (stop.aborted) return null;
    const beganMs = clock.now();
    const effect = await tryOne(strategy, situation, clock, timeoutMs, stop);
    if (effect === null) continue;
    onOutcome({ strategy: strategy.name, effect, tookMs: Math.max(0, clock.now() - beganMs) });
    if (effect.kind === 'done') return strategy.name;
  }
  return null;
}

/** In the order in which they are tried; equal ones in the order in which they were added. */
export function byPriority(strategies: readonly Required<RecoveryStrategy>[]): readonly Required<RecoveryStrategy>[] {
  return strategies.filter(({ level }) => level === 'basic').sort((a, b) => b.priority - a.priority);
}

/** Null when it cannot handle the situation. */
async function tryOne(
  strategy: Required<RecoveryStrategy>,
  situation: Situation,
  clock: Clock,
  timeoutMs: number,
  stop: AbortSignal,
): Promise<Effect | null> {
  const asked = await bounded(strategy.name, () => strategy.canHandle(situation), clock, timeoutMs, stop);
  if (asked.kind === 'value' && asked.value !== true) return null;
  if (asked.kind !== 'value') return failed(asked, 'canHandle');
  const ended = await bounded(strategy.name, (signal) => strategy.recover(situation, signal), clock, timeoutMs, stop);
  return ended.kind === 'value' ? effectOf(ended.value) : failed(ended, 'recover');
}

function failed(ended: { readonly kind: string; readonly error?: unknown }, where: string): Effect {
  if (ended.kind === 'timed-out') return { kind: 'failed', reason: `${where} took too long` };
  if (ended.kind === 'stopped') return { kind: 'failed', reason: 'closed before it ended' };
  return { kind: 'failed', reason: `${where} threw: ${wordsOf(ended.error)}` };
}

/** What a user's function told, as an effect: nothing told is done. */
export function effectOf(told: Recovered): Effect {
  if (told === false) return { kind: 'failed', reason: 'it says that it did not succeed' };
  if (typeof told !== 'object' || told === null) return { kind: 'done' };
  switch (told.kind) {
    case 'done':
      return typeof told.detail === 'string' ? { kind: 'done', detail: told.detail } : { kind: 'done' };
    case 'failed':
    case 'unsupported':
      return { kind: told.kind, reason: String(told.reason) };
    default:
      return { kind: 'done' };
  }
}
