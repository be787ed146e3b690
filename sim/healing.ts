/** Between a healer and the world, the same on both tiers: actions begin, events happen, outcomes are told. */
import type { Action, Healer, HealInput } from '../strategies/contract.ts';
import { canDo } from './abilities.ts';
import { autoscale } from './autoscale.ts';
import { type CalendarEvent, EVENT, schedule } from './calendar.ts';
import { act, decline } from './effects.ts';
import { apply } from './events.ts';
import { type Ledger, noteAction, type Tally } from './score.ts';
import type { World } from './world.ts';

/** The platform's autoscaler looks this often (Kubernetes HPA sync period). */
const AUTOSCALE_EVERY_S = 15;

/** Told every input and the actions it led to, in order (traces, replay). */
export type OnInput = (input: HealInput, actions: readonly Action[]) => void;

/** Begins the actions that can be done; calls may fare differently from now on. What cannot be done is free. */
export function carryOut(actions: readonly Action[], ledger: Ledger, world: World, tally: Tally): true {
  for (const action of actions) {
    if (!canDo(world, action)) {
      decline(world, action);
      continue;
    }
    noteAction(tally, action, ledger, world);
    act(world, action);
  }
  return true;
}

/** Lets an event of the calendar happen; says whether calls may fare differently. */
export function happen(event: CalendarEvent, ledger: Ledger, world: World): boolean {
  if (event.code !== EVENT.autoscale) return apply(world, event);
  schedule(world.calendar, world.timeS + AUTOSCALE_EVERY_S, EVENT.autoscale, 0);
  return autoscale(ledger, world);
}

/** Time passed for a healer that asked to be woken; says whether it acted. */
export function wake(
  healer: Healer,
  memory: unknown,
  ledger: Ledger,
  world: World,
  tally: Tally,
  onInput: OnInput | undefined,
): boolean {
  const input: HealInput = { kind: 'tick', atMs: Math.round(world.timeS * 1000) };
  const actions = healer.heal(memory, input);
  onInput?.(input, actions);
  return actions.length > 0 && carryOut(actions, ledger, world, tally);
}

/** Tells the healer the outcomes that wait; says whether it acted on one. */
export function tellOutcomes(
  healer: Healer,
  memory: unknown,
  ledger: Ledger,
  world: World,
  tally: Tally,
  onInput: OnInput | undefined,
): boolean {
  let acted = false;
  while (world.outcomes.length > 0) {
    const { service, action, result } = world.outcomes.shift()!;
    const input: HealInput = { kind: 'outcome', atMs: Math.round(world.timeS * 1000), service, action, result };
    const actions = healer.heal(memory, input);
    onInput?.(input, actions);
    if (actions.length > 0) acted = carryOut(actions, ledger, world, tally);
  }
  return acted;
}
