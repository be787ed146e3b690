/** What looks at the services of a fleet, has the healer decide, and has its actions carried out. */
import type { Action, Command, GuardLimits, Healer, HealthStatus } from '../../../strategies/contract.ts';
import { healthOf } from '../../../strategies/health.ts';
import type { FleetMemory } from '../../../strategies/memory.ts';
import { HealixError } from '../../errors.ts';
import type { CallClock } from '../execute/clock.ts';
import { Emitter } from '../execute/emitter.ts';
import type { HealingEvent, HealingLoop } from '../healing-loop.ts';
import type { Coordination } from '../in-use.ts';
import type { Clock, JournalEntry } from '../ports.ts';
import { wordsOf } from './bounded.ts';
import { type Checked, runCheck } from './check.ts';
import { Decisions } from './decisions.ts';
import type { SelfHealingEvent } from './events.ts';
import type { HealingHistory, HealingRecord } from './history.ts';
import { checkDependencies, joinSession, type Member, rosterEntries, signalOf } from './member.ts';
import { memberActuator } from './member-actuator.ts';
import type { RecoveryOutcome } from './recovery.ts';
import { openSession, type Session } from './session.ts';

export interface EngineParts {
  readonly healer: Healer<FleetMemory>;
  readonly pack: string;
  readonly folder: string | null;
  readonly clock: CallClock;
  /** For the timer of agents: keeps no process alive. */
  readonly wakeClock: Pick<Clock, 'after'>;
  readonly coordination: Coordination;
  readonly healerOf: (coordination: Coordination) => Healer<FleetMemory>;
  /** Share of calls let through while an open circuit is tried again. */
  readonly probeShare: number;
  /** The limits as they are now. */
  readonly guard: () => GuardLimits;
}

export interface Healed {
  readonly status: HealthStatus;
  readonly reason: string;
  readonly actions: readonly HealingRecord[];
}

