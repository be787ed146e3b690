/** The agents' conversation of a simulated fleet, read along as the runtime does it. It changes no decision. */
import type { Healer, HealInput } from '../../../strategies/contract.ts';
import type { CoordinatedMemory, TeamHealer } from '../../../strategies/coordinate/coordinated.ts';
import {
  beginObservation,
  endObservation,
  type Observation,
  observeLetter,
} from '../../runtime/coordination/observer.ts';
import { type AgentRecord, type AgentTalk, isTalk } from '../../runtime/coordination/records.ts';
import { type HybridMemory, startAgents } from '../../runtime/coordination/team-memory.ts';
import type { RuntimeEvent } from '../../runtime/events.ts';
import type { AgentsView } from '../frames.ts';

export interface Overheard {
  /** The healer, overheard. */
  readonly healer: TeamHealer<CoordinatedMemory>;
  /** What was said since the last call. */
  take(): readonly RuntimeEvent[];
  /** The task that an action is. */
  taskOf(action: number): number | undefined;
  agents(): AgentsView | null;
}

export function isTeamHealer(healer: Healer): healer is TeamHealer<unknown> {
  return 'wakeAtMs' in healer;
}

export function overhear(team: TeamHealer<CoordinatedMemory>): Overheard {
  let said: RuntimeEvent[] = [];
  /** Of the memory, with what the observer keeps beside it. */
  let seen: { memory: HybridMemory; now: Observation } | null = null;
  const begin = (memory: CoordinatedMemory): HybridMemory => {
    if (seen === null) {
      const joined = Object.create(memory, { agents: { value: startAgents() } }) as HybridMemory;
      seen = { memory: joined, now: beginObservation(joined) };
    }
    return seen.memory;
  };
  const healer: TeamHealer<CoordinatedMemory> = {
    ...team,
    join(memory, network) {
      const joined = begin(memory);
      team.join(memory, {
        ...network,
        delaysMs(envelope) {
          observeLetter(joined, seen!.now, envelope);
          return network.delaysMs(envelope);
        },
      });
    },
    heal(memory: CoordinatedMemory, input: HealInput) {
      const joined = begin(memory);
      seen!.now = beginObservation(joined);
      const actions = team.heal(memory, input);
      for (const record of endObservation(joined, seen!.now, input.atMs)) said.push(eventOf(record, input.atMs));
      return actions;
    },
  };
  return {
    healer,
    take() {
      const taken = said;
      said = [];
      return taken;
    },
    taskOf: (action) => seen?.memory.team.awaiting.find((one) => one.action === action)?.task,
    agents() {
      if (seen === null) return null;
      const { team: now, agents } = seen.memory;
      const { coordinator, plane } = now;
      const { incident } = agents;
      return {
        epoch: plane.fence.epoch,
        lost: null,
        incident:
          incident === null
            ? null
            : { incident: incident.incident, service: incident.service, why: incident.why, sinceMs: incident.sinceMs },
        tasksUnderWay: coordinator.net.awarded.length,
      };
    },
  };
}

function eventOf(record: AgentRecord | AgentTalk, atMs: number): RuntimeEvent {
  return isTalk(record) ? { kind: 'talk', atMs, talk: record } : { kind: 'agents', atMs, record };
}
