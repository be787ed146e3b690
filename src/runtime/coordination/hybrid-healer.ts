/**
 * Healing with agents, and without them when they fail: a team's healer whose agents may throw, hang or be held up, and whose services
 * then heal alone at once, on the same memory, until the agents are tried again.
 */
import { type Action, type Healer, type HealInput, NO_ACTIONS } from '../../../strategies/contract.ts';
import type { Constitution } from '../../../strategies/coordinate/constitution.ts';
import { coordinatedHealer } from '../../../strategies/coordinate/coordinated.ts';
import type { Level } from '../../../strategies/coordinate/coordination.ts';
import type { Humans } from '../../../strategies/coordinate/humans.ts';
import { IN_PROCESS, type Network } from '../../../strategies/coordinate/network.ts';
import { healOn, strategyHealer } from '../../../strategies/heal.ts';
import { type FleetMemory, LONG_AGO } from '../../../strategies/memory.ts';
import type { Strategy } from '../../../strategies/strategy.ts';
import { beginObservation, endObservation, type Observation, observeLetter } from './observer.ts';
import { type AgentRecord, type AgentTalk, isTalk } from './records.ts';
import { epochOf, type HybridMemory, hasAgents, replaceTeam, updateTeam, withTeam } from './team-memory.ts';

/** What is overdue for so long though the agents had their turn means that they are stuck; a step that takes longer, too. */
export const STUCK_MS = 1000;
/** Lost agents are tried again after so long, doubled with every loss in a row. */
export const RETRY_MS = 30_000;
export const RETRY_MS_MAX = 600_000;

/** Who carries the healer's work into the world; without one, as when a journal is replayed, nothing is told and nothing timed. */
export interface HybridHost {
  readonly onRecord: (record: AgentRecord) => void;
  /** What is said on the way. */
  readonly onTalk?: (talk: AgentTalk) => void;
  /** Carries the letters; in process and at once unless given. */
  readonly network?: Network | undefined;
  /** Processor time used so far: what else the machine is busy with is no fault of the agents. */
  readonly busyMs?: () => number;
}

export interface HybridHealer extends Healer<HybridMemory> {
  readonly level: Exclude<Level, 'basic'>;
  /** When it wants a tick, milliseconds; Infinity when nothing is due. */
  wakeAtMs(memory: HybridMemory): number;
  attach(memory: HybridMemory, host: HybridHost): void;
}

export function isHybrid<Memory>(healer: Healer<Memory> | HybridHealer): healer is Healer<Memory> & HybridHealer {
  return 'attach' in healer;
}

