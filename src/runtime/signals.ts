/** Turns what was measured of one service in a window into the one signal that `heal` is told. Pure: same facts, same signal. */
import { constants } from 'node:os';
import type { ReplicaReading, RosterEntry, Signal } from '../../strategies/contract.ts';
import type { ProbeLevel } from './ports.ts';
import type { LookRecord } from './probes/look.ts';
import { trafficOfLooks } from './signals-traffic.ts';

/** Calls of a window as somebody counted them. Quantiles are of answered calls; null where none was. */
export interface Traffic {
  readonly calls: number;
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

/** What is known of the process in a replica's slot. */
export type ProcessFacts =
  | { readonly kind: 'absent' }
  /** `exitCode` null: nobody saw how it ended, as for one that was adopted from an earlier run. */
  | { readonly kind: 'dead'; readonly exitCode: number | null }
  /**
   * `hasAnswered`: some probe of this very process was good already, so it is not booting any more. `wasBooting`: when the window
   * began it was, or was not there yet.
   */
  | {
      readonly kind: 'running';
      readonly uptimeS: number;
      readonly hasAnswered: boolean;
      readonly wasBooting: boolean;
    };

export interface ReplicaFacts {
  readonly process: ProcessFacts;
  /** Whether it is ready and no action keeps it from calls; null without a gateway. */
  readonly inRotation: boolean | null;
  /** What the gateway counted; null without a gateway. */
  readonly traffic: Traffic | null;
}

export interface ServiceFacts {
  readonly atMs: number;
  readonly windowMs: number;
  /** Index in the roster. */
  readonly service: number;
  readonly entry: RosterEntry;
  /** Levels that the config has a probe for. */
  readonly levels: ReadonlySet<ProbeLevel>;
  readonly startGraceMs: number;
  /** One per slot; slots beyond the list are empty. */
  readonly replicas: readonly ReplicaFacts[];
  /** The looks of this service that ended in the window, oldest first. */
  readonly looks: readonly LookRecord[];
  /** Null = not known. */
  readonly deployAgeS: number | null;
  readonly configAgeS: number | null;
  readonly configDiffers: boolean | null;
  /** In roster order. `failedShare`: of this service's calls to it, as a gateway counted them; null = not counted. */
  readonly dependencies: readonly {
    readonly id: string;
    readonly failedShare: number | null;
    readonly status: 'ok' | 'failed' | 'unknown';
  }[];
}

/** Exit code of a dead process whose end nobody saw: the healer must know that it is dead. */
export const EXIT_UNSEEN = -1;

/**
 * The signal of a window. Per replica:
 *
 * - `live` is the newest liveness look; without such a probe, that the process runs. While a process boots (never answered, younger
 *   than `startGraceMs`) its silence is not measured, as in the simulator.
 * - `ready` is the newest readiness look; without such a probe, it follows `live`. Booting is not ready.
 * - `inRotation` without a gateway: whoever runs gets its share of calls.
 * - `calls`, `failed`, `p50Ms`, `p95Ms` are the gateway's counts. Without a gateway, or when no call came through it (nobody asks, or
 *   the circuit is open), the service's own performance probes stand in: each look is a call. See `trafficOfLooks`. What a process that
 *   boots does not answer says nothing of it: such a window is not measured.
 * - `cpu`, `memory`, `queue` are the newest figures that a resource look told, at most 1.
 *
 * A blind look measures nothing. What was not measured is NaN.
 */
export function makeSignal(facts: ServiceFacts): Signal {
  const { atMs, windowMs, service, entry, configDiffers } = facts;
  const looks = groupByReplica(facts.looks);
  return {
    kind: 'signal',
    atMs,
    service,
    windowMs,
    replicas: Array.from({ length: entry.replicasMax }, (_, slot) =>
      readReplica(facts, facts.replicas[slot], looks.get(slot) ?? []),
    ),
    deployAgeS: ageOf(facts.deployAgeS),
    configAgeS: ageOf(facts.configAgeS),
    configDiffers: configDiffers === null ? Number.NaN : Number(configDiffers),
    dependencyFailed: facts.dependencies.map((dependency) => failedShareOf(dependency, facts.looks)),
  };
}

/** The exit code a shell would tell: 128 and the signal's number for a process that was killed (137 = SIGKILL). */
export function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  if (code !== null) return code;
  return signal === null ? EXIT_UNSEEN : 128 + constants.signals[signal];
}

