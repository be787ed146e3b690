/** Recorded telemetry of real systems, turned into what monitors would tell: tables, normal values, evidence. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import type { Issue, RosterEntry } from '../../strategies/contract.ts';
import type { Evidence } from '../../strategies/coordinate/messages.ts';
import type { PlacedRoster } from '../../strategies/coordinate/placement.ts';
import { HEALTH_RANK } from '../../strategies/health.ts';
import { LONG_AGO } from '../../strategies/memory.ts';

/** A recorded fault: what monitors would tell, what was broken, and how far each service is from its normal. */
export interface Recorded {
  readonly name: string;
  readonly group: string;
  readonly roster: PlacedRoster;
  readonly evidence: readonly Evidence[];
  readonly cause: number;
  /** By service: the largest deviation of any metric, in standard deviations of its normal: of its own, and of calls to it as well. */
  readonly ownDeviation: readonly number[];
  readonly deviation: readonly number[];
}

/** The data folder, from the environment or beside the package; `null` when it is not there. */
export function dataFolder(): string | null {
  const { HEALIX_DATA } = process.env;
  const folder = HEALIX_DATA ?? join(PACKAGE_ROOT, '..', 'shared', 'data');
  return existsSync(join(folder, 'telemetry')) ? folder : null;
}

/** A CSV file, gzipped or not, without quoted fields: rows of cells. */
export function readTable(file: string): readonly (readonly string[])[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => line.split(','));
}

/** Calls from caller to callee, by name. All names become services, in order. */
export function rosterOf(names: readonly string[], calls: readonly (readonly [string, string])[]): PlacedRoster {
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const services = names.map((id): RosterEntry => {
    const callees = calls.flatMap(([from, to]) => (from === id ? (indexOf.get(to) ?? []) : []));
    return { id, tier: 'default', dependsOn: [...new Set(callees)], replicasMin: 1, replicasMax: 1, replicasStart: 1 };
  });
  const guard = {
    restartsPer10Min: 1,
    minHealthy: 0,
    maxDisabledShare: 1,
    inFlight: 1,
    protected: [],
    dryRun: true,
  } as const;
  return { services, guard };
}

/** What a metric normally is. */
export interface Normal {
  readonly mean: number;
  readonly deviation: number;
}

export function normalOf(values: readonly number[]): Normal {
  const known = values.filter((value) => Number.isFinite(value));
  const mean = average(known);
  const variance = average(known.map((value) => (value - mean) ** 2));
  return { mean, deviation: Math.sqrt(variance) };
}

export function average(values: readonly number[]): number {
  const known = values.filter((value) => Number.isFinite(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** Standard deviations above normal; 0 when either is not known. `least` keeps a very steady metric from deviating by nothing. */
export function deviations(value: number, { mean, deviation }: Normal, least: number): number {
  const far = (value - mean) / Math.max(deviation, least);
  return Number.isFinite(far) ? far : 0;
}

/** Standard deviations from which a monitor calls its service degraded. */
const DEGRADED_FROM = 3;
/** Failed share of the calls to a dependency from which it calls the dependency down (the gene's default). */
const DEPENDENCY_DOWN_FROM = 0.5;

export interface Measured {
  readonly service: number;
  /** -1 when not measured, as in evidence. */
  readonly errorRate: number;
  readonly latencyRatio: number;
  readonly throughputRatio: number;
  readonly cpuShare: number;
  readonly dependencyFailed: readonly number[];
  readonly issues: readonly Issue[];
  /** Of its worst metric. */
  readonly deviation: number;
}

/** One replica per service, and no begin of the trouble: recordings are too coarse to tell. */
export function evidenceFrom(measured: Measured): Evidence {
  const { service, errorRate, latencyRatio, throughputRatio, cpuShare, dependencyFailed, issues, deviation } = measured;
  const isCutOff = dependencyFailed.some((failed) => failed >= DEPENDENCY_DOWN_FROM);
  const isUnwell = deviation >= DEGRADED_FROM || isCutOff;
  const told: readonly Issue[] = isCutOff ? ['dependency-down', ...issues] : issues;
  return {
    service,
    atMs: 0,
    status: isUnwell ? HEALTH_RANK.degraded : HEALTH_RANK.healthy,
    sinceMs: LONG_AGO,
    issues: isUnwell ? told : [],
    errorRate,
    latencyRatio,
    throughputRatio,
    cpuShare,
    queueShare: -1,
    dependencyFailed,
    present: 1,
    down: [],
    dead: [],
    silent: [],
    slow: [],
    erring: [],
    attempts: 0,
  };
}

export function orUnknown(value: number): number {
  return Number.isFinite(value) ? value : -1;
}
