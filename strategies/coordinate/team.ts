/** The agents of a fleet: their memory, their mail, and which of them opens which letter. Nothing here decides anything. */
import type { Action, Roster, Signal } from '../contract.ts';
import { NO_ACTIONS } from '../contract.ts';
import { type FleetMemory, LONG_AGO } from '../memory.ts';
import type { Coordination, Strategy } from '../strategy.ts';
import type { Constitution } from './constitution.ts';
import {
  type CoordinatorState,
  coordinator,
  coordinatorWakesAtMs,
  type HumanAnswer,
  startCoordinator,
} from './coordinator.ts';
import { type DiagnoserState, diagnoser, startDiagnoser } from './diagnoser.ts';
import { startPlane, takeEffect } from './effector.ts';
import { evidenceOf } from './evidence.ts';
import { type ActionPlane, raise } from './fence.ts';
import { answerCall, callForHelp } from './healer.ts';
import type { Humans } from './humans.ts';
import {
  forgetSender,
  isNews,
  type Mail,
  mailWakesAtMs,
  sendAgain,
  send as sendMail,
  startMail,
  takeLetter,
} from './mail.ts';
import type { AgentId, Envelope, Message } from './messages.ts';
import { type MonitorState, monitor, type Post, startMonitor } from './monitor.ts';
import type { Network } from './network.ts';
import { oversee, startOverseer } from './overseer.ts';
import type { PlacedRoster } from './placement.ts';
import { traitsOf } from './traits.ts';

/** Letters opened in one step at most: agents that answer each other without end stop here, and go on at the next step. */
const LETTERS_MAX = 10_000;
const FIRST_EPOCH = 1;

/** Plain data that round-trips through JSON, as the rest of the memory. */
export interface TeamMemory extends Mail {
  monitors: MonitorState[];
  diagnoser: DiagnoserState;
  coordinator: CoordinatorState;
  /** Lives of the coordinator that its state belongs to. */
  coordinatorLife: number;
  overseerOffUntilMs: number;
  plane: ActionPlane;
  /** Actions whose outcome is awaited, and the tasks they belong to. */
  awaiting: { action: number; task: number }[];
}

/** What the agents of one strategy have in common. */
export interface TeamRules {
  readonly strategy: Strategy;
  readonly how: Coordination;
  /** Every trouble is everybody's. */
  readonly alwaysAsks: boolean;
  readonly constitution: Constitution;
  /** Whom to ask where an action needs a human's yes; null: nobody is there, and it is not done. */
  readonly humans: Humans | null;
}

/** One step of the team: the memory it writes, and what lies between agents. */
export interface Team {
  readonly rules: TeamRules;
  readonly memory: FleetMemory & { readonly team: TeamMemory };
  readonly network: Network;
}

export function startTeam(roster: Roster): TeamMemory {
  return {
    ...startMail(),
    monitors: roster.services.map(() => startMonitor(LONG_AGO)),
    diagnoser: startDiagnoser(),
    coordinator: startCoordinator(FIRST_EPOCH),
    coordinatorLife: 0,
    overseerOffUntilMs: LONG_AGO,
    plane: startPlane(roster, FIRST_EPOCH),
    awaiting: [],
  };
}

/** When the team wants to be woken; Infinity while nothing is due. */
export function teamWakesAtMs(team: TeamMemory): number {
  return Math.min(mailWakesAtMs(team), coordinatorWakesAtMs(team.coordinator));
}

/** The service's monitor looks at what its healer has just remembered. A service that is well costs nothing. */
export function lookAround(team: Team, signal: Signal): void {
  const { rules, memory } = team;
  const service = memory.services[signal.service];
  const state = memory.team.monitors[signal.service];
  if (service === undefined || state === undefined || service.atMs !== signal.atMs) return;
  if (state.told === '' && (service.status | service.bad | service.held | service.sickSlots) === 0) return;
  const evidence = evidenceOf(rules.strategy, memory, signal.service, signal.dependencyFailed);
  const [next, posts] = monitor(rules.how, rules.alwaysAsks, state, evidence);
  memory.team.monitors[signal.service] = next;
  send(team, `monitor/${signal.service}`, posts, signal.atMs);
}

/** An action of ours has ended: whoever awarded it is told. */
export function reportOutcome(team: Team, action: number, service: number, result: string, nowMs: number): void {
  const { awaiting } = team.memory.team;
  const at = awaiting.findIndex((one) => one.action === action);
  if (at < 0) return;
  const { task } = awaiting[at]!;
  awaiting.splice(at, 1);
  // What cannot be done here has harmed nobody: it is no failure that agents would be switched off for.
  const told = result === 'done' || result === 'failed' ? result : 'refused';
  send(team, `healer/${service}`, [{ to: 'coordinator', body: { kind: 'done', task, service, result: told } }], nowMs);
}

/** A human has answered what was asked. A coordinator that is down hears nothing, and no answer in time is a no. */
export function hearHuman(team: Team, answer: HumanAnswer, nowMs: number): void {
  reviveCoordinator(team, nowMs);
  if (team.network.lives('coordinator', nowMs) >= 0) coordinate(team, answer, nowMs);
}

