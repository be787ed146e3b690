/**
 * One incident in the simulator, and the evidence on it some time after it was noticed: what monitors would tell, with the sampled
 * windows of the simulator, everyday load, harmless roll-outs and configuration changes around it.
 */
import { FAULT_KINDS, type FaultKind } from '../../sim/faults.ts';
import type { FleetPlan } from '../../sim/plan.ts';
import { expandSeed, PURPOSES, Stream } from '../../sim/random.ts';
import { drawIncident, drawScenario, type Incident, type ScenarioSpec } from '../../sim/scenario.ts';
import { runTrialOn, type SimulationTier } from '../../sim/tiers.ts';
import type { Healer, HealInput } from '../../strategies/contract.ts';
import { evidenceOf, isAmiss } from '../../strategies/coordinate/evidence.ts';
import type { Evidence } from '../../strategies/coordinate/messages.ts';
import { heal, startMemory } from '../../strategies/heal.ts';
import { HEALTH_RANK } from '../../strategies/health.ts';
import type { FleetMemory } from '../../strategies/memory.ts';
import type { Strategy } from '../../strategies/strategy.ts';
import { hopsOf, type Truth, truthOf } from './truth.ts';

/** The healer has learnt by then what is normal; a fault that nobody noticed a quarter of an hour later is left. */
const ONSET_S = 400;
const NOTICED_WITHIN_S = 900;
/** From the first sign that was not there without the fault to the diagnosis, seconds: drawn between these. */
const DELAY_S = { least: 10, most: 60 } as const;
const TOLD_WITHIN_MS = 120_000;
/** A service is reached by the trouble when it errs or takes this much more than in the same hour without the fault. */
const REACHED_ERRORS = 0.03;
const REACHED_RATIO = 1.5;

export interface Case {
  readonly seed: string;
  readonly fleet: string;
  readonly kind: FaultKind;
  readonly incident: Incident;
  readonly truth: Truth;
  /** Seconds from the onset to the first sign, and from there to the diagnosis. */
  readonly noticedS: number;
  readonly delayS: number;
  readonly atMs: number;
  /** All that monitors told within two minutes: of services that are amiss at every look, and once when they no longer are. */
  readonly evidence: readonly Evidence[];
  /** Services that fare worse than without the fault; victims are those of them that it did not strike itself. */
  readonly reached: readonly number[];
  readonly victims: readonly number[];
  readonly hops: number;
}

/** `unnoticed` within a quarter of an hour; `over` by the time of the diagnosis. */
export type CaseOrNot = Case | { readonly seed: string; readonly kind: FaultKind; readonly none: 'unnoticed' | 'over' };

/** Who looks on, and in which simulator. */
export interface Watch {
  readonly strategy: Strategy;
  /** `observe`: the healer sees and judges but does nothing. `heal`: it acts as its strategy says. */
  readonly mode: 'observe' | 'heal';
  readonly tier: SimulationTier;
}

/** The kinds of faults and the fleets take turns, so that every kind meets every fleet. */
export function turnOf<Fleet>(index: number, fleets: readonly Fleet[]): { fleet: Fleet; kind: FaultKind } {
  const fleet = fleets[index % fleets.length]!;
  return { fleet, kind: FAULT_KINDS[Math.floor(index / fleets.length) % FAULT_KINDS.length]! };
}

/** The seed's everyday hour without a fault, as a healer sees it: what an incident is held against. */
export interface Everyday {
  readonly plan: FleetPlan;
  readonly seed: string;
  readonly scenario: ScenarioSpec;
  readonly looks: ReadonlyMap<number, Look>;
}

export function everyday(plan: FleetPlan, seed: string, how: Watch): Everyday {
  const drawn = drawScenario(plan, seed, ONSET_S + NOTICED_WITHIN_S + DELAY_S.most);
  const scenario = { ...drawn, incidents: [] };
  const looks = new Map<number, Look>();
  watch(plan, scenario, how, (atMs, memory) => looks.set(atMs, lookOf(memory)));
  return { plan, seed, scenario, looks };
}

