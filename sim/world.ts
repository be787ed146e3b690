/**
 * The fleet's discrete state: which replica runs, what is broken, what is under way. Both simulator tiers share it; they
 * differ only in how calls flow through it. `derive` turns the state into what a flow needs: speeds, routes, error shares.
 */
import { type Calendar, createCalendar, EVENT, schedule } from './calendar.ts';
import { DURATIONS } from './cures.ts';
import { BACKGROUND_ERRORS } from './faults.ts';
import type { FleetPlan } from './plan.ts';
import { expandSeed, PURPOSES, type SeedKey, Stream } from './random.ts';
import type { ScenarioSpec } from './scenario.ts';

export const PHASE = { absent: 0, booting: 1, up: 2, stopping: 3, dead: 4 } as const;
/** What becomes of a call sent to a slot. */
export const ROUTE = { none: 0, serve: 1, refuse: 2, swallow: 3 } as const;
/** Memory a fresh replica uses, and from where garbage collection slows it down (share of its limit). */
export const MEMORY_FRESH = 0.35;
export const MEMORY_PRESSURE = 0.88;
const PRESSURE_SPEED = 0.6;
export const NOBODY = -1;

/** An action as the effector carries it. */
export interface Running {
  readonly id: number;
  readonly service: number;
  /** Slot it is bound to, or -1. */
  readonly slot: number;
}

export interface World {
  readonly plan: FleetPlan;
  readonly scenario: ScenarioSpec;
  readonly key: SeedKey;
  readonly calendar: Calendar;
  readonly stream: Stream;
  timeS: number;

  /** Per slot: process life. */
  readonly phase: Uint8Array;
  readonly epoch: Int32Array;
  readonly startedS: Float64Array;
  readonly exitCode: Float64Array;
  readonly starts: Int32Array;
  readonly warmUntilS: Float64Array;
  /** In the balancer's list (the platform's readiness probe), and taken out of it by a healer. */
  readonly listed: Uint8Array;
  readonly ejected: Uint8Array;
  readonly probeEpoch: Int32Array;
  /** Incident that broke the slot in this way, or NOBODY. */
  readonly crashBy: Int16Array;
  readonly hangBy: Int16Array;
  readonly slowBy: Int16Array;
  readonly errorsBy: Int16Array;
  /** Leak incident whose fill this process still carries. */
  readonly filledBy: Int16Array;
  /** Memory at `memorySinceS` and its growth per second. */
  readonly memoryAt: Float64Array;
  readonly memorySinceS: Float64Array;
  readonly memoryRate: Float64Array;
  readonly slotRelease: Uint8Array;
  /** The process was asked to stop and finished what it had. */
  readonly drained: Uint8Array;

  /** Per service. */
  readonly release: Uint8Array;
  readonly badReleaseBy: Int16Array;
  readonly badConfigBy: Int16Array;
  readonly leakBy: Int16Array;
  readonly errorsServiceBy: Int16Array;
  readonly outsideBy: Int16Array;
  readonly deployedS: Float64Array;
  readonly configChangedS: Float64Array;
  readonly configDiffers: Uint8Array;
  readonly admit: Float64Array;
  readonly fallback: Uint8Array;
  /** When the platform's autoscaler last acted. */
  readonly scaledS: Float64Array;
  readonly rollQueue: number[][];
  readonly rollAction: Int32Array;
  /** Per edge and per host. */
  readonly deadConnectionsBy: Int16Array;
  readonly exhaustedBy: Int16Array;
  readonly partitionBy: Int16Array;

  /** Per incident: 1 while it lasts, slots it still holds, when it ended, when a person will have repaired it. */
  readonly open: Uint8Array;
  readonly strikesLeft: Int32Array;
  readonly endedS: Float64Array;
  readonly repairS: Float64Array;
  readonly cureTries: Int32Array;

  ambientLoad: number;
  readonly overload: Float64Array;

