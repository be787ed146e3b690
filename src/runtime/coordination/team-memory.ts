/** The memory of a healer with agents: what the runtime keeps beside the agents' own, and how it goes on from another level. */
import type { Roster } from '../../../strategies/contract.ts';
import type { CoordinatedMemory } from '../../../strategies/coordinate/coordinated.ts';
import { startCoordinator } from '../../../strategies/coordinate/coordinator.ts';
import { raise } from '../../../strategies/coordinate/fence.ts';
import { startInquiry } from '../../../strategies/coordinate/questions.ts';
import { startTeam, type TeamMemory } from '../../../strategies/coordinate/team.ts';
import { type FleetMemory, LONG_AGO } from '../../../strategies/memory.ts';
import type { NamedCause } from './records.ts';

export interface AgentsMemory {
  /** Null while they are at work. */
  lost: { readonly atMs: number; readonly retryAtMs: number; readonly reason: string } | null;
  /** Losses in a row, and when they last came back. */
  losses: number;
  backAtMs: number;
  /** A diagnosis was asked for and has not come. */
  isUnanswered: boolean;
  /** Since when something is overdue though the agents had their turn; `LONG_AGO` while nothing is. */
  overdueSinceMs: number;
  incident: {
    readonly incident: number;
    readonly sinceMs: number;
    readonly service: string;
    readonly why: string;
    causes: readonly NamedCause[];
  } | null;
  holds: readonly { readonly service: number; readonly untilMs: number; readonly reason: string }[];
}

export interface HybridMemory extends CoordinatedMemory {
  agents: AgentsMemory;
}

/** What a memory without agents keeps of those it had: no epoch is ever used twice. */
interface Formerly {
  lastEpoch?: number;
}

export const startAgents = (): AgentsMemory => ({
  lost: null,
  losses: 0,
  backAtMs: LONG_AGO,
  isUnanswered: false,
  overdueSinceMs: LONG_AGO,
  incident: null,
  holds: [],
});

export function hasAgents(memory: unknown): memory is HybridMemory {
  return typeof memory === 'object' && memory !== null && 'team' in memory && 'agents' in memory;
}

/** The highest epoch that a memory knows of; 0 for one that never had agents. */
export function epochOf(memory: unknown): number {
  if (hasAgents(memory)) return memory.team.plane.fence.epoch;
  return (memory as Formerly | null)?.lastEpoch ?? 0;
}

/** The memory with a team that knows of nothing yet, in an epoch above `above`: what was awarded before is void. */
export function withTeam(memory: FleetMemory, above: number): HybridMemory {
  const { lastEpoch: _, ...rest } = memory as FleetMemory & Formerly;
  const former = hasAgents(memory) ? memory.team : null;
  const epoch = Math.max(above, epochOf(memory)) + 1;
  const next: HybridMemory = {
    ...rest,
    team: teamFrom(memory.roster, epoch, former),
    waiting: [],
    agents: startAgents(),
  };
  free(next);
  return next;
}

/** The memory for healing alone. */
export function withoutTeam(memory: FleetMemory, above: number): FleetMemory {
  const epoch = Math.max(above, epochOf(memory));
  if (epoch === 0) return memory;
  const { team: _team, waiting: _waiting, agents: _agents, ...rest } = memory as HybridMemory;
  const next: FleetMemory & Formerly = { ...rest, lastEpoch: epoch };
  free(next);
  return next;
}

/** A new team in place of the old, in the same memory: nobody is held back or waits any more. */
export function replaceTeam(memory: HybridMemory): void {
  const { losses, backAtMs } = memory.agents;
  Object.assign(memory, {
    team: teamFrom(memory.roster, epochOf(memory) + 1, memory.team),
    waiting: [],
    agents: { ...startAgents(), losses, backAtMs },
  });
  free(memory);
}

/** A journal may go back to before agents asked humans, or sent letters again. */
export function updateTeam({ team }: HybridMemory): void {
  team.unconfirmed ??= [];
  team.opened ??= [];
  const { net } = team.coordinator as { readonly net: Partial<TeamMemory['coordinator']['net']> };
  if (net.inquiry === undefined)
    team.coordinator = { ...team.coordinator, net: { ...team.coordinator.net, inquiry: startInquiry() } };
}

/** Letters are numbered on, as they are counted by their numbers. */
function teamFrom(roster: Roster, epoch: number, former: TeamMemory | null): TeamMemory {
  const team = startTeam(roster);
  return {
    ...team,
    nextLetterId: former?.nextLetterId ?? team.nextLetterId,
    coordinator: startCoordinator(epoch),
    plane: { ...team.plane, fence: raise(team.plane.fence, epoch).fence },
  };
}

function free({ services }: FleetMemory): void {
  for (const service of services) {
    service.graceUntilMs = LONG_AGO;
    service.heldUntilMs = LONG_AGO;
    service.heldSmall = 0;
    service.clearUntilMs = LONG_AGO;
  }
}
