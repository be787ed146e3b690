/** A fleet file compiled for simulation: indices, topological order, edges and replica slots as flat arrays. */
import type { ActionKind } from '../strategies/contract.ts';
import type { PlacedRoster } from '../strategies/coordinate/placement.ts';
import { DEGRADED_HARM } from './faults.ts';
import { type StationTable, stationTable } from './fluid/station-table.ts';
import type { FleetSpec } from './spec.ts';

export interface FleetPlan {
  readonly fleet: FleetSpec;
  readonly roster: PlacedRoster;
  /** By service: what it is not set up for. */
  readonly cannot: readonly ReadonlySet<ActionKind>[];
  readonly services: number;
  /** Callers before callees. */
  readonly order: Int32Array;
  /** Slots of service s are `slotStart[s]` .. `slotStart[s + 1] - 1`. */
  readonly slotStart: Int32Array;
  readonly slotService: Int32Array;
  readonly slotZone: Int32Array;
  /** Host a slot runs on: one per group and zone; -1 outside all groups. */
  readonly slotHost: Int32Array;
  readonly hosts: number;
  readonly slots: number;
  readonly workers: Float64Array;
  /** Calls per second one worker serves at full speed. */
  readonly rate: Float64Array;
  readonly serviceCv: Float64Array;
  readonly tables: readonly StationTable[];
  /** Edges of service s are `edgeStart[s]` .. `edgeStart[s + 1] - 1`, in the order of the file. */
  readonly edges: number;
  readonly edgeStart: Int32Array;
  readonly edgeFrom: Int32Array;
  readonly edgeTo: Int32Array;
  readonly edgeCalls: Float64Array;
  readonly edgeTimeoutS: Float64Array;
  readonly edgeAttempts: Int32Array;
  readonly edgeOptional: Uint8Array;
  /** Retries allowed per first attempt; Infinity without a budget. */
  readonly edgeBudget: Float64Array;
  /** Edges that end at service s, shortest timeout first. */
  readonly inEdges: readonly Int32Array[];
  /** Users' requests per second, 0 where none arrive, and when an answer is late, seconds. */
  readonly entryRate: Float64Array;
  readonly lateS: Float64Array;
  readonly shortestTimeoutS: number;
  /** Calls per second of each service at normal load with nothing failing. */
  readonly normalRate: Float64Array;
  readonly groupServices: readonly Int32Array[];
  /** Weight of each service's entry requests in the score: critical 4, default 1, lightweight 0.25. */
  readonly tierWeight: Float64Array;
  /** Harm of this service's fallback answer. */
  readonly fallbackHarm: Float64Array;
}

const TIER_WEIGHT = { critical: 4, default: 1, lightweight: 0.25 } as const;

const plans = new WeakMap<FleetSpec, FleetPlan>();

export function planFleet(fleet: FleetSpec): FleetPlan {
  let plan = plans.get(fleet);
  if (plan === undefined) {
    plan = compile(fleet);
    plans.set(fleet, plan);
  }
  return plan;
}

