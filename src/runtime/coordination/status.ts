/** What agents are at, for people and machines. */

import type { Roster } from '../../../strategies/contract.ts';
import type { Level } from '../../../strategies/coordinate/coordination.ts';
import { type NamedCause, nameOf } from './records.ts';
import { epochOf, hasAgents } from './team-memory.ts';

export interface AgentsStatus {
  /** Of the coordinator's term of office: awards of earlier ones are void. */
  readonly epoch: number;
  /** Letters sent so far. */
  readonly messages: number;
  /** Null while they are at work. */
  readonly lost: { readonly sinceMs: number; readonly retryAtMs: number; readonly reason: string } | null;
  readonly incident: {
    readonly incident: number;
    readonly sinceMs: number;
    /** Who asked for help, and why. */
    readonly service: string;
    readonly why: string;
    readonly causes: readonly NamedCause[];
  } | null;
  /** Who leaves alone what follows from trouble elsewhere. */
  readonly held: readonly { readonly service: string; readonly untilMs: number; readonly reason: string }[];
  /** Tasks that were awarded and have not ended. */
  readonly tasksUnderWay: number;
}

export interface CoordinationStatus {
  readonly level: Level;
  /** Null where every service heals alone. */
  readonly agents: AgentsStatus | null;
}

export function agentsStatus(memory: unknown, roster: Roster, nowMs: number): AgentsStatus | null {
  if (!hasAgents(memory)) return null;
  const { team, agents } = memory;
  const { lost, incident, holds } = agents;
  return {
    epoch: epochOf(memory),
    messages: team.nextLetterId - 1,
    lost: lost === null ? null : { sinceMs: lost.atMs, retryAtMs: lost.retryAtMs, reason: lost.reason },
    incident: incident === null ? null : { ...incident },
    held: holds
      .filter(({ untilMs }) => untilMs > nowMs)
      .map(({ service, untilMs, reason }) => ({ service: nameOf(roster, service), untilMs, reason })),
    tasksUnderWay: team.coordinator.net.awarded.length,
  };
}
