/** A scenario: every failure of one simulated hour, drawn from a seed before anything runs. Plain data. */
import {
  BENIGN_CONFIGS_PER_HOUR,
  BENIGN_DEPLOYS_PER_HOUR,
  FAULT_FREE_ONE_IN,
  FAULTS,
  type FaultKind,
  INCIDENT_GAP,
  INCIDENTS_MAX,
  PAGE_ANSWER_S,
  SERVICE_WIDE_SHARE,
  UNAIDED_NOTICE_S,
} from './faults.ts';
import { type FaultMix, type FaultShare, mixOfSeed, possibleFaults, weightOf } from './mixes.ts';
import type { FleetPlan } from './plan.ts';
import { expandSeed, PURPOSES, type SeedKey, Stream } from './random.ts';

export const HORIZON_S = 3600;

/** One thing that goes wrong. Fields that do not apply to its kind are -1. */
export interface Incident {
  readonly kind: FaultKind;
  readonly onsetS: number;
  /** Where: a service (entry service for overload), the edge for dead connections, the host for host-wide faults. */
  readonly service: number;
  readonly edge: number;
  readonly host: number;
  /** Replica slots struck, as (slot, how) pairs: `crash`, `hang`, `slow` or `errors`. */
  readonly strikes: readonly { readonly slot: number; readonly how: 'crash' | 'hang' | 'slow' | 'errors' }[];
  readonly severity: number;
  /** A second independent draw on 0..1 that tells variants apart (node or process, errors or slowness, ...). */
  readonly variant: number;
  /** Seconds after onset at which it ends by itself; Infinity is written as -1. */
  readonly passesAfterS: number;
  /** Seconds from onset until people notice unaided, from a page to its answer, and from then to a repair by hand. */
  readonly noticeAfterS: number;
  readonly answerAfterS: number;
  readonly repairAfterS: number;
}

/** A harmless change. */
export interface Operation {
  readonly kind: 'deploy' | 'config';
  readonly atS: number;
  readonly service: number;
}

export interface ScenarioSpec {
  /** Its name: with the fleet it decides everything in it, the mix of faults included. */
  readonly seed: string;
  readonly horizonS: number;
  readonly incidents: readonly Incident[];
  readonly operations: readonly Operation[];
  /** Factor on the users' load from `atS` on: everyday variation, not a fault. */
  readonly load: readonly { readonly atS: number; readonly factor: number }[];
}

/** Sets of scenarios that cannot meet: the set's name is part of each seed. */
export type ScenarioSet = 'train' | 'select' | 'referee' | 'test' | 'genes';

export function scenarioSeed(seed: string, set: ScenarioSet, index: number): string {
  return `${seed}/${set}/${index}`;
}

/**
 * The scenario that `seed` names. A name of a mix (`seedOfMix`) gives the hour of the same name without it, with the mix's faults
 * at the same moments. Throws when none of them can strike this fleet (`possibleFaults`).
 */
export function drawScenario(plan: FleetPlan, seed: string, horizonS = HORIZON_S): ScenarioSpec {
  const { mix, rest } = mixOfSeed(seed);
  const key = expandSeed(rest);
  const stream = new Stream();
  const incidents: Incident[] = [];
  if (!stream.key(key, PURPOSES.quiet, 0, 0).chance(1 / FAULT_FREE_ONE_IN)) {
    let onsetS = 0;
    for (let i = 0; i < INCIDENTS_MAX; i += 1) {
      onsetS += stream.key(key, PURPOSES.incidentGap, i, 0).weibull(INCIDENT_GAP.shape, INCIDENT_GAP.meanS);
      if (onsetS >= horizonS) break;
      incidents.push(drawIncident(plan, key, i, onsetS, { mix }));
    }
  }
  return {
    seed,
    horizonS,
    incidents,
    operations: [
      ...drawOperations(plan, key, 'deploy', BENIGN_DEPLOYS_PER_HOUR, horizonS),
      ...drawOperations(plan, key, 'config', BENIGN_CONFIGS_PER_HOUR, horizonS),
    ],
    load: Array.from({ length: Math.ceil(horizonS / 300) }, (_, i) => ({
      atS: i * 300,
      factor: stream.key(key, PURPOSES.load, i, 0).between(0.9, 1.1),
    })),
  };
}

/** An incident on a given scenario key: of a mix, or of one kind, as tests and the fault laboratory want it. */
export function drawIncident(
  plan: FleetPlan,
  key: SeedKey,
  number: number,
  onsetS: number,
  wanted: FaultKind | { readonly mix: FaultMix } = { mix: 'all' },
): Incident {
  const draw = new Stream().key(key, PURPOSES.incident, number, 0);
  const lot = draw.uniform();
  const { kind, from, to } =
    typeof wanted === 'string' ? { kind: wanted, from: 0, to: 1 } : pickFault(plan, wanted.mix, lot);
  const facts = FAULTS[kind];
  const severity = draw.between(facts.severity[0], facts.severity[1]);
  const variant = from + (to - from) * draw.uniform();
  const pick = draw.uniform();
  const second = draw.uniform();
  const passes = facts.passes === null ? -1 : draw.lognormal(facts.passes.medianS, facts.passes.sigma);
  const human = new Stream().key(key, PURPOSES.human, number, 0);
  return {
    kind,
    onsetS,
    ...locate(plan, kind, pick, second, variant, draw),
    severity,
    variant,
    passesAfterS: passesOf(plan, kind, variant, passes),
    noticeAfterS: human.exponential(UNAIDED_NOTICE_S),
    answerAfterS: human.exponential(PAGE_ANSWER_S),
    repairAfterS: 60 * Math.exp(facts.repair.logMean + facts.repair.logSd * human.normal()),
  };
}

