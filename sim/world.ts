/**
 * The fleet's discrete state: which replica runs, what is broken, what is under way. Both simulator tiers share it; they
 * differ only in how calls flow through it. `derive` turns the state into what a flow needs: speeds, routes, error shares.
 */
import { type Calendar, createCalendar, EVENT, schedule } from './calendar.ts';
import type { FleetPlan } from './plan.ts';
import { expandSeed, PURPOSES, type SeedKey, Stream } from './random.ts';
import type { ScenarioSpec } from './scenario.ts';

export const PHASE = { absent: 0, booting: 1, up: 2, stopping: 3, dead: 4 } as const;
/** What becomes of a call sent to a slot. */
export const ROUTE = { none: 0, serve: 1, refuse: 2, swallow: 3 } as const;
/** Memory a fresh replica uses, and from where garbage collection slows it down (share of its limit). */
export const MEMORY_FRESH = 0.35;
export const MEMORY_PRESSURE = 0.88;
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
  /** A replica that is new on its slot, not a restarted one. */
  readonly placed: Uint8Array;

  /** Per service. */
  readonly release: Uint8Array;
  readonly badReleaseBy: Int16Array;
  readonly badConfigBy: Int16Array;
  readonly leakBy: Int16Array;
  readonly errorsServiceBy: Int16Array;
  readonly outsideBy: Int16Array;
  readonly deployedS: Float64Array;
  /** 1 a rollback leads to the release before. */
  readonly hasEarlierRelease: Uint8Array;
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
  /** Share of the caller's replicas that still hold dead connections. */
  readonly deadShare: Float64Array;
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
  readonly outcomes: { service: number; action: number; result: Result }[];

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
  /** Per exhausted host: replicas at work there, as a multiple of those it has room for. */
  readonly crowding: Float64Array;
  /** Services for which any of it changed since the flow last looked. */
  readonly changed: Uint8Array;
}

/** How an action ends in a simulated fleet. */
export type Result = 'done' | 'failed' | 'unsupported';

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
    placed: new Uint8Array(slots),
    release: new Uint8Array(services),
    badReleaseBy: nobody(services),
    badConfigBy: nobody(services),
    leakBy: nobody(services),
    errorsServiceBy: nobody(services),
    outsideBy: nobody(services),
    deployedS: new Float64Array(services),
    hasEarlierRelease: Uint8Array.from(plan.fleet.services, ({ earlierRelease }) => Number(earlierRelease)),
    configChangedS: new Float64Array(services),
    configDiffers: new Uint8Array(services),
    admit: new Float64Array(services).fill(1),
    fallback: new Uint8Array(services),
    scaledS: new Float64Array(services),
    rollQueue: Array.from({ length: services }, () => []),
    rollAction: new Int32Array(services).fill(NOBODY),
    deadConnectionsBy: nobody(edges),
    deadShare: new Float64Array(edges),
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
    crowding: new Float64Array(hosts),
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
  return world;
}

/** Adds up replica-seconds; call before the number of replicas changes and at the end. */
export function countReplicas(world: World, change: number): void {
  world.replicaSeconds += world.present * (world.timeS - world.countedS);
  world.countedS = world.timeS;
  world.present += change;
}
