/**
 * The HMS ladder, least disruptive first: reconnect, repair the configuration, restart, scale up, fallback. One rung per 30 s
 * while the service is unhealthy, from the bottom again once it is healthy; after the last rung the ladder starts over.
 * A fallback is taken off after 5 min. (It looks every 5 s, the most favourable reading of "30 s between rungs", with the
 * thresholds 1000 ms, 5 % errors, 90 % memory or queue.)
 */
import {
  type Action,
  type Healer,
  NO_ACTIONS,
  type Outcome,
  type Signal,
  unreachable,
  WHOLE_SERVICE,
} from '../contract.ts';
import { intent, type Numbered } from './action.ts';
import { type Limits, restartAffected } from './affected.ts';
import { type InFlight, isBusy, land, nothingInFlight, takeOff } from './in-flight.ts';
import { downCount, errorRate, evidence, fullestShare, isFull, slowestP95Ms } from './readings.ts';
import { ask, confirm, isChanging, type Standing, standingAt } from './standing.ts';

export const HMS_LADDER = ['reconnect', 'repair-config', 'restart', 'scale-up', 'fallback'] as const;
const HMS_BETWEEN_MS = 30_000;
const HMS_FALLBACK_MS = 300_000;
const LIMITS: Limits = { errorRate: 0.05, p95Ms: 1_000, resourceShare: 0.9 };
type Rung = (typeof HMS_LADDER)[number];

interface ServiceMemory {
  /** Next rung, and when the last one was taken, -1 before the first. */
  rung: number;
  takenMs: number;
  /** First action of the rung taken last. */
  takenId: number;
  replicaFlights: InFlight[];
  serviceFlight: InFlight;
  /** 1 while the fallback is on. */
  fallback: Standing;
}

export interface HmsMemory extends Numbered {
  services: ServiceMemory[];
}

export const hms: Healer<HmsMemory> = {
  name: 'hms',
  windowMs: 5_000,
  start: (roster) => ({
    nextActionId: 1,
    services: roster.services.map(({ replicasMax }) => ({
      rung: 0,
      takenMs: -1,
      takenId: 0,
      replicaFlights: Array.from({ length: replicasMax }, nothingInFlight),
      serviceFlight: nothingInFlight(),
      fallback: standingAt(0),
    })),
  }),
  heal(memory, input) {
    if (input.kind === 'signal') return check(memory, input);
    if (input.kind === 'outcome') settle(memory, input);
    return NO_ACTIONS;
  },
};

function check(memory: HmsMemory, signal: Signal): readonly Action[] {
  const service = memory.services[signal.service];
  if (service === undefined || isChanging(service.fallback, signal.atMs)) return NO_ACTIONS;
  const { level, sinceMs } = service.fallback;
  if (level === 1 && signal.atMs - sinceMs >= HMS_FALLBACK_MS) {
    return setFallback(memory, service, signal, 0, 'the fallback has stood for 5 min');
  }
  if (isHealthy(signal)) {
    service.rung = 0;
    return NO_ACTIONS;
  }
  if (service.takenMs >= 0 && signal.atMs - service.takenMs < HMS_BETWEEN_MS) return NO_ACTIONS;
  if (isBusy(service.serviceFlight, signal.atMs)) return NO_ACTIONS;
  const rung = possibleRung(service, signal);
  const actions = take(memory, service, signal, rung);
  if (actions.length === 0) return NO_ACTIONS;
  service.rung = (rung + 1) % HMS_LADDER.length;
  service.takenMs = signal.atMs;
  service.takenId = actions[0]!.id;
  return actions;
}

function isHealthy(signal: Signal): boolean {
  return (
    errorRate(signal) < LIMITS.errorRate &&
    slowestP95Ms(signal) < LIMITS.p95Ms &&
    fullestShare(signal) < LIMITS.resourceShare &&
    downCount(signal) === 0
  );
}

/** The next rung that can be taken now: a full service cannot grow, and a fallback that is on cannot be put on. */
function possibleRung(service: ServiceMemory, signal: Signal): number {
  let rung = service.rung;
  if (HMS_LADDER[rung] === 'scale-up' && isFull(signal)) rung += 1;
  if (HMS_LADDER[rung] === 'fallback' && service.fallback.level === 1) rung = 0;
  return rung;
}

function take(memory: HmsMemory, service: ServiceMemory, signal: Signal, rung: number): readonly Action[] {
  const remedy: Rung = HMS_LADDER[rung]!;
  const reason = `rung ${rung + 1} of ${HMS_LADDER.length}: ${evidence(signal)}`;
  switch (remedy) {
    case 'restart':
      return restartAffected(memory, service.replicaFlights, signal, LIMITS, { cause: 'unhealthy', rung, reason });
    case 'fallback':
      return setFallback(memory, service, signal, 1, reason);
    case 'reconnect':
    case 'repair-config':
    case 'scale-up': {
      const base = intent(memory, signal, WHOLE_SERVICE, 'unhealthy', rung, reason);
      takeOff(service.serviceFlight, base.id, signal.atMs);
      return [{ ...base, kind: remedy }];
    }
    default:
      return unreachable(remedy);
  }
}

function setFallback(
  memory: HmsMemory,
  service: ServiceMemory,
  signal: Signal,
  level: 0 | 1,
  reason: string,
): readonly Action[] {
  const cause = level === 1 ? 'unhealthy' : 'fallback-over';
  const base = intent(memory, signal, WHOLE_SERVICE, cause, HMS_LADDER.length - 1, reason);
  ask(service.fallback, level, base.id, signal.atMs);
  return [{ ...base, kind: 'fallback', on: level === 1 }];
}

/** A refused rung was not taken: the same one is due at the next look. */
function settle(memory: HmsMemory, outcome: Outcome): void {
  const service = memory.services[outcome.service];
  if (service === undefined) return;
  confirm(service.fallback, outcome);
  land(service.serviceFlight, outcome);
  service.replicaFlights.some((flight) => land(flight, outcome));
  if (outcome.action !== service.takenId || outcome.result !== 'refused') return;
  service.takenMs = -1;
  service.takenId = 0;
  service.rung = (service.rung + HMS_LADDER.length - 1) % HMS_LADDER.length;
}