/** The `number`th incident of the kind that the seed has. */
export function runCase(day: Everyday, kind: FaultKind, number: number, how: Watch): CaseOrNot {
  const { plan, seed } = day;
  const key = expandSeed(seed);
  const incident = drawIncident(plan, key, number, ONSET_S, kind);
  const delayS = new Stream().key(key, PURPOSES.sample, number, 0).between(DELAY_S.least, DELAY_S.most);
  const truth = truthOf(plan, incident);
  const evidence: Evidence[] = [];
  const wasAmiss: boolean[] = [];
  const found: { noticedMs: number; case: Case | null } = { noticedMs: -1, case: null };
  watch(plan, { ...day.scenario, incidents: [incident] }, how, (atMs, memory, failed) => {
    if (found.case !== null || atMs < ONSET_S * 1000 - TOLD_WITHIN_MS) return;
    const reports = plan.roster.services.map((_, s) => evidenceOf(how.strategy, memory, s, failed[s]!));
    evidence.push(...reports.filter((report) => isAmiss(report) || wasAmiss[report.service] === true));
    reports.forEach((report, s) => {
      wasAmiss[s] = isAmiss(report);
    });
    if (atMs < ONSET_S * 1000) return;
    const look = lookOf(memory);
    const usual = day.looks.get(atMs)!;
    if (found.noticedMs < 0) {
      const isNew = look.status.some(
        (rank, s) => rank >= HEALTH_RANK.degraded && usual.status[s]! < HEALTH_RANK.degraded,
      );
      if (isNew) found.noticedMs = atMs;
    }
    if (found.noticedMs < 0 || atMs < found.noticedMs + delayS * 1000) return;
    const reached: ReadonlySet<number> = new Set(reports.flatMap((_, s) => (isReached(look, usual, s) ? [s] : [])));
    found.case = {
      seed,
      fleet: plan.fleet.name,
      kind,
      incident,
      truth,
      noticedS: found.noticedMs / 1000 - ONSET_S,
      delayS,
      atMs,
      evidence: evidence.filter((report) => report.atMs >= atMs - TOLD_WITHIN_MS),
      reached: [...reached],
      victims: [...reached].filter((s) => !truth.origins.includes(s)),
      hops: hopsOf(plan, truth, reached),
    };
  });
  if (found.case === null) return { seed, kind, none: 'unnoticed' };
  return found.case.reached.length === 0 ? { seed, kind, none: 'over' } : found.case;
}

/** What a healer knows of each service after a look. */
interface Look {
  readonly status: readonly number[];
  readonly errorRate: readonly number[];
  readonly p95Ms: readonly number[];
}

function lookOf({ services }: FleetMemory): Look {
  return {
    status: services.map(({ status }) => status),
    errorRate: services.map(({ errorRate }) => errorRate),
    p95Ms: services.map(({ p95Ms }) => p95Ms),
  };
}

function isReached(look: Look, usual: Look, s: number): boolean {
  if (look.status[s]! >= HEALTH_RANK.degraded && usual.status[s]! < HEALTH_RANK.degraded) return true;
  if (look.errorRate[s]! - Math.max(0, usual.errorRate[s]!) > REACHED_ERRORS) return true;
  return usual.p95Ms[s]! > 0 && look.p95Ms[s]! > REACHED_RATIO * usual.p95Ms[s]!;
}

type OnLook = (atMs: number, memory: FleetMemory, dependencyFailed: readonly (readonly number[])[]) => void;

/** Runs the hour and calls `onLook` after all services have been looked at. */
function watch(plan: FleetPlan, scenario: ScenarioSpec, { strategy, mode, tier }: Watch, onLook: OnLook): void {
  const failed: (readonly number[])[] = plan.roster.services.map(() => []);
  const healer: Healer<FleetMemory> = {
    name: mode,
    windowMs: strategy.detection.windowS * 1000,
    start: (roster) => {
      const memory = startMemory(roster, 'root-cause');
      // Paused by an operator, a service is looked at and judged as ever, but nothing is done.
      if (mode === 'observe') memory.guard.paused.fill(1);
      return memory;
    },
    heal: (memory: FleetMemory, input: HealInput) => {
      const actions = heal(strategy, memory, input);
      if (input.kind === 'signal') {
        failed[input.service] = [...input.dependencyFailed];
        if (input.service === plan.services - 1) onLook(input.atMs, memory, failed);
      }
      return actions;
    },
  };
  runTrialOn(tier, plan, scenario, healer as Healer);
}
