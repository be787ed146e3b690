/** Teams of agents outside any simulator: networks that lose, delay and cut off, looks at services, and letters by hand. */

import { sreRunbook } from '../../strategies/baselines/sre-runbook.ts';
import { type Action, type HealInput, type Signal, WHOLE_SERVICE } from '../../strategies/contract.ts';
import { type CoordinatedMemory, coordinatedHealer, type TeamHealer } from '../../strategies/coordinate/coordinated.ts';
import type { AgentId, Envelope, Lease, Message, Task } from '../../strategies/coordinate/messages.ts';
import type { Network } from '../../strategies/coordinate/network.ts';
import type { PlacedRoster } from '../../strategies/coordinate/placement.ts';
import type { Coordination } from '../../strategies/strategy.ts';
import { drafts, HOW, ROSTER } from './core-harness.ts';
import { CONSTITUTION } from './overseer-harness.ts';

/** A network whose every letter is written down; `rule` says what becomes of it, at once unless said otherwise. */
export interface Wire extends Network {
  readonly letters: Envelope[];
  rule: (envelope: Envelope) => readonly number[];
  /** Agents that are down, and how often the coordinator has crashed. */
  readonly down: Set<AgentId>;
  crashes: number;
}

export function wire(rule: Wire['rule'] = () => [0]): Wire {
  const self: Wire = {
    letters: [],
    rule,
    down: new Set(),
    crashes: 0,
    delaysMs: (envelope) => {
      self.letters.push(envelope);
      return self.rule(envelope);
    },
    lives: (agent) => (self.down.has(agent) ? -1 : agent === 'coordinator' ? self.crashes : 0),
  };
  return self;
}

export interface TestTeam {
  readonly healer: TeamHealer<CoordinatedMemory>;
  readonly memory: CoordinatedMemory;
  readonly wire: Wire;
  /** Hands the input over, and says what was done. */
  readonly heal: (input: HealInput) => readonly Action[];
  /** Ticks whenever the team wants to be woken, up to and at `endMs`. */
  readonly untilMs: (endMs: number) => readonly Action[];
}

/** The runbook at level full, as every trouble is everybody's there; nobody waits for word from others unless told to. */
export function teamOf(net: Wire = wire(), how: Partial<Coordination> = {}, roster: PlacedRoster = ROSTER): TestTeam {
  const strategy = { ...sreRunbook, coordination: { ...HOW, graceMs: 0, ...how } };
  const healer = coordinatedHealer('team', strategy, 'full', CONSTITUTION);
  const memory = healer.start(roster);
  healer.join(memory, net);
  const heal = (input: HealInput): readonly Action[] => healer.heal(memory, input);
  return {
    ...{ healer, memory, wire: net, heal },
    untilMs: (endMs) => {
      const actions: Action[] = [];
      for (let ticks = 0, atMs = healer.wakeAtMs(memory); atMs <= endMs; ticks += 1, atMs = healer.wakeAtMs(memory)) {
        if (ticks > 5_000) throw new Error(`woken without end, at ${atMs} ms`);
        actions.push(...heal({ kind: 'tick', atMs }));
      }
      return [...actions, ...heal({ kind: 'tick', atMs: endMs })];
    },
  };
}

/** A look at a service with three replicas, of which those named are slow, fail calls or are dead. */
export function look(
  service: number,
  atMs: number,
  { failing = [], dead = [], slow = [] }: { failing?: number[]; dead?: number[]; slow?: number[] } = {},
): Signal {
  const nothing = { calls: 0, failed: 0, p50Ms: Number.NaN, p95Ms: Number.NaN };
  const absent = { cpu: Number.NaN, memory: Number.NaN, queue: Number.NaN, exitCode: Number.NaN, uptimeS: Number.NaN };
  return {
    ...{ kind: 'signal', atMs, service, windowMs: 5000, deployAgeS: 10_000, configAgeS: 10_000, configDiffers: 0 },
    dependencyFailed: ROSTER.services[service]!.dependsOn.map(() => 0),
    replicas: Array.from({ length: 6 }, (_, slot) => {
      if (slot > 2) return { present: 0, live: Number.NaN, ready: 0, inRotation: 0, ...nothing, ...absent };
      if (dead.includes(slot))
        return { present: 1, live: 0, ready: 0, inRotation: 0, ...nothing, ...absent, exitCode: 137 };
      const times = slow.includes(slot) ? 20 : 1;
      return {
        ...{ present: 1, live: 1, ready: 1, inRotation: 1, calls: 200, failed: failing.includes(slot) ? 120 : 0 },
        ...{ p50Ms: 20 * times, p95Ms: 60 * times, cpu: 0.5, memory: 0.3, queue: 0, exitCode: Number.NaN },
        uptimeS: 5000 + atMs / 1000,
      };
    }),
  };
}

/** Puts a letter into the mail, as if it had been on its way since long before. */
export function deliver(
  { memory }: TestTeam,
  to: AgentId,
  body: Message,
  dueAtMs: number,
  from: AgentId = 'coordinator',
) {
  const { team } = memory;
  team.mail.push({ dueAtMs, envelope: { id: team.nextLetterId++, from, to, sentAtMs: 0, body } });
  team.mail.sort((a, b) => a.dueAtMs - b.dueAtMs);
}

/** The award of a task on a service: of a replica's way out of rotation, or of an action on the whole. */
export function awardOn(
  service: number,
  remedy: 'reroute' | 'reconnect',
  lease: Partial<Lease> = {},
): Extract<Message, { kind: 'award' }> {
  const replica = remedy === 'reroute' ? 0 : WHOLE_SERVICE;
  const task: Task = { ...drafts(service)[0]!, id: 1, remedy, replica };
  return {
    ...{ kind: 'award', task },
    lease: { service, holder: `healer/${service}`, epoch: 1, token: 1, untilMs: 60_000, ...lease },
  };
}

export const sentOf = <Kind extends Message['kind']>(net: Wire, kind: Kind): Envelope[] =>
  net.letters.filter(({ body }) => body.kind === kind);
