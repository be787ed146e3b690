/** The view: what rules may look at, laid out in the order of FEATURES. */
import type { FeatureName } from './features.ts';
import { restartsWithin } from './guard.ts';
import { type FleetMemory, LONG_AGO } from './memory.ts';
import { callsPerS, isNormalKnown } from './normal.ts';

/** Where each feature is written: its position in FEATURES. Spelt out, as the engine then knows the numbers. */
export const AT = {
  errorRate: 0,
  errorRateNow: 1,
  latencyRatio: 2,
  latencyMs: 3,
  queueShare: 4,
  cpuShare: 5,
  memoryShare: 6,
  memoryGrowth: 7,
  unreadyShare: 8,
  unansweredShare: 9,
  deadShare: 10,
  throughputRatio: 11,
  deployAgeMin: 12,
  configAgeMin: 13,
  configDiffers: 14,
  dependencyFailedShare: 15,
  dependencyStatus: 16,
  outlierShare: 17,
  outlierLatencyRatio: 18,
  restarts10Min: 19,
  attempts: 20,
  troubleS: 21,
} as const satisfies Readonly<Record<FeatureName, number>>;

/** Writes every feature of FEATURES, in order, into `view`. What was never measured is NaN, so that no condition on it holds. */
export function lookAt(view: Float64Array, memory: FleetMemory, index: number): void {
  const service = memory.services[index]!;
  const known = isNormalKnown(service.normal);
  const present = Math.max(1, service.present);
  view[AT.errorRate] = orUnseen(service.errorRate);
  view[AT.errorRateNow] = service.calls > 0 ? service.failed / service.calls : Number.NaN;
  view[AT.latencyRatio] = known && service.p95Ms >= 0 ? service.p95Ms / service.normal.p95Ms : Number.NaN;
  view[AT.latencyMs] = orUnseen(service.p95Ms);
  view[AT.queueShare] = orUnseen(service.queueShare);
  view[AT.cpuShare] = orUnseen(service.cpuShare);
  view[AT.memoryShare] = orUnseen(service.memoryShare);
  view[AT.memoryGrowth] = service.memoryPerMin;
  view[AT.unreadyShare] = service.unready / present;
  view[AT.unansweredShare] = service.unanswered / present;
  view[AT.deadShare] = service.dead / present;
  view[AT.throughputRatio] = known ? callsPerS(service) / service.normal.perS : Number.NaN;
  view[AT.deployAgeMin] = service.deployedAtMs === LONG_AGO ? Number.NaN : minutes(service.atMs - service.deployedAtMs);
  view[AT.configAgeMin] = service.configAtMs === LONG_AGO ? Number.NaN : minutes(service.atMs - service.configAtMs);
  view[AT.configDiffers] = orUnseen(service.configDiffers);
  view[AT.dependencyFailedShare] = service.dependencyShare;
  view[AT.dependencyStatus] = service.dependencyStatus;
  view[AT.outlierShare] = service.errorExcess;
  view[AT.outlierLatencyRatio] = service.latencyExcess;
  view[AT.restarts10Min] = restartsWithin(memory.guard, index, service.atMs);
  view[AT.attempts] = service.episode.attempts;
  view[AT.troubleS] =
    service.episode.startedAtMs === LONG_AGO ? 0 : (service.atMs - service.episode.startedAtMs) / 1000;
}

function orUnseen(value: number): number {
  return value < 0 ? Number.NaN : value;
}

function minutes(ms: number): number {
  return ms / 60_000;
}
