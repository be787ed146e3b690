/** The services as they are now, for people and machines. */
import type { ProcessActuator } from './actuators/process-actuator.ts';
import type { ServiceConfig } from './config.ts';
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
}

export interface StatusParts {
  readonly services: readonly ServiceConfig[];
  readonly memory: HealerMemory;
  readonly actuator: ProcessActuator;
  readonly livenessOf: (service: string) => KnownStatus;
}

export function statusesOf({ services, memory, actuator, livenessOf }: StatusParts): ServiceStatus[] {
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
  }));
}
