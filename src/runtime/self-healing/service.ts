/** One service of a fleet: the fleet as it looks from there. */
import type { BreakerCommand } from '../../../strategies/breaker-command.ts';
import type { SavedBreaker } from '../../../strategies/breaker-save.ts';
import { HealixError } from '../../errors.ts';
import type { CallOptions } from '../execute/attempt-once.ts';
import type { OfKind } from '../execute/emitter.ts';
import type { ExecuteEvent } from '../execute/events.ts';
import type { Run } from '../execute/race.ts';
import { named } from '../execute/settings.ts';
import type { Engine } from './engine.ts';
import type { SelfHealingKind } from './events.ts';
import type { CloseOptions, FleetSelfHealing, SelfHealing, ServiceEvent } from './face.ts';
import { RECORDS_KEPT } from './history.ts';
import type { Member } from './member.ts';
import { parseRecovery, parseServiceConfig, type ServiceConfig, type ServiceConfigChange } from './options.ts';
import type { RecoveryStrategy } from './recovery.ts';
import type { HealReport, HealthMetrics, HealthReport } from './reports.ts';

/** Strategies one service may have. */
const STRATEGIES_MAX = 100;

/** See face.ts for what each of these does. */
export class ServiceView implements SelfHealing {
  readonly fleet: FleetSelfHealing;
  readonly #engine: Engine;
  readonly #member: Member;

  constructor(fleet: FleetSelfHealing, engine: Engine, member: Member) {
    this.fleet = fleet;
    this.#engine = engine;
    this.#member = member;
  }

  get id(): string {
    return this.#member.id;
  }

  get config(): ServiceConfig {
    return this.#member.config;
  }

  initialize(): Promise<void> {
    return this.fleet.initialize();
  }

  execute<Value>(run: Run<Value>, options?: CallOptions): Promise<Value> {
    return this.#member.executor.execute(run, options);
  }

  async checkHealth(): Promise<HealthReport> {
    await this.initialize();
    const { checked, status, reason } = await this.#engine.check(this.#member);
    const { executor } = this.#member;
    return {
      service: this.id,
      status,
      reason,
      breaker: executor.reading().mode,
      admit: executor.admit,
      check: checked.kind,
      checkReason: checked.reason,
    };
  }

  async heal(): Promise<HealReport> {
    await this.initialize();
    return { service: this.id, ...(await this.#engine.look(this.#member)) };
  }

  forceHeal(): Promise<HealReport> {
    return this.fleet.forceHeal(this.id);
  }

  healthMetrics(): HealthMetrics {
    const { executor, hasBeenLookedAt, lastLookMs } = this.#member;
    const actions = { done: 0, failed: 0, unsupported: 0, underWay: 0 };
    for (const { service, effect } of this.fleet.healingHistory(RECORDS_KEPT))
      if (service === this.id) actions[effect?.kind ?? 'underWay'] += 1;
    return {
      service: this.id,
      ...this.#engine.healthOf(this.#member),
      calls: executor.metrics(),
      actions,
      lookedAtMs: hasBeenLookedAt ? lastLookMs : null,
    };
  }

  applyConfig(change: ServiceConfigChange): ServiceConfig {
    const member = this.#member;
    const before = member.config;
    const next = parseServiceConfig(before, change);
    member.executor.configure(named({ ...next.calls, name: member.id }));
    member.config = next;
    this.#engine.note(member.id, next);
    return before;
  }

  addStrategy(strategy: RecoveryStrategy): () => void {
    const member = this.#member;
    const own = parseRecovery(strategy);
    if (member.strategies.length >= STRATEGIES_MAX)
      throw new HealixError('bad-settings', `${member.id} has ${STRATEGIES_MAX} strategies already.`);
    if (member.strategies.some(({ name }) => name === own.name))
      throw new HealixError('bad-settings', `${member.id} has a strategy ${own.name} already.`);
    member.strategies = [...member.strategies, own];
    return () => {
      member.strategies = member.strategies.filter((other) => other !== own);
    };
  }

  command(order: BreakerCommand): void {
    this.#member.executor.command(order);
  }

  saveBreaker(): SavedBreaker {
    return this.#member.executor.save();
  }

  on<Kind extends ServiceEvent['kind']>(
    kind: Kind,
    listener: (event: OfKind<ServiceEvent, Kind>) => unknown,
  ): () => void {
    const tell = listener as (event: ServiceEvent) => unknown;
    if (!isHealingKind(kind)) return this.#member.executor.on(kind as ExecuteEvent['kind'], tell);
    return this.#engine.events.on(kind, (event) => {
      return event.service === this.id || event.service === null ? tell(event) : undefined;
    });
  }

  async close(options: CloseOptions = {}): Promise<void> {
    this.#member.isClosed = true;
    if (this.#engine.members.every(({ isClosed }) => isClosed)) return this.fleet.close(options);
    return this.#member.executor.close(options);
  }
}

const HEALING_KINDS: Readonly<Record<SelfHealingKind, true>> = {
  status: true,
  decided: true,
  acted: true,
  recovery: true,
  agents: true,
  escalated: true,
  trouble: true,
};

function isHealingKind(kind: ServiceEvent['kind']): kind is SelfHealingKind {
  return Object.hasOwn(HEALING_KINDS, kind);
}