function compile(fleet: FleetSpec): FleetPlan {
  const { services } = fleet;
  const indexOf = new Map(services.map((service, index) => [service.id, index]));
  const index = (id: string): number => indexOf.get(id)!;
  const order = topologicalOrder(services.map((service) => service.dependsOn.map((edge) => index(edge.service))));

  const slotStart = new Int32Array(services.length + 1);
  services.forEach((service, s) => {
    slotStart[s + 1] = slotStart[s]! + service.replicas.max;
  });
  const slots = slotStart[services.length]!;
  const slotService = new Int32Array(slots);
  const slotZone = new Int32Array(slots);
  const slotHost = new Int32Array(slots).fill(-1);
  const zones = fleet.zones.length;
  services.forEach((service, s) => {
    const group = fleet.groups.findIndex((candidate) => candidate.services.includes(service.id));
    for (let slot = slotStart[s]!; slot < slotStart[s + 1]!; slot += 1) {
      slotService[slot] = s;
      slotZone[slot] = (slot - slotStart[s]!) % zones;
      if (group >= 0) slotHost[slot] = group * zones + slotZone[slot]!;
    }
  });

  const edgeList = services.flatMap((service, s) =>
    service.dependsOn.map((edge) => ({ ...edge, from: s, to: index(edge.service) })),
  );
  const edgeStart = new Int32Array(services.length + 1);
  for (const edge of edgeList) edgeStart[edge.from + 1] = edgeStart[edge.from + 1]! + 1;
  for (let s = 0; s < services.length; s += 1) edgeStart[s + 1] = edgeStart[s + 1]! + edgeStart[s]!;

  const entryRate = Float64Array.from(services, (service) => service.entry?.ratePerS ?? 0);
  const normalRate = Float64Array.from(entryRate);
  for (const s of order) {
    for (const edge of edgeList)
      if (edge.from === s) normalRate[edge.to] = normalRate[edge.to]! + normalRate[s]! * edge.calls;
  }
  const timeouts = edgeList.map((edge) => edge.timeoutMs / 1000);
  return {
    fleet,
    roster: {
      services: services.map((service) => ({
        id: service.id,
        tier: service.tier,
        dependsOn: service.dependsOn.map((edge) => index(edge.service)),
        replicasMin: service.replicas.min,
        replicasMax: service.replicas.max,
        replicasStart: service.replicas.start,
      })),
      guard: fleet.guard,
      autoscaled: services.flatMap(({ id, autoscale }) => (autoscale === undefined ? [] : [id])),
      hosts: services.map((_, s) => [...slotHost.subarray(slotStart[s]!, slotStart[s + 1]!)]),
    },
    cannot: services.map(({ cannot }) => new Set(cannot)),
    services: services.length,
    order: Int32Array.from(order),
    slotStart,
    slotService,
    slotZone,
    slotHost,
    hosts: fleet.groups.length * zones,
    slots,
    workers: Float64Array.from(services, (service) => service.workers),
    rate: Float64Array.from(services, (service) => 1000 / service.serviceMs.mean),
    serviceCv: Float64Array.from(services, (service) => service.serviceMs.cv),
    tables: services.map((service) => stationTable(service.workers, service.queue, service.serviceMs.cv)),
    edges: edgeList.length,
    edgeStart,
    edgeFrom: Int32Array.from(edgeList, (edge) => edge.from),
    edgeTo: Int32Array.from(edgeList, (edge) => edge.to),
    edgeCalls: Float64Array.from(edgeList, (edge) => edge.calls),
    edgeTimeoutS: Float64Array.from(timeouts),
    edgeAttempts: Int32Array.from(edgeList, (edge) => edge.attempts),
    edgeOptional: Uint8Array.from(edgeList, (edge) => (edge.optional ? 1 : 0)),
    edgeBudget: Float64Array.from(edgeList, (edge) => edge.retryBudget ?? Number.POSITIVE_INFINITY),
    inEdges: services.map((_, s) =>
      Int32Array.from(
        edgeList.flatMap((edge, e) => (edge.to === s ? [e] : [])).sort((a, b) => timeouts[a]! - timeouts[b]!),
      ),
    ),
    entryRate,
    lateS: Float64Array.from(services, (service) => (service.entry?.lateMs ?? 1000) / 1000),
    shortestTimeoutS: Math.min(1, ...timeouts),
    normalRate,
    groupServices: fleet.groups.map((group) => Int32Array.from(group.services, index)),
    tierWeight: Float64Array.from(services, (service) => TIER_WEIGHT[service.tier]),
    fallbackHarm: Float64Array.from(services, (service) => DEGRADED_HARM[service.tier]),
  };
}

/** Kahn's algorithm; ties by file order. The fleet file's check has already refused cycles. */
function topologicalOrder(callees: readonly (readonly number[])[]): number[] {
  const callers = callees.map(() => 0);
  for (const list of callees) for (const to of list) callers[to] = callers[to]! + 1;
  const order: number[] = [];
  const ready = callers.flatMap((number, s) => (number === 0 ? [s] : []));
  while (ready.length > 0) {
    const s = ready.shift()!;
    order.push(s);
    for (const to of callees[s]!) {
      callers[to] = callers[to]! - 1;
      if (callers[to] === 0) ready.push(to);
    }
  }
  if (order.length !== callees.length)
    throw new Error('fleet has a dependency cycle that its check should have refused');
  return order;
}
