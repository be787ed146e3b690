/**
 * The SutazAI engine: each check names one problem and its strategy (slow -> scale up, more than half of the calls failing ->
 * open the circuit, other errors or a dead replica -> restart, resources -> repair the configuration). A strategy tried within
 * the cool-down gives way to the next of its list; after as many attempts as the policy of the tier allows it alerts and waits.
 * An opened circuit is half-opened after a minute and closed once errors are low.
 * Source: the engine's policy table (default 3 attempts and 300 s, critical 5 and 180 s, lightweight 2 and 300 s); check
 * interval and thresholds from sutazai/sutazaiapp self-healing/config/self-healing-config.yaml; the time a circuit stays open
 * is not among them, so it is resilience4j's default (waitDurationInOpenState, 60 s).
 */
import {
  type Action,
  type Healer,
  NO_ACTIONS,
  type Outcome,
  type Signal,
  type Tier,
  WHOLE_SERVICE,
} from '../contract.ts';
import { intent, type Numbered } from './action.ts';
import { type Limits, restartAffected } from './affected.ts';
import { type InFlight, isBusy, land, nothingInFlight, takeOff } from './in-flight.ts';
import { callCount, downCount, errorRate, evidence, fullestShare, isFull, slowestP95Ms } from './readings.ts';
import { ask, confirm, isChanging, type Standing, standingAt } from './standing.ts';

const SUTAZAI_CHECK_MS = 10_000;
const SUTAZAI_BREAK_ERROR_RATE = 0.5;
const SUTAZAI_OPEN_MS = 60_000;
const SUTAZAI_HALF_OPEN_ADMIT = 0.1;
const SUTAZAI_POLICIES: Readonly<Record<Tier, { readonly attempts: number; readonly cooldownMs: number }>> = {
  critical: { attempts: 5, cooldownMs: 180_000 },
  default: { attempts: 3, cooldownMs: 300_000 },
  lightweight: { attempts: 2, cooldownMs: 300_000 },
};
const LIMITS: Limits = { errorRate: 0.05, p95Ms: 1_000, resourceShare: 0.9 };

const STRATEGIES = ['restart', 'scale-up', 'repair-config', 'circuit-break'] as const;
type SutazaiStrategy = (typeof STRATEGIES)[number];

/** For each problem its strategy, and what comes next when that was recently tried. */
const LISTS = {
  down: ['restart', 'repair-config', 'scale-up'],
  'most-calls-fail': ['circuit-break', 'restart', 'repair-config'],
  errors: ['restart', 'repair-config', 'scale-up'],
  resources: ['repair-config', 'restart', 'scale-up'],
  slow: ['scale-up', 'restart', 'repair-config'],
} as const satisfies Readonly<Record<string, readonly SutazaiStrategy[]>>;
type Problem = keyof typeof LISTS;

interface ServiceMemory {
  tier: Tier;
  replicaFlights: InFlight[];
  serviceFlight: InFlight;
  /** When each strategy was last tried, -1 never; and the first action of that attempt. */
  triedMs: number[];
  triedId: number[];
  /** When the alert was raised, -1 never. */
  alertedMs: number;
  /** Share admitted: 1 closed, 0 open. */
  breaker: Standing;
}

export interface SutazaiMemory extends Numbered {
  services: ServiceMemory[];
}

export const sutazai: Healer<SutazaiMemory> = {
  name: 'sutazai',
  windowMs: SUTAZAI_CHECK_MS,
  start: (roster) => ({
    nextActionId: 1,
    services: roster.services.map(({ tier, replicasMax }) => ({
      tier,
      replicaFlights: Array.from({ length: replicasMax }, nothingInFlight),
      serviceFlight: nothingInFlight(),
      triedMs: STRATEGIES.map(() => -1),
      triedId: STRATEGIES.map(() => 0),
      alertedMs: -1,
      breaker: standingAt(1),
    })),
  }),
  heal(memory, input) {
    if (input.kind === 'signal') return check(memory, input);
    if (input.kind === 'outcome') settle(memory, input);
    return NO_ACTIONS;
  },
};

function check(memory: SutazaiMemory, signal: Signal): readonly Action[] {
  const service = memory.services[signal.service];
  if (service === undefined || isChanging(service.breaker, signal.atMs)) return NO_ACTIONS;
  if (service.breaker.level < 1) {
    const step = breakerStep(service, signal);
    if (step !== null) return admit(memory, service, signal, step, 'breaker', 'the circuit was open for its time');
  }
  const problem = problemOf(service, signal);
  if (problem === null || isWorking(service, signal.atMs)) return NO_ACTIONS;
  const { attempts, cooldownMs } = SUTAZAI_POLICIES[service.tier];
  const recent = service.triedMs.filter((triedMs) => isRecent(triedMs, signal.atMs, cooldownMs)).length;
  const strategy = LISTS[problem].find(
    (candidate) =>
      !isRecent(service.triedMs[STRATEGIES.indexOf(candidate)]!, signal.atMs, cooldownMs) &&
      isPossible(candidate, service, signal),
  );
  if (strategy === undefined || recent >= attempts) return alert(memory, service, signal, problem, recent);
  const actions = attempt(memory, service, signal, problem, strategy);
  if (actions.length === 0) return NO_ACTIONS;
  service.triedMs[STRATEGIES.indexOf(strategy)] = signal.atMs;
  service.triedId[STRATEGIES.indexOf(strategy)] = actions[0]!.id;
  return actions;
}