/** Variants that do not pass by themselves: a stuck process, one replica's bad state, dead connections. */
function passesOf(plan: FleetPlan, kind: FaultKind, variant: number, drawn: number): number {
  if (kind === 'slow' && !isNodeSlow(variant)) return -1;
  if (kind === 'error-burst' && !isServiceWide(variant)) return -1;
  if (kind === 'dependency-outage' && isDeadConnections(variant) && plan.edges > 0) return -1;
  return drawn;
}

export function isNodeSlow(variant: number): boolean {
  return variant < 0.4;
}
export function isServiceWide(variant: number): boolean {
  return variant < SERVICE_WIDE_SHARE;
}
export function isDeadConnections(variant: number): boolean {
  return variant < 0.5;
}

type Location = Pick<Incident, 'service' | 'edge' | 'host' | 'strikes'>;

function locate(
  plan: FleetPlan,
  kind: FaultKind,
  pick: number,
  second: number,
  variant: number,
  draw: Stream,
): Location {
  const service = Math.floor(pick * plan.services);
  const start = plan.slotStart[service]!;
  const running = plan.roster.services[service]!.replicasStart;
  const slot = start + Math.floor(second * running);
  const nowhere = { service, edge: -1, host: -1, strikes: [] };
  switch (kind) {
    case 'crash':
    case 'hang':
    case 'slow':
      return { ...nowhere, strikes: [{ slot, how: kind }] };
    case 'error-burst':
      return { ...nowhere, strikes: isServiceWide(variant) ? [] : [{ slot, how: 'errors' }] };
    case 'dependency-outage': {
      if (!isDeadConnections(variant) || plan.edges === 0) return nowhere;
      const edge = Math.floor(pick * plan.edges);
      return { ...nowhere, service: plan.edgeFrom[edge]!, edge };
    }
    case 'resource-exhaustion':
    case 'network-partition': {
      const host = Math.floor(pick * plan.hosts);
      return { ...nowhere, service: plan.groupServices[Math.floor(host / plan.fleet.zones.length)]![0]!, host };
    }
    case 'overload': {
      const entries = [...plan.entryRate.keys()].filter((s) => plan.entryRate[s]! > 0);
      return { ...nowhere, service: entries[Math.floor(pick * entries.length)]! };
    }
    case 'correlated-burst': {
      const members = plan.groupServices[Math.floor(pick * plan.groupServices.length)]!;
      const candidates = [...members].flatMap((s) =>
        Array.from({ length: plan.roster.services[s]!.replicasStart }, (_, r) => plan.slotStart[s]! + r),
      );
      const how = variant < 0.5 ? 'crash' : variant < 0.75 ? 'hang' : 'slow';
      const number = Math.min(candidates.length, 2 + Math.floor(second * 5));
      const strikes: { slot: number; how: 'crash' | 'hang' | 'slow' }[] = [];
      for (let i = 0; i < number; i += 1) {
        const chosen = candidates.splice(draw.integer(0, candidates.length - 1), 1)[0]!;
        strikes.push({ slot: chosen, how });
      }
      return { ...nowhere, service: plan.slotService[strikes[0]!.slot]!, strikes };
    }
    default:
      return nowhere;
  }
}

/** Kinds that need hosts or groups are left out on a fleet that names none. */
function pickFault(plan: FleetPlan, mix: FaultMix, uniform: number): FaultShare {
  const possible = possibleFaults(mix, plan.hosts > 0);
  const [first] = possible;
  if (first === undefined)
    throw new Error(`no fault of the mix ${mix} can strike ${plan.fleet.name}: it has no groups`);
  let remaining = uniform * possible.reduce((sum, fault) => sum + weightOf(fault), 0);
  for (const fault of possible) {
    remaining -= weightOf(fault);
    if (remaining < 0) return fault;
  }
  return first;
}

function drawOperations(
  plan: FleetPlan,
  key: SeedKey,
  kind: Operation['kind'],
  perHour: number,
  horizonS: number,
): Operation[] {
  const stream = new Stream().key(key, PURPOSES.operation, kind === 'deploy' ? 0 : 1, 0);
  const operations: Operation[] = [];
  for (
    let atS = stream.exponential(3600 / perHour);
    atS < horizonS && operations.length < 20;
    atS += stream.exponential(3600 / perHour)
  ) {
    operations.push({ kind, atS, service: stream.integer(0, plan.services - 1) });
  }
  return operations;
}
