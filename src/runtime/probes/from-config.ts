/** The probes of a config: one per service, replica slot and level, ready for the schedule. */
import type { ProbeConfig, RuntimeConfig, ServiceConfig } from '../config.ts';
import type { Target } from '../ports.ts';
import type { PlannedProbe } from '../schedule.ts';
import { type KnownStatus, knownStatusProbe } from './dependency.ts';
import { execProbe } from './exec.ts';
import { httpProbe } from './http.ts';
import { bad, type Look, type LookingProbe } from './look.ts';
import type { PushBoard } from './push.ts';
import { resourceProbe } from './resource.ts';
import { tcpProbe } from './tcp.ts';

/** What probes need of the runtime. */
export interface ProbeWorld {
  readonly board: PushBoard;
  readonly statusOf: (service: string) => KnownStatus;
  /** Where a replica is now; null while its slot is empty or its process is dead, as there is nobody to look at. */
  readonly targetOf: (service: string, replica: number) => Target | null;
  /** The window of the strategy pack. */
  readonly windowMs: number;
}

export function plannedProbes(config: RuntimeConfig, world: ProbeWorld): PlannedProbe[] {
  return config.services.flatMap((service) =>
    Array.from({ length: service.replicas.max }, (_, replica) => replica).flatMap((replica) =>
      service.probes.map((probe) => ({
        service: service.id,
        replica,
        probe: withThresholds(makeProbe(service, replica, probe, world), probe.thresholds),
        intervalMs: probe.intervalMs ?? world.windowMs,
        timeoutMs: probe.timeoutMs,
        target: () => world.targetOf(service.id, replica),
      })),
    ),
  );
}

function makeProbe(service: ServiceConfig, replica: number, probe: ProbeConfig, world: ProbeWorld): LookingProbe {
  const { level, look, timeoutMs } = probe;
  switch (look.kind) {
    case 'http':
      return httpProbe({ level, path: look.path, expect: look.expect, timeoutMs });
    case 'tcp':
      return tcpProbe({ level, timeoutMs });
    case 'exec':
      return execProbe({ level, command: look.command, cwd: service.cwd, env: service.env, timeoutMs });
    case 'push':
      return world.board.probe(level, service.id, replica, look.everyMs);
    case 'process':
      return resourceProbe({ memoryMb: service.memoryMb, cpus: service.cpus });
    case 'status':
      return knownStatusProbe(
        service.dependsOn.map((dependency) => dependency.service),
        world.statusOf,
      );
  }
}

/** A good answer that took too long is bad; shares are told in terms of what counts as all of the limit. */
export function withThresholds(probe: LookingProbe, thresholds: ProbeConfig['thresholds']): LookingProbe {
  if (thresholds === null) return probe;
  return {
    level: probe.level,
    look: async (target, signal) => applyThresholds(await probe.look(target, signal), thresholds),
  };
}

function applyThresholds(look: Look, { tookMs, cpu, memory }: NonNullable<ProbeConfig['thresholds']>): Look {
  if (look.kind === 'good' && tookMs !== undefined && look.tookMs > tookMs)
    return bad(look.tookMs, `took ${look.tookMs} ms, more than ${tookMs}`, look.values);
  if (look.values === undefined || (cpu === undefined && memory === undefined)) return look;
  const values: Record<string, number> = { ...look.values };
  for (const [name, share] of [['cpu', cpu] as const, ['memory', memory] as const]) {
    const value = values[name];
    if (value !== undefined && share !== undefined) values[name] = value / share;
  }
  return { ...look, values };
}
