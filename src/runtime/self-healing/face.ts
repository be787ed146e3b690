/** The one interface of self-healing: a fleet, and each of its services as a view of it. */
import type { BreakerCommand } from '../../../strategies/breaker-command.ts';
import type { SavedBreaker } from '../../../strategies/breaker-save.ts';
import type { Command } from '../../../strategies/contract.ts';
import type { CallOptions } from '../execute/attempt-once.ts';
import type { OfKind } from '../execute/emitter.ts';
import type { ExecuteEvent } from '../execute/events.ts';
import type { Run } from '../execute/race.ts';
import type { SelfHealingEvent, SelfHealingKind } from './events.ts';
import type { HealingRecord } from './history.ts';
import type { FleetConfig, FleetConfigInput, ServiceConfig, ServiceConfigChange, ServiceOptions } from './options.ts';
import type { RecoveryStrategy } from './recovery.ts';
import type { HealReport, HealthMetrics, HealthReport, SystemHealth } from './reports.ts';

/** What a service's listeners hear: of its calls, and of its healing. */
export type ServiceEvent = ExecuteEvent | SelfHealingEvent;

export interface CloseOptions {
  /** How long calls and actions under way may go on, milliseconds; then they are told to stop. Default 5000. */
  readonly graceMs?: number;
}

export interface FleetSelfHealing {
  readonly config: FleetConfig;
  /**
   * Adds a service; calls through it are guarded at once.
   * @throws HealixError `bad-settings` naming every problem (of `savedBreaker`, too), `fleet-begun` when the fleet was initialized before.
   */
  registerService(id: string, options?: ServiceOptions): SelfHealing;
  /** @throws HealixError `unknown-service`. */
  service(id: string): SelfHealing;
  /** Opens the journal and takes over what an earlier process left in it. Everything that needs it does it, too. */
  initialize(): Promise<void>;
  /** Looks at every service on the strategy's beat (or `everyMs`), and heals. Keeps no process alive. */
  startMonitoring(): Promise<void>;
  /** Resolves when no look is under way any more. Actions that were begun go on. */
  stopMonitoring(): Promise<void>;
  systemHealth(): SystemHealth;
  /** The newest actions (100 unless told, at most 1000) and what came of them, oldest of them first. */
  healingHistory(limit?: number): readonly HealingRecord[];
  /** Starts the service's ladder now, and waits for what it begins. The guard holds for it, too. */
  forceHeal(serviceId: string): Promise<HealReport>;
  /** An operator's order: `pause` and `resume` healing, `isolate` and `release` the service, `force-heal`. */
  order(serviceId: string, command: Command['command']): Promise<HealReport>;
  /**
   * Changes what is said and leaves the rest; from when it returns, all of it holds. What is undefined is not said.
   * @returns the configuration before, which puts everything back when it is applied.
   * @throws HealixError `bad-settings` naming every problem; then nothing has changed.
   */
  applyConfig(change: FleetConfigInput): FleetConfig;
  /** Calls the listener with every event of that kind from now on; the returned function ends it. */
  on<Kind extends SelfHealingKind>(
    kind: Kind,
    listener: (event: OfKind<SelfHealingEvent, Kind>) => unknown,
  ): () => void;
  /** Ends looking, healing and calling; the journal is closed last. A second close is the first. */
  close(options?: CloseOptions): Promise<void>;
}

export interface SelfHealing {
  readonly id: string;
  /** What it is a part of; a service made by `createBasicSelfHealing` has one of its own. */
  readonly fleet: FleetSelfHealing;
  readonly config: ServiceConfig;
  /** Opens the fleet's journal. Everything that needs it does it, too. */
  initialize(): Promise<void>;
  /**
   * Calls the service by `run`, guarded by breaker, retries, time limits and bulkhead, and learns from how it ends. Hands back what
   * `run` gives or throws; see `Executor.execute` for what it rejects with by itself.
   */
  execute<Value>(run: Run<Value>, options?: CallOptions): Promise<Value>;
  /** Looks, and tells what was found and how the healer would judge it. Decides nothing and changes nothing. */
  checkHealth(): Promise<HealthReport>;
  /** Looks once, lets the strategy decide, and waits for what it begins. Trouble must show in several looks before it acts. */
  heal(): Promise<HealReport>;
  /** Starts the ladder now, and waits for what it begins. */
  forceHeal(): Promise<HealReport>;
  /** What was counted so far. Pull only: nothing is computed until asked. */
  healthMetrics(): HealthMetrics;
  /**
   * Changes what is said and leaves the rest; from when it returns, all of it holds. `retry`, `bulkhead` and the parts of `breaker` may
   * be said in part; lists, and what is chosen by its `kind`, are said whole. What is undefined is not said. What the breaker counted is
   * kept where it still means something.
   * @returns the configuration before, which puts everything back when it is applied.
   * @throws HealixError `bad-settings` naming every problem; then nothing has changed.
   */
  applyConfig(change: ServiceConfigChange): ServiceConfig;
  /** Adds a recovery strategy of your own; the returned function takes it away. @throws HealixError `bad-settings`. */
  addStrategy(strategy: RecoveryStrategy): () => void;
  /** Orders the breaker of its calls. @throws BreakerError `illegal-command`; then nothing has changed. */
  command(order: BreakerCommand): void;
  /**
   * The breaker's state, to be written as JSON and handed to the next process as `savedBreaker`. If the window of calls is another there,
   * it begins empty; whether the circuit is open, and for how long, stays.
   */
  saveBreaker(): SavedBreaker;
  /** Calls the listener with every event of that kind, of this service's calls or of its healing; the returned function ends it. */
  on<Kind extends ServiceEvent['kind']>(
    kind: Kind,
    listener: (event: OfKind<ServiceEvent, Kind>) => unknown,
  ): () => void;
  /** Refuses calls and is looked at no more. The last one of its fleet to go closes the fleet. */
  close(options?: CloseOptions): Promise<void>;
}