export class Engine {
  readonly members: Member[] = [];
  readonly events: Emitter<SelfHealingEvent>;
  readonly #parts: EngineParts;
  readonly #stopLooks = new AbortController();
  readonly #stopActions = new AbortController();
  readonly #decisions = new Decisions();
  /** Looks and orders that are not written down yet. */
  readonly #operations = new Set<Promise<void>>();
  #opening: Promise<Session> | null = null;
  #session: Session | null = null;
  /** There before the session is: what is decided while that is being opened keeps to the limits, too. */
  #loop: HealingLoop | null = null;
  /** The latest of each that came while the journal was being opened. */
  readonly #unwritten = new Map<string, unknown>();
  #isClosing = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.events = new Emitter((error, kind) => {
      if (kind !== 'trouble') this.#trouble(null, `a listener of ${kind} failed: ${wordsOf(error)}`);
    });
  }

  /** Null until it is initialized. */
  get session(): Session | null {
    return this.#session;
  }

  get isBegun(): boolean {
    return this.#opening !== null || this.#isClosing;
  }

  /** Opens the journal and takes over what is in it. Called again, it is the same; after a failure it is tried anew. */
  async initialize(): Promise<void> {
    if (this.#isClosing) throw closed();
    this.#opening ??= this.#open();
    try {
      this.#session = await this.#opening;
      for (const [by, config] of this.#unwritten) this.#writeConfig(this.#session, by, config);
    } catch (error) {
      this.#opening = null;
      this.#loop = null;
      throw error;
    } finally {
      this.#unwritten.clear();
    }
  }

  /** The limits changed. The healer knows it when this returns; writing it down goes on. */
  limit(): void {
    void this.#loop?.limit(this.#parts.guard());
  }

  /** Tells the healer of the window since the last look, and waits for what it begins. */
  look(member: Member): Promise<Healed> {
    return this.#withActions(member, () => this.lookOnly(member));
  }

  /** The same without waiting for actions to end. One look at a service at a time. Never rejects. */
  lookOnly(member: Member): Promise<void> {
    const turn = member.looking.then(() => this.#lookNow(member));
    member.looking = turn.catch((error: unknown) => this.#trouble(member.id, `a look failed: ${wordsOf(error)}`));
    return this.#tracked(member.looking);
  }

  async order(member: Member, command: Command['command']): Promise<Healed> {
    if (this.#isClosing) throw closed();
    const { loop, now } = this.#session!;
    const { index } = member;
    return this.#withActions(member, () =>
      this.#tracked(loop.order({ kind: 'command', atMs: now(), service: index, command }).then(() => {})),
    );
  }

  /** What a check finds now, and how the healer would judge it. Decides nothing, remembers nothing. */
  async check(member: Member): Promise<Healed & { readonly checked: Checked }> {
    const { memory, now } = this.#session!;
    const checked = await this.#checkNow(member);
    const copy = structuredClone(memory);
    this.#parts.healer.heal(copy, this.#signal(member, checked, member.window.read(), now()));
    return { checked, ...healthOf(copy, member.index), actions: [] };
  }

  healthOf(member: Member): { readonly status: HealthStatus; readonly reason: string } {
    return this.#session === null ? { status: 'healthy', reason: '' } : healthOf(this.#session.memory, member.index);
  }

  /** A configuration that holds from now on, for the journal. */
  note(by: string, config: unknown): void {
    if (this.#isClosing) return;
    if (this.#session !== null) this.#writeConfig(this.#session, by, config);
    else if (this.#opening !== null) {
      this.#unwritten.delete(by);
      this.#unwritten.set(by, config);
    }
  }

  /** No look and no order begins any more; actions under way may end within `graceMs`, then they are told to stop. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    this.#stopLooks.abort();
    const session = await this.#opening?.catch(() => null);
    await Promise.allSettled(this.#operations);
    if (session != null) {
      const stop = (): void => this.#stopActions.abort();
      if (graceMs <= 0 || session.loop.underWay === 0) stop();
      const cancel = this.#stopActions.signal.aborted ? () => {} : this.#parts.clock.after(graceMs, stop);
      await session.loop.close();
      cancel();
      await this.#write(session, { kind: 'stopped', atMs: session.now(), reason: 'closed' });
      await session.journal.close();
    }
    this.events.clear();
  }

  async #open(): Promise<Session> {
    const { members } = this;
    checkDependencies(members);
    const { healer, pack, folder, clock, wakeClock, coordination, healerOf, probeShare, guard } = this.#parts;
    const session = await openSession({
      healer,
      coordination,
      healerOf,
      wakeClock,
      pack,
      roster: { services: rosterEntries(members), guard: guard() },
      guard,
      folder,
      clock,
      actuator: memberActuator({
        members,
        clock,
        stop: this.#stopActions.signal,
        situationOf: (member, action) => ({ service: member.id, ...this.healthOf(member), action }),
        onRecovery: (member, action, outcome) => this.#recovered(member, action, outcome),
        onEscalation: ({ id: service }, { reason }) =>
          this.events.emit({ kind: 'escalated', atMs: this.#nowMs(), service, reason }),
      }),
      onEvent: (event, history) => this.#hear(event, history),
      onLoop: (loop) => {
        this.#loop = loop;
      },
    });
    for (const member of members) {
      const { phase } = session.memory.services[member.index]!.breaker;
      joinSession(member, { clockMs: clock.now(), atMs: session.now(), phase, probeShare });
    }
    return session;
  }

  async #lookNow(member: Member): Promise<void> {
    const session = this.#session;
    if (session === null || this.#isClosing || member.isClosed) return;
    const checked = await this.#checkNow(member);
    const atMs = session.now();
    // Within one millisecond nothing new can be told, and what was counted is kept for the next look.
    if (this.#isClosing || member.isClosed || atMs <= member.lastLookMs) return;
    if (checked.kind !== 'unchecked') member.lastCheck = checked;
    if (checked.replicas !== null) member.replicas = checked.replicas;
    const signal = this.#signal(member, checked, member.window.take(), atMs);
    member.lastLookMs = atMs;
    member.hasBeenLookedAt = true;
    const before = this.healthOf(member);
    const told = session.loop.look(signal);
    const { status, reason } = this.healthOf(member);
    if (status !== before.status)
      this.events.emit({ kind: 'status', atMs, service: member.id, from: before.status, to: status, reason });
    await told;
  }

  #checkNow({ id, parts, config }: Member): Promise<Checked> {
    return runCheck(id, parts.check, this.#parts.clock, config.checkTimeoutMs, this.#stopLooks.signal);
  }

  #signal(member: Member, checked: Checked, traffic: Parameters<typeof signalOf>[3], atMs: number) {
    const entry = this.#session!.roster.services[member.index]!;
    return signalOf(member, entry, checked, traffic, (id) => this.#statusOf(id), atMs);
  }

  /** A service's own check, as those that depend on it may know it. */
  #statusOf(id: string): 'ok' | 'failed' | 'unknown' {
    const kind = this.members.find((member) => member.id === id)?.lastCheck?.kind ?? 'unchecked';
    if (kind === 'unchecked') return 'unknown';
    return kind === 'ok' ? 'ok' : 'failed';
  }

  async #withActions(member: Member, begin: () => Promise<void>): Promise<Healed> {
    const actions = await this.#decisions.during(member.id, begin);
    const history = this.#session?.history;
    const ended = await Promise.all(actions.map((action) => history?.ended(action)));
    return { ...this.healthOf(member), actions: ended.filter((record) => record != null) };
  }

  #tracked(operation: Promise<void>): Promise<void> {
    this.#operations.add(operation);
    const forget = (): void => void this.#operations.delete(operation);
    operation.then(forget, forget);
    return operation;
  }

  #hear(event: HealingEvent, history: HealingHistory): void {
    switch (event.kind) {
      case 'signal':
        return;
      case 'decided':
        history.begin(event.atMs, event.service, event.action);
        this.#decisions.decided(event.service, event.action.id);
        this.events.emit(event);
        return;
      case 'acted':
        history.end(event.action.id, event.atMs, event.effect);
        this.events.emit(event);
        return;
      case 'agents':
        this.events.emit({ ...event, service: null });
        return;
      case 'trouble':
        this.#trouble(null, event.reason);
        return;
      case 'journal-failed':
        this.#trouble(null, `the journal cannot be written: ${event.reason}`);
    }
  }

  #recovered(member: Member, action: Action, { strategy, effect, tookMs }: RecoveryOutcome): void {
    const atMs = this.#nowMs();
    this.events.emit({ kind: 'recovery', atMs, service: member.id, action, strategy, effect, tookMs });
    const words = effect.kind === 'done' ? 'done' : `${effect.kind}: ${effect.reason}`;
    const text = `recovery of ${member.id} by ${strategy} in place of action ${action.id} (${action.kind}): ${words}`;
    if (this.#session !== null) void this.#write(this.#session, { kind: 'note', atMs, text });
  }

  #writeConfig(session: Session, by: string, config: unknown): void {
    const { services } = session;
    void this.#write(session, { kind: 'config', atMs: session.now(), config: JSON.stringify(config), services, by });
  }

  async #write({ journal }: Session, entry: JournalEntry): Promise<void> {
    try {
      await journal.append(entry);
    } catch (error) {
      this.#trouble(null, `the journal cannot be written: ${wordsOf(error)}`);
    }
  }

  #trouble(service: string | null, reason: string): void {
    this.events.emit({ kind: 'trouble', atMs: this.#nowMs(), service, reason });
  }

  #nowMs(): number {
    return this.#session?.now() ?? Math.floor(this.#parts.clock.now());
  }
}

function closed(): HealixError {
  return new HealixError('closed', 'This fleet is closed: nothing is healed any more.');
}
