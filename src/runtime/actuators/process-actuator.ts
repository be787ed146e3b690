/** The actuator for services that run as child processes of the runtime, and outlive it. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  ACTION_FACTS,
  type Action,
  type ActionKind,
  unreachable,
  WHOLE_SERVICE,
} from '../../../strategies/contract.ts';
import type { Actuator, Clock, Effect, ProcessRecord } from '../ports.ts';
import type { Adoption } from './adopt.ts';
import { runCommand } from './command.ts';
import { acceptConfig } from './config-file.ts';
import { FactsWatch, type ServiceFacts } from './facts.ts';
import { GATEWAY_ACTIONS, type Gateway } from './gateway-port.ts';
import type { LogLimits } from './logs.ts';
import { type ActionCommand, kindsOf, logPath, type ManagedService, slotCount } from './managed-service.ts';
import { messageOf } from './process.ts';
import { ReleaseLog } from './release-log.ts';
import { type ReplicaEvent, Replicas } from './replicas.ts';
import { type Ready, type RestartParts, restartAll, restartOne, scaleDown, scaleUp } from './restart.ts';
import { claim, isOccupied, runningIn, type Slot, type SlotView, viewOf } from './slots.ts';
import { repairService, rollBackService, signalAll } from './whole-service.ts';

/** What happened, for the journal, metrics and alerts. What is answered with a promise is awaited before the action is done. */
export type ActuatorEvent =
  | ReplicaEvent
  | { readonly kind: 'repaired'; readonly service: string; readonly file: string; readonly diff: string };

export interface ProcessActuatorOptions {
  readonly services: readonly ManagedService[];
  /** Broken configurations are kept in it; its path also names this runtime in the marks of its processes. */
  readonly stateFolder: string;
  readonly clock: Clock;
  readonly gateway?: Gateway;
  /** Calls a human. */
  readonly alert?: (action: Action, service: string, signal: AbortSignal) => Promise<Effect>;
  /** Whether a restarted replica is up, asked before the next one is taken in a rolling restart; has a bound of its own. */
  readonly ready?: Ready;
  readonly onEvent?: (event: ActuatorEvent) => void | Promise<void>;
  readonly logLimits?: LogLimits;
}

const TOUCHES_NO_PROCESS: ReadonlySet<ActionKind> = new Set([...GATEWAY_ACTIONS, 'escalate']);

export class ProcessActuator implements Actuator {
  readonly #options: ProcessActuatorOptions;
  readonly #replicas: Replicas;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();
  readonly #facts = new FactsWatch();
  readonly #releases: ReleaseLog;

