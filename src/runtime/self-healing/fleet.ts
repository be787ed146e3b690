/** The fleet's face: services are registered, looked at on a beat, and healed. */
import type { Command, HealthStatus } from '../../../strategies/contract.ts';
import type { Constitution } from '../../../strategies/coordinate/constitution.ts';
import type { Level } from '../../../strategies/coordinate/coordination.ts';
import { decode, defaultGenome } from '../../../strategies/genome.ts';
import { HEALTH_RANK } from '../../../strategies/health.ts';
import { type Pack, packStrategy } from '../../../strategies/pack.ts';
import { HealixError } from '../../errors.ts';
import { backgroundClock, type CallClock, monotonicClock } from '../execute/clock.ts';
import type { OfKind } from '../execute/emitter.ts';
import { breakerFromStrategy } from '../execute/from-strategy.ts';
import { type Coordination, healerAt } from '../in-use.ts';
import { libraryCoordination } from './coordination.ts';
import { Engine } from './engine.ts';
import type { SelfHealingEvent, SelfHealingKind } from './events.ts';
import type { CloseOptions, FleetSelfHealing, SelfHealing } from './face.ts';
import type { HealingRecord } from './history.ts';
import { createMember, type Member } from './member.ts';
import { Monitor } from './monitor.ts';
import {
  type FleetConfig,
  type FleetConfigInput,
  parseFleetConfig,
  parseService,
  type ServiceOptions,
} from './options.ts';
import type { HealReport, SystemHealth } from './reports.ts';
import { ServiceView } from './service.ts';

export interface FleetOptions extends FleetConfigInput {
  /** Whose strategy heals, as `loadPack` gives it. Without one the defaults of the gene table do, and breakers are Hystrix's. */
  readonly pack?: Pack | undefined;
  /** Folder of a journal that outlives the process; without one it ends with it. */
  readonly journal?: string | undefined;
  /** Time that does not go back, and timers; real ones unless given. */
  readonly clock?: CallClock | undefined;
  /** Each service alone (the default), alone until that does not suffice, or always together. */
  readonly level?: Level | undefined;
  /** What agents are judged by; needed at any level but basic. */
  readonly constitution?: Constitution | undefined;
  /** Key of all jitter of calls; chance unless given. */
  readonly seed?: number | undefined;
}

const CLOSE_GRACE_MS = 5000;

/** See face.ts for what each of these does. */
export class Fleet implements FleetSelfHealing {
  readonly #engine: Engine;
  readonly #breaker: object;
  readonly #clock: CallClock;
  readonly #seed: number | undefined;
  readonly #monitor: Monitor;
  /** Whether monitoring was asked for last, not its end. */
  #isWatched = false;
  readonly #views = new Map<string, ServiceView>();
  #config: FleetConfig;
  #closing: Promise<void> | null = null;

  constructor(options: FleetOptions = {}) {
    const { pack, journal, clock = monotonicClock, seed, level, constitution, ...config } = options;
    this.#config = parseFleetConfig(null, config);
    const strategy = pack === undefined ? decode(defaultGenome()) : packStrategy(pack);
    const coordination = libraryCoordination(level, constitution);
    const healerOf = (at: Coordination) => healerAt(pack?.name ?? 'defaults', strategy, at);
    const healer = healerOf(coordination);
    const { probeShare } = strategy.breaker;
    this.#engine = new Engine({
      ...{ healer, coordination, healerOf, pack: pack?.hash ?? 'defaults', folder: journal ?? null, clock, probeShare },
      guard: () => this.#config.guard,
      wakeClock: clock === monotonicClock ? backgroundClock : clock,
    });
    this.#breaker = pack === undefined ? {} : breakerFromStrategy(strategy);
    this.#clock = clock;
    this.#seed = seed;
    this.#monitor = new Monitor(
      clock === monotonicClock ? backgroundClock : clock,
      () => this.#config.everyMs ?? healer.windowMs,
      async () => {
        await Promise.all(this.#engine.members.map((member) => this.#engine.lookOnly(member)));
      },
    );
  }

  get config(): FleetConfig {
    return this.#config;
  }

  registerService(id: string, options: ServiceOptions = {}): SelfHealing {
    const { members, isBegun } = this.#engine;
    if (isBegun) throw new HealixError('fleet-begun', `${id} comes too late: register services before the first look.`);
    if (this.#views.has(id)) throw new HealixError('bad-settings', `There is a service ${id} already.`);
    const place = { id, index: members.length, clock: this.#clock, nowMs: this.#clock.now(), seed: this.#seed };
    const member = createMember(place, parseService(id, options, this.#breaker));
    members.push(member);
    const view = new ServiceView(this, this.#engine, member);
    this.#views.set(id, view);
    return view;
  }

  service(id: string): SelfHealing {
    const view = this.#views.get(id);
    if (view !== undefined) return view;
    const known = [...this.#views.keys()].join(', ') || 'none';
    throw new HealixError('unknown-service', `There is no service ${id}. Registered: ${known}.`);
  }

  async initialize(): Promise<void> {
    await this.#engine.initialize();
  }

  async startMonitoring(): Promise<void> {
    this.#isWatched = true;
    await this.initialize();
    if (this.#closing === null && this.#isWatched) this.#monitor.start();
  }

  stopMonitoring(): Promise<void> {
    this.#isWatched = false;
    return this.#monitor.stop();
  }

  systemHealth(): SystemHealth {
    const { members, session } = this.#engine;
    const services = members.map((member) => ({
      ...this.#engine.healthOf(member),
      ...serviceFacts(member),
      paused: session?.memory.guard.paused[member.index] === 1,
      lookedAtMs: member.hasBeenLookedAt ? member.lastLookMs : null,
    }));
    return {
      status: services.reduce<HealthStatus>((worst, { status }) => worse(worst, status), 'healthy'),
      services,
      actionsUnderWay: session?.loop.underWay ?? 0,
      isJournalHealthy: session?.journal.isHealthy ?? true,
      isMonitoring: this.#monitor.isOn,
    };
  }

  healingHistory(limit = 100): readonly HealingRecord[] {
    return this.#engine.session?.history.last(limit) ?? [];
  }

  forceHeal(serviceId: string): Promise<HealReport> {
    return this.order(serviceId, 'force-heal');
  }

  async order(serviceId: string, command: Command['command']): Promise<HealReport> {
    const { id } = this.service(serviceId);
    await this.initialize();
    const member = this.#engine.members.find((one) => one.id === id)!;
    return { service: id, ...(await this.#engine.order(member, command)) };
  }

  applyConfig(change: FleetConfigInput): FleetConfig {
    const before = this.#config;
    this.#config = parseFleetConfig(before, change);
    this.#engine.limit();
    this.#engine.note('fleet', this.#config);
    if (this.#config.everyMs !== before.everyMs) this.#monitor.rearm();
    return before;
  }

  on<Kind extends SelfHealingKind>(
    kind: Kind,
    listener: (event: OfKind<SelfHealingEvent, Kind>) => unknown,
  ): () => void {
    return this.#engine.events.on(kind, listener);
  }

  close({ graceMs = CLOSE_GRACE_MS }: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    const calls = this.#engine.members.map(({ executor }) => executor.close({ graceMs }));
    await Promise.all([this.#monitor.stop(), this.#engine.close(graceMs), ...calls]);
  }
}

function worse(one: HealthStatus, other: HealthStatus): HealthStatus {
  return HEALTH_RANK[other] > HEALTH_RANK[one] ? other : one;
}

function serviceFacts({ id, executor }: Member) {
  return { service: id, breaker: executor.reading().mode, admit: executor.admit };
}