  /** Actions under way by key, actions done so far per service, outcomes waiting to be told. */
  readonly running: Map<number, Running>;
  readonly slotAction: Int32Array;
  readonly actionCount: Int32Array;
  readonly outcomes: { service: number; action: number; result: 'done' | 'failed' }[];

  /** Replica-seconds so far. */
  replicaSeconds: number;
  countedS: number;
  present: number;

  /** Derived, for the flow. */
  readonly route: Uint8Array;
  readonly speed: Float64Array;
  readonly errorShare: Float64Array;
  readonly edgeFails: Float64Array;
  readonly entryLoad: Float64Array;
  readonly derivedPhase: Uint8Array;
  /** Services for which any of it changed since the flow last looked. */
  readonly changed: Uint8Array;
}

export function createWorld(plan: FleetPlan, scenario: ScenarioSpec): World {
  const { slots, services, edges, hosts } = plan;
  const nobody = (size: number): Int16Array => new Int16Array(size).fill(NOBODY);
  const incidents = scenario.incidents.length;
  const world: World = {
    plan,
    scenario,
    key: expandSeed(scenario.seed),
    calendar: createCalendar(),
    stream: new Stream(),
    timeS: 0,
    phase: new Uint8Array(slots),
    epoch: new Int32Array(slots),
    startedS: new Float64Array(slots).fill(-3600),
    exitCode: new Float64Array(slots),
    starts: new Int32Array(slots),
    warmUntilS: new Float64Array(slots),
    listed: new Uint8Array(slots),
    ejected: new Uint8Array(slots),
    probeEpoch: new Int32Array(slots),
    crashBy: nobody(slots),
    hangBy: nobody(slots),
    slowBy: nobody(slots),
    errorsBy: nobody(slots),
    filledBy: nobody(slots),
    memoryAt: new Float64Array(slots).fill(MEMORY_FRESH),
    memorySinceS: new Float64Array(slots),
    memoryRate: new Float64Array(slots),
    slotRelease: new Uint8Array(slots),
    drained: new Uint8Array(slots),
    release: new Uint8Array(services),
    badReleaseBy: nobody(services),
    badConfigBy: nobody(services),
    leakBy: nobody(services),
    errorsServiceBy: nobody(services),
    outsideBy: nobody(services),
    deployedS: new Float64Array(services),
    configChangedS: new Float64Array(services),
    configDiffers: new Uint8Array(services),
    admit: new Float64Array(services).fill(1),
    fallback: new Uint8Array(services),
    scaledS: new Float64Array(services),
    rollQueue: Array.from({ length: services }, () => []),
    rollAction: new Int32Array(services).fill(NOBODY),
    deadConnectionsBy: nobody(edges),
    exhaustedBy: nobody(hosts),
    partitionBy: nobody(hosts),
    open: new Uint8Array(incidents),
    strikesLeft: new Int32Array(incidents),
    endedS: new Float64Array(incidents).fill(-1),
    repairS: new Float64Array(incidents).fill(Number.POSITIVE_INFINITY),
    cureTries: new Int32Array(incidents),
    ambientLoad: 1,
    overload: new Float64Array(services).fill(1),
    running: new Map(),
    slotAction: new Int32Array(slots).fill(NOBODY),
    actionCount: new Int32Array(services),
    outcomes: [],
    replicaSeconds: 0,
    countedS: 0,
    present: 0,
    route: new Uint8Array(slots),
    speed: new Float64Array(slots),
    errorShare: new Float64Array(slots),
    edgeFails: new Float64Array(edges),
    entryLoad: new Float64Array(services),
    derivedPhase: new Uint8Array(slots),
    changed: new Uint8Array(services).fill(1),
  };
  for (let s = 0; s < services; s += 1) {
    const first = plan.slotStart[s]!;
    for (let slot = first; slot < first + plan.roster.services[s]!.replicasStart; slot += 1) {
      world.phase[slot] = PHASE.up;
      world.listed[slot] = 1;
      world.present += 1;
    }
    // Running releases and configurations are hours or days old.
    const age = world.stream.key(world.key, PURPOSES.operation, 1000 + s, 0);
    world.deployedS[s] = -age.between(7200, 604800);
    world.configChangedS[s] = -age.between(7200, 604800);
  }
  scenario.incidents.forEach((incident, i) => {
    schedule(world.calendar, incident.onsetS, EVENT.onset, i);
  });
  scenario.operations.forEach((operation, i) => {
    schedule(world.calendar, operation.atS, EVENT.operation, i);
  });
  scenario.load.forEach((change, i) => {
    if (change.atS === 0) world.ambientLoad = change.factor;
    else schedule(world.calendar, change.atS, EVENT.load, i);
  });
  if (plan.fleet.services.some((service) => service.autoscale !== undefined))
    schedule(world.calendar, 15, EVENT.autoscale, 0);
  derive(world);
  return world;
}