/** Opens the letters that have come, and lets the coordinator look at its clock. */
export function attend(team: Team, nowMs: number): readonly Action[] {
  const { network } = team;
  const { team: mail } = team.memory;
  const actions: Action[] = [];
  for (let opened = 0; opened < LETTERS_MAX; opened += 1) {
    reviveCoordinator(team, nowMs);
    const letter = takeLetter(mail, nowMs);
    if (letter !== undefined) {
      const isRead = network.lives(letter.to, nowMs) >= 0 && isNews(mail, network, letter, nowMs);
      if (isRead) actions.push(...receive(team, letter, nowMs));
    } else if (mailWakesAtMs(mail) <= nowMs) {
      sendAgain(mail, network, nowMs);
    } else if (coordinatorWakesAtMs(team.memory.team.coordinator) <= nowMs) {
      coordinate(team, { kind: 'tick' }, nowMs);
    } else break;
  }
  return actions.length === 0 ? NO_ACTIONS : actions;
}

function receive(team: Team, { from, to, body }: Envelope, nowMs: number): readonly Action[] {
  const { rules, memory } = team;
  const roster = memory.roster as PlacedRoster;
  if (to === 'coordinator') coordinate(team, body, nowMs);
  else if (to === 'diagnoser') {
    const [next, posts] = diagnoser(roster, rules.how, memory.team.diagnoser, body, nowMs);
    memory.team.diagnoser = next;
    send(team, to, posts, nowMs);
  } else if (to === 'overseer') {
    // The guard's limits may change while the fleet stays: those that hold now count.
    const now = { ...roster, guard: memory.guard.limits };
    const known = startOverseer(rules.constitution, now, traitsOf(roster));
    const state = { ...known, offUntilMs: memory.team.overseerOffUntilMs };
    const [next, posts] = oversee(state, { from, body }, nowMs);
    memory.team.overseerOffUntilMs = next.offUntilMs;
    send(team, to, posts, nowMs);
  } else if (to.startsWith('healer/')) return receiveAsHealer(team, to, body, nowMs);
  return NO_ACTIONS;
}

function receiveAsHealer(team: Team, to: AgentId, body: Message, nowMs: number): readonly Action[] {
  const { rules, memory } = team;
  switch (body.kind) {
    case 'call-for-proposals':
      send(team, to, [{ to: 'coordinator', body: answerCall(rules.strategy, memory, body.task, nowMs) }], nowMs);
      return NO_ACTIONS;
    case 'hold':
      memory.services[body.service]!.heldUntilMs = body.untilMs;
      memory.services[body.service]!.heldSmall = body.small ? 1 : 0;
      return NO_ACTIONS;
    case 'keep-clear':
      memory.services[body.service]!.clearUntilMs = body.untilMs;
      memory.services[body.service]!.attentive = 1;
      return NO_ACTIONS;
    case 'release':
      memory.services[body.service]!.heldUntilMs = LONG_AGO;
      return NO_ACTIONS;
    case 'award': {
      const { task, lease } = body;
      const effect = takeEffect(rules.strategy, memory, memory.team.plane, task, lease, nowMs);
      memory.team.plane = effect.plane;
      for (const { id } of effect.actions) memory.team.awaiting.push({ action: id, task: task.id });
      if (effect.result === 'refused') {
        const done: Message = { kind: 'done', task: task.id, service: task.service, result: 'refused' };
        send(team, to, [{ to: 'coordinator', body: done }], nowMs);
      }
      return effect.actions;
    }
    case 'give-up':
      return callForHelp(rules.strategy, memory, body.service, body.reason, nowMs);
    default:
      return NO_ACTIONS;
  }
}

function coordinate(team: Team, body: Parameters<typeof coordinator>[3], nowMs: number): void {
  const { rules, memory } = team;
  const [next, posts] = coordinator(
    memory.roster as PlacedRoster,
    rules.how,
    memory.team.coordinator,
    body,
    nowMs,
    rules.humans,
  );
  memory.team.coordinator = next;
  send(team, 'coordinator', posts, nowMs);
}

/**
 * A coordinator that crashes forgets everything: nothing is due to it while it is down. When it is back it takes office anew: what
 * the old one awarded is void.
 */
function reviveCoordinator({ memory, network }: Team, nowMs: number): void {
  const { team } = memory;
  const lives = network.lives('coordinator', nowMs);
  if (lives === team.coordinatorLife) return;
  forgetSender(team, 'coordinator');
  if (lives < 0) {
    if (coordinatorWakesAtMs(team.coordinator) < Number.POSITIVE_INFINITY)
      team.coordinator = startCoordinator(team.plane.fence.epoch);
    return;
  }
  const epoch = team.plane.fence.epoch + 1;
  team.plane = { ...team.plane, fence: raise(team.plane.fence, epoch).fence };
  team.coordinator = startCoordinator(epoch);
  team.coordinatorLife = lives;
}

const send = ({ memory, network }: Team, from: AgentId, posts: readonly Post[], nowMs: number): void =>
  sendMail(memory.team, network, from, posts, nowMs);
