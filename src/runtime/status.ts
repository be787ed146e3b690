/** The services as they are now, for people and machines. */
import { HEALTH_STATUSES, type HealthStatus } from '../../strategies/contract.ts';
import type { Detection } from '../../strategies/strategy.ts';
import type { ProcessActuator } from './actuators/process-actuator.ts';
import type { Waiting } from './approvals.ts';
import type { ServiceConfig } from './config.ts';
import type { CoordinationStatus } from './coordination/status.ts';
import { type Figures, figuresIn } from './figures.ts';
import { type HealerMemory, type Health, healthIn } from './in-use.ts';
import type { KnownStatus } from './probes/dependency.ts';

export interface ReplicaStatus {
  readonly state: 'running' | 'dead' | 'empty';
  readonly pid: number | null;
  readonly port: number | null;
}

export interface ServiceStatus extends Health {
  readonly id: string;
  readonly tier: string;
  readonly paused: boolean;
  readonly replicas: readonly ReplicaStatus[];
  /** Null for a healer that keeps no record of services. */
  readonly figures: Figures | null;
}

/** The fleet as a whole. */
export interface FleetStatus {
  readonly name: string;
  /** The worst of any service. */
  readonly status: HealthStatus;
  /** How many services are healthy. */
  readonly healthy: number;
  readonly services: readonly ServiceStatus[];
  /** Name of the pack or healer. */
  readonly healedBy: string;
  readonly coordination: CoordinationStatus;
  readonly startedAtMs: number;
  readonly dryRun: boolean;
  readonly actionsUnderWay: number;
  readonly waitingForApproval: readonly Waiting[];
  /** Without a journal nothing risky is begun. */
  readonly journalHealthy: boolean;
}

/** What the services come to. */
export function fleetHealth(services: readonly ServiceStatus[]): Pick<FleetStatus, 'status' | 'healthy' | 'services'> {
  // They are listed from best to worst.
  const worst = services.reduce((rank, { status }) => Math.max(rank, HEALTH_STATUSES.indexOf(status)), 0);
  return {
    status: HEALTH_STATUSES[worst]!,
    healthy: services.filter(({ status }) => status === 'healthy').length,
    services,
  };
}

export interface StatusParts {
  readonly services: readonly ServiceConfig[];
  readonly memory: HealerMemory;
  readonly actuator: ProcessActuator;
  readonly livenessOf: (service: string) => KnownStatus;
  /** What issues are told by; null for a healer that is no strategy. */
  readonly detection: Detection | null;
}

export function statusesOf({ services, memory, actuator, livenessOf, detection }: StatusParts): ServiceStatus[] {
  const slots = actuator.state();
  return services.map(({ id, tier }, index) => ({
    id,
    tier,
    ...healthIn(memory, index, () => livenessOf(id)),
    paused: memory.guard.paused[index] === 1,
    replicas: (slots[id] ?? []).map(({ state }) => ({
      state: state.kind,
      pid: state.kind === 'running' ? state.record.pid : null,
      port: state.kind === 'running' ? state.record.port : null,
    })),
    figures: figuresIn(memory, index, detection),
  }));
}