/** An empty slot, in the very figures that the simulator tells. */
export function absentReading(): ReplicaReading {
  return {
    present: 0,
    live: Number.NaN,
    ready: 0,
    inRotation: 0,
    calls: 0,
    failed: 0,
    p50Ms: Number.NaN,
    p95Ms: Number.NaN,
    cpu: Number.NaN,
    memory: Number.NaN,
    queue: Number.NaN,
    exitCode: Number.NaN,
    uptimeS: Number.NaN,
  };
}

function readReplica(
  facts: ServiceFacts,
  replica: ReplicaFacts | undefined,
  looks: readonly LookRecord[],
): ReplicaReading {
  if (replica === undefined || replica.process.kind === 'absent') return absentReading();
  const { process, inRotation } = replica;
  const traffic = process.kind === 'running' && process.wasBooting ? null : trafficOf(replica.traffic, looks);
  const calls = {
    calls: traffic?.calls ?? Number.NaN,
    // Told by the service, so not to be trusted to add up.
    failed: traffic === null ? Number.NaN : Math.min(traffic.failed, traffic.calls),
    p50Ms: traffic?.p50Ms ?? Number.NaN,
    p95Ms: traffic?.p95Ms ?? Number.NaN,
  };
  if (process.kind === 'dead') {
    const exitCode = process.exitCode ?? EXIT_UNSEEN;
    return { ...absentReading(), present: 1, live: 0, inRotation: Number(inRotation ?? false), ...calls, exitCode };
  }
  const live = facts.levels.has('liveness') ? answered(looks, 'liveness') : 1;
  const ready = facts.levels.has('readiness') ? answered(looks, 'readiness') : live;
  const isBooting = process.kind === 'running' && !process.hasAnswered && process.uptimeS * 1000 < facts.startGraceMs;
  return {
    present: 1,
    live: isBooting && live === 0 ? Number.NaN : live,
    ready: isBooting && Number.isNaN(ready) ? 0 : ready,
    inRotation: Number(inRotation ?? true),
    ...calls,
    cpu: figureOf(looks, 'cpu'),
    memory: figureOf(looks, 'memory'),
    queue: figureOf(looks, 'queue'),
    exitCode: Number.NaN,
    uptimeS: Math.max(0, process.uptimeS),
  };
}

/** 1 good, 0 bad or no answer, NaN when there was no look that could see. */
function answered(looks: readonly LookRecord[], level: ProbeLevel): number {
  const newest = looks.findLast((record) => record.level === level && record.look.blind !== true);
  return newest === undefined ? Number.NaN : Number(newest.look.kind === 'good');
}

/** The newest share that a resource look told, within 0..1. */
function figureOf(looks: readonly LookRecord[], name: 'cpu' | 'memory' | 'queue'): number {
  const newest = looks.findLast(({ level, look }) => level === 'resource' && look.values?.[name] !== undefined);
  const share = newest?.look.values?.[name];
  return share === undefined ? Number.NaN : Math.min(1, Math.max(0, share));
}

function trafficOf(counted: Traffic | null, looks: readonly LookRecord[]): Traffic | null {
  if (counted !== null && counted.calls > 0) return counted;
  return trafficOfLooks(looks) ?? counted;
}

/** What the gateway counted; else what the service tells (mean over its replicas); else the dependency's own last known status. */
function failedShareOf(
  { id, failedShare, status }: ServiceFacts['dependencies'][number],
  looks: readonly LookRecord[],
): number {
  if (failedShare !== null) return failedShare;
  const told = new Map<number, number>();
  for (const { level, replica, look } of looks) {
    const share = level === 'dependency' ? look.values?.[id] : undefined;
    if (share !== undefined) told.set(replica, share);
  }
  if (told.size > 0) return [...told.values()].reduce((sum, share) => sum + share, 0) / told.size;
  return status === 'unknown' ? Number.NaN : Number(status === 'failed');
}

/** A clock that was put back makes nothing younger than new. */
function ageOf(seconds: number | null): number {
  return seconds === null ? Number.NaN : Math.max(0, seconds);
}

function groupByReplica(looks: readonly LookRecord[]): ReadonlyMap<number, readonly LookRecord[]> {
  const groups = new Map<number, LookRecord[]>();
  for (const look of looks) {
    const group = groups.get(look.replica);
    if (group === undefined) groups.set(look.replica, [look]);
    else group.push(look);
  }
  return groups;
}