export function hybridHealer(
  name: string,
  strategy: Strategy,
  level: Exclude<Level, 'basic'>,
  constitution: Constitution,
  humans: Humans | null = null,
): HybridHealer {
  const team = coordinatedHealer(name, strategy, level, constitution, humans);
  const alone = strategyHealer(name, strategy);
  const standalone: Strategy = { ...strategy, coordination: null };
  const hosts = new WeakMap<HybridMemory, HybridHost>();
  /** Memories whose letters are read along, and the step that each is in. */
  const joined = new WeakMap<HybridMemory, { seen: Observation }>();

  const join = (memory: HybridMemory): { seen: Observation } => {
    const known = joined.get(memory);
    if (known !== undefined) return known;
    updateTeam(memory);
    const step = { seen: beginObservation(memory) };
    joined.set(memory, step);
    const networkOf = (): Network => hosts.get(memory)?.network ?? IN_PROCESS;
    team.join(memory, {
      get confirms() {
        return networkOf().confirms ?? false;
      },
      delaysMs(envelope) {
        observeLetter(memory, step.seen, envelope);
        return networkOf().delaysMs(envelope);
      },
      lives: (agent, nowMs) => networkOf().lives(agent, nowMs),
    });
    return step;
  };

  const tell = (memory: HybridMemory, records: readonly (AgentRecord | AgentTalk)[]): void => {
    const host = hosts.get(memory);
    if (host === undefined) return;
    for (const record of records) {
      if (isTalk(record)) host.onTalk?.(record);
      else host.onRecord(record);
    }
  };

  /** The agents' half of a step. Throws what they throw, or why they count as stuck. */
  const together = (memory: HybridMemory, input: HealInput): readonly Action[] => {
    const { agents } = memory;
    const busyMs = hosts.get(memory)?.busyMs;
    const beganMs = busyMs?.() ?? 0;
    const actions = team.together(memory, input);
    const tookMs = (busyMs?.() ?? 0) - beganMs;
    if (tookMs >= STUCK_MS) throw new Error(`a step of theirs took ${Math.round(tookMs)} ms`);
    const isOverdue = agents.isUnanswered || team.wakeAtMs(memory) <= input.atMs;
    if (!isOverdue) agents.overdueSinceMs = LONG_AGO;
    else if (agents.overdueSinceMs === LONG_AGO) agents.overdueSinceMs = input.atMs;
    else if (input.atMs - agents.overdueSinceMs >= STUCK_MS) throw new Error('they do not answer');
    return actions;
  };

  /** From here on every service heals alone; those that waited for others go on at once. */
  const lose = (memory: HybridMemory, atMs: number, firstAction: number, error: unknown): readonly Action[] => {
    const { agents, guard, services } = memory;
    const waited = services.flatMap(({ heldUntilMs, graceUntilMs }, index) =>
      heldUntilMs > atMs || graceUntilMs >= atMs ? [index] : [],
    );
    const inARow = atMs - agents.backAtMs < RETRY_MS_MAX ? agents.losses + 1 : 1;
    const retryAtMs = atMs + Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(16, inARow - 1));
    const reason = error instanceof Error ? error.message : String(error);
    replaceTeam(memory);
    memory.agents.losses = inARow;
    memory.agents.lost = { atMs, retryAtMs, reason };
    // What they had begun in this step is not carried out.
    for (const { id, service } of guard.flights.filter((flight) => flight.id >= firstAction))
      alone.heal(memory, { kind: 'outcome', atMs, service, action: id, result: 'failed' });
    tell(memory, [{ kind: 'lost', reason, retryAtMs, epoch: epochOf(memory) }]);
    return waited.flatMap((index) => [...healOn(standalone, memory, index, atMs)]);
  };

  return {
    name,
    level,
    windowMs: team.windowMs,
    start: (roster) => withTeam(alone.start(roster), 0),
    attach: (memory, host) => void hosts.set(memory, host),
    wakeAtMs: (memory) => {
      const { lost, overdueSinceMs } = memory.agents;
      if (lost !== null) return Number.POSITIVE_INFINITY;
      const stuckAtMs = overdueSinceMs === LONG_AGO ? Number.POSITIVE_INFINITY : overdueSinceMs + STUCK_MS;
      return Math.min(team.wakeAtMs(memory), stuckAtMs);
    },
    heal: (memory, input) => {
      // A journal may go back to before there were agents.
      if (!hasAgents(memory)) return alone.heal(memory as FleetMemory, input);
      const step = join(memory);
      if (memory.agents.lost !== null) {
        if (input.atMs < memory.agents.lost.retryAtMs) return alone.heal(memory, input);
        replaceTeam(memory);
        memory.agents.backAtMs = input.atMs;
        tell(memory, [{ kind: 'back', epoch: epochOf(memory) }]);
      }
      const own = team.alone(memory, input);
      const firstAction = memory.nextActionId;
      step.seen = beginObservation(memory);
      try {
        const shared = together(memory, input);
        tell(memory, endObservation(memory, step.seen, input.atMs));
        return shared.length === 0 ? own : [...own, ...shared];
      } catch (error) {
        const instead = lose(memory, input.atMs, firstAction, error);
        return own.length + instead.length === 0 ? NO_ACTIONS : [...own, ...instead];
      }
    },
  };
}
