/** What a journal and the real processes must agree on, however often the runtime died. */
import assert from 'node:assert/strict';
import type { JournalEntry } from '../../src/runtime/ports.ts';
import { ACTION_FACTS, type Action } from '../../strategies/contract.ts';
import { givesBack } from '../../strategies/guard.ts';
import { strategyHealer } from '../../strategies/heal.ts';
import type { FleetMemory } from '../../strategies/memory.ts';
import { KILL_SERVICES, type KillFleet, killInUse, RESTARTS_PER_10_MIN } from './kill-fleet.ts';

const TEN_MINUTES_MS = 600_000;

export interface Audited {
  readonly actions: number;
  readonly restarts: number;
}

/** @param acknowledged actions that were told to be done. */
export function audit(
  entries: readonly JournalEntry[],
  fleet: KillFleet,
  acknowledged: ReadonlySet<number>,
  torn: number,
): Audited {
  const intents = intentsOf(entries);
  const known = new Set(intents.map(({ id }) => id));
  assert.equal(known.size, intents.length, 'a number of an action was given twice');
  const ended = entries.flatMap((entry) => (entry.kind === 'effect' ? [entry.action] : []));
  assert.equal(new Set(ended).size, ended.length, 'an action has two effects');
  const effects = new Set(ended);
  assert.deepEqual(
    [...known].filter((id) => !effects.has(id)),
    [],
    'an intent was left open',
  );
  assert.ok(acknowledged.size > 0);
  assert.deepEqual(
    [...acknowledged].filter((id) => !effects.has(id)),
    [],
    'a record that was acknowledged is lost',
  );
  assert.deepEqual(actedTwice(fleet.commands()), [], 'a command ran twice for one intent');
  assert.deepEqual(
    fleet.commands().filter((id) => !known.has(id)),
    [],
    'a command ran without an intent',
  );
  const restarts = intents.filter(({ kind }) => kind === 'restart');
  for (const [service, id] of KILL_SERVICES.entries()) {
    const starts = fleet.starts(id).length;
    const decided = restarts.filter((action) => action.service === service).length;
    assert.ok(starts >= 1 && starts <= decided + 1, `${starts} starts of ${id} for ${decided} restarts`);
    if (id !== 'loop' && id !== 'sick') assert.equal(decided, 0, `${id}, for which there is no reason, was restarted`);
  }
  assert.ok(fleet.starts('loop').length > 1);
  assert.equal(worstTenMinutes(restarts) <= RESTARTS_PER_10_MIN, true, 'the budget of restarts was exceeded');
  const repairs = entries.filter((entry) => entry.kind === 'note' && entry.text.includes('was not finished'));
  assert.ok(repairs.length >= torn, `${torn} lines were torn, ${repairs.length} are told of`);
  neverDied(entries);
  return { actions: intents.length, restarts: restarts.length };
}

function intentsOf(entries: readonly JournalEntry[]): Action[] {
  return entries.flatMap((entry) => (entry.kind === 'intent' ? [entry.action] : []));
}

/** The most of these actions of one service within any ten minutes. */
export function worstTenMinutes(actions: readonly Action[]): number {
  return Math.max(
    0,
    ...actions.map(
      ({ atMs, service }) =>
        actions.filter((other) => other.service === service && other.atMs <= atMs && other.atMs > atMs - TEN_MINUTES_MS)
          .length,
    ),
  );
}

/** The most disruptive actions that were begun and not ended at any one time. */
export function mostInFlight(entries: readonly JournalEntry[]): number {
  const flights = new Set<number>();
  let most = 0;
  for (const entry of entries) {
    if (entry.kind === 'effect') flights.delete(entry.action);
    if (entry.kind !== 'intent' || !ACTION_FACTS[entry.action.kind].disables || givesBack(entry.action)) continue;
    flights.add(entry.action.id);
    most = Math.max(most, flights.size);
  }
  return most;
}

/**
 * A healer that saw all the inputs and never died remembers, at each of the memories written down, the very same: but for people of whom
 * a start cannot know that they were called.
 */
function neverDied(entries: readonly JournalEntry[]): void {
  assert.ok(killInUse.kind === 'strategy');
  const healer = strategyHealer(killInUse.name, killInUse.strategy);
  let memory: FleetMemory | null = null;
  let compared = 0;
  /** The service of each call for a person without an effect. */
  const calls = new Map<number, number>();
  for (const entry of entries) {
    if (entry.kind === 'input' && memory !== null)
      for (const { id, kind, service } of healer.heal(memory, entry.input))
        if (kind === 'escalate') calls.set(id, service);
    if (entry.kind === 'effect') calls.delete(entry.action);
    if (entry.kind === 'started') {
      for (const service of calls.values()) memory!.services[service]!.episode.escalated = 0;
      calls.clear();
    }
    if (entry.kind !== 'memory') continue;
    const written = entry.memory as FleetMemory;
    if (memory === null) memory = structuredClone(written);
    assert.equal(JSON.stringify(sorted(written)), JSON.stringify(sorted(memory)), `memory ${compared} is another`);
    compared += 1;
  }
  assert.ok(compared > 1);
}

function actedTwice(ids: readonly number[]): number[] {
  return ids.filter((id, at) => ids.indexOf(id) !== at);
}

/** Keys of the journal are in an order of their own. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, sorted(inner)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