/** Recomputes everything the flow reads and names, in `world.changed`, the services for which it is no longer the same. */
export function derive(world: World): void {
  const { plan } = world;
  for (let slot = 0; slot < plan.slots; slot += 1) {
    const route = world.route[slot]!;
    const speed = world.speed[slot]!;
    const errors = world.errorShare[slot]!;
    const phase = world.derivedPhase[slot]!;
    deriveSlot(world, slot);
    world.derivedPhase[slot] = world.phase[slot] === PHASE.up ? 1 : 0;
    if (
      route !== world.route[slot] ||
      speed !== world.speed[slot] ||
      errors !== world.errorShare[slot] ||
      phase !== world.derivedPhase[slot]
    ) {
      world.changed[plan.slotService[slot]!] = 1;
    }
  }
  for (let edge = 0; edge < plan.edges; edge += 1) {
    const incident = world.deadConnectionsBy[edge]!;
    const fails = incident === NOBODY ? 0 : world.scenario.incidents[incident]!.severity;
    if (fails === world.edgeFails[edge]) continue;
    world.edgeFails[edge] = fails;
    world.changed[plan.edgeTo[edge]!] = 1;
    world.changed[plan.edgeFrom[edge]!] = 1;
  }
  for (let s = 0; s < plan.services; s += 1) {
    const load = plan.entryRate[s]! * world.ambientLoad * world.overload[s]!;
    if (load !== world.entryLoad[s]) world.changed[s] = 1;
    world.entryLoad[s] = load;
  }
}

/** A standing measure in front of a service concerns its callers too. */
export function markStanding(world: World, service: number): void {
  const { plan } = world;
  world.changed[service] = 1;
  for (const edge of plan.inEdges[service]!) world.changed[plan.edgeFrom[edge]!] = 1;
}

function deriveSlot(world: World, slot: number): void {
  const phase = world.phase[slot]!;
  if (phase === PHASE.absent) {
    world.route[slot] = ROUTE.none;
    world.speed[slot] = 0;
    return;
  }
  const listed = world.listed[slot] === 1 && world.ejected[slot] === 0;
  const serving = phase === PHASE.up && world.hangBy[slot] === NOBODY;
  world.route[slot] = !listed
    ? ROUTE.none
    : !isReachable(world, slot) || (phase === PHASE.up && !serving)
      ? ROUTE.swallow
      : serving
        ? ROUTE.serve
        : ROUTE.refuse;
  world.speed[slot] = serving ? speedOf(world, slot) : 0;
  world.errorShare[slot] = serving ? errorShareOf(world, slot) : 0;
}

export function isReachable(world: World, slot: number): boolean {
  const host = world.plan.slotHost[slot]!;
  return host < 0 || world.partitionBy[host] === NOBODY;
}

export function memoryShare(world: World, slot: number): number {
  return Math.min(1, world.memoryAt[slot]! + world.memoryRate[slot]! * (world.timeS - world.memorySinceS[slot]!));
}

