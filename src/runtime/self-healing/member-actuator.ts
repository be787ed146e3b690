/** Carries actions out in this process: by the user's strategies and handlers, and by what guarded calls can do by themselves. */
import type { Action, ActionKind } from '../../../strategies/contract.ts';
import { givesBack } from '../../../strategies/guard.ts';
import type { Actuator, Clock, Effect } from '../ports.ts';
import { bounded, wordsOf } from './bounded.ts';
import type { Member } from './member.ts';
import { ACTION_KINDS, type ActionHandler } from './options.ts';
import { byPriority, effectOf, type RecoveryOutcome, type Situation, tryRecoveries } from './recovery.ts';

export interface MemberActuatorParts {
  readonly members: readonly Member[];
  readonly clock: Clock;
  /** Aborted when what is under way has to stop. */
  readonly stop: AbortSignal;
  readonly situationOf: (member: Member, action: Action) => Situation;
  readonly onRecovery: (member: Member, action: Action, outcome: RecoveryOutcome) => void;
  readonly onEscalation: (member: Member, action: Action) => void;
}

/**
 * Holding calls back (`circuit-break`) needs no handler, as every call goes through the executor; nor does `escalate`, which is
 * told as an event. Everything else needs one, or a custom strategy that stands in for it.
 */
export function memberActuator(parts: MemberActuatorParts): Actuator {
  const memberOf = (service: string): Member => parts.members.find(({ id }) => id === service)!;
  return {
    can(service) {
      const { parts: own, strategies } = memberOf(service);
      const kinds = Object.keys(own.actions) as ActionKind[];
      return new Set<ActionKind>([
        ...kinds,
        'circuit-break',
        'escalate',
        ...(strategies.length > 0 ? ACTION_KINDS : []),
      ]);
    },
    act: (action, service) =>
      act(parts, memberOf(service), action).catch((error: unknown) => ({ kind: 'failed', reason: wordsOf(error) })),
  };
}

async function act(parts: MemberActuatorParts, member: Member, action: Action): Promise<Effect> {
  if (action.kind === 'escalate') {
    parts.onEscalation(member, action);
    return (await handle(parts, member, action)) ?? { kind: 'done', detail: 'told as an event' };
  }
  const measure = `${action.kind}/${action.replica}`;
  if (isOfMeasure(action)) {
    if (givesBack(action) && member.replaced.delete(measure)) return { kind: 'done', detail: 'nothing stood' };
    if (member.replaced.has(measure)) return { kind: 'done', detail: 'a custom strategy stands in for it' };
  }
  const failures: string[] = [];
  const recovered = async (isFirst: boolean): Promise<Effect | null> => {
    const name = await recover(parts, member, action, isFirst, failures);
    if (name === null) return null;
    if (STANDING.has(action.kind)) member.replaced.add(measure);
    return { kind: 'done', detail: `recovered by ${name}` };
  };
  const before = givesBack(action) ? null : await recovered(true);
  if (before !== null) return before;
  const own = await handle(parts, member, action);
  if (own?.kind === 'done') return noted(member, action, own);
  const after = givesBack(action) ? null : await recovered(false);
  if (after !== null) return after;
  const words = failures.length === 0 ? '' : `; ${failures.join('; ')}`;
  if (own === null) return { kind: 'unsupported', reason: `${action.kind} of ${member.id} has no handler${words}` };
  return { kind: own.kind, reason: `${own.reason}${words}` } as Effect;
}

/** Measures that stand until they are taken back. */
const STANDING: ReadonlySet<ActionKind> = new Set(['circuit-break', 'reroute', 'fallback']);

/** Whether the action goes on with a measure, or ends it, that may have been replaced. */
function isOfMeasure(action: Action): boolean {
  if (action.kind === 'circuit-break') return action.admit > 0;
  return STANDING.has(action.kind) && givesBack(action);
}

/** Tries the strategies that come before the action (priority 0 and more), or after it. */
function recover(
  { clock, stop, situationOf, onRecovery }: MemberActuatorParts,
  member: Member,
  action: Action,
  isFirst: boolean,
  failures: string[],
): Promise<string | null> {
  const strategies = byPriority(member.strategies).filter(({ priority }) => priority >= 0 === isFirst);
  if (strategies.length === 0) return Promise.resolve(null);
  const situation = situationOf(member, action);
  return tryRecoveries(strategies, situation, clock, member.config.recoveryTimeoutMs, stop, (outcome) => {
    if (outcome.effect.kind !== 'done') failures.push(`${outcome.strategy}: ${outcome.effect.reason}`);
    onRecovery(member, action, outcome);
  });
}

/** Null when there is neither a handler nor a way of our own. */
async function handle({ clock, stop }: MemberActuatorParts, member: Member, action: Action): Promise<Effect | null> {
  const handler = member.parts.actions[action.kind] as ActionHandler | undefined;
  if (handler === undefined) return action.kind === 'circuit-break' ? holdBack(member, action.admit) : null;
  const limitMs = member.config.actionTimeoutMs;
  const ended = await bounded(
    `${action.kind} of ${member.id}`,
    (signal) => handler(action, signal),
    clock,
    limitMs,
    stop,
  );
  switch (ended.kind) {
    case 'value':
      return effectOf(ended.value);
    case 'error':
      return { kind: 'failed', reason: wordsOf(ended.error) };
    case 'timed-out':
      return { kind: 'failed', reason: `not done within ${limitMs} ms` };
    case 'stopped':
      return { kind: 'failed', reason: 'closed before it ended' };
  }
}

function holdBack({ executor }: Member, admit: number): Effect {
  executor.holdBack(admit);
  return { kind: 'done', detail: `${Math.round(100 * admit)} % of calls are let through` };
}

/** Until a check tells how many replicas run, they are as many as was ordered. */
function noted(member: Member, action: Action, effect: Effect): Effect {
  const { min, max } = member.parts.replicas;
  if (action.kind === 'scale-up') member.replicas = Math.min(max, member.replicas + 1);
  if (action.kind === 'scale-down') member.replicas = Math.max(min, member.replicas - 1);
  return effect;
}
