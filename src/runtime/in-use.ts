/** What the runtime heals by: the strategy of a pack, or any other healer, such as one of the baselines. */
import { carryMemory } from '../../strategies/carry-memory.ts';
import type { Healer, HealthStatus, Roster } from '../../strategies/contract.ts';
import { strategyHealer } from '../../strategies/heal.ts';
import { healthOf } from '../../strategies/health.ts';
import type { FleetMemory } from '../../strategies/memory.ts';
import type { Strategy } from '../../strategies/strategy.ts';
import { type RuntimeConfig, tighten } from './config.ts';
import type { KnownStatus } from './probes/dependency.ts';

/** What to heal by, and what it is called in the journal. */
export type InUse =
  | {
      readonly kind: 'strategy';
      readonly name: string;
      /** Content hash of the pack. */
      readonly hash: string;
      readonly strategy: Strategy;
    }
  /** Holds itself to the guard, as `guarded` does. The config's policies of tiers do not reach it. */
  | { readonly kind: 'healer'; readonly name: string; readonly healer: Healer<HealerMemory> };

/** What is read of any healer's memory. */
export interface HealerMemory {
  readonly guard: FleetMemory['guard'];
}

export interface Health {
  readonly status: HealthStatus;
  /** Why it is not healthy; empty when it is. */
  readonly reason: string;
  /** Phase of the circuit breaker. */
  readonly circuit: string;
}

/** The healer, with the config's policies put over it. */
export function healerInUse(inUse: InUse, policies: RuntimeConfig['policies']): Healer<HealerMemory> {
  if (inUse.kind === 'healer') return inUse.healer;
  return strategyHealer(inUse.name, tighten(inUse.strategy, policies)) as Healer<HealerMemory>;
}

/** What memory belongs to: memory of one healer means nothing to another. */
export function hashInUse(inUse: InUse): string {
  return inUse.kind === 'strategy' ? inUse.hash : `healer ${inUse.name}`;
}

/** A service's health as the healer sees it. One that keeps no such record is asked nothing: then liveness alone tells. */
export function healthIn(memory: HealerMemory, service: number, liveness: () => KnownStatus): Health {
  if (isFleetMemory(memory)) return { ...healthOf(memory, service), circuit: memory.services[service]!.breaker.phase };
  const failed = liveness() === 'failed';
  return { status: failed ? 'failed' : 'healthy', reason: failed ? 'no answer' : '', circuit: 'closed' };
}

/** The memory for a fleet that changed. A healer that keeps no record of services starts anew. */
export function carried(memory: HealerMemory, healer: Healer<HealerMemory>, roster: Roster): HealerMemory {
  return isFleetMemory(memory) ? carryMemory(memory, roster) : healer.start(roster);
}

/** Whether it is that of a strategy, with a record of every service. */
export function isFleetMemory(memory: HealerMemory): memory is FleetMemory {
  return 'services' in memory;
}
