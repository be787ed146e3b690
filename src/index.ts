/** The package's face: `import { createBasicSelfHealing, loadPack } from 'healix'`. */

export type { BreakerCommand } from '../strategies/breaker-command.ts';
export { BreakerError } from '../strategies/breaker-error.ts';
export type { BreakerReading } from '../strategies/breaker-reading.ts';
export type { SavedBreaker } from '../strategies/breaker-save.ts';
export type { Action, ActionKind, HealthStatus } from '../strategies/contract.ts';
export type { Constitution } from '../strategies/coordinate/constitution.ts';
export type { Level } from '../strategies/coordinate/coordination.ts';
export type { Pack } from '../strategies/pack.ts';
export { type LoadedConstitution, loadConstitution } from './constitution.ts';
export { HealixError } from './errors.ts';
export { loadPack } from './named-packs.ts';
export type { AgentRecord } from './runtime/coordination/records.ts';
export type { CallContext } from './runtime/execute/attempt.ts';
export type { CallOptions } from './runtime/execute/attempt-once.ts';
export type { CallFacts, CallResult, Classification } from './runtime/execute/classify.ts';
export type { CallClock } from './runtime/execute/clock.ts';
export { type RefusalCause, RefusedError, TimedOutError } from './runtime/execute/errors.ts';
export type { ExecuteEvent } from './runtime/execute/events.ts';
export { createExecutor, type Executor, type ExecutorParts } from './runtime/execute/executor.ts';
export type { Run } from './runtime/execute/race.ts';
export { parseRetryAfter } from './runtime/execute/retry-after.ts';
export { type ExecuteSettings, type ExecuteSettingsInput, executeSettings } from './runtime/execute/settings.ts';
export type { ExecuteMetrics } from './runtime/execute/tally.ts';
export type { Effect } from './runtime/ports.ts';
export type { Check, CheckResult } from './runtime/self-healing/check.ts';
export type { SelfHealingEvent } from './runtime/self-healing/events.ts';
export type { CloseOptions, FleetSelfHealing, SelfHealing, ServiceEvent } from './runtime/self-healing/face.ts';
export type { FleetOptions } from './runtime/self-healing/fleet.ts';
export type { HealingRecord } from './runtime/self-healing/history.ts';
export type {
  ActionHandler,
  ActionHandlers,
  FleetConfig,
  FleetConfigInput,
  ServiceConfig,
  ServiceConfigChange,
  ServiceConfigInput,
  ServiceOptions,
} from './runtime/self-healing/options.ts';
export type { RecoveryStrategy, Situation } from './runtime/self-healing/recovery.ts';
export type {
  HealReport,
  HealthMetrics,
  HealthReport,
  ServiceHealth,
  SystemHealth,
} from './runtime/self-healing/reports.ts';
export {
  type BasicOptions,
  type CoordinatedOptions,
  createAdvancedSelfHealing,
  createBasicSelfHealing,
  createFleetSelfHealing,
  createFullSelfHealing,
} from './runtime/self-healing.ts';
