/** What a trial cost: users' lost minutes first, then replica-hours, actions, and actions on those who needed none. */
import type { Action } from '../strategies/contract.ts';
import type { FleetPlan } from './plan.ts';
import type { ScenarioSpec } from './scenario.ts';
import { NOBODY, PHASE, type World } from './world.ts';

/** A user asks every 10 s, so six lost requests are one lost user-minute. */
const REQUESTS_PER_USER_MINUTE = 6;
/** Price of a message between agents, user-minutes: a thousand of them weigh like one user who waits for a minute. */
const MESSAGE_PRICE = 0.001;
/** A busy share from which a replica counts as overloaded, so that acting on it is not collateral. */
const OVERLOADED = 0.9;
/** Users lost beyond this share mean that the fleet does not serve. */
const SERVING_LOSS = 0.05;

export interface TrialResult {
  readonly lostUserMinutes: number;
  /** Users' requests, and how many of them failed, were late or were answered in a degraded way (weighted by harm). */
  readonly requests: number;
  readonly lost: number;
  readonly availability: number;
  /** Seconds from onset until the state was right again, one per incident; unrecovered ones end at the horizon. */
  readonly timeToRecoverS: readonly number[];
  /** Which incidents ended within the horizon. */
  readonly recovered: readonly boolean[];
  /** Seconds from onset until the fleet served again for good. */
  readonly timeToServeS: readonly number[];
  readonly actions: number;
  readonly collateral: number;
  /** Messages that agents sent to each other. */
  readonly messages: number;
  readonly replicaHours: number;
  readonly incidents: number;
  readonly unrecovered: number;
  /** lostUserMinutes plus the fleet's prices for replica-hours and actions: what evolution minimises. */
  readonly fitness: number;
  /** Implicit steps the trial took: what it cost to simulate. */
  readonly steps: number;
}

export interface Tally {
  readonly scenario: ScenarioSpec;
  actions: number;
  collateral: number;
  steps: number;
  /** Per incident: the last moment at which the fleet did not serve while it was open. */
  readonly lastLossS: Float64Array;
}

export function createTally(scenario: ScenarioSpec): Tally {
  return {
    scenario,
    actions: 0,
    collateral: 0,
    steps: 0,
    lastLossS: new Float64Array(scenario.incidents.length).fill(-1),
  };
}

/** What either tier keeps for the score: users so far, and how busy every replica is. */
export interface Ledger {
  readonly plan: FleetPlan;
  readonly usersDone: Float64Array;
  readonly usersLost: Float64Array;
  readonly busyShare: Float64Array;
}

/** Taking a measure back is not an action that is priced; everything else is. */
export function noteAction(tally: Tally, action: Action, ledger: Ledger, world: World): void {
  if (action.kind === 'circuit-break' && action.admit > 0) return;
  if (action.kind === 'reroute' && !action.out) return;
  if (action.kind === 'fallback' && !action.on) return;
  tally.actions += 1;
  if (action.kind !== 'escalate' && !neededIt(action, ledger, world)) tally.collateral += 1;
}

/** Of `users` (a rate or a number) so many are lost up to `endS`: whether the fleet serves, while an incident is open. */
export function noteServing(tally: Tally, world: World, lost: number, users: number, endS: number): void {
  if (lost <= SERVING_LOSS * users) return;
  for (let i = 0; i < tally.lastLossS.length; i += 1) if (world.open[i] === 1) tally.lastLossS[i] = endS;
}

export function total(tally: Tally, ledger: Ledger, world: World, messages: number): TrialResult {
  const { plan } = ledger;
  const { incidents, horizonS } = tally.scenario;
  let lostUserMinutes = 0;
  let requests = 0;
  let lost = 0;
  for (let s = 0; s < plan.services; s += 1) {
    requests += ledger.usersDone[s]!;
    lost += ledger.usersLost[s]!;
    lostUserMinutes += (ledger.usersLost[s]! * plan.tierWeight[s]!) / REQUESTS_PER_USER_MINUTE;
  }
  const replicaHours = world.replicaSeconds / 3600;
  const { replicaHour, action } = plan.fleet.objective;
  return {
    lostUserMinutes,
    requests,
    lost,
    availability: requests > 0 ? 1 - lost / requests : 1,
    timeToRecoverS: incidents.map(
      (incident, i) => (world.open[i] === 1 ? horizonS : world.endedS[i]!) - incident.onsetS,
    ),
    recovered: incidents.map((_, i) => world.open[i] !== 1),
    timeToServeS: incidents.map((incident, i) => Math.max(0, tally.lastLossS[i]! - incident.onsetS)),
    actions: tally.actions,
    collateral: tally.collateral,
    messages,
    replicaHours,
    incidents: incidents.length,
    unrecovered: incidents.filter((_, i) => world.open[i] === 1).length,
    steps: tally.steps,
    fitness: lostUserMinutes + replicaHour * replicaHours + action * tally.actions + MESSAGE_PRICE * messages,
  };
}

function neededIt(action: Action, ledger: Ledger, world: World): boolean {
  const { plan } = world;
  const first = plan.slotStart[action.service]!;
  if (action.replica >= 0) return isTroubled(world, ledger, first + action.replica);
  for (let slot = first; slot < plan.slotStart[action.service + 1]!; slot += 1)
    if (isTroubled(world, ledger, slot)) return true;
  return false;
}

/** A fault of its own (not a dependency's) or overload. */
function isTroubled(world: World, ledger: Ledger, slot: number): boolean {
  const { plan } = world;
  const service = plan.slotService[slot]!;
  if (world.phase[slot] === PHASE.absent) return false;
  if (world.phase[slot] === PHASE.dead || world.hangBy[slot] !== NOBODY || world.slowBy[slot] !== NOBODY) return true;
  if (world.errorsBy[slot] !== NOBODY || world.crashBy[slot] !== NOBODY || world.filledBy[slot] !== NOBODY) return true;
  if (
    world.errorsServiceBy[service] !== NOBODY ||
    world.outsideBy[service] !== NOBODY ||
    world.badConfigBy[service] !== NOBODY
  )
    return true;
  if (world.badReleaseBy[service] !== NOBODY && world.slotRelease[slot] === 1) return true;
  const host = plan.slotHost[slot]!;
  if (host >= 0 && (world.exhaustedBy[host] !== NOBODY || world.partitionBy[host] !== NOBODY)) return true;
  for (let e = plan.edgeStart[service]!; e < plan.edgeStart[service + 1]!; e += 1)
    if (world.deadConnectionsBy[e] !== NOBODY) return true;
  return ledger.busyShare[slot]! > OVERLOADED;
}