/** The one problem of this check, worst first. Errors mean nothing while the circuit is open or half-open. */
function problemOf(service: ServiceMemory, signal: Signal): Problem | null {
  const errors = service.breaker.level === 1 ? errorRate(signal) : 0;
  if (errors > SUTAZAI_BREAK_ERROR_RATE) return 'most-calls-fail';
  if (downCount(signal) > 0) return 'down';
  if (errors >= LIMITS.errorRate) return 'errors';
  if (fullestShare(signal) >= LIMITS.resourceShare) return 'resources';
  return slowestP95Ms(signal) >= LIMITS.p95Ms ? 'slow' : null;
}

function attempt(
  memory: SutazaiMemory,
  service: ServiceMemory,
  signal: Signal,
  problem: Problem,
  strategy: SutazaiStrategy,
): readonly Action[] {
  const list: readonly SutazaiStrategy[] = LISTS[problem];
  const rung = list.indexOf(strategy);
  const reason = evidence(signal);
  if (strategy === 'restart') {
    return restartAffected(memory, service.replicaFlights, signal, LIMITS, { cause: problem, rung, reason });
  }
  if (strategy === 'circuit-break') return admit(memory, service, signal, 0, problem, reason);
  const base = intent(memory, signal, WHOLE_SERVICE, problem, rung, reason);
  takeOff(service.serviceFlight, base.id, signal.atMs);
  return [{ ...base, kind: strategy }];
}

/** Alerts a person once per cool-down. */
function alert(
  memory: SutazaiMemory,
  service: ServiceMemory,
  signal: Signal,
  problem: Problem,
  recent: number,
): readonly Action[] {
  if (isRecent(service.alertedMs, signal.atMs, SUTAZAI_POLICIES[service.tier].cooldownMs)) return NO_ACTIONS;
  service.alertedMs = signal.atMs;
  const reason = `${recent} strategies tried within the cool-down and still ${problem}`;
  return [{ ...intent(memory, signal, WHOLE_SERVICE, 'attempts-exhausted', recent, reason), kind: 'escalate' }];
}

/** Next share to admit, null to leave the circuit as it is. Judges a half-open circuit by whole windows only. */
function breakerStep(service: ServiceMemory, signal: Signal): number | null {
  const { level, sinceMs } = service.breaker;
  const rested = signal.atMs - sinceMs >= SUTAZAI_OPEN_MS;
  if (level === 0) return rested ? SUTAZAI_HALF_OPEN_ADMIT : null;
  if (signal.atMs - signal.windowMs < sinceMs) return null;
  if (callCount(signal) === 0) return rested ? 1 : null;
  const errors = errorRate(signal);
  if (errors > SUTAZAI_BREAK_ERROR_RATE) return 0;
  return errors < LIMITS.errorRate ? 1 : null;
}

function admit(
  memory: SutazaiMemory,
  service: ServiceMemory,
  signal: Signal,
  share: number,
  cause: string,
  reason: string,
): readonly Action[] {
  const base = intent(memory, signal, WHOLE_SERVICE, cause, 0, reason);
  ask(service.breaker, share, base.id, signal.atMs);
  return [{ ...base, kind: 'circuit-break', admit: share }];
}

/** A refused attempt was none: its strategy may be tried again at the next check. */
function settle(memory: SutazaiMemory, outcome: Outcome): void {
  const service = memory.services[outcome.service];
  if (service === undefined) return;
  confirm(service.breaker, outcome);
  land(service.serviceFlight, outcome);
  service.replicaFlights.some((flight) => land(flight, outcome));
  const tried = service.triedId.indexOf(outcome.action);
  if (tried >= 0 && outcome.result === 'refused') service.triedMs[tried] = -1;
}

function isRecent(whenMs: number, atMs: number, cooldownMs: number): boolean {
  return whenMs >= 0 && atMs - whenMs < cooldownMs;
}

function isPossible(strategy: SutazaiStrategy, service: ServiceMemory, signal: Signal): boolean {
  if (strategy === 'scale-up') return !isFull(signal);
  return strategy !== 'circuit-break' || service.breaker.level === 1;
}

function isWorking(service: ServiceMemory, atMs: number): boolean {
  return isBusy(service.serviceFlight, atMs) || service.replicaFlights.some((flight) => isBusy(flight, atMs));
}
