/**
 * A healer at work on real services: told what was measured, its actions written down, carried out once, and their outcomes told
 * back. Nothing here decides: that is `heal`, the same as in the simulator.
 */
import {
  type Action,
  type Command,
  type GuardLimits,
  type Healer,
  type HealInput,
  NO_ACTIONS,
  type Outcome,
  type Signal,
} from '../../strategies/contract.ts';
import type { Limits } from '../../strategies/coordinate/approval.ts';
import type { Network } from '../../strategies/coordinate/network.ts';
import { type Approvals, type Evidence, type HumanWord, LIMITS } from './approvals.ts';
import { isHybrid } from './coordination/hybrid-healer.ts';
import { questionsOf, taskOf } from './coordination/questions.ts';
import { type AgentRecord, type AgentTalk, isTalk } from './coordination/records.ts';
import type { HybridMemory } from './coordination/team-memory.ts';
import { createWaker } from './coordination/waker.ts';
import type { Actuator, Clock, Effect, Journal, JournalEntry } from './ports.ts';

export interface HealingParts<Memory> {
  readonly healer: Healer<Memory>;
  readonly memory: Memory;
  /** Names of the services, in roster order. */
  readonly services: readonly string[];
  readonly actuator: Actuator;
  readonly journal: Journal;
  readonly clock: Clock;
  /** Decide and write down, but act on nothing. */
  readonly dryRun: boolean;
  readonly approvals?: Approvals;
  /** How long a human may think about this action, milliseconds; null: nobody need be asked. */
  readonly approvalMs?: (action: Action) => number | null;
  /** How long a yes that agents got may be used, and how much may be asked at once. */
  readonly approvalLimits?: Limits;
  readonly tierOf?: (service: number) => string;
  readonly onEvent?: (event: HealingEvent) => void;
  /** For the one timer of a healer with agents, which must keep no process alive; `clock` unless given. */
  readonly wakeClock?: Clock;
  /** What carries agents' letters; in process unless given. */
  readonly network?: Network | undefined;
}

/** What others may want to know: metrics, alerts, a terminal. */
export type HealingEvent =
  | { readonly kind: 'signal'; readonly atMs: number; readonly signal: Signal }
  | { readonly kind: 'decided'; readonly atMs: number; readonly service: string; readonly action: Action }
  | {
      readonly kind: 'acted';
      readonly atMs: number;
      readonly service: string;
      readonly action: Action;
      readonly effect: Effect;
      readonly tookMs: number;
    }
  /** What agents say on the way to what they do; not written down. */
  | { readonly kind: 'talk'; readonly atMs: number; readonly talk: AgentTalk }
  /** What agents did. */
  | { readonly kind: 'agents'; readonly atMs: number; readonly record: AgentRecord }
  | { readonly kind: 'trouble'; readonly atMs: number; readonly reason: string }
  | { readonly kind: 'journal-failed'; readonly atMs: number; readonly reason: string };

export interface HealingLoop {
  /** Tells the healer what was measured of one service. Resolves when its actions are written down, not when they are done. */
  look(signal: Signal): Promise<void>;
  /** As `look`; tells what is begun. */
  order(command: Command): Promise<readonly Action[]>;
  /** Time passed without news: timers may be due. */
  tick(): Promise<void>;
  /** New limits hold from the moment of the call. */
  limit(guard: GuardLimits): Promise<void>;
  /** Tells the healer how an action ended that an earlier run decided on. */
  settle(action: number, service: number, result: Outcome['result']): Promise<void>;
  /** Actions under way. */
  readonly underWay: number;
  /** Begins nothing more, waits for what is under way (or calls it off, which ends it sooner), writes the memory down. */
  close(how?: { readonly callOff: boolean }): Promise<void>;
}

/** The healer's memory is written down after so many inputs, or soon after. */
const MEMORY_EVERY = 500;
/** Actions that may make things worse; without a journal that would remember them, they are not begun. */
const HARMLESS: ReadonlySet<Action['kind']> = new Set(['escalate', 'circuit-break', 'fallback', 'reroute']);

