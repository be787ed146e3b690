/** What a healer knew, after the fleet it heals has changed. */
import type { Roster } from './contract.ts';
import type { FleetMemory, ServiceMemory } from './memory.ts';
import { startMemory } from './start-memory.ts';

/**
 * The memory for `roster`: services and replica slots that are still in it keep all that is known of them (attempts, cool-downs,
 * circuits, restart budgets, pauses), new ones are unknown, what is gone is forgotten. The limits of the guard are the roster's.
 * Identifiers of actions go on, so that none is given twice. The memory handed in stays as it is.
 */
export function carryMemory(memory: FleetMemory, roster: Roster): FleetMemory {
  const old = structuredClone(memory);
  const next = startMemory(roster, '');
  const places = new Map(old.roster.services.map(({ id }, index) => [id, index]));
  const from = roster.services.map(({ id }) => places.get(id));
  const to = new Map(from.flatMap((was, index) => (was === undefined ? [] : [[was, index] as const])));
  const moved = <T extends { readonly service: number }>(records: readonly T[]): T[] =>
    records.flatMap((record) => {
      const service = to.get(record.service);
      return service === undefined ? [] : [{ ...record, service }];
    });
  const { paused, restartsAtMs, flights, refusals } = old.guard;
  return {
    ...next,
    seed: old.seed,
    nextActionId: old.nextActionId,
    guard: {
      limits: roster.guard,
      paused: from.map((was) => (was === undefined ? 0 : paused[was]!)),
      restartsAtMs: from.map((was) => (was === undefined ? [] : restartsAtMs[was]!)),
      flights: moved(flights),
      refusals: moved(refusals),
    },
    services: next.services.map((fresh, index) => {
      const was = from[index];
      return was === undefined ? fresh : carryService(old.services[was]!, fresh);
    }),
  };
}

/** As many slots as the fresh one has. */
function carryService(old: ServiceMemory, fresh: ServiceMemory): ServiceMemory {
  const slots = fresh.slots.map((slot, index) => old.slots[index] ?? slot);
  // Places of slots that are gone would point beyond the end.
  const isGone = (slot: number): boolean => slot >= slots.length;
  return {
    ...old,
    slots,
    worstSlot: isGone(old.worstSlot) ? fresh.worstSlot : old.worstSlot,
    errorExcess: isGone(old.worstSlot) ? fresh.errorExcess : old.errorExcess,
    slowestSlot: isGone(old.slowestSlot) ? fresh.slowestSlot : old.slowestSlot,
    latencyExcess: isGone(old.slowestSlot) ? fresh.latencyExcess : old.latencyExcess,
    present: Math.min(old.present, slots.length),
  };
}