  constructor(options: ProcessActuatorOptions) {
    this.#options = options;
    this.#releases = new ReleaseLog(
      options.stateFolder,
      (reason) => void options.onEvent?.({ kind: 'trouble', reason }),
    );
    const onEvent = (event: ReplicaEvent): void | Promise<void> => {
      if (event.kind === 'started' || event.kind === 'adopted') this.#noteRelease(event.kind, event.record);
      return options.onEvent?.(event);
    };
    this.#replicas = new Replicas(options.services, { ...options, instance: instanceOf(options.stateFolder), onEvent });
    this.#facts.configure(options.services);
  }

  can(service: string): ReadonlySet<ActionKind> {
    const managed = this.#replicas.service(service);
    if (managed === undefined) return new Set();
    const { gateway, alert } = this.#options;
    const { releases } = managed;
    const kinds = [...kindsOf(managed, this.#replicas.slots(service).length), ...(gateway?.can(service) ?? [])];
    if (releases?.link != null && this.#releases.of(service, releases).previous !== null) kinds.push('rollback');
    if (alert !== undefined) kinds.push('escalate');
    return new Set(kinds);
  }

  /** One action at a time on each replica: what comes meanwhile fails and says what it met. Gateway actions touch no process. */
  async act(action: Action, service: string, signal: AbortSignal): Promise<Effect> {
    return this.#tracked(
      this.#begin(action, service, signal).catch((error: unknown): Effect => {
        return { kind: 'failed', reason: messageOf(error) };
      }),
    );
  }

  /** Takes over the processes of a previous run, and tells what became of each. Before anything else is started. */
  adopt(records: readonly ProcessRecord[]): Promise<readonly Adoption[]> {
    return this.#tracked(this.#replicas.adopt(records));
  }

  /** Fills empty slots up to each service's `replicas.start`. Dead replicas are the healer's business. */
  start(): Promise<readonly Effect[]> {
    return this.#tracked(this.#fillUp());
  }

  /** Which slot runs what, service by service: plain data. */
  state(): Readonly<Record<string, readonly SlotView[]>> {
    return Object.fromEntries(this.#replicas.services().map(({ id }) => [id, this.#replicas.slots(id).map(viewOf)]));
  }

  /** Null for a service that is not run here. */
  facts(service: string): ServiceFacts | null {
    const managed = this.#replicas.service(service);
    return managed === undefined ? null : this.#facts.of(managed, this.#options.clock.now());
  }

  /** Takes the service's configuration as it is now as known-good: what a human changed on purpose is no drift. */
  acceptConfig(service: string): Effect {
    const file = this.#replicas.service(service)?.configFile ?? null;
    if (file === null) return { kind: 'unsupported', reason: `${service} has no configuration file` };
    try {
      acceptConfig(file);
      return { kind: 'done', detail: `${file.path} is the known-good configuration now` };
    } catch (error) {
      return { kind: 'failed', reason: messageOf(error) };
    }
  }

  /** Takes a new list of services: what is gone is stopped, the rest runs on and is started anew by its next restart only. */
  async reconfigure(services: readonly ManagedService[]): Promise<void> {
    this.#facts.configure(services);
    await this.#tracked(this.#replicas.reconfigure(services));
  }

  /** Begins nothing more, lets what is under way reach a sound state, and leaves the services running or stops them all. */
  async close(how: { readonly leaveRunning: boolean }): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#underWay);
    await this.#replicas.close(how);
  }

  async #fillUp(): Promise<readonly Effect[]> {
    const effects: Effect[] = [];
    for (const service of this.#replicas.services()) {
      const slots = this.#replicas.slots(service.id).slice(0, slotCount(service));
      const lacking = service.replicas.start - slots.filter(isOccupied).length;
      for (const slot of slots.filter((one) => !isOccupied(one)).slice(0, Math.max(0, lacking))) {
        if (this.#closing.signal.aborted) return effects;
        const effect = await this.#exclusively([slot], 'a start', () => this.#replicas.start(slot));
        if (effect.kind === 'failed') {
          const reason = `${service.id} ${slot.replica}: could not be started: ${effect.reason}`;
          await this.#options.onEvent?.({ kind: 'trouble', reason });
        }
        effects.push(effect);
      }
    }
    return effects;
  }

  #tracked<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    return work.finally(() => this.#underWay.delete(work));
  }

  async #begin(action: Action, service: string, outer: AbortSignal): Promise<Effect> {
    const managed = this.#replicas.service(service);
    if (managed === undefined) return { kind: 'failed', reason: `${service} is not run here` };
    const signal = AbortSignal.any([outer, this.#closing.signal]);
    if (signal.aborted) return { kind: 'failed', reason: 'called off before it began' };
    const slots = this.#replicas.slots(service);
    if (action.replica !== WHOLE_SERVICE && slots[action.replica] === undefined) {
      return { kind: 'failed', reason: `${service} has no slot ${action.replica}` };
    }
    const command = managed.actions.get(action.kind);
    if (command !== undefined) {
      const concerned = TOUCHES_NO_PROCESS.has(action.kind) ? [] : concernedBy(action, slots);
      return this.#exclusively(concerned, action.kind, () => this.#runCommand(action, managed, command, signal));
    }
    if (!this.can(service).has(action.kind)) {
      return { kind: 'unsupported', reason: `${service} is not set up for ${ACTION_FACTS[action.kind].words}` };
    }
    return this.#carryOut(action, managed, signal);
  }

  #carryOut(action: Action, service: ManagedService, signal: AbortSignal): Promise<Effect> | Effect {
    const slots = this.#replicas.slots(service.id);
    const { gateway, alert } = this.#options;
    switch (action.kind) {
      case 'restart': {
        const concerned = concernedBy(action, slots).filter(isOccupied);
        if (concerned.length === 0) return { kind: 'failed', reason: 'there is no replica to restart' };
        return this.#exclusively(concerned, action.kind, () =>
          action.replica === WHOLE_SERVICE
            ? restartAll(this.#parts(), concerned, action.mode)
            : restartOne(this.#parts(), concerned[0]!, action.mode, signal),
        );
      }
      case 'scale-up': {
        const free = slots.slice(0, slotCount(service)).find((slot) => !isOccupied(slot) && slot.busy === null);
        if (free === undefined) return { kind: 'failed', reason: `${service.id} has no free slot` };
        return this.#exclusively([free], action.kind, () => scaleUp(this.#parts(), free));
      }
      case 'scale-down':
        return scaleDown(this.#parts(), service, action.replica, signal, (slot, work) =>
          this.#exclusively([slot], action.kind, work),
        );
      case 'rollback':
        return this.#exclusively(slots.filter(isOccupied), action.kind, () =>
          rollBackService(this.#parts(), service, this.#releases.of(service.id, service.releases!)),
        );
      case 'repair-config':
        return this.#exclusively(slots.filter(isOccupied), action.kind, () => this.#repair(service));
      case 'reconnect': {
        const concerned = concernedBy(action, slots);
        return this.#exclusively(concerned, action.kind, async () => signalAll(concerned, service.reconnectSignal!));
      }
      case 'reroute': {
        const others = slots.filter((slot) => slot.replica !== action.replica && runningIn(slot) !== null);
        if (action.out && others.length === 0)
          return { kind: 'unsupported', reason: 'no other replica runs that calls could be sent to' };
        return gateway!.act(action, service.id, signal);
      }
      case 'circuit-break':
      case 'fallback':
        return gateway!.act(action, service.id, signal);
      case 'escalate':
        return alert!(action, service.id, signal);
      default:
        return unreachable(action);
    }
  }

  #noteRelease(how: 'started' | 'adopted', { service, release }: ProcessRecord): void {
    const managed = this.#replicas.service(service);
    if (managed !== undefined) this.#releases[how](managed, release);
  }

  #repair(service: ManagedService): Promise<Effect> {
    const aside = join(this.#options.stateFolder, 'broken-configs', encodeURIComponent(service.id));
    return repairService(this.#parts(), service, aside, async (diff) => {
      try {
        await this.#options.onEvent?.({ kind: 'repaired', service: service.id, file: service.configFile!.path, diff });
      } catch {
        // A journal that does not take it tells its own trouble; half a repair would be worse.
      }
    });
  }

  #runCommand(action: Action, service: ManagedService, command: ActionCommand, signal: AbortSignal): Promise<Effect> {
    const slot = action.replica === WHOLE_SERVICE ? null : action.replica;
    const record = slot === null ? null : runningIn(this.#replicas.slots(service.id)[slot]);
    const run = {
      ...{ command, action, service: service.id, cwd: service.cwd, clock: this.#options.clock },
      pid: record?.pid ?? null,
      port: slot === null ? null : (service.ports[slot] ?? null),
      release: record?.release ?? this.facts(service.id)?.release?.name ?? null,
      output: logPath(service, slot, 'action'),
    };
    this.#replicas.wakeUpkeep();
    return runCommand(run, signal);
  }

  async #exclusively(slots: readonly Slot[], what: string, work: () => Promise<Effect>): Promise<Effect> {
    const claimed = claim(slots, what);
    if (claimed.kind === 'refused') return { kind: 'failed', reason: claimed.reason };
    return work().finally(claimed.release);
  }

  #parts(): RestartParts {
    const { gateway, ready, clock } = this.#options;
    const closing = this.#closing.signal;
    return { replicas: this.#replicas, gateway: gateway ?? null, ready: ready ?? null, clock, closing };
  }
}

function concernedBy(action: Action, slots: readonly Slot[]): readonly Slot[] {
  return action.replica === WHOLE_SERVICE ? slots : slots.slice(action.replica, action.replica + 1);
}

/** The same after every restart of a runtime with this state folder. */
export function instanceOf(stateFolder: string): string {
  return createHash('sha256').update(stateFolder).digest('hex').slice(0, 12);
}