export function createHealingLoop<Memory>(parts: HealingParts<Memory>): HealingLoop {
  const { healer, memory, services, actuator, journal, clock } = parts;
  const abort = new AbortController();
  const underWay = new Set<Promise<void>>();
  /** What the healer is being told: what it decides may not have been begun. */
  const telling = new Set<Promise<unknown>>();
  let inputs = 0;
  /** Actions decided on whose intent is not written down yet. */
  let unbegun = 0;
  /** The journal lacks something that the memory knows. */
  let isBehind = false;
  let isClosing = false;
  /** Of the input that the healer is being told. */
  let records: (AgentRecord | AgentTalk)[] = [];
  const agents = isHybrid(healer) ? healer : null;
  const shared = memory as HybridMemory;
  agents?.attach(shared, {
    onRecord: (record) => records.push(record),
    onTalk: (talk) => records.push(talk),
    network: parts.network,
    busyMs,
  });
  const waker =
    agents === null
      ? null
      : createWaker({
          clock: parts.wakeClock ?? clock,
          nowMs: () => clock.now(),
          wakeAtMs: () => (isClosing ? Number.POSITIVE_INFINITY : agents.wakeAtMs(shared)),
          onWake: () => tell({ kind: 'tick', atMs: clock.now() }),
          onTrouble: (reason) => parts.onEvent?.({ kind: 'trouble', atMs: clock.now(), reason }),
        });

  /** Whether it was written down. What the disk does not take is told, and healing goes on without. */
  const write = async (entry: JournalEntry): Promise<boolean> => {
    try {
      await journal.append(entry);
      return true;
    } catch (error) {
      isBehind = true;
      parts.onEvent?.({ kind: 'journal-failed', atMs: clock.now(), reason: String(error) });
      return false;
    }
  };

  const tell = (input: HealInput): Promise<readonly Action[]> => {
    const run = tellOne(input).finally(() => telling.delete(run));
    telling.add(run);
    return run;
  };

  const tellOne = async (input: HealInput): Promise<readonly Action[]> => {
    if (isClosing && input.kind !== 'outcome') return NO_ACTIONS;
    const written = write({ kind: 'input', atMs: input.atMs, input: structuredClone(input) });
    const actions = healer.heal(memory, input);
    inputs += 1;
    const isAnotherTeam = records.length > 0 && noteRecords(input.atMs);
    waker?.arm();
    followQuestions();
    // A start that asked the healer again would otherwise give numbers of actions a second time.
    const isCaughtUp = isBehind && journal.isHealthy;
    if (isCaughtUp) isBehind = false;
    unbegun += actions.length;
    // What a start finds decided and not begun it must find by asking again: a memory between the two would hide it.
    const isDue = inputs >= MEMORY_EVERY && unbegun === 0;
    if (isDue || isCaughtUp || isAnotherTeam) {
      inputs = 0;
      void write({ kind: 'memory', atMs: input.atMs, memory: structuredClone(memory) });
    }
    // The order on disk is the order of events: what led to an action comes before it. An order is taken once it would be remembered.
    if (actions.length > 0 || input.kind === 'command' || input.kind === 'answer') await written;
    if (actions.length > 0) {
      await Promise.all(actions.map((action) => begin(action)));
    }
    return actions;
  };

  const followQuestions = (): void => {
    if (agents === null) return;
    const isLost = shared.agents?.lost != null;
    parts.approvals?.follow(questionsOf(shared), isLost ? 'the agents that asked are lost' : 'its trouble is over');
  };

  /** Writes down and tells what the agents did; whether the memory must be, too, as no replay would lose or find them again. */
  const noteRecords = (atMs: number): boolean => {
    const noted = records;
    records = [];
    for (const record of noted) {
      if (isTalk(record)) {
        parts.onEvent?.({ kind: 'talk', atMs, talk: record });
        continue;
      }
      void write({ kind: 'agents', atMs, record });
      parts.onEvent?.({ kind: 'agents', atMs, record });
    }
    return noted.some(({ kind }) => kind === 'lost' || kind === 'back');
  };

  const begin = async (action: Action): Promise<void> => {
    const service = services[action.service]!;
    // Now: should the agents be lost meanwhile, nobody knows any more what they asked.
    const question = agents === null || action.cause !== 'coordination' ? null : taskOf(shared, action.id);
    parts.onEvent?.({ kind: 'decided', atMs: clock.now(), service, action });
    const isWritten = await write({ kind: 'intent', atMs: clock.now(), service, action });
    unbegun -= 1;
    const run = carryOut(action, service, isWritten, question).finally(() => underWay.delete(run));
    underWay.add(run);
  };

  const carryOut = async (
    action: Action,
    service: string,
    isWritten: boolean,
    question: number | null,
  ): Promise<void> => {
    const beganMs = clock.now();
    const effect = await effectOf(action, service, isWritten, question);
    const atMs = clock.now();
    await write({ kind: 'effect', atMs, action: action.id, effect });
    parts.onEvent?.({ kind: 'acted', atMs, service, action, effect, tookMs: atMs - beganMs });
    await tell({ kind: 'outcome', atMs, service: action.service, action: action.id, result: resultOf(effect) });
  };

  const effectOf = async (
    action: Action,
    service: string,
    isWritten: boolean,
    question: number | null,
  ): Promise<Effect> => {
    if (parts.dryRun) return { kind: 'unsupported', reason: 'dry run' };
    // A person is called all the same: nobody would think of it again.
    if (isClosing && action.kind !== 'escalate') return { kind: 'failed', reason: 'healix takes no more orders' };
    if (!isWritten && !HARMLESS.has(action.kind)) {
      return { kind: 'failed', reason: 'the journal cannot be written: nothing risky is begun' };
    }
    if (!actuator.can(service).has(action.kind)) {
      return { kind: 'unsupported', reason: `${action.kind} cannot be done to ${service}` };
    }
    const refusal = await refusedByHumans(action, service, question);
    if (refusal !== null) return { kind: 'failed', reason: `not approved: ${refusal}` };
    return actuator.act(action, service, abort.signal);
  };

  /** Null: a human said yes to exactly this, or none need be asked. What a human ordered has a human's yes. */
  const refusedByHumans = async (action: Action, service: string, question: number | null): Promise<string | null> => {
    const { approvals } = parts;
    if (approvals === undefined || action.cause === 'command') return null;
    // What agents asked about they were answered before they acted: this is the last look at whether it is that.
    if (question !== null && approvals.wasAsked(question)) return approvals.present(question, service, action);
    const askMs = parts.approvalMs?.(action) ?? null;
    if (askMs === null) return null;
    const verdict = await approvals.ask(action, service, askMs, evidenceOf(action));
    return verdict.kind === 'approved' ? null : verdict.reason;
  };

  const evidenceOf = ({ service, cause }: Action): Evidence => ({
    symptoms: [cause],
    askedBy: { kind: 'policy', tier: parts.tierOf?.(service) ?? 'default' },
    causes: (agents === null ? null : shared.agents?.incident)?.causes ?? [],
    bid: null,
  });

  const answer = ({ id, isApproved, by }: HumanWord): Promise<readonly Action[]> =>
    tell({ kind: 'answer', atMs: clock.now(), question: id, isApproved, by });
  parts.approvals?.serve(parts.approvalLimits ?? LIMITS, answer);
  // Agents of the loop before may have asked: without agents, nobody could act on a yes.
  if (agents === null) parts.approvals?.follow([], 'every service heals alone now');
  else followQuestions();

  return {
    async look(signal) {
      parts.onEvent?.({ kind: 'signal', atMs: signal.atMs, signal });
      await tell(signal);
    },
    order: (command) => tell(command),
    async tick() {
      await tell({ kind: 'tick', atMs: clock.now() });
    },
    async limit(guard) {
      await tell({ kind: 'config', atMs: clock.now(), guard });
    },
    async settle(action, service, result) {
      await tell({ kind: 'outcome', atMs: clock.now(), service, action, result });
    },
    get underWay() {
      return underWay.size;
    },
    async close({ callOff } = { callOff: false }) {
      isClosing = true;
      if (callOff) abort.abort();
      waker?.cancel();
      parts.approvals?.denyAll('healix takes no more orders');
      while (underWay.size + telling.size > 0) await Promise.allSettled([...underWay, ...telling]);
      await write({ kind: 'memory', atMs: clock.now(), memory: structuredClone(memory) });
    },
  };
}

/** Of this process, milliseconds. */
function busyMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function resultOf(effect: Effect): Outcome['result'] {
  return effect.kind;
}
