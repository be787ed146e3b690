/**
 * Healing together: every service's standalone healer, and the agents they call when it does not suffice. To its host it is one healer
 * whose memory holds the mail that is under way: so the same code runs in the simulator, which delays and loses messages, and
 * in the runtime, where they arrive at once, and a recorded journal replays to the same actions.
 */
import { type Action, type Healer, type HealInput, NO_ACTIONS } from '../contract.ts';
import { heal, healOn, startMemory } from '../heal.ts';
import type { FleetMemory } from '../memory.ts';
import type { Strategy } from '../strategy.ts';
import type { Constitution } from './constitution.ts';
import { DEFAULT_COORDINATION, type Level } from './coordination.ts';
import type { Humans } from './humans.ts';
import { IN_PROCESS, type Network } from './network.ts';
import {
  attend,
  hearHuman,
  lookAround,
  reportOutcome,
  startTeam,
  type Team,
  type TeamMemory,
  teamWakesAtMs,
} from './team.ts';

const JITTER_SEED = 'healix';

export interface CoordinatedMemory extends FleetMemory {
  readonly team: TeamMemory;
  /** Services that wait for word from others before they do the first thing, soonest first. */
  waiting: { service: number; untilMs: number }[];
}

/** A healer that sends messages and wants to be woken between looks. */
export interface TeamHealer<Memory = unknown> extends Healer<Memory> {
  /** When it wants a tick, milliseconds; Infinity when nothing is due. */
  wakeAtMs(memory: Memory): number;
  /** Puts a network between its agents; without one letters arrive at once. */
  join(memory: Memory, network: Network): void;
  /** Messages sent so far. */
  messages(memory: Memory): number;
  /**
   * The two halves of `heal`, for a host that must outlive its agents: what the services' own healers do, and after it what the agents
   * add. Should the second fail, the actions of the first are not lost with it.
   */
  alone(memory: Memory, input: HealInput): readonly Action[];
  together(memory: Memory, input: HealInput): readonly Action[];
}

/** A strategy bred to heal alone coordinates by the defaults. `humans`: whom agents may ask; nobody unless given. */
export function coordinatedHealer(
  name: string,
  strategy: Strategy,
  level: Exclude<Level, 'basic'>,
  constitution: Constitution,
  humans: Humans | null = null,
): TeamHealer<CoordinatedMemory> {
  const how = strategy.coordination ?? DEFAULT_COORDINATION;
  const social: Strategy = { ...strategy, coordination: how };
  const rules = { strategy: social, how, alwaysAsks: level === 'full', constitution, humans };
  const networks = new WeakMap<CoordinatedMemory, Network>();
  const teamOf = (memory: CoordinatedMemory): Team => ({ rules, memory, network: networks.get(memory) ?? IN_PROCESS });
  // Woken for a letter, the services' own healers do not look at their clocks: strategies are bred to do so at their looks.
  const alone = (memory: CoordinatedMemory, input: HealInput): readonly Action[] =>
    input.kind === 'tick' ? NO_ACTIONS : heal(social, memory, input);
  const together = (memory: CoordinatedMemory, input: HealInput): readonly Action[] => {
    const team = teamOf(memory);
    if (input.kind === 'signal') {
      noteWait(memory, input.service, input.atMs);
      lookAround(team, input);
    }
    if (input.kind === 'outcome') reportOutcome(team, input.action, input.service, input.result, input.atMs);
    if (input.kind === 'answer') hearHuman(team, input, input.atMs);
    const shared = isQuiet(memory) ? NO_ACTIONS : attend(team, input.atMs);
    const late = endWaits(social, memory, input);
    return shared.length + late.length === 0 ? NO_ACTIONS : [...shared, ...late];
  };
  return {
    name,
    windowMs: strategy.detection.windowS * 1000,
    start: (roster) => ({ ...startMemory(roster, JITTER_SEED), team: startTeam(roster), waiting: [] }),
    join: (memory, network) => {
      networks.set(memory, network);
    },
    messages: ({ team }) => team.nextLetterId - 1,
    wakeAtMs: ({ team, waiting }) => Math.min(teamWakesAtMs(team), waiting[0]?.untilMs ?? Number.POSITIVE_INFINITY),
    alone,
    together,
    heal: (memory, input) => {
      const own = alone(memory, input);
      const shared = together(memory, input);
      return shared.length === 0 ? own : [...own, ...shared];
    },
  };
}

/** No letter is under way, and the coordinator waits for nothing. */
function isQuiet({ team }: CoordinatedMemory): boolean {
  return teamWakesAtMs(team) === Number.POSITIVE_INFINITY;
}

/** A trouble that has just begun. */
function noteWait(memory: CoordinatedMemory, index: number, atMs: number): void {
  const service = memory.services[index];
  if (service === undefined || service.episode.startedAtMs !== atMs || service.graceUntilMs <= atMs) return;
  memory.waiting.push({ service: index, untilMs: service.graceUntilMs });
}

/** Who has waited long enough goes on; what others have told it by now holds. */
function endWaits(strategy: Strategy, memory: CoordinatedMemory, { atMs }: HealInput): readonly Action[] {
  let actions = NO_ACTIONS;
  while (memory.waiting.length > 0 && memory.waiting[0]!.untilMs <= atMs) {
    const { service } = memory.waiting.shift()!;
    const done = healOn(strategy, memory, service, atMs);
    if (done.length > 0) actions = [...actions, ...done];
  }
  return actions;
}
