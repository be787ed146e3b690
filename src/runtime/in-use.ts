/** What the runtime heals by: the strategy of a pack, or any other healer, such as one of the baselines. */
import { carryMemory } from '../../strategies/carry-memory.ts';
import type { Healer, HealthStatus, Roster } from '../../strategies/contract.ts';
import type { Constitution } from '../../strategies/coordinate/constitution.ts';
import type { Level } from '../../strategies/coordinate/coordination.ts';
import { strategyHealer } from '../../strategies/heal.ts';
import { healthOf } from '../../strategies/health.ts';
import type { FleetMemory } from '../../strategies/memory.ts';
import { type Pack, packLevel, packStrategy } from '../../strategies/pack.ts';
import type { Strategy } from '../../strategies/strategy.ts';
import { type RuntimeConfig, tighten } from './config.ts';
import { hybridHealer, isHybrid } from './coordination/hybrid-healer.ts';
import { epochOf, hasAgents, withoutTeam, withTeam } from './coordination/team-memory.ts';
import type { KnownStatus } from './probes/dependency.ts';

/** What to heal by, and what it is called in the journal. */
export type InUse =
  | {
      readonly kind: 'strategy';
      readonly name: string;
      /** Content hash of the pack. */
      readonly hash: string;
      readonly strategy: Strategy;
      /** At which it was bred and proved; basic when left out. */
      readonly level?: Level;
    }
  /** Holds itself to the guard, as `guarded` does. The config's policies of tiers do not reach it. */
  | { readonly kind: 'healer'; readonly name: string; readonly healer: Healer<HealerMemory> };

/** By a pack: its strategy, at the level that it was bred at unless told otherwise. */
export function packInUse(pack: Pack): InUse {
  const { name, hash } = pack;
  return { kind: 'strategy', name, hash, level: packLevel(pack), strategy: packStrategy(pack) };
}

/** What agents are judged by, and what the journal calls it. */
export interface ConstitutionInUse {
  readonly constitution: Constitution;
  readonly digest: string;
}

/** How much is healed together, and by which rules: agents never act without a constitution. */
export type Coordination =
  | { readonly level: 'basic' }
  | { readonly level: Exclude<Level, 'basic'>; readonly law: ConstitutionInUse };

export const BASIC: Coordination = { level: 'basic' };

/** What a verdict may cite. */
export function articlesOf(coordination: Coordination): readonly string[] {
  if (coordination.level === 'basic') return [];
  const { articles, otherwise } = coordination.law.constitution;
  return [otherwise, ...articles].map(({ id }) => id);
}

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

/** The healer, with the config's policies put over it. One that is no strategy has no agents, whatever the level. */
export function healerInUse(
  inUse: InUse,
  policies: RuntimeConfig['policies'],
  coordination: Coordination = BASIC,
): Healer<HealerMemory> {
  if (inUse.kind === 'healer') return inUse.healer;
  const strategy = tighten(inUse.strategy, policies);
  return healerAt(inUse.name, strategy, coordination, policies) as Healer<HealerMemory>;
}

/** `policies`: what they leave to humans, whom agents may then ask; without, nobody is there to be asked. */
export function healerAt(
  name: string,
  strategy: Strategy,
  coordination: Coordination,
  policies: RuntimeConfig['policies'] | null = null,
): Healer<FleetMemory> {
  if (coordination.level === 'basic') return strategyHealer(name, strategy);
  const { constitution } = coordination.law;
  const humans = policies === null ? null : { rules: constitution.approval, policies };
  return hybridHealer(name, strategy, coordination.level, constitution, humans) as unknown as Healer<FleetMemory>;
}

/** What the journal says of it. */
export function levelEntry(coordination: Coordination): { readonly level: string; readonly constitution?: string } {
  const { level } = coordination;
  return coordination.level === 'basic' ? { level } : { level, constitution: coordination.law.digest };
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

/**
 * The memory for a fleet that changed. A healer that keeps no record of services starts anew; agents do, too, in an epoch of their own
 * that no award of before holds in.
 */
export function carried(memory: HealerMemory, healer: Healer<HealerMemory>, roster: Roster, above = 0): HealerMemory {
  if (!isFleetMemory(memory)) return fitted(healer.start(roster), healer, above);
  return fitted(carryMemory(memory, roster), healer, Math.max(above, epochOf(memory)));
}

/**
 * The memory after a config was taken anew, for the same list of services healed by the same rules: agents go on as they were. What the
 * guard allows is the new config's.
 */
export function keptTeam(memory: HealerMemory, healer: Healer<HealerMemory>, roster: Roster): HealerMemory | null {
  if (!isFleetMemory(memory) || !isHybrid(healer) || !hasAgents(memory)) return null;
  const kept: FleetMemory = structuredClone(memory);
  return { ...kept, roster, guard: { ...kept.guard, limits: roster.guard } } as HealerMemory;
}

/** A memory that knows of nothing, but that there were epochs before. */
export function startedAbove<Memory extends HealerMemory>(
  healer: Healer<Memory>,
  roster: Roster,
  epoch: number,
): Memory {
  const memory = healer.start(roster);
  return epoch === 0 ? memory : fitted(memory, healer, epoch);
}

/** The memory as this healer needs it: with agents that know of nothing yet, or without any. `above`: the last epoch there was. */
export function fitted<Memory extends HealerMemory>(memory: Memory, healer: Healer<Memory>, above: number): Memory {
  if (!isFleetMemory(memory)) return memory;
  const fit: FleetMemory = isHybrid(healer) ? withTeam(memory, above) : withoutTeam(memory, above);
  return fit as HealerMemory as Memory;
}

/** Whether it is that of a strategy, with a record of every service. */
export function isFleetMemory(memory: HealerMemory): memory is FleetMemory {
  return 'services' in memory;
}