function speedOf(world: World, slot: number): number {
  const { incidents } = world.scenario;
  const service = world.plan.slotService[slot]!;
  let speed = 1;
  if (world.slowBy[slot] !== NOBODY) {
    // A burst that slows replicas draws its severity on 0..1: 3 to 15 times.
    const incident = incidents[world.slowBy[slot]!]!;
    speed /= incident.kind === 'slow' ? incident.severity : 3 + 12 * incident.severity;
  }
  if (world.timeS < world.warmUntilS[slot]!) speed *= DURATIONS.warmUpSpeed;
  if (memoryShare(world, slot) >= MEMORY_PRESSURE - 1e-9) speed *= PRESSURE_SPEED;
  const host = world.plan.slotHost[slot]!;
  if (host >= 0 && world.exhaustedBy[host] !== NOBODY) {
    const crowding = replicasOnHost(world, host) / hostRoom(world, host);
    if (crowding > 1) speed /= crowding * crowding;
  }
  if (world.slotRelease[slot] === 1 && isSlowRelease(incidents[world.badReleaseBy[service]!]?.variant)) {
    speed /= 1 + 6 * incidents[world.badReleaseBy[service]!]!.severity;
  }
  return speed;
}

function errorShareOf(world: World, slot: number): number {
  const { incidents } = world.scenario;
  const service = world.plan.slotService[slot]!;
  let fine = 1 - BACKGROUND_ERRORS;
  if (world.errorsBy[slot] !== NOBODY) fine *= 1 - incidents[world.errorsBy[slot]!]!.severity;
  if (world.errorsServiceBy[service] !== NOBODY) fine *= 1 - incidents[world.errorsServiceBy[service]!]!.severity;
  if (world.outsideBy[service] !== NOBODY) fine *= 1 - incidents[world.outsideBy[service]!]!.severity;
  if (world.badConfigBy[service] !== NOBODY) fine *= 1 - incidents[world.badConfigBy[service]!]!.severity;
  if (world.slotRelease[slot] === 1 && world.badReleaseBy[service] !== NOBODY) {
    const incident = incidents[world.badReleaseBy[service]!]!;
    if (incident.variant < 0.45) fine *= 1 - incident.severity;
  }
  return 1 - fine;
}

/** A bad release returns errors (45 %), is slow (25 %) or dies again and again (30 %). */
export function isSlowRelease(variant: number | undefined): boolean {
  return variant !== undefined && variant >= 0.45 && variant < 0.7;
}
export function isDyingRelease(variant: number | undefined): boolean {
  return variant !== undefined && variant >= 0.7;
}

function replicasOnHost(world: World, host: number): number {
  let number = 0;
  for (let slot = 0; slot < world.plan.slots; slot += 1) {
    // A replica that gets no traffic leaves the host to the others.
    if (
      world.plan.slotHost[slot] === host &&
      world.phase[slot] === PHASE.up &&
      world.listed[slot] === 1 &&
      world.ejected[slot] === 0
    ) {
      number += 1;
    }
  }
  return Math.max(1, number);
}

/** Replicas an exhausted host still has room for: the severity is a share of what ran there at the start. */
function hostRoom(world: World, host: number): number {
  const zones = world.plan.fleet.zones.length;
  const members = world.plan.groupServices[Math.floor(host / zones)]!;
  let usual = 0;
  for (const s of members) {
    const running = world.plan.roster.services[s]!.replicasStart;
    for (let r = 0; r < running; r += 1) if (r % zones === host % zones) usual += 1;
  }
  return Math.max(0.5, usual * world.scenario.incidents[world.exhaustedBy[host]!]!.severity);
}

/** Adds up replica-seconds; call before the number of replicas changes and at the end. */
export function countReplicas(world: World, change: number): void {
  world.replicaSeconds += world.present * (world.timeS - world.countedS);
  world.countedS = world.timeS;
  world.present += change;
}
