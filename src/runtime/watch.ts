/** What is known of every service at the end of a window, from processes, probes and the gateway, as signals for the healer. */
import type { Roster, Signal } from '../../strategies/contract.ts';
import type { ProcessActuator } from './actuators/process-actuator.ts';
import type { RuntimeConfig, ServiceConfig } from './config.ts';
import type { ProbeLevel, Target } from './ports.ts';
import type { KnownStatus } from './probes/dependency.ts';
import type { ProbeHistory } from './probes/history.ts';
import { makeSignal, type ProcessFacts, type ReplicaFacts } from './signals.ts';
import type { TrafficControl } from './traffic.ts';

export interface WatchParts {
  readonly config: RuntimeConfig;
  readonly roster: Roster;
  readonly actuator: ProcessActuator;
  readonly traffic: TrafficControl;
  readonly history: () => ProbeHistory;
}

/** Where a replica is to be found; null while nobody is there. */
export function targetOf(actuator: ProcessActuator, service: string, replica: number): Target | null {
  const state = actuator.state()[service]?.[replica]?.state;
  if (state?.kind !== 'running') return null;
  const { port, pid } = state.record;
  return { service, replica, port, pid };
}

/** A service's own liveness, as those that depend on it may know it. */
export function statusOf(parts: WatchParts, service: string): KnownStatus {
  const { config, history } = parts;
  const slots = config.services.find(({ id }) => id === service)?.replicas.max ?? 0;
  const looks = Array.from({ length: slots }, (_, replica) => history().last(service, replica, 'liveness'));
  const known = looks.filter((record) => record !== undefined && record.look.blind !== true);
  if (known.length === 0) return 'unknown';
  return known.some((record) => record!.look.kind === 'good') ? 'ok' : 'failed';
}

/** A window that ends now, and since when its calls were counted: a late look counts those of more than a window. */
export interface Window {
  readonly atMs: number;
  readonly sinceMs: number;
  readonly windowMs: number;
}

/** The signal of one service for a window. Takes the gateway's counts: call it once a window. */
export function signalOf(parts: WatchParts, index: number, { atMs, sinceMs, windowMs }: Window): Signal {
  const { config, roster, actuator, traffic, history } = parts;
  const service = config.services[index]!;
  const counted = traffic.takeWindow(service.id);
  const facts = actuator.facts(service.id);
  const slots = actuator.state()[service.id] ?? [];
  return makeSignal({
    atMs,
    windowMs,
    service: index,
    entry: roster.services[index]!,
    levels: new Set<ProbeLevel>(service.probes.map(({ level }) => level)),
    startGraceMs: service.startGraceMs,
    replicas: slots.map(
      (slot, replica): ReplicaFacts => ({
        process: processOf(slot.state, { service, replica, atMs, sinceMs, history: history() }),
        inRotation: traffic.isInRotation(service.id, replica),
        traffic: counted?.[replica] ?? null,
      }),
    ),
    looks: history().within(service.id, atMs - windowMs, atMs),
    deployAgeS: facts?.release == null ? null : (atMs - facts.release.sinceMs) / 1000,
    configAgeS: facts?.config == null ? null : (atMs - facts.config.changedAtMs) / 1000,
    configDiffers: facts?.config?.differs ?? null,
    dependencies: roster.services[index]!.dependsOn.map((other) => {
      const { id } = roster.services[other]!;
      return { id, failedShare: null, status: statusOf(parts, id) };
    }),
  });
}

/** Levels at which a process itself answers. */
const ANSWERS: ReadonlySet<ProbeLevel> = new Set(['liveness', 'readiness', 'performance']);

type SlotState = ReturnType<ProcessActuator['state']>[string][number]['state'];

interface Place {
  readonly service: ServiceConfig;
  readonly replica: number;
  readonly atMs: number;
  readonly sinceMs: number;
  readonly history: ProbeHistory;
}

function processOf(state: SlotState, { service, replica, atMs, sinceMs, history }: Place): ProcessFacts {
  switch (state.kind) {
    case 'empty':
      return { kind: 'absent' };
    case 'dead':
      return { kind: 'dead', exitCode: state.exitCode };
    case 'running': {
      const { startedAtMs } = state.record;
      // Any answer will do: one that was up and fell silent is not booting. One that was adopted may be, too.
      const first = history
        .within(service.id, startedAtMs, atMs)
        .find((record) => record.replica === replica && ANSWERS.has(record.level) && record.look.kind === 'good');
      const isAsked = service.probes.some(({ level }) => ANSWERS.has(level));
      return {
        kind: 'running',
        uptimeS: (atMs - startedAtMs) / 1000,
        hasAnswered: first !== undefined,
        wasBooting: isAsked && (first?.atMs ?? atMs) > sinceMs && sinceMs - startedAtMs < service.startGraceMs,
      };
    }
  }
}
